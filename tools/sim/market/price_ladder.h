// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace daypack::core::sim {

// One side of the book as the generator sees it: it needs the level at a rank at once, which a std::map does not give.
//
// Prices are in ticks. Invariant: keys ascend strictly; the best level is the last, of rank 0.
class PriceLadder {
  public:
    explicit PriceLadder(bool bid) noexcept : bid_(bid) {}

    [[nodiscard]] bool is_bid() const noexcept { return bid_; }
    [[nodiscard]] std::int64_t size() const noexcept { return static_cast<std::int64_t>(levels_.size()); }
    // REQUIRES for all three: 0 <= rank < size().
    [[nodiscard]] std::int64_t price(std::int64_t rank) const noexcept { return signed_price(at(rank).key); }
    [[nodiscard]] std::int64_t steps(std::int64_t rank) const noexcept { return at(rank).steps; }
    [[nodiscard]] std::int64_t best() const noexcept { return price(0); }

    // The price so many ticks worse than `price`.
    [[nodiscard]] std::int64_t worse(std::int64_t price, std::int64_t ticks) const noexcept {
        return bid_ ? price - ticks : price + ticks;
    }
    void set(std::int64_t rank, std::int64_t steps) noexcept { levels_[index(rank)].steps = steps; }
    void erase(std::int64_t rank) noexcept {
        levels_.erase(levels_.begin() + static_cast<std::ptrdiff_t>(index(rank)));
    }
    // REQUIRES: no level at `price`.
    void insert(std::int64_t price, std::int64_t steps) {
        const std::int64_t key = signed_price(price);
        const auto where = std::lower_bound(levels_.begin(), levels_.end(), key,
                                            [](const Level& level, std::int64_t wanted) { return level.key < wanted; });
        levels_.insert(where, {key, steps});
    }

    // A tick is ten of the new ones.
    void refine() noexcept {
        for (Level& level : levels_) level.key *= 10;
    }

  private:
    struct Level {
        std::int64_t key;  // the price; negative for asks, so that better is always greater
        std::int64_t steps;
    };
    [[nodiscard]] std::int64_t signed_price(std::int64_t value) const noexcept { return bid_ ? value : -value; }
    [[nodiscard]] std::size_t index(std::int64_t rank) const noexcept {
        return levels_.size() - 1 - static_cast<std::size_t>(rank);
    }
    [[nodiscard]] const Level& at(std::int64_t rank) const noexcept { return levels_[index(rank)]; }

    bool bid_;
    std::vector<Level> levels_;
};

}  // namespace daypack::core::sim
