#pragma once
#include <cstdint>
#include <memory>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "book/sync.h"
#include "engine/event_queue.h"

namespace daypack {

// A book thread asks the cold thread for a snapshot.
struct SnapshotRequest {
    SymbolIndex symbol = 0;
    std::uint32_t request = 0;  // handed back with the answer
    std::uint32_t tries = 0;    // asked before without success: the cold thread waits longer each time
};

// What the cold thread tells a book thread. Blocks that it is done with go back through `Spent`, so that a hot thread
// frees nothing.
struct ColdMessage {
    enum class Kind : std::uint8_t { snapshot, add_symbol, drop_symbol };
    Kind kind = Kind::snapshot;
    SymbolIndex symbol = 0;
    std::uint32_t request = 0;
    std::unique_ptr<Snapshot> snapshot;  // snapshot
    std::unique_ptr<Sync> sync;          // add_symbol; none: a symbol that is only shown as down
    Reason reason = Reason::none;        // add_symbol without sync: why; drop_symbol: why

    [[nodiscard]] static ColdMessage drop(SymbolIndex symbol, Reason reason) {
        ColdMessage message;
        message.kind = Kind::drop_symbol;
        message.symbol = symbol;
        message.reason = reason;
        return message;
    }
};

struct Spent {
    std::unique_ptr<Snapshot> snapshot;
    std::unique_ptr<Sync> sync;
};

using SnapshotRequests = SpscQueue<SnapshotRequest>;
using ColdMessages = SpscQueue<ColdMessage>;
using SpentBlocks = SpscQueue<Spent>;

}  // namespace daypack
