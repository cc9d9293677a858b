// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/market/feed.h"

namespace daypack::core::sim {

// Which markets the exchange has, and what trades in them.
struct MarketOptions {
    std::vector<std::string> symbols;  // the venue's names; empty: default_markets()
    double rate = 100;                 // depth updates a second and symbol; 0: as fast as the readers take them
    std::uint64_t seed = 1;
    std::uint64_t max_frames = 0;  // depth frames a symbol, from the first subscriber on, then quiet; 0: endless
    std::int64_t levels = 0;       // a side, about; 0: 1,200 to 3,000
    std::string replay;            // a recorded flow, instead of the above
    double speed = 1;              // of the replay; 0: as fast as the readers take it
    // How far back the truth is known, a symbol; 0: 500,000, or a whole usual recording.
    std::size_t history_changes = 0;
};

// The markets that the options ask for, each with its flow, none begun yet.
// Throws std::runtime_error with a sentence that says what to do.
[[nodiscard]] std::vector<Feed> make_feeds(const MarketOptions& options);

}  // namespace daypack::core::sim
