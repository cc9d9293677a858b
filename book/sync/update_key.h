// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "book/event.h"

namespace daypack::core {

// Distinguishes updates that have the same last id: the upper half is how many ids the update covers, the lower half is
// a digest of its levels. Two updates with the same last id are copies if and only if their keys are equal; timestamps
// are not compared.
using UpdateKey = std::uint64_t;

// REQUIRES: not empty, one whole update.
[[nodiscard]] inline UpdateKey key_of(std::span<const Event> update) noexcept {
    constexpr std::uint64_t kMultiplier = 0x9E37'79B9'7F4A'7C15;  // odd, its bits spread: the golden ratio's
    std::uint64_t digest = static_cast<std::uint64_t>(update.front().kind);
    for (const Event& event : update) {
        const auto price = static_cast<std::uint64_t>(event.price.ticks);
        const auto quantity = static_cast<std::uint64_t>(event.quantity.steps);
        const auto side = static_cast<std::uint64_t>(event.side);
        digest = (digest ^ price ^ std::rotl(quantity, 31) ^ (side << 62)) * kMultiplier;
        digest ^= digest >> 32;
    }
    const Event& first = update.front();
    const std::uint64_t covered = std::min<std::uint64_t>(first.last_id - first.first_id, UINT32_MAX);
    return covered << 32 | (digest & UINT32_MAX);
}

[[nodiscard]] constexpr bool same_edges(UpdateKey a, UpdateKey b) noexcept {
    return a >> 32 == b >> 32;
}
// True when the update covers several ids, as those of an aggregated stream do.
[[nodiscard]] constexpr bool is_aggregated(UpdateKey key) noexcept {
    return key >> 32 != 0;
}

}  // namespace daypack::core
