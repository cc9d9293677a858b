// SPDX-License-Identifier: MIT
#include "engine/config/config_keys.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>

#include "engine/config/config_values.h"
#include "engine/shm/shm_limits.h"
#include "engine/threads/thread_limits.h"
#include "net/backpack/symbol.h"

namespace daypack {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMinQueueEvents = 16;
constexpr std::int64_t kMaxCpu = 1023;  // CPU_SETSIZE - 1

const std::vector<std::string> kChannels = {"TRADES", "L2_BOOK", "L1_BOOK", "ORDER_INFO", "POSITIONS", "BALANCES"};

template <class T>
void read_number(ConfigSection& in, const std::string& key, T& value, std::int64_t min, std::int64_t max) {
    value = static_cast<T>(in.whole(key, static_cast<std::int64_t>(value), min, max));
}

template <class T>
void read_choice(ConfigSection& in, const std::string& key, T& value, const std::vector<std::string>& names) {
    value = static_cast<T>(in.one_of(key, static_cast<std::size_t>(value), names));
}

// A text that is empty or passes `fault_of`.
template <class Check>
void read_text(ConfigSection& in, const std::string& key, std::string& value, Check fault_of) {
    value = in.text(key, value);
    if (!value.empty()) in.check(key, fault_of(value));
}

void read_symbols(ConfigSection& in, ExchangeConfig& out) {
    in.require("symbols");
    if (in.is_scalar("symbols")) {
        out.all_symbols = in.text("symbols", "") == "*";
        if (!out.all_symbols) in.check("symbols", "is a single value; write a list, as in [\"BTC-USDC\"], or \"*\"");
        return;
    }
    std::map<std::string, int> lines;  // of each market
    const auto texts = in.texts("symbols", 1);
    for (const auto& symbol : texts) {
        if (symbol.text == "*" && texts.size() == 1) {
            out.all_symbols = true;
            return;
        }
        if (symbol.text == "*") in.fail(symbol.line, "\"*\" stands beside other symbols; write it alone or remove it");
        const std::string fault = symbol_fault(symbol.text);
        if (!fault.empty()) in.fail(symbol.line, "symbol " + shown(symbol.written) + " " + fault);
        const auto [first, added] = lines.emplace(*native_symbol(symbol.text), symbol.line);
        if (!added) {
            in.fail(symbol.line, "symbol " + shown(symbol.written) + " is the market of line " +
                                     std::to_string(first->second) + " again; list each market once");
        }
        out.symbols.push_back({symbol.text, symbol.line});
    }
}

void read_channels(ConfigSection& in, ExchangeConfig& out) {
    const auto texts = in.texts("channels", 1);
    if (texts.empty()) return;
    out.channels.clear();
    for (const auto& text : texts) {
        const auto found = std::find(kChannels.begin(), kChannels.end(), text.text);
        if (found == kChannels.end()) {
            const std::string near = nearest_word(text.text, kChannels);
            in.fail(text.line,
                    "unknown channel " + shown(text.written) + "; " +
                        (near.empty() ? "the channels are TRADES, L2_BOOK, L1_BOOK, ORDER_INFO, POSITIONS, BALANCES"
                                      : "did you mean \"" + near + "\"?"));
        }
        const auto channel = static_cast<FeedChannel>(found - kChannels.begin());
        if (std::find(out.channels.begin(), out.channels.end(), channel) != out.channels.end()) {
            in.fail(text.line, "channel " + shown(text.written) + " is listed twice; list each once");
        }
        if (is_private(channel) && (out.api_key.empty() || out.api_secret.empty())) {
            in.fail(text.line, "channel " + shown(text.written) + " is private; it needs `api_key` and `api_secret`");
        }
        out.channels.push_back(channel);
    }
}

void read_urls(ConfigSection& in, const std::string& key, std::vector<std::string>& urls, UrlKind kind) {
    const auto texts = in.texts(key, 1);
    if (texts.empty()) return;
    urls.clear();
    for (const auto& text : texts) {
        const std::string fault = url_fault(text.text, kind);
        if (!fault.empty()) in.fail(text.line, "`" + key + "`: " + shown(text.written) + " " + fault);
        urls.push_back(text.text);
    }
}

}  // namespace

