// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/market/listing.h"

namespace daypack::core::sim {

// The defaults are the venue's, unkind as it is: a client that follows the exchange must hold under them.
inline constexpr bool kJitterByDefault = true;
inline constexpr std::int64_t kOddLagMsByDefault = 5;
inline constexpr std::int64_t kMarketsCacheMsByDefault = 300'000;

inline constexpr std::int64_t kVenueLagUs = 2000;  // a generated frame is due so long after its T: its E has passed

// The options of `daypack sim`; its markets and their flow are in MarketOptions.
struct SimOptions : MarketOptions {
    std::uint16_t port = 0;  // 0: a free one
    bool tls = false;
    bool jitter = kJitterByDefault;                            // T of generated flow jitters as the recorded one's
    std::int64_t odd_lag_ms = kOddLagMsByDefault;              // messages of every odd connection leave so much later
    std::int64_t markets_cache_ms = kMarketsCacheMsByDefault;  // /markets comes from a cache, so old at most; 0: fresh
    std::vector<std::string> faults;                           // KIND[@N][:key=value,…]
    std::uint64_t chaos_seed = 0;                              // random faults from this seed; 0: none
    bool chaos_unkind = false;                                 // also what misleads: Chaos::Unkind
    std::int64_t chaos_every_ms = 500;                         // between them
    std::string ca_out;                                        // where the CA's certificate goes; empty: nowhere
    std::int64_t ping_interval_ms = 60'000;                    // of the server's own pings
    std::size_t unread_bytes_max = std::size_t{64} << 20;      // a reader further behind than this is closed
};

}  // namespace daypack::core::sim
