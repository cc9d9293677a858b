#pragma once
#include <dirent.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/live_engine.h"

namespace daypack {

// What of this process does not end with a run that leaks nothing.
inline std::int64_t resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::int64_t kib = 0;
        if (word == "VmRSS:" && status >> kib) return kib;
    }
    return 0;
}
inline int open_descriptors() {
    int count = 0;
    DIR* const folder = opendir("/proc/self/fd");
    while (folder != nullptr && readdir(folder) != nullptr) ++count;
    if (folder != nullptr) closedir(folder);
    return count;
}

struct ChaosResult {
    std::uint64_t compared = 0;  // whole books that were LIVE and equal to the truth at their u
    std::uint64_t faults = 0;
    std::uint64_t gaps = 0, resyncs = 0, updates = 0;
    std::uint64_t requests = 0;
    int descriptors_more = 0;
    std::string memory;  // MiB over time
};

// An engine with two lines against an exchange that does random harm: every book that is shown LIVE is right, whenever
// it is looked at, and all are LIVE and right once the harm has ended.
inline ChaosResult run_chaos(std::uint64_t seed, std::size_t symbols, double rate, std::chrono::seconds duration) {
    ChaosResult result;
    sim::SimOptions options;
    options.tls = true;
    for (std::size_t i = 0; i < symbols; ++i) options.symbols.push_back("T" + std::to_string(i) + "_USDC");
    options.rate = rate;
    options.levels = 200;
    options.seed = seed;
    options.history_changes = 20'000;  // it is full soon, and what this process holds does not grow with it
    options.chaos_seed = seed;
    options.chaos_every_ms = 400;
    sim::Exchange exchange(options);
    LiveEngine live(exchange, options.symbols, 2'048, [&](Config& config) {
        config.exchange.lines = 2;
        config.exchange.ping_interval_ms = 500;
        config.exchange.line_dead_ms = 2'000;
        config.exchange.snapshot_interval_s = 5;
        config.engine.max_symbols = static_cast<std::uint32_t>(symbols + 1);
    });
    std::map<std::string, std::uint64_t> seen;
    const auto compare = [&](const std::string& symbol) {
        const auto read = live.read(symbol);
        if (!read || read->book.top.state != DAYPACK_STATE_LIVE || seen[symbol] == read->book.top.u) return;
        if ((read->book.top.flags & DAYPACK_FLAG_CROSSED) != 0) return;
        seen[symbol] = read->book.top.u;
        const std::string truth = exchange.truth(symbol, read->book.top.u);
        if (truth.empty()) return;  // of a numbering that is over
        EXPECT_TRUE(same_text(read->text, truth)) << symbol << " LIVE and wrong at u " << read->book.top.u;
        ++result.compared;
    };
    const auto began = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::steady_clock::now() - began; };
    auto next_sample = duration / 8;
    int descriptors = 0;
    while (since() < duration && !testing::Test::HasFailure()) {
        for (const auto& symbol : options.symbols) compare(symbol);
        if (since() < next_sample) continue;
        if (descriptors == 0) descriptors = open_descriptors();
        result.memory += " " + std::to_string(resident_kib() / 1024);
        next_sample += duration / 8;
    }
    exchange.end_chaos();
    // Once the last fault is over: all LIVE, and right at a later u than now.
    for (const auto& symbol : options.symbols) {
        const std::uint64_t from = exchange.last_u(symbol);
        EXPECT_TRUE(wait_until([&] {
            compare(symbol);
            const auto top = live.top(symbol);
            return top && top->state == DAYPACK_STATE_LIVE && seen[symbol] > from;
        })) << symbol
            << "\n"
            << live.log().substr(live.log().size() > 4000 ? live.log().size() - 4000 : 0);
        result.gaps += live.counter(symbol, DAYPACK_SYMBOL_gaps);
        result.resyncs += live.counter(symbol, DAYPACK_SYMBOL_resyncs);
        result.updates += live.counter(symbol, DAYPACK_SYMBOL_updates);
    }
    result.faults = exchange.fault_log().size();
    result.requests = exchange.statistics().requests;
    result.descriptors_more = open_descriptors() - descriptors;
    std::printf(
        "seed %llu: %zu symbols x %.0f/s, %lld s: %llu faults, %llu updates, %llu books equal, %llu gaps, "
        "%llu resyncs, %llu requests, %+d descriptors, resident MiB:%s\n",
        static_cast<unsigned long long>(seed), symbols, rate, static_cast<long long>(duration.count()),
        static_cast<unsigned long long>(result.faults), static_cast<unsigned long long>(result.updates),
        static_cast<unsigned long long>(result.compared), static_cast<unsigned long long>(result.gaps),
        static_cast<unsigned long long>(result.resyncs), static_cast<unsigned long long>(result.requests),
        result.descriptors_more, result.memory.c_str());
    return result;
}

}  // namespace daypack
