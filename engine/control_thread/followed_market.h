// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "book/instrument.h"
#include "book/state.h"
#include "book/types.h"
#include "engine/control_thread/market_witness.h"

namespace daypack::core {

// One market that the configuration asked for at some time: what is believed of it, and what is shown of it.
//
// Thread: control.
struct FollowedMarket {
    enum class Shown : std::uint8_t { nothing, down, closed, followed };

    std::string native;
    MarketWitness witness;
    std::optional<SymbolIndex> index;  // none until it has a place in shared memory
    bool wanted = true;                // by the configuration as it is now
    bool lived = false;                // it was listed at some time
    Shown shown = Shown::nothing;
    Reason why = Reason::none;                  // why it is shown as down, or is not open
    std::uint64_t bad_frames = 0, updates = 0;  // as counted when last looked at
    MonoTime streamed;                          // when updates of it were last seen to come; 0: never

    [[nodiscard]] bool is_followed() const noexcept { return shown == Shown::followed; }
    [[nodiscard]] bool is_halted() const noexcept { return is_followed() && why != Reason::none; }
};

// It only grows, so that a place in it means the same market for ever.
using FollowedMarkets = std::deque<FollowedMarket>;

[[nodiscard]] inline std::size_t count_halted(const FollowedMarkets& markets) noexcept {
    std::size_t count = 0;
    for (const FollowedMarket& market : markets) count += market.is_halted() ? 1 : 0;
    return count;
}

}  // namespace daypack::core
