// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/backpack/symbol.h"

namespace daypack::core {

// The configuration file, read once at the start and checked whole: what stands here can be used without another look.
//
// Thread: any; plain values. Each key of the file has the member of its name (plus its unit) and each default stands
// here alone. A range or a form that is refused is refused with the line of the file, and in a program with the member.

enum class FeedChannel : std::uint8_t {
    trades,
    l2_book,
    l1_book,
    ticker,
    funding,
    index,
    liquidations,
    open_interest,
    order_info,  // this one and what follows are private
    fills,
    positions,
    balances
};
enum class ThreadModel : std::uint8_t { pipeline, fused, automatic };
enum class Idle : std::uint8_t { spin, backoff, automatic };

// A symbol as the user wrote it, in any of the four spellings, and where: later words about it name the line.
struct ListedSymbol {
    std::string text;
    int line = 0;
    bool operator==(const ListedSymbol&) const = default;
};

// A further account: its name, and the file of its keys (mode 0600), as <daypack/signer.hpp> reads it.
struct AccountConfig {
    std::string name;
    std::string key_file;
    bool operator==(const AccountConfig&) const = default;
};
inline constexpr const char* kDefaultAccount = "default";  // the one of api_key and api_secret

struct ExchangeConfig {
    std::vector<ListedSymbol> symbols;  // never two spellings of one market; empty when all_symbols
    bool all_symbols = false;           // "*": every visible SPOT and PERP market; what is not Open is HALTED
    std::vector<FeedChannel> channels = {FeedChannel::trades, FeedChannel::l2_book};
    std::int64_t snapshot_interval_s = 30;  // 0: no audits
    bool websocket = true;
    bool rest_only = false;
    std::string api_key;     // empty: no account
    std::string api_secret;  // base64 of 32 bytes, or of 64; never printed
    std::vector<std::string> rest_urls = {"https://api.backpack.exchange"};
    std::vector<std::string> ws_urls = {"wss://ws.backpack.exchange"};
    std::string ca_file;  // empty: the system's trust store
    std::uint32_t lines = 2;
    DepthStream depth_stream = DepthStream::realtime;
    std::int64_t gap_wait_ms = 50;
    std::int64_t ping_interval_ms = 5'000;
    std::int64_t line_dead_ms = 10'000;
    std::int64_t stale_after_ms = 60'000;
    std::uint32_t ws_failures_before_polling = 3;
    std::int64_t rest_poll_interval_ms = 1'000;
    std::uint32_t rest_requests_per_minute = 1'200;
    std::uint64_t max_frame_bytes = 4'194'304;
    std::vector<std::string> local_address;  // of line i; empty: as the system chooses, else one for each line at least
    std::vector<AccountConfig> accounts;     // beside the one of api_key

    // Both of the keys are there.
    [[nodiscard]] bool has_default_account() const noexcept { return !api_key.empty() && !api_secret.empty(); }
    bool operator==(const ExchangeConfig&) const = default;
};

struct EngineConfig {
    std::string instance = "default";
    std::uint32_t depth = 64;
    std::uint32_t max_symbols = 512;
    std::uint64_t ring_events = 65'536;   // a power of two: any other number of the file is rounded up to one
    std::uint64_t queue_events = 65'536;  // likewise
    std::uint32_t image_levels = 0;
    std::uint32_t shm_mode = 0640;
    std::string shm_group;  // empty: the group of the process
    ThreadModel threads = ThreadModel::automatic;
    std::uint32_t net_threads = 1;
    std::uint32_t book_threads = 1;
    std::vector<int> net_cpus;   // empty: not pinned; else at least one for each net thread, none twice
    std::vector<int> book_cpus;  // likewise
    Idle idle = Idle::automatic;
    int rt_priority = 0;
    bool mlock = false;
    bool huge_pages = false;
    bool fast_aes = true;
    bool kernel_timestamps = false;
    std::vector<std::string> priority;  // symbols in any spelling; joined first, where not all can be at once
    bool jail = false;
    std::string record;
    std::string metrics_listen;
    // False: the books are in this process alone, and nothing is in /dev/shm. For programs; no key of a file.
    bool shared_memory = true;
    // Where another engine has the instance, joins beside it and then takes over. No key of a file, but --takeover.
    bool takeover = false;
    bool operator==(const EngineConfig&) const = default;
};

struct Config {
    std::string path;  // as the user named the file
    ExchangeConfig exchange;
    EngineConfig engine;
    // What the file asks for and this version does not do, as the start names it in one line: "snapshot_interval".
    std::vector<std::string> not_built_yet;

    // A network thread without a line has nothing to do but to keep a core warm: these have one.
    [[nodiscard]] std::uint32_t net_threads_in_use() const noexcept {
        return std::min(engine.net_threads, std::max<std::uint32_t>(exchange.lines, 1));
    }
    bool operator==(const Config&) const = default;
};

// what(): `daypack: config.yaml:7: <what is wrong>; <what was meant>`, one line, ready to print.
class ConfigError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The value of an environment variable, or nothing when it is unset.
using EnvLookup = std::function<std::optional<std::string>(const std::string&)>;
[[nodiscard]] std::optional<std::string> process_env(const std::string& name);

// What a command line gives in place of the file's values; empty: as the file says.
struct ConfigOverrides {
    std::string instance;
    std::string rest_url;
    std::string ws_url;
    std::string ca_file;
    bool takeover = false;
};

// Reads a file, and asks this machine whether the files and groups that it names are there. Throws ConfigError.
[[nodiscard]] Config load_config(const std::string& path, const EnvLookup& env = process_env,
                                 const ConfigOverrides& overrides = {});

// The same of a text, whatever the machine has; `path` is for the messages. Throws ConfigError.
[[nodiscard]] Config parse_config(const std::string& path, const std::string& text, const EnvLookup& env);

// The same checks of a Config that was made in code, or changed. Throws ConfigError, which names the member:
// `daypack: EngineConfig::net_threads is 0; it must be a whole number from 1 to 16`. `names`: of what the members are.
struct ConfigNames {
    const char* exchange = "ExchangeConfig";
    const char* engine = "EngineConfig";
};
void check_config(const Config& config, const ConfigNames& names = {});
// Of its symbols alone.
void check_symbols(const Config& config, const ConfigNames& names = {});

// The keys, but `symbols`, that two configurations give other values.
[[nodiscard]] std::vector<std::string> changed_keys(const Config& one, const Config& other);

}  // namespace daypack::core
