// SPDX-License-Identifier: MIT
#pragma once
#include <compare>
#include <cstdint>

namespace daypack::core {

// The vocabulary of order books. Each quantity is a type of its own so that a price is never passed as a quantity.
// No `double` is used: the venue's decimals are kept exactly, as integers.

enum class Side : std::uint8_t { bid, ask };

[[nodiscard]] constexpr Side opposite(Side side) noexcept {
    return side == Side::bid ? Side::ask : Side::bid;
}

// A price in ticks of its instrument.
struct Price {
    std::int64_t ticks = 0;
    auto operator<=>(const Price&) const = default;
};

// A quantity in steps (lots) of its instrument. Zero in a delta deletes the level.
struct Quantity {
    std::int64_t steps = 0;
    auto operator<=>(const Quantity&) const = default;
};

struct Level {
    Price price;
    Quantity quantity;
    bool operator==(const Level&) const = default;
};

// The venue's update id of one market (`U`, `u`, `lastUpdateId`). 0: none yet; the venue's begin above it.
using Sequence = std::uint64_t;

// The venue's clock: µs since the Unix epoch. 0: unknown.
struct VenueTime {
    std::int64_t us = 0;
    auto operator<=>(const VenueTime&) const = default;
};

// This machine's monotonic clock; only differences mean something.
struct MonoTime {
    std::int64_t ns = 0;
    auto operator<=>(const MonoTime&) const = default;
};
[[nodiscard]] constexpr std::int64_t operator-(MonoTime a, MonoTime b) noexcept {
    return a.ns - b.ns;
}
[[nodiscard]] constexpr MonoTime operator+(MonoTime t, std::int64_t ns) noexcept {
    return {t.ns + ns};
}

// This machine's wall clock: ns since the Unix epoch. 0: never.
struct WallTime {
    std::int64_t ns = 0;
    auto operator<=>(const WallTime&) const = default;
};

// Index of a symbol in the instrument table, in the shared-memory directory and of its slot.
using SymbolIndex = std::uint16_t;
using LineIndex = std::uint8_t;

}  // namespace daypack::core
