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
inline constexpr std::int64_t kHistoryLagMsByDefault = 150;

inline constexpr std::int64_t kVenueLagUs = 2000;  // a generated frame is due so long after its T: its E has passed

// The options of `daypack sim`; its markets and their flow are in MarketOptions.
struct SimOptions : MarketOptions {
    std::string bind = "127.0.0.1";  // the address to listen on; 0.0.0.0 or ::, all of this machine
    std::uint16_t port = 0;          // 0: a free one
    bool tls = false;
    bool jitter = kJitterByDefault;                            // T of generated flow jitters as the recorded one's
    std::int64_t odd_lag_ms = kOddLagMsByDefault;              // messages of every odd connection leave so much later
    std::int64_t markets_cache_ms = kMarketsCacheMsByDefault;  // /markets comes from a cache, so old at most; 0: fresh
    std::vector<std::string> faults;                           // KIND[@N][:key=value,…]
    std::uint64_t chaos_seed = 0;                              // random faults from this seed; 0: none
    bool chaos_unkind = false;                                 // also what misleads: Chaos::Unkind
    std::int64_t chaos_every_ms = 500;                         // between them
    std::size_t accounts = 0;                                  // that can sign; 0: the account side is not there
    double account_rate = 5;                                   // acts a second of each
    std::uint64_t account_events = 0;                          // acts of each, then they stand still; 0: endless
    std::string keys_out;                                      // the folder that their keys go to; empty: nowhere
    std::int64_t history_lag_ms = kHistoryLagMsByDefault;      // how much later than the streams histories are
    std::vector<std::string> names;  // hosts of which its certificate speaks, beside those of loopback
    std::string ca_key;              // the file that keeps the CA's key over restarts; empty: a new CA each time
    std::string ca_out;              // where the CA's certificate goes; empty: nowhere
    std::int64_t ping_interval_ms = 60'000;                // of the server's own pings
    std::size_t unread_bytes_max = std::size_t{64} << 20;  // a reader further behind than this is closed
};

}  // namespace daypack::core::sim