void read_exchange(ConfigSection& in, ExchangeConfig& out) {
    in.require("class");
    in.require("exchange");
    (void)in.one_of("class", 0, {"Ccxt_Backpack_Feed"});
    (void)in.one_of("exchange", 0, {"backpack"});
    read_text(in, "api_key", out.api_key, key_fault);
    read_text(in, "api_secret", out.api_secret, key_fault);
    read_symbols(in, out);
    read_channels(in, out);
    read_number(in, "snapshot_interval", out.snapshot_interval_s, 0, 86'400);
    out.websocket = in.flag("websocket", out.websocket);
    out.rest_only = in.flag("rest_only", out.rest_only);
    read_urls(in, "rest_urls", out.rest_urls, UrlKind::rest);
    read_urls(in, "ws_urls", out.ws_urls, UrlKind::websocket);
    out.ca_file = in.text("ca_file", out.ca_file);
    read_number(in, "lines", out.lines, 1, kMaxLines);
    read_choice(in, "depth_stream", out.depth_stream, {"realtime", "200ms", "600ms", "1000ms"});
    read_number(in, "gap_wait_ms", out.gap_wait_ms, 0, 60'000);
    read_number(in, "ping_interval_ms", out.ping_interval_ms, 100, kHourMs);
    read_number(in, "line_dead_ms", out.line_dead_ms, 100, kHourMs);
    read_number(in, "stale_after_ms", out.stale_after_ms, 100, 24 * kHourMs);
    read_number(in, "ws_failures_before_polling", out.ws_failures_before_polling, 1, 1'000);
    read_number(in, "rest_poll_interval_ms", out.rest_poll_interval_ms, 100, kHourMs);
    read_number(in, "rest_requests_per_minute", out.rest_requests_per_minute, 1, 1'000'000);
    read_number(in, "max_frame_bytes", out.max_frame_bytes, 1'024, 1 << 30);
}

namespace {

void read_cpus(ConfigSection& in, const std::string& key, std::vector<int>& cpus, std::uint32_t threads) {
    for (const std::int64_t cpu : in.wholes(key, 0, kMaxCpu)) cpus.push_back(static_cast<int>(cpu));
    if (!cpus.empty() && cpus.size() < threads) {
        in.check(key, "names " + std::to_string(cpus.size()) + " for " + std::to_string(threads) +
                          " threads; name one for each, or none");
    }
}

// The bounds are powers of two, so that what is rounded up is within them too.
void read_events(ConfigSection& in, const std::string& key, std::uint64_t& events, std::int64_t min, std::int64_t max) {
    read_number(in, key, events, min, max);
    events = std::bit_ceil(events);
}

}  // namespace

void read_engine(ConfigSection& in, EngineConfig& out) {
    out.instance = in.text("instance", out.instance);
    in.check("instance", instance_fault(out.instance));
    read_number(in, "depth", out.depth, 1, kMaxDepth);
    read_number(in, "max_symbols", out.max_symbols, 1, kMaxSymbols);
    read_events(in, "ring_events", out.ring_events, kMinRingEvents, kMaxRingEvents);
    read_events(in, "queue_events", out.queue_events, kMinQueueEvents, kMaxQueueEvents);
    const std::string mode = in.digits("shm_mode", "0640");
    in.check("shm_mode", mode_fault(mode));
    out.shm_mode = static_cast<std::uint32_t>(std::strtoul(mode.c_str(), nullptr, 8));
    read_text(in, "shm_group", out.shm_group, group_fault);
    read_choice(in, "threads", out.threads, {"pipeline", "fused", "auto"});
    read_number(in, "net_threads", out.net_threads, 1, kMaxLines);
    if (out.threads == ThreadModel::fused && out.net_threads > 1) {
        in.check("net_threads", "is " + std::to_string(out.net_threads) +
                                    " with `threads: fused`, where one network thread does it all; leave it out, or "
                                    "choose `threads: pipeline`");
    }
    read_number(in, "book_threads", out.book_threads, 1, 16);
    read_cpus(in, "net_cpus", out.net_cpus, out.net_threads);
    read_cpus(in, "book_cpus", out.book_cpus, out.book_threads);
    read_choice(in, "idle", out.idle, {"spin", "backoff", "auto"});
    read_number(in, "rt_priority", out.rt_priority, 0, 99);
    out.mlock = in.flag("mlock", out.mlock);
    out.huge_pages = in.flag("huge_pages", out.huge_pages);
    out.fast_aes = in.flag("fast_aes", out.fast_aes);
    out.kernel_timestamps = in.flag("kernel_timestamps", out.kernel_timestamps);
    out.record = in.text("record", out.record);
    read_text(in, "metrics_listen", out.metrics_listen, listen_fault);
}

}  // namespace daypack
