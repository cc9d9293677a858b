// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

// What an engine is to do. Each member is a key of the configuration file, by the same name plus its unit, with the
// same default and the same limits; `daypack run --help` and engine/README.md list them.

namespace daypack {

// What is subscribed. `funding` and `index` both are the stream of mark prices; `order_info` and later are private.
enum class Channel : std::uint8_t {
    trades,
    l2_book,
    l1_book,
    ticker,
    funding,
    index,
    liquidations,
    open_interest,
    order_info,
    fills,
    positions,
    balances
};
// How the exchange batches depth updates.
enum class DepthStream : std::uint8_t { realtime, every_200ms, every_600ms, every_1000ms };
// Who keeps the books: a thread behind a queue, the network thread, or what suits this machine's cores.
enum class Threads : std::uint8_t { pipeline, fused, automatic };
// What a hot thread does that has nothing to do.
enum class Idle : std::uint8_t { spin, backoff, automatic };

// A further account: its name, and the file of its keys, of mode 0600, as Signer::from_file() takes it.
struct Account {
    std::string name;
    std::string key_file;
    bool operator==(const Account&) const = default;
};

// Thread: any; plain values. What is wrong with them is said by the constructor of Engine, by the member's name.
struct Config {
    // ---- what is followed
    std::vector<std::string> symbols;  // {"BTC-USDC", "SOL-USDC-PERP"}, or {"*"} alone: every visible SPOT and PERP
    std::vector<Channel> channels = {Channel::trades, Channel::l2_book};
    DepthStream depth_stream = DepthStream::realtime;
    std::int64_t snapshot_interval_s = 30;  // between audits of each book against REST; 0: never

    // ---- where others read it
    std::string instance = "default";  // names the shared memory: /dev/shm/daypack.<instance>
    bool shared_memory = true;         // false: the books are in this process alone, and nothing is in /dev/shm; no key
    bool takeover = false;             // joins beside the engine that has the instance, then has it hand over; no key
    std::uint32_t depth = 64;          // levels a side in shared memory, and in Engine::snapshot()
    std::uint32_t max_symbols = 512;
    std::uint64_t ring_events = 65'536;  // rounded up to a power of two
    std::uint32_t image_levels = 0;      // a side of the image of each whole book, for <daypack/follow.h>; 0: none
    std::uint32_t shm_mode = 0640;
    std::string shm_group;  // empty: the group of the process

    // ---- the exchange
    std::string api_key;            // empty: no account
    std::string api_secret;         // base64 of 32 bytes, or of 64; never printed
    std::vector<Account> accounts;  // beside the one of api_key, which is named `default`
    std::vector<std::string> rest_urls = {"https://api.backpack.exchange"};
    std::vector<std::string> ws_urls = {"wss://ws.backpack.exchange"};
    std::string ca_file;      // PEM, the certificates to trust; empty: the system's
    std::uint32_t lines = 2;  // redundant connections; the first copy of an update wins
    bool websocket = true;    // false: REST is polled
    bool rest_only = false;   // true: no connection is made, and REST is polled
    std::int64_t gap_wait_ms = 50;
    std::int64_t ping_interval_ms = 5'000;
    std::int64_t line_dead_ms = 10'000;
    std::int64_t stale_after_ms = 60'000;
    std::uint32_t ws_failures_before_polling = 3;
    std::int64_t rest_poll_interval_ms = 1'000;
    std::uint32_t rest_requests_per_minute = 1'200;
    std::uint64_t max_frame_bytes = 4'194'304;
    std::vector<std::string> local_address;  // of line i; empty: the system's choice

    // ---- threads and memory
    Threads threads = Threads::automatic;
    std::uint32_t net_threads = 1;
    std::uint32_t book_threads = 1;
    std::vector<int> net_cpus;   // of each network thread; empty: not pinned
    std::vector<int> book_cpus;  // likewise
    Idle idle = Idle::automatic;
    int rt_priority = 0;                  // 0: the usual scheduler; more: SCHED_FIFO
    std::uint64_t queue_events = 65'536;  // rounded up to a power of two
    bool mlock = false;
    bool huge_pages = false;
    bool fast_aes = true;
    bool kernel_timestamps = false;
    std::vector<std::string> priority;  // symbols that are joined first, where not all can be at once
    bool jail = false;                  // hot threads behind a seccomp filter, and callbacks with them
    std::string record;
    std::string metrics_listen;

    // The file that it was read from, for messages; empty: made in code.
    std::string path;

    bool operator==(const Config&) const = default;
};

// what(): one line, ready to print: `daypack: config.yaml:7: <what is wrong>; <what to do>`, or, of a Config that was
// made in code, `daypack: Config::lines is 20; it must be a whole number from 1 to 16`.
class ConfigError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Reads a configuration file and checks it whole, as `daypack run` does. Throws ConfigError.
[[nodiscard]] Config load_config(const std::string& path);

}  // namespace daypack
