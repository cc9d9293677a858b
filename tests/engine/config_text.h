// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"

// Texts of configurations, and what the reader answers to them.
namespace daypack::core::test {

using Variables = std::map<std::string, std::string>;

// 44 characters of base64: 32 bytes.
inline const std::string kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

inline EnvLookup env_of(const Variables& variables) {
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
}

inline Config parse(const std::string& text, const Variables& variables = {}) {
    return parse_config("config.yaml", text, env_of(variables));
}

// What parse() says of a text, or "no error".
inline std::string error_of(const std::string& text, const Variables& variables = {}) {
    try {
        (void)parse(text, variables);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

// The first block of the contract, as it stands in files of users.
inline const std::string kSeed = R"(exchanges:
  ccxt_backpack:
    class: Ccxt_Backpack_Feed
    exchange: backpack
    symbols: ["BTC-USDC", "ETH-USDC", "SOL-USDC-PERP"]   # "*" = every visible market whose book is Open
    channels: [TRADES, L2_BOOK]        # also L1_BOOK (bookTicker) and, with keys, ORDER_INFO, POSITIONS, BALANCES
    snapshot_interval: 30              # s between audits of each book against REST; 0 = never
    websocket: true
    rest_only: false
    api_key: ${BACKPACK_KEY}           # optional: base64 verifying key
    api_secret: ${BACKPACK_SECRET}     # optional: base64 32-byte seed
)";

inline const std::string kBeyondSeed = R"(    # from here on beyond the seed, each with a default
    rest_urls: ["https://api.backpack.exchange"]         # in order of preference
    ws_urls: ["wss://ws.backpack.exchange"]
    ca_file: ""                        # empty: the system's trust store
    lines: 2                           # redundant WebSocket connections per symbol; the first copy of an update wins
    depth_stream: realtime             # or 200ms, 600ms, 1000ms
    gap_wait_ms: 50                    # how long a missing update may still come from another line
    ping_interval_ms: 5000
    line_dead_ms: 10000                # a connection without a byte for so long is dead
    stale_after_ms: 60000              # a symbol without an update for so long is checked against REST
    ws_failures_before_polling: 3
    rest_poll_interval_ms: 1000        # no faster than the budget allows over all symbols
    rest_requests_per_minute: 1200
    max_frame_bytes: 4194304
    local_address: []                  # of line i, where a machine has several
engine:
  instance: default
  depth: 64                            # levels a side in shared memory, 1..65536
  max_symbols: 512
  ring_events: 65536
  queue_events: 65536
  shm_mode: "0640"
  shm_group: ""
  threads: auto                        # or pipeline, fused
  net_threads: 1                       # a network thread drives any number of lines
  book_threads: 1
  net_cpus: []                         # empty: not pinned
  book_cpus: []
  idle: auto                           # spin | backoff | auto
  rt_priority: 0
  mlock: false
  huge_pages: false
  fast_aes: true
  kernel_timestamps: false
  jail: false
  record: ""
  metrics_listen: ""                   # 127.0.0.1:9464 serves Prometheus text
)";

inline const std::vector<ListedSymbol> kSeedSymbols = {{"BTC-USDC", 5}, {"ETH-USDC", 5}, {"SOL-USDC-PERP", 5}};

// A file of eight lines that is right: what stands in `exchange` begins in line 6, what stands in `engine` after it.
inline std::string with(const std::string& exchange, const std::string& engine = "") {
    return "exchanges:\n"
           "  mine:\n"
           "    class: Ccxt_Backpack_Feed\n"
           "    exchange: backpack\n"
           "    symbols: [BTC-USDC]\n" +
           exchange + "engine:\n" + engine;
}

inline std::string at(int line, const std::string& words) {
    return "daypack: config.yaml:" + std::to_string(line) + ": " + words;
}

// A text, and what is said of it.
struct ConfigCase {
    std::string text;
    std::string error;
};

}  // namespace daypack::core::test
