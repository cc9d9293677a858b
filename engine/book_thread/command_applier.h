// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/book_thread/book_monitor.h"
#include "engine/book_thread/book_reporter.h"
#include "engine/book_thread/figure_board.h"
#include "engine/book_thread/tracked_book.h"
#include "engine/book_thread/trade_tape.h"
#include "engine/messages/messages.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Applies the commands of the control thread to the books: answers of REST, and which symbols are followed.
//
// Thread: book. Invariants: a command of a symbol that is not followed any more changes nothing, for it was sent before
// that was known; what a command carried is handed back, for the control thread to free.
class CommandApplier {
  public:
    // What is left for the caller to do.
    enum class Effect : std::uint8_t {
        none,
        state,   // the state or the counters may have changed
        joined,  // likewise, and the book was replaced by a join
    };

    // All of them outlive this.
    CommandApplier(BookTable& books, const Segment& segment, BookReporter& reporter, TradeTape& tape,
                   FigureBoard& figures, BookMonitor& monitor)
        : books_(books), segment_(segment), reporter_(reporter), tape_(tape), figures_(figures), monitor_(monitor) {}

    Effect apply(BookCommand& command, RetiredBlocks& retired, MonoTime now) noexcept;

  private:
    Effect on(JoinSnapshot& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(CheckSnapshot& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(PolledSnapshot& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(PolledTrades& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(PolledOpenInterest& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(FollowSymbol& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(ReleaseSymbol& command, RetiredBlocks& retired, MonoTime now) noexcept;
    Effect on(SetHalt& command, RetiredBlocks& retired, MonoTime now) noexcept;
    void release(TrackedBook& book, const Instrument& instrument, RetiredBlocks& retired, MonoTime now) noexcept;

    BookTable& books_;
    const Segment& segment_;
    BookReporter& reporter_;
    TradeTape& tape_;
    FigureBoard& figures_;
    BookMonitor& monitor_;
};

}  // namespace daypack::core
