// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/sim/market/feed.h"
#include "tools/sim/server/fanout.h"
#include "tools/sim/server/server.h"

namespace daypack::core::sim {

// What the simulated exchange has at the moment: its markets, their subscribers, and the connections. The parts of
// the exchange share it.
//
// Thread: the exchange's.
// Invariant: a market has the same index in `feeds` and `fanouts`, and keeps it.
struct VenueState {
    std::vector<Feed> feeds;
    std::vector<Fanout> fanouts;
    std::map<std::string, std::size_t> index_of;       // by the market's name
    std::map<std::uint64_t, Connection*> connections;  // by ordinal

    // Null: the exchange has no such market.
    [[nodiscard]] const Feed* find(const std::string& symbol) const noexcept {
        const auto found = index_of.find(symbol);
        return found == index_of.end() ? nullptr : &feeds[found->second];
    }
};

}  // namespace daypack::core::sim
