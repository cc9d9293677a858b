// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "book/book_side.h"
#include "book/snapshot.h"
#include "book/types.h"

namespace daypack::core {

// The full order book of one symbol.
//
// Thread: book. Nothing is allocated after construction.
// Invariant: levels beyond side().known_to() are updated, but other levels may be missing there, so they are not shown.
class OrderBook {
  public:
    // The venue truncates a snapshot without `limit` at one of these sizes (its changelog names both): a side with
    // exactly that many levels may have more.
    static constexpr std::array<std::size_t, 2> kTruncatedSizes{1000, 5000};

    // Each side keeps at most `max_levels` levels, and at least the best `depth` of them in order.
    OrderBook(std::size_t max_levels, std::size_t depth)
        : sides_{BookSide(Side::bid, max_levels, depth), BookSide(Side::ask, max_levels, depth)} {}

    // Replaces the book. A side of a truncated size is known only as far as its last price.
    void seed(const Snapshot& snapshot) noexcept;
    void clear() noexcept {
        for (auto& half : sides_) half.clear();
        ++replacements_;
    }

    // Sets the quantity at a price; zero deletes the level, if there is one. Quantities are absolute, so applying an
    // update twice does no harm. The ranks that changed are added to the side's dirty().
    void apply(Side side, Price price, Quantity quantity) noexcept {
        dropped_ += sides_[static_cast<std::size_t>(side)].apply(price, quantity);
    }

    [[nodiscard]] const BookSide& side(Side side) const noexcept { return sides_[static_cast<std::size_t>(side)]; }

    // True when the best bid >= the best ask, known or not. It is meaningful only after a whole update.
    [[nodiscard]] bool crossed() const noexcept {
        const auto bids = side(Side::bid).top();
        const auto asks = side(Side::ask).top();
        return !bids.empty() && !asks.empty() && bids.back().price >= asks.back().price;
    }

    void clear_dirty() noexcept {
        for (auto& half : sides_) half.clear_dirty();
    }

    // How many levels were dropped because a side was full, since construction.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    // How many times the whole book was replaced or cleared, since construction.
    [[nodiscard]] std::uint64_t replacements() const noexcept { return replacements_; }

  private:
    std::array<BookSide, 2> sides_;
    std::uint64_t dropped_ = 0;
    std::uint64_t replacements_ = 0;
};

}  // namespace daypack::core
