// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "book/book_side.h"
#include "book/snapshot.h"
#include "book/types.h"

namespace daypack {

// The full book of one symbol.
//
// Thread: book. Nothing is allocated after construction.
// Invariant: levels beyond side().known_to() are followed, but others may be missing there: show only what is known.
class OrderBook {
  public:
    // The venue cuts a snapshot without `limit` at one of these (its changelog says 1000 and 5000 both): a side of
    // exactly so many levels may go on.
    static constexpr std::array<std::size_t, 2> kTruncatedSizes{1000, 5000};

    // Of each side at most `max_levels` are kept, and at least the best `depth` at hand in order.
    OrderBook(std::size_t max_levels, std::size_t depth)
        : sides_{BookSide(Side::bid, max_levels, depth), BookSide(Side::ask, max_levels, depth)} {}

    // Replaces the book. A side as long as one of the venue's cuts is known only as far as its last price.
    void seed(const Snapshot& snapshot) noexcept;
    void clear() noexcept {
        for (auto& half : sides_) half.clear();
    }

    // Sets the quantity at a price; zero deletes; deleting what is not there does nothing. Absolute, so applying an
    // update twice is harmless. Adds what changed to the side's dirty().
    void apply(Side side, Price price, Quantity quantity) noexcept {
        dropped_ += sides_[static_cast<std::size_t>(side)].apply(price, quantity);
    }

    [[nodiscard]] const BookSide& side(Side side) const noexcept { return sides_[static_cast<std::size_t>(side)]; }

    // Best bid >= best ask, known or not. Ask only after a whole update: inside one it may pass.
    [[nodiscard]] bool crossed() const noexcept {
        const auto bids = side(Side::bid).top();
        const auto asks = side(Side::ask).top();
        return !bids.empty() && !asks.empty() && bids.back().price >= asks.back().price;
    }

    void clear_dirty() noexcept {
        for (auto& half : sides_) half.clear_dirty();
    }

    // Levels dropped because a side was full, since construction.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    std::array<BookSide, 2> sides_;
    std::uint64_t dropped_ = 0;
};

}  // namespace daypack
