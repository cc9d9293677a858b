#include "book/audit.h"

#include <algorithm>

namespace daypack {
namespace {

bool is_better(Side side, Price a, Price b) {
    return side == Side::bid ? a > b : a < b;
}

// The levels that come behind `price`, worst first; all, where there is none.
std::span<const Level> behind(std::span<const Level> levels, Side side, std::optional<Price> price) {
    if (!price) return levels;
    const auto end = std::lower_bound(levels.begin(), levels.end(), *price,
                                      [side](const Level& level, Price p) { return is_better(side, p, level.price); });
    return levels.first(static_cast<std::size_t>(end - levels.begin()));
}

// The levels that are not beyond `price`.
std::span<const Level> up_to(std::span<const Level> levels, Side side, std::optional<Price> price) {
    if (!price) return levels;
    const auto begin = std::lower_bound(levels.begin(), levels.end(), *price, [side](const Level& level, Price p) {
        return is_better(side, p, level.price);
    });
    return levels.subspan(static_cast<std::size_t>(begin - levels.begin()));
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
    kept_.clear();
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
        if (!kept_.push(event)) return cancel();
    }
}

bool Audit::on_snapshot(const Snapshot& snapshot) noexcept {
    const bool fits = kept_.empty() ? snapshot.last_id >= id_ : kept_.front().first_id <= snapshot.last_id + 1;
    if (!fits) {
        cancel();
        return false;
    }
    shadow_.seed(snapshot);
    id_ = snapshot.last_id;
    phase_ = Phase::comparing;
    while (!kept_.empty()) on_update(kept_.pop_update());
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

// Both sides are walked from the best, in step by price. True: to the end of what both know.
bool Audit::compare_side(const OrderBook& book, Side side) noexcept {
    auto ours = up_to(behind(book.known(side), side, compared_to_), side, shadow_.known_to(side));
    auto theirs = up_to(behind(shadow_.known(side), side, compared_to_), side, book.known_to(side));
    for (std::size_t i = 0; i < kSlice; ++i) {
        if (ours.empty() && theirs.empty()) return true;
        ++result_.levels;
        const bool only_ours =
            theirs.empty() || (!ours.empty() && is_better(side, ours.back().price, theirs.back().price));
        const bool only_theirs =
            ours.empty() || (!theirs.empty() && is_better(side, theirs.back().price, ours.back().price));
        compared_to_ = only_theirs ? theirs.back().price : ours.back().price;
        if (only_ours) {
            ++result_.ghosts;
        } else if (only_theirs) {
            ++result_.missing;
        } else if (ours.back() != theirs.back()) {
            ++result_.wrong;
        }
        if (!only_theirs) ours = ours.first(ours.size() - 1);
        if (!only_ours) theirs = theirs.first(theirs.size() - 1);
    }
    return false;
}

}  // namespace daypack
