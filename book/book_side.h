// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "book/tick_window.h"
#include "book/types.h"

namespace daypack::core {

// The ranks of a side (0 = best) that differ from what was published last. A `to` beyond the side means every rank from
// `from` on.
struct DirtyRanks {
    std::uint32_t from = UINT32_MAX;
    std::uint32_t to = 0;

    static constexpr std::uint32_t kAll = UINT32_MAX;
    [[nodiscard]] bool any() const noexcept { return from < to; }
    void touch(std::uint32_t first, std::uint32_t end) noexcept {
        if (first < from) from = first;
        if (end > to) to = end;
    }
};

// Keeps the levels of one side in three structures:
// - a window of ticks near the best price, where most updates fall and a level is found by its tick number;
// - a sorted tail for the few levels that are far from the best;
// - the best levels once more, in order and contiguous, for publishing. Most updates do not reach them: two thirds of a
//   recorded flow fall behind rank 50.
//
// One slow case is accepted: a best level beyond the window's end moves the window, once for every 2,000 ticks or more.
//
// Thread: book. Nothing is allocated after construction.
// Invariants
// 1. The tail ascends by key, and all of it lies below the window. No quantity is zero.
// 2. top() holds the best levels of the side, worst first: at least `depth` of them, or all. It is empty only where the
//    side is, whatever depth was asked for.
// 3. There are at most max_levels. A full side drops its worst level, and is truncated there from then on.
class alignas(64) BookSide {
  public:
    BookSide(Side side, std::size_t max_levels, std::size_t depth);

    void clear() noexcept;
    // REQUIRES: `ascending` by price, no quantity is zero. Returns how many levels were not kept. `truncated`: there
    // may be more behind the last.
    std::size_t seed(std::span<const Level> ascending, bool truncated) noexcept;
    // Sets the quantity at a price; zero deletes the level. Returns how many levels were dropped to make room: 0 or 1.
    std::size_t apply(Price price, Quantity quantity) noexcept {
        const Key at = key(price);
        if (window_.covers(at)) [[likely]] {
            const std::int64_t before = window_.at(at);
            if ((before == 0) == (quantity.steps == 0)) {  // no level comes or goes: three of four updates
                if (before == 0) return 0;
                window_.replace(at, quantity.steps);
                if (at >= key(top_.front().price)) set_in_top(at, quantity);
                return 0;
            }
            return before == 0 ? add_in_window(at, quantity) : remove_in_window(at);
        }
        return apply_outside(at, quantity);
    }

    void prefetch(Price price) const noexcept {
        window_.prefetch(key(price));
        __builtin_prefetch(top_.data() + top_.size());  // the best is before it
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // How many levels were taken from the last snapshot.
    [[nodiscard]] std::size_t seeded() const noexcept { return seeded_; }
    [[nodiscard]] std::span<const Level> top() const noexcept { return top_; }
    // Returns the best level that is worse than `price`; without a price, the best level of all.
    [[nodiscard]] std::optional<Level> next_worse(std::optional<Price> price) const noexcept;
    [[nodiscard]] Quantity at(Price price) const noexcept;

    // The price up to which the side is complete; none when all of it is.
    [[nodiscard]] std::optional<Price> known_to() const noexcept { return known_to_; }
    [[nodiscard]] bool is_known(Price price) const noexcept { return !known_to_ || key(price) >= key(*known_to_); }
    // The levels of top() that may be shown.
    [[nodiscard]] std::span<const Level> known_top() const noexcept;
    // True when at least `count` best levels are known.
    [[nodiscard]] bool has_known(std::size_t count) const noexcept {
        return count == 0 || (top_.size() >= count && is_known(top_[top_.size() - count].price));
    }
    // The best of the levels that may be shown.
    [[nodiscard]] std::optional<Level> best() const noexcept {
        return top_.empty() || !is_known(top_.back().price) ? std::nullopt : std::optional(top_.back());
    }

    [[nodiscard]] DirtyRanks dirty() const noexcept { return dirty_; }
    void clear_dirty() noexcept { dirty_ = {}; }

  private:
    using Key = std::int64_t;

    // The complement reverses the order of asks, for every number, so that a better price has a greater key.
    [[nodiscard]] Key key(Price price) const noexcept { return price.ticks ^ mirror_; }
    [[nodiscard]] std::size_t in_tail(Key key) const noexcept { return find(tail_, key); }
    // The position of the level with that key, or where it would be inserted.
    [[nodiscard]] std::size_t find(std::span<const Level> worst_first, Key key) const noexcept;
    [[nodiscard]] Key worst() const noexcept;

    // Each returns what apply() does.
    std::size_t add_in_window(Key key, Quantity quantity) noexcept;
    std::size_t remove_in_window(Key key) noexcept;
    std::size_t apply_outside(Key key, Quantity quantity) noexcept;
    // Update size_ and top_ after a level was added or removed; they return how many levels were dropped.
    std::size_t added(Key key, Quantity quantity) noexcept;
    std::size_t removed(Key key) noexcept;
    void set_in_top(Key key, Quantity quantity) noexcept;
    void follow_best_down() noexcept;
    void move_window(Key base) noexcept;
    void drop_worst() noexcept;

    void insert_in_top(Level level) noexcept;
    void erase_from_top(Key key) noexcept;
    void fill_top() noexcept;

    // The members that every update reads come first: they fill one cache line, and the window's first the next.
    std::optional<Price> known_to_;
    Key mirror_;
    std::size_t size_ = 0;
    std::vector<Level> top_;
    DirtyRanks dirty_;
    TickWindow window_;
    std::size_t max_levels_;
    std::size_t depth_;
    std::size_t seeded_ = 0;
    std::vector<Level> tail_;
};

}  // namespace daypack::core
