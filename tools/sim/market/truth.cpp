// SPDX-License-Identifier: MIT
#include "tools/sim/market/truth.h"

#include <algorithm>

namespace daypack::core::sim {
namespace {

constexpr std::size_t kSegmentChanges = 8192;

}  // namespace

void Book::apply(const Change& change) {
    auto& side = change.bid ? bids : asks;
    if (change.quantity == 0) {
        side.erase(change.price);
    } else {
        side[change.price] = change.quantity;
    }
}

Truth::Truth(std::size_t history_changes) : history_changes_(history_changes) {
    open_segment();
}

void Truth::start(Book book, std::uint64_t u) {
    book_ = std::move(book);
    u_ = u;
    kept_changes_ = 0;
    segments_.clear();
    open_segment();
}

void Truth::open_segment() {
    Segment segment{u_, {book_.bids.begin(), book_.bids.end()}, {book_.asks.begin(), book_.asks.end()}, {}};
    segments_.push_back(std::move(segment));
}

void Truth::apply(std::uint64_t u, std::span<const Change> changes) {
    u_ = u;
    auto& entries = segments_.back().entries;
    for (const Change& change : changes) {
        book_.apply(change);
        entries.push_back({u, change, false});
    }
    if (changes.empty()) entries.push_back({u, {}, true});
    kept_changes_ += std::max<std::size_t>(changes.size(), 1);
    if (entries.size() < kSegmentChanges) return;
    open_segment();
    while (kept_changes_ - segments_.front().entries.size() >= history_changes_) {
        kept_changes_ -= segments_.front().entries.size();
        segments_.pop_front();
    }
}

const Truth::Segment* Truth::segment_of(std::uint64_t u) const noexcept {
    auto after = std::upper_bound(segments_.begin(), segments_.end(), u,
                                  [](std::uint64_t wanted, const Segment& segment) { return wanted < segment.u; });
    return after == segments_.begin() ? nullptr : &*std::prev(after);
}

Book Truth::replay(const Segment& segment, std::uint64_t u) {
    Book book;
    for (const auto& level : segment.bids) book.bids.insert(book.bids.end(), level);
    for (const auto& level : segment.asks) book.asks.insert(book.asks.end(), level);
    for (const Entry& entry : segment.entries) {
        if (entry.u > u) break;
        if (!entry.empty) book.apply(entry.change);
    }
    return book;
}

std::optional<Book> Truth::at(std::uint64_t u) const {
    if (u == u_) return book_;
    const Segment* segment = segment_of(u);
    if (segment == nullptr || u > u_) return std::nullopt;
    const auto& entries = segment->entries;
    const bool ended_there =
        segment->u == u || std::binary_search(entries.begin(), entries.end(), Entry{u, {}, false},
                                              [](const Entry& a, const Entry& b) { return a.u < b.u; });
    if (!ended_there) return std::nullopt;
    return replay(*segment, u);
}

std::uint64_t Truth::u_back(std::size_t updates) const noexcept {
    std::uint64_t u = u_;
    for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
        for (auto entry = segment->entries.rbegin(); entry != segment->entries.rend(); ++entry) {
            if (updates == 0) return u;
            if (entry->u == u) continue;
            u = entry->u;
            --updates;
        }
    }
    return updates == 0 ? u : segments_.front().u;
}

}  // namespace daypack::core::sim
