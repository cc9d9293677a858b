// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/sanitized.h"
#include "tests/support/unpadded.h"
#include "tests/system/calm.h"
#include "tests/system/live_program.h"

namespace daypack::core {

struct ChaosResult {
    std::uint64_t compared = 0;  // whole books that were LIVE and equal to the truth at their u
    std::uint64_t faults = 0;
    std::uint64_t gaps = 0, resyncs = 0, updates = 0;
    std::uint64_t requests = 0;
    double seconds = 0;
    int descriptors_more = 0;                // at the end than at the beginning
    std::vector<std::int64_t> resident_kib;  // over time, from `settle` on
};

struct ChaosOptions {
    std::uint64_t seed = 1;
    std::size_t symbols = 20;
    double rate = 500;  // updates/s of each
    std::chrono::seconds duration{60};
    std::chrono::seconds settle{15};  // memory is looked at from here on
    const char* threads = "pipeline";
    bool unkind = false;          // also what misleads
    std::int64_t every_ms = 400;  // from one fault to the next
};

// How a LIVE book compares with all numberings that the exchange remembers.
enum class Verdict { right, of_before, wrong };

// The book equals the truth of the newest numbering that it can be of, or of an earlier one, which is allowed for a
// moment.
inline Verdict judge(const sim::Exchange& exchange, const std::string& symbol, const LiveReader::Read& read) {
    constexpr std::size_t kNumberings = 5;
    bool known = false;
    const std::string own = unpadded(read.text);
    for (std::size_t ago = 0; ago < kNumberings; ++ago) {
        const std::string truth = exchange.truth(symbol, read.book.top.u, ago);
        if (unpadded(truth) == own) return ago == 0 ? Verdict::right : Verdict::of_before;
        known = known || !truth.empty();
    }
    return known ? Verdict::wrong : Verdict::of_before;
}

// Runs `daypack run` with two lines against an exchange with random faults: every LIVE book is right whenever it is
// read, and all are LIVE and right once the faults have ended.
inline ChaosResult run_chaos(const ChaosOptions& chaos) {
    constexpr std::size_t kSamples = 16;
    // A failover line by line takes 0.3 s a line, and its detection 1 s; the rest is for a busy machine.
    constexpr std::chrono::seconds kOldNumbering{test::kSanitized ? 10 : 4};
    constexpr std::chrono::seconds kAftermath{2};  // without a resync
    constexpr std::chrono::seconds kCalm{2};
    ChaosResult result;
    sim::SimOptions options;
    options.tls = true;
    for (std::size_t i = 0; i < chaos.symbols; ++i) options.symbols.push_back("T" + std::to_string(i) + "_USDC");
    options.rate = chaos.rate;
    options.levels = 200;
    options.seed = chaos.seed;
    options.history_changes = 20'000;
    options.chaos_seed = chaos.seed;
    options.chaos_every_ms = chaos.every_ms;
    options.chaos_unkind = chaos.unkind;
    sim::Exchange exchange(options);
    LiveProgram live(
        exchange, options.symbols,
        "    lines: 2\n    ping_interval_ms: 500\n    line_dead_ms: 2000\n    snapshot_interval: 5\n",
        "  depth: 2048\n  max_symbols: " + std::to_string(chaos.symbols + 1) + "\n  threads: " + chaos.threads + "\n");
    std::map<std::string, std::uint64_t> seen;
    std::map<std::string, std::uint64_t> rights;                            // books that were compared
    std::map<std::string, std::chrono::steady_clock::time_point> right_at;  // or not LIVE
    const auto compare = [&](const std::string& symbol) {
        const auto now = std::chrono::steady_clock::now();
        const auto read = live.read(symbol);
        if (!read) return;
        if (read->book.top.state != DAYPACK_STATE_LIVE || (read->book.top.flags & DAYPACK_FLAG_CROSSED) != 0) {
            right_at[symbol] = now;
            return;
        }
        const auto right = right_at.try_emplace(symbol, now).first;
        EXPECT_LT(now - right->second, kOldNumbering)
            << symbol << " LIVE at u " << read->book.top.u << ", of a numbering that is over, or it stands still\n";
        if (seen[symbol] == read->book.top.u) return;
        const Verdict verdict = judge(exchange, symbol, *read);
        EXPECT_NE(verdict, Verdict::wrong)
            << symbol << " LIVE and wrong at u " << read->book.top.u
            << same_text(unpadded(read->text), unpadded(exchange.truth(symbol, read->book.top.u))).message();
        if (verdict != Verdict::right) return;
        right->second = now;
        seen[symbol] = read->book.top.u;
        ++rights[symbol];
        ++result.compared;
    };
    // Waits until each book is LIVE, and right at a later u than now.
    const auto all_right = [&] {
        for (const auto& symbol : options.symbols) {
            if (testing::Test::HasFailure()) return;
            // Counted, and not by `u`: the numbering may start over, and lower, at any time.
            const std::uint64_t from = rights[symbol] + 3;
            EXPECT_TRUE(wait_until([&] {
                for (const auto& each : options.symbols) compare(each);  // none goes unseen meanwhile
                const auto top = live.top(symbol);
                return top && top->state == DAYPACK_STATE_LIVE && rights[symbol] > from;
            })) << symbol
                << "\n"
                << live.log().substr(live.log().size() > 4000 ? live.log().size() - 4000 : 0);
        }
    };
    all_right();
    const int descriptors = live.descriptors();
    const auto began = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::steady_clock::now() - began; };
    std::chrono::nanoseconds next_sample = chaos.settle;
    while (since() < chaos.duration && !testing::Test::HasFailure()) {
        for (const auto& symbol : options.symbols) compare(symbol);
        if (since() < next_sample) continue;
        result.resident_kib.push_back(live.resident_kib());
        next_sample += std::chrono::nanoseconds(chaos.duration - chaos.settle) / kSamples;
    }
    exchange.end_chaos();
    all_right();
    if (!testing::Test::HasFailure()) {
        // What struck last may be felt for a moment: lines that come back, answers that are late.
        std::uint64_t resyncs = 0;
        auto changed = std::chrono::steady_clock::now();
        EXPECT_TRUE(wait_until([&] {
            std::uint64_t sum = 0;
            for (const auto& symbol : options.symbols) {
                compare(symbol);
                sum += live.counter(symbol, DAYPACK_SYMBOL_resyncs);
            }
            const auto now = std::chrono::steady_clock::now();
            if (std::exchange(resyncs, sum) != sum) changed = now;
            return now - changed >= kAftermath;
        })) << "resyncs go on after the harm has ended";
        all_right();
        Calm calm(live.instance(), options.symbols);
        for (const auto end = since() + kCalm; since() < end;) {
            for (const auto& symbol : options.symbols) compare(symbol);
        }
    }
    for (const auto& symbol : options.symbols) {
        result.gaps += live.counter(symbol, DAYPACK_SYMBOL_gaps);
        result.resyncs += live.counter(symbol, DAYPACK_SYMBOL_resyncs);
        result.updates += live.counter(symbol, DAYPACK_SYMBOL_updates);
    }
    result.seconds = std::chrono::duration<double>(since()).count();
    result.faults = exchange.fault_log().size();
    result.requests = exchange.statistics().requests;
    result.descriptors_more = live.descriptors() - descriptors;
    std::string memory;
    for (const auto kib : result.resident_kib) memory += " " + std::to_string(kib);
    std::printf(
        "seed %llu: %zu symbols x %.0f/s, %.0f s: %llu faults, %llu updates, %llu books equal, %llu gaps, "
        "%llu resyncs, %llu requests, %+d descriptors, resident KiB:%s\n",
        static_cast<unsigned long long>(chaos.seed), chaos.symbols, chaos.rate, result.seconds,
        static_cast<unsigned long long>(result.faults), static_cast<unsigned long long>(result.updates),
        static_cast<unsigned long long>(result.compared), static_cast<unsigned long long>(result.gaps),
        static_cast<unsigned long long>(result.resyncs), static_cast<unsigned long long>(result.requests),
        result.descriptors_more, memory.c_str());
    live.run().signal(SIGINT);
    EXPECT_EQ(live.run().wait(), 0) << live.log().substr(live.log().size() > 4000 ? live.log().size() - 4000 : 0);
    return result;
}

// Checks what holds for every run. `flat`: the run was long enough to check its memory.
inline void expect_good(const ChaosResult& result, bool flat) {
    EXPECT_GT(result.compared, 100u);
    EXPECT_GT(result.faults, 20u);
    // The default budget is 1,200 requests a minute, of which a quarter may come at once.
    EXPECT_LE(static_cast<double>(result.requests), 300 + 20 * (result.seconds + 60));
    // REST keeps at most four connections open, and uses as many as it needs.
    EXPECT_LE(result.descriptors_more, 4);
    if (!flat) return;
    const auto [least, most] = std::ranges::minmax(result.resident_kib);
    EXPECT_LE(most - least, 2 * 1024) << "not flat within a MiB of its middle";
}

}  // namespace daypack::core
