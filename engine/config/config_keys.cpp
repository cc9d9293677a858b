// SPDX-License-Identifier: MIT
#include "engine/config/config_keys.h"

#include <algorithm>

#include "engine/config/config_accounts.h"
#include "engine/config/config_members.h"
#include "engine/config/config_values.h"
#include "engine/shm/shm_limits.h"
#include "engine/threads/thread_limits.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMinQueueEvents = 16;
constexpr std::int64_t kMaxCpu = 1023;  // CPU_SETSIZE - 1
constexpr std::int64_t kMaxBookThreads = 16;

constexpr std::string_view kClasses[] = {"Ccxt_Backpack_Feed"};
constexpr std::string_view kVenues[] = {"backpack"};
constexpr std::string_view kChannels[] = {"TRADES",     "L2_BOOK", "L1_BOOK",      "TICKER",
                                          "FUNDING",    "INDEX",   "LIQUIDATIONS", "OPEN_INTEREST",
                                          "ORDER_INFO", "FILLS",   "POSITIONS",    "BALANCES"};
constexpr std::string_view kDepthStreams[] = {"realtime", "200ms", "600ms", "1000ms"};
constexpr std::string_view kThreadModels[] = {"pipeline", "fused", "auto"};
constexpr std::string_view kIdles[] = {"spin", "backoff", "auto"};

std::string rest_url_fault(std::string_view url) {
    return url_fault(url, UrlKind::rest);
}

std::string ws_url_fault(std::string_view url) {
    return url_fault(url, UrlKind::websocket);
}

