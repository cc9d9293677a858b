#include "book/order_book.h"

#include <algorithm>

namespace daypack {
namespace {

// Orders a side worst first.
[[nodiscard]] bool worse(Side side, Price a, Price b) noexcept {
    return side == Side::bid ? a < b : a > b;
}

template <class Levels>
[[nodiscard]] auto find(Levels& levels, Side side, Price price) noexcept {
    return std::lower_bound(levels.begin(), levels.end(), price,
                            [side](const Level& level, Price p) { return worse(side, level.price, p); });
}

}  // namespace

OrderBook::OrderBook(std::size_t max_levels) : max_levels_(max_levels) {
    for (auto& half : sides_) half.levels.reserve(max_levels);
}

void OrderBook::seed(const Snapshot& snapshot) noexcept {
    clear();
    for (const Side side : {Side::bid, Side::ask}) {
        const auto& from = side == Side::bid ? snapshot.bids : snapshot.asks;
        auto& half = of(side);
        const std::size_t kept = std::min(from.size(), max_levels_);
        half.seeded = kept;
        if (side == Side::bid) {
            half.levels.assign(from.end() - static_cast<std::ptrdiff_t>(kept), from.end());
        } else {
            half.levels.assign(from.rend() - static_cast<std::ptrdiff_t>(kept), from.rend());
        }
        dropped_ += from.size() - kept;
        const bool cut = std::find(kSnapshotCuts.begin(), kSnapshotCuts.end(), from.size()) != kSnapshotCuts.end();
        if (cut || kept < from.size()) half.known_to = half.levels.front().price;
    }
}

void OrderBook::clear() noexcept {
    for (auto& half : sides_) {
        half.levels.clear();
        half.known_to.reset();
        half.seeded = 0;
        half.dirty.touch(0, Dirty::kAll);
    }
}

void OrderBook::apply(Side side, Price price, Quantity quantity) noexcept {
    auto& half = of(side);
    const auto at = find(half.levels, side, price);
    const auto rank_behind =
        static_cast<std::uint32_t>(half.levels.end() - at);  // one more than the rank, if it is there
    const bool there = at != half.levels.end() && at->price == price;
    if (quantity.steps == 0) {
        if (!there) return;
        half.levels.erase(at);
        half.dirty.touch(rank_behind - 1, Dirty::kAll);
    } else if (there) {
        at->quantity = quantity;
        half.dirty.touch(rank_behind - 1, rank_behind);
    } else {
        insert(side, half, at, Level{price, quantity});
    }
}

void OrderBook::insert(Side side, HalfBook& half, std::vector<Level>::iterator at, Level level) noexcept {
    if (half.levels.size() == max_levels_) {
        ++dropped_;
        if (at == half.levels.begin()) {  // the new one is the worst: it is the one that is not kept
            if (!half.known_to || worse(side, *half.known_to, half.levels.front().price)) {
                half.known_to = half.levels.front().price;
            }
            half.dirty.touch(0, Dirty::kAll);
            return;
        }
        std::move(half.levels.begin() + 1, at, half.levels.begin());
        *(at - 1) = level;
        if (!half.known_to || worse(side, *half.known_to, half.levels.front().price)) {
            half.known_to = half.levels.front().price;
        }
        half.dirty.touch(0, Dirty::kAll);
        return;
    }
    const auto rank = static_cast<std::uint32_t>(half.levels.end() - at);
    half.levels.insert(at, level);
    half.dirty.touch(rank, Dirty::kAll);
}

std::span<const Level> OrderBook::known(Side side) const noexcept {
    const auto& half = of(side);
    if (!half.known_to) return half.levels;
    const auto from = find(half.levels, side, *half.known_to);
    return {from, half.levels.end()};
}

bool OrderBook::crossed() const noexcept {
    const auto& bids = of(Side::bid).levels;
    const auto& asks = of(Side::ask).levels;
    return !bids.empty() && !asks.empty() && bids.back().price >= asks.back().price;
}

void OrderBook::clear_dirty() noexcept {
    for (auto& half : sides_) half.dirty = {};
}

}  // namespace daypack
