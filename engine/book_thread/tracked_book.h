// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "book/instrument.h"
#include "book/line_race.h"
#include "book/state.h"
#include "book/sync/sync.h"
#include "book/touch_check.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// What the book thread keeps of one symbol, and what of it was published last.
//
// Thread: book.
struct TrackedBook {
    SymbolIndex symbol = 0;
    std::unique_ptr<Sync> sync;       // null: the symbol is not followed
    Reason absent = Reason::stopped;  // why there is no Sync
    // The units of its events and prices. The table may hold others already, before the books hear of them.
    const Instrument* instrument = nullptr;
    Reason halted = Reason::none;  // why the market is not open; none where it is
    // As last published.
    State state = State::down;
    Reason reason = Reason::none;
    std::uint16_t flags = 0;
    // What the callback of the application was last told: how often the Sync's book had been replaced by then, whether
    // it is another book since for another reason, and whether it was told of the symbol at all.
    std::uint64_t replacements = 0;
    bool replaced = true;
    bool told = false;
    std::uint64_t updates = 0, levels = 0, trades = 0, tickers = 0, bad_frames = 0;
    // What the present Sync and its book had counted when it was last published.
    Sync::Counters published;
    std::uint64_t dropped_published = 0;
    // The Sync's counters as last looked at: when they move, lines subscribe the symbol again.
    std::uint64_t silences = 0, refetches = 0;
    LineRace race;
    TouchCheck touch;

    // The state to publish now.
    [[nodiscard]] State state_now() const noexcept {
        if (!sync) return halted != Reason::none && absent == halted ? State::halted : State::down;
        const State its = sync->state();
        return its == State::live && halted != Reason::none ? State::halted : its;
    }
    // Whether the callback has yet to hear that the whole book is another one.
    [[nodiscard]] bool is_replaced() const noexcept {
        return replaced || (sync && sync->book().replacements() != replacements);
    }
    [[nodiscard]] Reason reason_now(State now) const noexcept {
        if (!sync) return absent;
        return now == State::halted ? halted : sync->reason();
    }

    // Puts its counters into shared memory, where they only grow: a Sync begins at zero, so what it has counted since
    // is added. `receive`: of the newest event; 0 where there is none. REQUIRES: sync.
    void publish_counters(Counters counters, WallTime receive) noexcept;
    // The same after an update that was applied to a book that goes on, which moves nothing else.
    void publish_applied(Counters counters, WallTime receive) const noexcept {
        counters.set(DAYPACK_SYMBOL_updates, updates);
        counters.set(DAYPACK_SYMBOL_levels, levels);
        counters.set(DAYPACK_SYMBOL_last_receive_ns, static_cast<std::uint64_t>(receive.ns));
    }
    // Takes its Sync away. What it counted is published before; another begins to count at zero.
    [[nodiscard]] std::unique_ptr<Sync> release_sync(Counters counters) noexcept;
};

// The books by symbol, and the lines that are up.
//
// Thread: book. Nothing here allocates after construction.
class BookTable {
  public:
    explicit BookTable(std::size_t capacity) : books_(capacity) {
        for (std::size_t i = 0; i < capacity; ++i) books_[i].symbol = static_cast<SymbolIndex>(i);
    }

    [[nodiscard]] TrackedBook& operator[](SymbolIndex symbol) noexcept { return books_[symbol]; }
    // Every book that a command has named so far.
    [[nodiscard]] std::span<TrackedBook> known() noexcept { return {books_.data(), known_}; }
    void add(SymbolIndex symbol) noexcept {
        if (known_ <= symbol) known_ = symbol + std::size_t{1};
    }

    Sync::LineSet lines_up = 0;

  private:
    std::vector<TrackedBook> books_;
    std::size_t known_ = 0;
};

}  // namespace daypack::core
