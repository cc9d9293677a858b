// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "book/event.h"
#include "book/instrument.h"
#include "book/types.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core {

// The words of the segment that hold several numbers each, as the writer makes them. The C header has the layout, and
// the functions that take such a word apart (daypack_unpack_status, daypack_bid_levels, daypack_record_kind, ...).
//
// Thread: any; these functions touch nothing but their arguments.

// Makes daypack_slot.status and daypack_record.status.
[[nodiscard]] inline std::uint64_t status_word(std::uint64_t epoch, unsigned state, unsigned reason,
                                               unsigned flags) noexcept {
    daypack_status status{};
    status.epoch = static_cast<std::uint32_t>(epoch);
    status.state = static_cast<std::uint8_t>(state);
    status.reason = static_cast<std::uint8_t>(reason);
    status.flags = static_cast<std::uint16_t>(flags);
    return daypack_pack_status(status);
}

// Makes the part of a status word that holds these flags, to be added to a word or to mask one.
[[nodiscard]] inline std::uint64_t flags_in_status(unsigned flags) noexcept {
    return status_word(0, 0, 0, flags);
}

// Makes daypack_slot.exponents and daypack_record.exponents.
[[nodiscard]] inline std::uint64_t exponents_word(const Unit& tick, const Unit& step) noexcept {
    return static_cast<std::uint8_t>(tick.exponent) | std::uint64_t{static_cast<std::uint8_t>(step.exponent)} << 8;
}
[[nodiscard]] inline std::uint64_t exponents_word(const Instrument& instrument) noexcept {
    return exponents_word(instrument.tick, instrument.step);
}

// Makes daypack_slot.counts.
[[nodiscard]] constexpr std::uint64_t counts_word(std::uint64_t bids, std::uint64_t asks) noexcept {
    return bids | asks << 32;
}

// Makes daypack_record.head of a record that concerns no single event.
[[nodiscard]] constexpr std::uint64_t record_head(daypack_kind kind, SymbolIndex symbol) noexcept {
    return static_cast<std::uint64_t>(kind) | std::uint64_t{symbol} << 32;
}

// Makes daypack_record.head of the record of an event.
[[nodiscard]] constexpr std::uint64_t record_head(daypack_kind kind, SymbolIndex symbol, const Event& event) noexcept {
    return record_head(kind, symbol) | static_cast<std::uint64_t>(event.side) << 8 | std::uint64_t{event.last} << 16 |
           std::uint64_t{event.line} << 24;
}

}  // namespace daypack::core
