// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "book/decimal.h"
#include "book/instrument.h"
#include "book/snapshot.h"
#include "book/sync/sync.h"
#include "engine/threads/event_queue.h"
#include "net/backpack/rest_decoder.h"

namespace daypack::core {

using Trades = std::vector<RestTrade>;

// The book thread asks the control thread for a snapshot.
struct SnapshotRequest {
    enum class Purpose : std::uint8_t {
        join,   // there is no book without it: it is fetched until it comes
        check,  // there is a book: it is fetched once, when the budget has room
    };
    SymbolIndex symbol = 0;
    std::uint32_t request = 0;  // comes back with the answer
    bool in_vain = false;       // many answers were of no use: other symbols go first
    Purpose purpose = Purpose::join;
    bool audit = false;  // a check that nothing but time calls for: everything else goes first
};

// The commands of the control thread to the book thread, each about one symbol. They own what they carry; the book
// thread takes it over or sends it back as `RetiredBlocks`, so that a hot thread neither allocates nor frees.

// Answers a request to join.
struct JoinSnapshot {
    SymbolIndex symbol = 0;
    std::uint32_t request = 0;           // of SnapshotRequest
    std::unique_ptr<Snapshot> snapshot;  // never null
};

// Answers a request to check a book.
struct CheckSnapshot {
    SymbolIndex symbol = 0;
    std::unique_ptr<Snapshot> snapshot;  // null where REST did not answer
    bool audit = false;                  // an audit asked; else a silence
};

// The book as REST has it, polled while no line serves.
struct PolledSnapshot {
    SymbolIndex symbol = 0;
    Reason why = Reason::none;           // ws_down or rest_only
    std::unique_ptr<Snapshot> snapshot;  // never null
};

// A page of trades, oldest first, polled while no line serves.
struct PolledTrades {
    SymbolIndex symbol = 0;
    bool opens = false;              // the first page since REST stands in
    std::unique_ptr<Trades> trades;  // never null
};

// The open interest of a market, as REST tells it.
struct PolledOpenInterest {
    SymbolIndex symbol = 0;
    Decimal quantity;  // in the base asset
    VenueTime time;    // the venue's, whole milliseconds
};

// The symbol is followed from now on, with a new Sync also where it was followed before.
struct FollowSymbol {
    SymbolIndex symbol = 0;
    const Instrument* instrument = nullptr;  // a row of the table, where it stays when another replaces it
    std::unique_ptr<Sync> sync;              // never null
    Reason halted = Reason::none;            // why the market is not open; none where it is
};

// The symbol has no book from now on: its slot says why.
struct ReleaseSymbol {
    SymbolIndex symbol = 0;
    const Instrument* instrument = nullptr;  // as in FollowSymbol
    Reason why = Reason::stopped;            // `closed` is shown as HALTED, all else as DOWN
};

// The market of a followed symbol opened or was halted; its book goes on.
struct SetHalt {
    SymbolIndex symbol = 0;
    Reason halted = Reason::none;  // none where the market is open
};

using BookCommand = std::variant<JoinSnapshot, CheckSnapshot, PolledSnapshot, PolledTrades, PolledOpenInterest,
                                 FollowSymbol, ReleaseSymbol, SetHalt>;

// What the book thread is done with, on its way back to the control thread, which frees it.
struct RetiredBlocks {
    std::unique_ptr<Snapshot> snapshot;
    std::optional<SymbolIndex> checked{};  // the snapshot is that of an audit of this symbol
    std::unique_ptr<Sync> sync;
    std::unique_ptr<Trades> trades;
};

// The book thread tells a network thread that these lines do not bring what they should of a symbol.
struct Resubscribe {
    enum class Kind : std::uint8_t {
        subscribe_again,  // they bring nothing: the subscription was lost
        foreign,          // they number as no other line does: that symbol alone is subscribed again. The book thread
                          // repeats this after a second where it is still so
    };
    SymbolIndex symbol = 0;
    Sync::LineSet lines = 0;
    Kind kind = Kind::subscribe_again;
    // Those of the lines that may be reconnected where subscribing again does not help; 0 for none.
    Sync::LineSet replaceable = 0;
};

using Resubscribes = SpscQueue<Resubscribe>;
using SnapshotRequests = SpscQueue<SnapshotRequest>;
using BookCommands = SpscQueue<BookCommand>;
using RetiredQueue = SpscQueue<RetiredBlocks>;

}  // namespace daypack::core
