// SPDX-License-Identifier: MIT
// Any bytes as a configuration: read, and then within the bounds that are promised, or refused in one line.
#include "engine/config.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "engine/config/config_values.h"
#include "engine/shm/shm_limits.h"

using namespace daypack::core;

namespace {

std::optional<std::string> variable(const std::string& name) {
    if (name == "KEY") return "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    if (name == "N") return "7";
    return std::nullopt;
}

void require(bool promise) {
    if (!promise) std::abort();
}

template <class T>
bool within(T value, T least, T most) {
    return value >= least && value <= most;
}

// What engine/config.h and README.md promise of a configuration that was read.
void check(const Config& config) {
    const ExchangeConfig& exchange = config.exchange;
    const EngineConfig& engine = config.engine;
    require(exchange.symbols.empty() == exchange.all_symbols && exchange.symbols.size() <= engine.max_symbols);
    for (const ListedSymbol& symbol : exchange.symbols) require(symbol_fault(symbol.text).empty() && symbol.line > 0);
    require(!exchange.channels.empty() && exchange.channels.size() <= 12);
    for (const std::string* key : {&exchange.api_key, &exchange.api_secret}) {
        require(key->empty() || key->size() == 44 || (key == &exchange.api_secret && key->size() == 88));
    }
    require(!exchange.rest_urls.empty() && !exchange.ws_urls.empty());
    require(within(exchange.lines, 1u, 16u) && within<std::int64_t>(exchange.snapshot_interval_s, 0, 86'400));
    require(within<std::int64_t>(exchange.gap_wait_ms, 0, 60'000) && exchange.ping_interval_ms >= 100);
    require(exchange.line_dead_ms >= 100 && exchange.stale_after_ms >= 100 && exchange.rest_poll_interval_ms >= 100);
    require(exchange.ws_failures_before_polling >= 1 && exchange.rest_requests_per_minute >= 1);
    require(within<std::uint64_t>(exchange.max_frame_bytes, 1'024, 1 << 30));
    require(instance_fault(engine.instance).empty());
    require(within(engine.depth, 1u, 65'536u) && within(engine.max_symbols, 1u, 65'535u));
    for (const std::uint64_t events : {engine.ring_events, engine.queue_events}) {
        require(events >= 16 && (events & (events - 1)) == 0);
    }
    require((engine.shm_mode & ~0644u) == 0 && (engine.shm_mode & 0600) == 0600);
    require(within(engine.net_threads, 1u, 16u) && within(engine.book_threads, 1u, 16u));
    require(engine.net_cpus.empty() || engine.net_cpus.size() >= engine.net_threads);
    require(engine.book_cpus.empty() || engine.book_cpus.size() >= engine.book_threads);
    for (const int cpu : engine.net_cpus) require(cpu >= 0);
    require(within(engine.rt_priority, 0, 99));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        check(parse_config("fuzz.yaml", text, variable));
    } catch (const ConfigError& error) {
        const std::string what = error.what();
        require(what.starts_with("daypack: fuzz.yaml"));
        require(std::none_of(what.begin(), what.end(),
                             [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
    }
    return 0;
}
