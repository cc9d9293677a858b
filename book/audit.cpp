// SPDX-License-Identifier: MIT
#include "book/audit.h"

namespace daypack::core {
namespace {

bool is_better(Side side, Price a, Price b) {
    return side == Side::bid ? a > b : a < b;
}

// Returns the next level of `half` inside what both sides know; none after the last.
std::optional<Level> next(const BookSide& half, const BookSide& other, std::optional<Price> behind) {
    const auto level = half.next_worse(behind);
    return level && half.is_known(level->price) && other.is_known(level->price) ? level : std::nullopt;
}

}  // namespace

void Audit::begin(SymbolIndex symbol, Sequence id) noexcept {
    phase_ = Phase::asked;
    symbol_ = symbol;
    id_ = id;
    side_ = Side::bid;
    compared_to_.reset();
    result_ = {};
}

void Audit::cancel() noexcept {
    phase_ = Phase::idle;
    buffered_.clear();
}

void Audit::on_update(std::span<const Event> update) noexcept {
    if (phase_ == Phase::comparing) {
        if (update.front().last_id <= id_) return;
        for (const Event& event : update) {
            if (event.kind == EventKind::delta) shadow_.apply(event.side, event.price, event.quantity);
        }
        id_ = update.front().last_id;
        return;
    }
    for (const Event& event : update) {
        if (!buffered_.push(event)) return cancel();
    }
}

bool Audit::on_snapshot(const Snapshot& snapshot) noexcept {
    const bool fits = buffered_.empty() ? snapshot.last_id >= id_ : buffered_.front().first_id <= snapshot.last_id + 1;
    if (!fits) {
        cancel();
        return false;
    }
    shadow_.seed(snapshot);
    id_ = snapshot.last_id;
    phase_ = Phase::comparing;
    while (!buffered_.empty()) on_update(buffered_.pop_update());
    return true;
}

std::optional<Audit::Result> Audit::compare(const OrderBook& book, Sequence id) noexcept {
    if (!ready(id) || !compare_side(book, side_)) return std::nullopt;
    compared_to_.reset();
    if (side_ == Side::bid) {
        side_ = Side::ask;
        return std::nullopt;
    }
    phase_ = Phase::idle;
    return result_;
}

// Walks one side of both books from the best, in step by price. Returns true at the end of what both know.
bool Audit::compare_side(const OrderBook& book, Side side) noexcept {
    const BookSide& our_side = book.side(side);
    const BookSide& their_side = shadow_.side(side);
    auto ours = next(our_side, their_side, compared_to_);
    auto theirs = next(their_side, our_side, compared_to_);
    for (std::size_t i = 0; i < kSlice; ++i) {
        if (!ours && !theirs) return true;
        ++result_.levels;
        const bool only_ours = !theirs || (ours && is_better(side, ours->price, theirs->price));
        const bool only_theirs = !ours || (theirs && is_better(side, theirs->price, ours->price));
        compared_to_ = only_theirs ? theirs->price : ours->price;
        if (only_ours) {
            ++result_.ghosts;
        } else if (only_theirs) {
            ++result_.missing;
        } else if (*ours != *theirs) {
            ++result_.wrong;
        }
        if (!only_theirs) ours = next(our_side, their_side, compared_to_);
        if (!only_ours) theirs = next(their_side, our_side, compared_to_);
    }
    return false;
}

}  // namespace daypack::core
