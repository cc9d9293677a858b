// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>

#include "book/instrument.h"
#include "book/order_book.h"
#include "book/state.h"
#include "book/types.h"

namespace daypack::core {

// What the book thread hands in for publishing: the slot of the symbol and the records of the ring are both written
// from it.
struct BookUpdate {
    SymbolIndex symbol = 0;
    const Instrument* instrument = nullptr;  // never null
    const OrderBook* book = nullptr;         // never null where a book is published
    Sequence u = 0;
    State state = State::syncing;
    Reason reason = Reason::start;
    std::uint16_t flags = 0;  // SlotWriter adds kCrossed and kPartial where they hold
    VenueTime match;
    VenueTime send;
    WallTime receive;
    WallTime publish;
    WallTime kernel_receive{};  // 0: the configuration does not ask for it
};

// What writing a slot changed. Every record of the update carries the two words; each change takes a record of its own.
struct SlotChange {
    bool top_changed = false;     // another best bid or offer than before
    bool status_changed = false;  // another state, reason or flag than before
    std::uint64_t status = 0;     // as in daypack_slot
    std::uint64_t exponents = 0;  // as in daypack_slot

    [[nodiscard]] std::size_t records() const noexcept {
        return std::size_t{top_changed} + std::size_t{status_changed};
    }
};

}  // namespace daypack::core