constexpr ConfigKey kExchangeKeys[] = {
    only_word("class", "the kind of feed", {.words = kClasses, .required = true}),
    only_word("exchange", "the venue", {.words = kVenues, .required = true}),
    {"symbols",
     "\"*\": every visible SPOT and PERP market, what is not Open as HALTED; or a list: [\"BTC-USDC\", "
     "\"SOL-USDC-PERP\"]",
     {.required = true, .example = "\"*\""},
     read_symbols,
     show_symbols,
     symbols_fault},
    key<&ExchangeConfig::channels>(
        "channels",
        "L1_BOOK is the bookTicker, held against the book; FUNDING and INDEX both are the stream markPrice; ORDER_INFO "
        "and later need keys",
        {.words = kChannels}),
    key<&ExchangeConfig::snapshot_interval_s>("snapshot_interval",
                                              "s between audits of each book against REST; 0: never",
                                              {.max = 86'400, .member = "snapshot_interval_s"}),
    key<&ExchangeConfig::websocket>("websocket", "false: REST is polled"),
    key<&ExchangeConfig::rest_only>("rest_only", "true: no connection is made, and REST is polled"),
    key<&ExchangeConfig::api_key>("api_key", "base64 of the verifying key",
                                  {.fault = key_fault, .may_be_unset = true, .example = "${BACKPACK_KEY}"}),
    key<&ExchangeConfig::api_secret>("api_secret", "base64 of the seed, 32 bytes",
                                     {.fault = secret_fault, .may_be_unset = true, .example = "${BACKPACK_SECRET}"}),
    key<&ExchangeConfig::rest_urls>("rest_urls", "in order of preference", {.fault = rest_url_fault}),
    key<&ExchangeConfig::ws_urls>("ws_urls", "line i begins with the i-th", {.fault = ws_url_fault}),
    key<&ExchangeConfig::ca_file>("ca_file", "PEM, the certificates to trust; empty: the system's trust store"),
    key<&ExchangeConfig::lines>("lines", "redundant connections; the first copy of an update wins",
                                {.min = 1, .max = kMaxLines}),
    key<&ExchangeConfig::depth_stream>("depth_stream", "how the venue batches updates", {.words = kDepthStreams}),
    key<&ExchangeConfig::gap_wait_ms>("gap_wait_ms", "how long a missing update may still come from another line",
                                      {.max = 60'000}),
    key<&ExchangeConfig::ping_interval_ms>("ping_interval_ms", "between the pings of a connection",
                                           {.min = 100, .max = kHourMs}),
    key<&ExchangeConfig::line_dead_ms>("line_dead_ms", "a connection without a byte for so long is dead",
                                       {.min = 100, .max = kHourMs}),
    key<&ExchangeConfig::stale_after_ms>("stale_after_ms",
                                         "a symbol without an update for so long is checked against REST",
                                         {.min = 100, .max = 24 * kHourMs}),
    key<&ExchangeConfig::ws_failures_before_polling>("ws_failures_before_polling",
                                                     "failures of every line, in a row, until REST is polled",
                                                     {.min = 1, .max = 1'000}),
    key<&ExchangeConfig::rest_poll_interval_ms>("rest_poll_interval_ms",
                                                "no faster than the budget allows; /trades at most 20 a minute in all",
                                                {.min = 100, .max = kHourMs}),
    key<&ExchangeConfig::rest_requests_per_minute>("rest_requests_per_minute", "the budget of all REST requests",
                                                   {.min = 1, .max = 1'000'000}),
    key<&ExchangeConfig::max_frame_bytes>("max_frame_bytes", "a connection that sends a longer one is replaced",
                                          {.min = 1'024, .max = 1 << 30}),
    key<&ExchangeConfig::local_address>(
        "local_address", "the address of this machine that line i comes from; empty: the system's choice",
        {.fault = address_fault}),
    {"accounts",
     "more than the one of api_key: [{name: mm2, key_file: mm2.keys}], each file of mode 0600",
     {},
     read_accounts,
     show_accounts,
     accounts_fault},
};

constexpr ConfigKey kEngineKeys[] = {
    key<&EngineConfig::instance>("instance", "names the shared memory, /dev/shm/daypack.<instance>",
                                 {.fault = instance_fault}),
    key<&EngineConfig::depth>("depth", "levels a side in shared memory", {.min = 1, .max = kMaxDepth}),
    key<&EngineConfig::max_symbols>("max_symbols", "markets that shared memory has room for",
                                    {.min = 1, .max = kMaxSymbols}),
    key<&EngineConfig::ring_events>("ring_events", "records that a reader may be behind before it is lapped",
                                    {.min = kMinRingEvents, .max = kMaxRingEvents, .power_of_two = true}),
    key<&EngineConfig::image_levels>("image_levels",
                                     "levels a side of the image that each audit leaves, for daypack/follow.h; 0: none",
                                     {.min = 0, .max = kMaxImageLevels}),
    key<&EngineConfig::queue_events>("queue_events", "room in the queue from a network thread to the book thread",
                                     {.min = kMinQueueEvents, .max = kMaxQueueEvents, .power_of_two = true}),
    {"shm_mode",
     "of the shared memory's file, octal; its owner alone may write it",
     {},
     read_shm_mode,
     show_shm_mode,
     shm_mode_fault},
    key<&EngineConfig::shm_group>("shm_group", "of the shared memory's file; empty: the group of the process",
                                  {.fault = group_fault}),
    key<&EngineConfig::threads>("threads",
                                "pipeline: a book thread behind a queue; fused: one thread for all; auto: by the cores",
                                {.words = kThreadModels}),
    key<&EngineConfig::net_threads>("net_threads",
                                    "each drives any number of lines; no more threads than lines are started",
                                    {.min = 1, .max = kMaxLines}),
    key<&EngineConfig::book_threads>("book_threads", "threads that keep the books",
                                     {.min = 1, .max = kMaxBookThreads, .built = false}),
    key<&EngineConfig::net_cpus>("net_cpus", "CPU of each network thread; empty: not pinned", {.max = kMaxCpu}),
    key<&EngineConfig::book_cpus>("book_cpus", "CPU of the book thread; fused: it is the first of net_cpus that counts",
                                  {.max = kMaxCpu}),
    key<&EngineConfig::idle>("idle", "auto: spin where each hot thread can have a core, and one is left, of 3 or more",
                             {.words = kIdles}),
    key<&EngineConfig::rt_priority>("rt_priority", "0: the usual scheduler; more: SCHED_FIFO", {.max = 99}),
    key<&EngineConfig::mlock>("mlock", "needs an unlimited RLIMIT_MEMLOCK or CAP_IPC_LOCK"),
    key<&EngineConfig::huge_pages>("huge_pages",
                                   "for the segment, the queues and the pending updates, where the kernel has them"),
    key<&EngineConfig::fast_aes>("fast_aes", "AES-256-GCM by the processor's AES instructions, through libsodium"),
    key<&EngineConfig::kernel_timestamps>(
        "kernel_timestamps", "asks the kernel when it received each frame: a `recvmsg` in place of a `recv`"),
    key<&EngineConfig::priority>("priority", "symbols that are joined first, in this order", {.fault = symbol_fault}),
    key<&EngineConfig::jail>("jail",
                             "hot threads behind a seccomp filter: they start no program and write no file; callbacks "
                             "of a host, too"),
    key<&EngineConfig::record>("record", "a file for all that comes", {.built = false}),
    key<&EngineConfig::metrics_listen>("metrics_listen", "127.0.0.1:9464 serves Prometheus text",
                                       {.fault = listen_fault}),
};

void read_all(std::span<const ConfigKey> keys, ConfigSection& in, Config& out) {
    for (const ConfigKey& key : keys) {
        if (key.rules.required) in.require(key.name);
        if (key.rules.may_be_unset) in.may_be_unset(key.name);
        key.read(in, key, out);
    }
}

bool is_private(FeedChannel channel) noexcept {
    return channel >= FeedChannel::order_info;
}

// `named`: things of which there must be one for each of `count`, or none.
std::string count_fault(std::size_t named, std::uint32_t count, const char* of) {
    if (named == 0 || named >= count) return {};
    return "names " + std::to_string(named) + " for " + std::to_string(count) + " " + of +
           "; name one for each, or none";
}

// Whether it may be anything of its type, or what not.
std::string limits_of(const ConfigKey& key) {
    const ConfigKey::Rules& rules = key.rules;
    std::string limits;
    const auto add = [&limits](const std::string& limit) { limits += (limits.empty() ? "" : "; ") + limit; };
    if (rules.required) add("no default");
    if (rules.max > 0) add(std::to_string(rules.min) + ".." + std::to_string(rules.max));
    if (rules.power_of_two) add("rounded up to a power of two");
    if (rules.words.size() > 1) add(joined(rules.words, " | "));
    if (!rules.built) add("not built yet");
    return limits;
}

void list_keys(std::span<const ConfigKey> keys, const std::string& indent, std::string& out) {
    constexpr std::size_t kMeaningColumn = 39;
    for (const ConfigKey& key : keys) {
        std::string line = indent + key.name + ": ";
        line += key.rules.example != nullptr ? key.rules.example : key.show(key, Config{});
        line.resize(std::max(line.size() + 2, kMeaningColumn), ' ');
        line += "# " + std::string(key.meaning);
        const std::string limits = limits_of(key);
        out += line + (limits.empty() ? "" : " (" + limits + ")") + "\n";
    }
}

}  // namespace

std::span<const ConfigKey> exchange_key_table() noexcept {
    return kExchangeKeys;
}

std::span<const ConfigKey> engine_key_table() noexcept {
    return kEngineKeys;
}

void read_exchange(ConfigSection& in, Config& out) {
    read_all(kExchangeKeys, in, out);
    const Misfit misfit = exchange_misfit(out);
    if (misfit.key == nullptr) return;
    if (!misfit.is_private_channel) return in.check(misfit.key, misfit.fault);
    for (const ConfigText& text : in.texts("channels", 1)) {
        const auto channel = static_cast<FeedChannel>(place_of(text.text, kChannels));
        if (!is_private(channel)) continue;
        const ExchangeConfig& exchange = out.exchange;
        const bool has_one = exchange.api_key.empty() != exchange.api_secret.empty();
        const std::string one = exchange.api_key.empty() ? "`api_secret`" : "`api_key`";
        in.fail(text.line, "channel " + shown(text.written) +
                               " is private; it needs `api_key` and `api_secret`, or `accounts`" +
                               (has_one ? ", and of the two only " + one + " is set" : ""));
    }
}

void read_engine(ConfigSection& in, Config& out) {
    read_all(kEngineKeys, in, out);
    if (const Misfit misfit = engine_misfit(out); misfit.key != nullptr) in.check(misfit.key, misfit.fault);
}

Misfit exchange_misfit(const Config& config) {
    const ExchangeConfig& exchange = config.exchange;
    if (std::string fault = count_fault(exchange.local_address.size(), exchange.lines, "lines"); !fault.empty()) {
        return {"local_address", fault};
    }
    const auto& channels = exchange.channels;
    if (std::find(channels.begin(), channels.end(), FeedChannel::l2_book) == channels.end()) {
        return {"channels", "has no L2_BOOK, and without it there is no book to keep; add it", false};
    }
    if (exchange.has_default_account() || !exchange.accounts.empty() || !has_private_channel(exchange)) return {};
    return {"channels", "has a private one; it needs `api_key` and `api_secret`, or `accounts`", true};
}

Misfit engine_misfit(const Config& config) {
    const EngineConfig& engine = config.engine;
    if (engine.threads == ThreadModel::fused && engine.net_threads > 1) {
        return {"net_threads", "is " + std::to_string(engine.net_threads) +
                                   " with `threads: fused`, where one network thread does it all; leave it out, or "
                                   "choose `threads: pipeline`"};
    }
    if (std::string fault = count_fault(engine.net_cpus.size(), engine.net_threads, "threads"); !fault.empty())
        return {"net_cpus", fault};
    if (std::string fault = count_fault(engine.book_cpus.size(), engine.book_threads, "threads"); !fault.empty()) {
        return {"book_cpus", fault};
    }
    return {};
}

std::vector<std::string> not_built_yet(const Config& config) {
    std::vector<std::string> names;
    const auto add_of = [&](std::span<const ConfigKey> keys) {
        for (const ConfigKey& key : keys) {
            if (!key.rules.built && key.show(key, config) != key.show(key, Config{})) names.emplace_back(key.name);
        }
    };
    add_of(kExchangeKeys);
    add_of(kEngineKeys);
    return names;
}

std::vector<std::string> channel_names(const ExchangeConfig& exchange) {
    std::vector<std::string> names;
    for (const FeedChannel channel : exchange.channels) {
        names.emplace_back(kChannels[static_cast<std::size_t>(channel)]);
    }
    return names;
}

std::vector<std::string> changed_keys(const Config& one, const Config& other) {
    std::vector<std::string> names;
    for (const auto& keys : {exchange_key_table(), engine_key_table()}) {
        for (const ConfigKey& key : keys) {
            if (key.read != read_symbols && key.show(key, one) != key.show(key, other)) names.emplace_back(key.name);
        }
    }
    return names;
}

std::string list_of_keys() {
    std::string list = "exchanges:\n  ccxt_backpack:                       # the name is yours\n";
    list_keys(kExchangeKeys, "    ", list);
    list += "engine:\n";
    list_keys(kEngineKeys, "  ", list);
    return list;
}

}  // namespace daypack::core
