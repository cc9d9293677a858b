// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>

#include "book/instrument.h"
#include "book/line_race.h"
#include "book/state.h"
#include "book/sync/sync.h"
#include "book/touch_check.h"
#include "book/trade_filter.h"
#include "engine/shm/segment.h"

namespace daypack {

// What the book thread keeps of one symbol, and what is shown of it.
//
// Thread: book.
struct TrackedBook {
    std::unique_ptr<Sync> sync;       // none: not followed
    Reason absent = Reason::stopped;  // why there is no sync
    // Whose units its events and prices are in. Not the table's: that one may be of other units before the books know.
    const Instrument* instrument = nullptr;
    Reason halted = Reason::none;  // why the market is not open; none: it is
    State state = State::down;     // as shown last
    Reason reason = Reason::none;
    std::uint16_t flags = 0;
    std::uint64_t updates = 0, levels = 0, trades = 0, tickers = 0, bad_frames = 0;
    Sync::Counters told;  // as in shared memory
    // As last looked at: for them the lines are told to subscribe it again.
    std::uint64_t silences = 0, refetches = 0;
    LineRace race;
    std::unique_ptr<TradeFilter> trade_filter = std::make_unique<TradeFilter>();  // apart: updates do not touch it
    TouchCheck touch;

    // What is to be shown of it now.
    [[nodiscard]] State state_now() const noexcept {
        if (!sync) return halted != Reason::none && absent == halted ? State::halted : State::down;
        const State its = sync->state();
        return its == State::live && halted != Reason::none ? State::halted : its;
    }
    [[nodiscard]] Reason reason_now(State now) const noexcept {
        if (!sync) return absent;
        return now == State::halted ? halted : sync->reason();
    }

    // Into the symbol's counters in shared memory. `receive`: of what was told last; 0: nothing was. REQUIRES: sync.
    void tell(Counters counters, WallTime receive) noexcept;
    // Of an update that was applied to a book that goes on: nothing else has moved but what tell() says in time.
    void tell_applied(Counters counters, WallTime receive) const noexcept {
        counters.set(DAYPACK_SYMBOL_updates, updates);
        counters.set(DAYPACK_SYMBOL_levels, levels);
        counters.set(DAYPACK_SYMBOL_last_receive_ns, static_cast<std::uint64_t>(receive.ns));
    }
};

}  // namespace daypack
