// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "book/sync/sync.h"
#include "engine/threads/event_queue.h"
#include "net/backpack/rest_decoder.h"

namespace daypack {

using Trades = std::vector<RestTrade>;

// A book thread asks the cold thread for a snapshot.
struct SnapshotRequest {
    enum class Purpose : std::uint8_t {
        join,   // the book is not there without it: fetched until it comes
        check,  // of a book that is there: fetched when the budget has room, once
    };
    SymbolIndex symbol = 0;
    std::uint32_t request = 0;  // handed back with the answer
    bool in_vain = false;       // asked often without success: other symbols go first
    Purpose purpose = Purpose::join;
    bool audit = false;  // a check for which nothing but time is the reason: all else goes first
};

// What the cold thread tells a book thread. Blocks that it is done with go back through `RetiredBlocks`, so that a hot
// thread frees nothing.
struct BookCommand {
    enum class Kind : std::uint8_t {
        snapshot,     // answers a join
        checked,      // answers a check; without a snapshot: none came
        polled,       // the book as REST has it, unasked
        trades,       // the same of trades, oldest first; `request` 1: the first page since REST stands in
        add_symbol,   // follow it from now on, again where it was followed
        drop_symbol,  // no longer
        market,       // the state of the market is another one: `reason`, or none where it is open
    };
    Kind kind = Kind::snapshot;
    SymbolIndex symbol = 0;
    std::uint32_t request = 0;
    std::unique_ptr<Snapshot> snapshot;
    std::unique_ptr<Sync> sync;  // add_symbol; none: a symbol that is only shown as down
    std::unique_ptr<Trades> trades;
    const Instrument* instrument = nullptr;  // add_symbol, drop_symbol: whose units it takes, and is shown in
    Reason halted = Reason::none;            // add_symbol: why the market is not open
    Reason reason = Reason::none;            // polled: why; add_symbol: why there is no sync; drop_symbol: why

    // `instrument`: of the table, where it stays whatever replaces it.
    [[nodiscard]] static BookCommand add(SymbolIndex symbol, const Instrument& instrument,
                                         std::unique_ptr<Sync> sync = nullptr) {
        BookCommand message;
        message.kind = Kind::add_symbol;
        message.symbol = symbol;
        message.instrument = &instrument;
        message.sync = std::move(sync);
        return message;
    }
    [[nodiscard]] static BookCommand drop(SymbolIndex symbol, const Instrument& instrument, Reason reason) {
        BookCommand message;
        message.kind = Kind::drop_symbol;
        message.symbol = symbol;
        message.instrument = &instrument;
        message.reason = reason;
        return message;
    }
};

struct RetiredBlocks {
    std::unique_ptr<Snapshot> snapshot;
    std::unique_ptr<Sync> sync;
    std::unique_ptr<Trades> trades;
};

// The book thread to a network thread: what these lines bring of a symbol is not right.
struct Resubscribe {
    enum class Kind : std::uint8_t {
        subscribe_again,  // nothing comes: the subscription was lost
        foreign,          // a numbering that no other line tells: the symbol is subscribed again alone. Who still
                          // thinks so after a second asks again
    };
    SymbolIndex symbol = 0;
    Sync::LineSet lines = 0;
    Kind kind = Kind::subscribe_again;
    // Those of them that may be reconnected where to subscribe again does not help; 0: none.
    Sync::LineSet replaceable = 0;
};

using Resubscribes = SpscQueue<Resubscribe>;
using SnapshotRequests = SpscQueue<SnapshotRequest>;
using BookCommands = SpscQueue<BookCommand>;
using RetiredQueue = SpscQueue<RetiredBlocks>;

}  // namespace daypack
