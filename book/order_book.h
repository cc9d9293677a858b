#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "book/snapshot.h"
#include "book/types.h"

namespace daypack {

// Which ranks of a side (0 = best) differ from what was published last. `to` beyond the side: everything behind `from`.
struct Dirty {
    std::uint32_t from = UINT32_MAX;
    std::uint32_t to = 0;

    static constexpr std::uint32_t kAll = UINT32_MAX;
    [[nodiscard]] bool any() const noexcept { return from < to; }
    void touch(std::uint32_t first, std::uint32_t end) noexcept {
        if (first < from) from = first;
        if (end > to) to = end;
    }
};

// The full book of one symbol, in flat sorted arrays, a side each.
//
// Most updates hit a level that is there, near the touch, so a sorted array with the best level at its back is found by
// binary search and shifts few bytes. Worst case accepted: an insert at the far end moves the whole side.
//
// Thread: book. Nothing is allocated after construction.
// Invariants:
// 1. On each side prices are strictly ordered, worst first: bids ascend, asks descend; back() is the best.
// 2. No level has quantity zero.
// 3. At most max_levels a side. A side that is full drops its worst level, and from then on it is truncated there.
// 4. Levels beyond known_to(side) are followed, but others may be missing there: show only known(side).
class OrderBook {
  public:
    // The venue cuts a snapshot without `limit` at one of these (its changelog says 1000 and 5000 both): a side of
    // exactly so many levels may go on.
    static constexpr std::array<std::size_t, 2> kSnapshotCuts{1000, 5000};

    explicit OrderBook(std::size_t max_levels);

    // Replaces the book. A side as long as one of the venue's cuts is known only as far as its last price.
    void seed(const Snapshot& snapshot) noexcept;
    void clear() noexcept;

    // Sets the quantity at a price; zero deletes; deleting what is not there does nothing. Absolute, so applying an
    // update twice is harmless. Adds what changed to dirty(side).
    void apply(Side side, Price price, Quantity quantity) noexcept;

    // All levels, worst first.
    [[nodiscard]] std::span<const Level> levels(Side side) const noexcept { return of(side).levels; }
    // The levels that may be shown, worst first: those not beyond known_to(side).
    [[nodiscard]] std::span<const Level> known(Side side) const noexcept;
    // The price up to which the side is complete; none: all of it is.
    [[nodiscard]] std::optional<Price> known_to(Side side) const noexcept { return of(side).known_to; }
    // How many levels were taken from the last snapshot.
    [[nodiscard]] std::size_t seeded(Side side) const noexcept { return of(side).seeded; }

    // Best bid >= best ask. Ask only after a whole update: inside one it may pass.
    [[nodiscard]] bool crossed() const noexcept;

    [[nodiscard]] Dirty dirty(Side side) const noexcept { return of(side).dirty; }
    void clear_dirty() noexcept;

    // Levels dropped because a side was full, since construction.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    struct HalfBook {
        std::vector<Level> levels;
        std::optional<Price> known_to;
        std::size_t seeded = 0;
        Dirty dirty;
    };
    [[nodiscard]] const HalfBook& of(Side side) const noexcept { return sides_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] HalfBook& of(Side side) noexcept { return sides_[static_cast<std::size_t>(side)]; }
    void insert(Side side, HalfBook& half, std::vector<Level>::iterator at, Level level) noexcept;

    std::size_t max_levels_;
    std::array<HalfBook, 2> sides_;
    std::uint64_t dropped_ = 0;
};

}  // namespace daypack
