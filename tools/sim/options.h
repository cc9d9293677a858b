#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace daypack::sim {

// As at the venue, unless somebody asks for a kinder one: whoever follows the exchange must hold under it.
inline constexpr bool kJitterByDefault = true;
inline constexpr std::int64_t kOddLagMsByDefault = 5;
inline constexpr std::int64_t kMarketsCacheMsByDefault = 300'000;

inline constexpr std::int64_t kVenueLagUs = 2000;  // a generated frame is due so long after its T: its E has passed

// What `daypack sim` is told.
struct SimOptions {
    std::uint16_t port = 0;  // 0: a free one
    bool tls = false;
    std::vector<std::string> symbols;  // the venue's names; empty: default_markets()
    double rate = 100;                 // depth updates a second and symbol; 0: as fast as the readers take them
    std::uint64_t seed = 1;
    std::uint64_t max_frames = 0;    // depth frames a symbol, from the first subscriber on, then quiet; 0: endless
    std::int64_t levels = 0;         // a side, about; 0: 1,200 to 3,000
    std::string replay;              // a recorded flow, instead of the above
    double speed = 1;                // of the replay; 0: as fast as the readers take it
    bool jitter = kJitterByDefault;  // T of generated flow jitters as the recorded one's
    std::int64_t odd_lag_ms = kOddLagMsByDefault;              // messages of every odd connection leave so much later
    std::int64_t markets_cache_ms = kMarketsCacheMsByDefault;  // /markets comes from a cache, so old at most; 0: fresh
    std::vector<std::string> faults;                           // KIND[@N][:key=value,…]
    std::uint64_t chaos_seed = 0;                              // random faults from this seed; 0: none
    bool chaos_unkind = false;                                 // also what misleads: Chaos::Unkind
    std::int64_t chaos_every_ms = 500;                         // between them
    std::string ca_out;                                        // where the CA's certificate goes; empty: nowhere
    std::size_t history_changes =
        0;  // how far back the truth is known, a symbol; 0: 500,000, or a whole usual recording
    std::int64_t ping_interval_ms = 60'000;                // of the server's own pings
    std::size_t unread_bytes_max = std::size_t{64} << 20;  // a reader further behind than this is closed
};

}  // namespace daypack::sim
