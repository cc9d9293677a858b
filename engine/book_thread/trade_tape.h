// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "book/event.h"
#include "book/trade_filter.h"
#include "engine/book_thread/book_reporter.h"
#include "engine/book_thread/tracked_book.h"
#include "engine/messages/messages.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Publishes each trade once, whichever line or REST page brings it first, and counts the copies.
//
// Thread: book. Invariant: what a symbol's trades were is remembered also when its market is followed again. Nothing
// here allocates after construction.
class TradeTape {
  public:
    // Both outlive this.
    TradeTape(std::size_t symbols, const Segment& segment, BookReporter& reporter)
        : segment_(segment), reporter_(reporter), filters_(symbols) {}

    // A `trade` event and the `trade_orders` that followed it, from a line. REQUIRES: the book has a Sync.
    void on_trade(TrackedBook& book, std::span<const Event> events, WallTime kernel) noexcept;
    // A page of REST. REQUIRES: the book has a Sync.
    void on_page(TrackedBook& book, const PolledTrades& page) noexcept;

  private:
    const Segment& segment_;
    BookReporter& reporter_;
    std::vector<TradeFilter> filters_;  // by symbol
};

}  // namespace daypack::core
