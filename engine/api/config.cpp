// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include "engine/api/config_parts.h"

namespace daypack {
namespace {

constexpr const char* kAll = "*";

// The enumerators of both sides are the same, in the same order.
static_assert(static_cast<int>(Channel::balances) == static_cast<int>(core::FeedChannel::balances));
static_assert(static_cast<int>(DepthStream::every_1000ms) == static_cast<int>(core::DepthStream::every_1000ms));
static_assert(static_cast<int>(Threads::automatic) == static_cast<int>(core::ThreadModel::automatic));
static_assert(static_cast<int>(Idle::automatic) == static_cast<int>(core::Idle::automatic));

template <class To, class From>
std::vector<To> converted(const std::vector<From>& from) {
    std::vector<To> to;
    for (const From& value : from) to.push_back(static_cast<To>(value));
    return to;
}

// What the inside says of symbols in words of its own.
void check_symbols(const Config& config) {
    const auto refuse = [](const std::string& fault) { throw ConfigError("daypack: Config::symbols " + fault); };
    const auto& symbols = config.symbols;
    if (symbols.empty()) refuse("is empty; name a market, or write {\"*\"} for all");
    if (symbols.size() > 1 && std::find(symbols.begin(), symbols.end(), kAll) != symbols.end()) {
        refuse("has \"*\" beside other symbols; write it alone or remove it");
    }
    if (symbols.size() > config.max_symbols) {
        refuse("lists " + std::to_string(symbols.size()) + " markets; raise max_symbols, which is " +
               std::to_string(config.max_symbols));
    }
}

// Each pair is a member of Config and the one of the inside; `copy(to, from)` goes one way or the other.
template <class Public, class Inside, class Copy>
void for_each_member(Public& config, Inside& inside, Copy copy) {
    auto& exchange = inside.exchange;
    auto& engine = inside.engine;
    copy(config.path, inside.path);
    copy(config.snapshot_interval_s, exchange.snapshot_interval_s);
    copy(config.websocket, exchange.websocket);
    copy(config.rest_only, exchange.rest_only);
    copy(config.api_key, exchange.api_key);
    copy(config.api_secret, exchange.api_secret);
    copy(config.rest_urls, exchange.rest_urls);
    copy(config.ws_urls, exchange.ws_urls);
    copy(config.ca_file, exchange.ca_file);
    copy(config.lines, exchange.lines);
    copy(config.depth_stream, exchange.depth_stream);
    copy(config.gap_wait_ms, exchange.gap_wait_ms);
    copy(config.ping_interval_ms, exchange.ping_interval_ms);
    copy(config.line_dead_ms, exchange.line_dead_ms);
    copy(config.stale_after_ms, exchange.stale_after_ms);
    copy(config.ws_failures_before_polling, exchange.ws_failures_before_polling);
    copy(config.rest_poll_interval_ms, exchange.rest_poll_interval_ms);
    copy(config.rest_requests_per_minute, exchange.rest_requests_per_minute);
    copy(config.max_frame_bytes, exchange.max_frame_bytes);
    copy(config.local_address, exchange.local_address);
    copy(config.instance, engine.instance);
    copy(config.shared_memory, engine.shared_memory);
    copy(config.takeover, engine.takeover);
    copy(config.depth, engine.depth);
    copy(config.max_symbols, engine.max_symbols);
    copy(config.ring_events, engine.ring_events);
    copy(config.image_levels, engine.image_levels);
    copy(config.queue_events, engine.queue_events);
    copy(config.shm_mode, engine.shm_mode);
    copy(config.shm_group, engine.shm_group);
    copy(config.threads, engine.threads);
    copy(config.net_threads, engine.net_threads);
    copy(config.book_threads, engine.book_threads);
    copy(config.net_cpus, engine.net_cpus);
    copy(config.book_cpus, engine.book_cpus);
    copy(config.idle, engine.idle);
    copy(config.rt_priority, engine.rt_priority);
    copy(config.mlock, engine.mlock);
    copy(config.huge_pages, engine.huge_pages);
    copy(config.fast_aes, engine.fast_aes);
    copy(config.kernel_timestamps, engine.kernel_timestamps);
    copy(config.priority, engine.priority);
    copy(config.jail, engine.jail);
    copy(config.record, engine.record);
    copy(config.metrics_listen, engine.metrics_listen);
}

template <class To, class From>
void assign(To& to, const From& from) {
    if constexpr (std::is_enum_v<To>) {
        to = static_cast<To>(from);
    } else {
        to = from;
    }
}

}  // namespace

core::Config checked_core_config(const Config& config) {
    check_symbols(config);
    core::Config inside;
    for_each_member(config, inside, [](const auto& from, auto& to) { assign(to, from); });
    inside.exchange.channels = converted<core::FeedChannel>(config.channels);
    for (const Account& account : config.accounts) inside.exchange.accounts.push_back({account.name, account.key_file});
    inside.exchange.all_symbols = config.symbols.front() == kAll;
    if (!inside.exchange.all_symbols) {
        for (const std::string& symbol : config.symbols) inside.exchange.symbols.push_back({symbol, 0});
    }
    try {
        core::check_config(inside, {"Config", "Config"});
    } catch (const core::ConfigError& error) {
        throw ConfigError(error.what());
    }
    return inside;
}

Config public_config(const core::Config& inside) {
    Config config;
    for_each_member(config, inside, [](auto& to, const auto& from) { assign(to, from); });
    config.channels = converted<Channel>(inside.exchange.channels);
    for (const auto& account : inside.exchange.accounts) config.accounts.push_back({account.name, account.key_file});
    if (inside.exchange.all_symbols) config.symbols = {kAll};
    for (const core::ListedSymbol& symbol : inside.exchange.symbols) config.symbols.push_back(symbol.text);
    return config;
}

Config load_config(const std::string& path) {
    try {
        return public_config(core::load_config(path));
    } catch (const core::ConfigError& error) {
        throw ConfigError(error.what());
    }
}

}  // namespace daypack
