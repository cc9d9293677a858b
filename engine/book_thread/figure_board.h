// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "book/event.h"
#include "book/figures.h"
#include "book/trade_filter.h"
#include "engine/book_thread/book_reporter.h"
#include "engine/book_thread/tracked_book.h"
#include "engine/messages/messages.h"

namespace daypack::core {

// Publishes what the venue tells of a market beside its book: mark price and funding, open interest, the figures of 24
// hours, each as its newest copy has it; and each liquidation once, whichever line brings it first.
//
// Thread: book. Invariants: nothing here bears on a book or its state; nothing allocates after construction.
class FigureBoard {
  public:
    // The reporter outlives this.
    FigureBoard(std::size_t symbols, BookReporter& reporter) : reporter_(reporter), shown_(symbols) {}

    // The `figure` events of one frame. REQUIRES: the book has a Sync.
    void on_figures(TrackedBook& book, std::span<const Event> events) noexcept;
    // What REST told. REQUIRES: as above.
    void on_polled(TrackedBook& book, const PolledOpenInterest& polled, MonoTime now) noexcept;
    // One `liquidation` event. REQUIRES: as above.
    void on_liquidation(TrackedBook& book, const Event& event) noexcept;

  private:
    // Of one group of a symbol: the venue's time of what is shown, and when it came.
    struct Shown {
        VenueTime match;
        MonoTime receive;
    };

    // True for a copy that is newer than what is shown; it counts as shown from then on.
    [[nodiscard]] bool is_news(SymbolIndex symbol, const Figures& figures) noexcept;

    BookReporter& reporter_;
    std::vector<std::array<Shown, kFigureGroups>> shown_;  // by symbol
    TradeFilter liquidations_;                             // of all symbols: they are rare
};

}  // namespace daypack::core
