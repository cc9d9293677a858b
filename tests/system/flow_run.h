// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <set>

#include "tests/system/live_engine.h"
#include "tools/sim/market/market.h"

namespace daypack::core {

// The result of a run of an engine through a whole flow.
struct FlowRun {
    std::size_t compared = 0;  // books, at different sequence numbers, that equal the truth
    std::uint64_t gaps = 0, resyncs = 0, restarts = 0, snapshots = 0, dropped = 0, updates = 0;
};

// Runs a finite flow through an engine and takes whole LIVE books as they come. Each is compared with the truth at its
// own `u`, and the last with that of the flow's end, as text, after the run so that it is not slowed. At most `samples`
// books of each symbol are taken, `apart` or more sequence numbers from one to the next.
inline FlowRun run_flow(sim::Exchange& exchange, const std::vector<std::string>& symbols, std::size_t samples,
                        std::uint64_t apart, std::chrono::milliseconds bound, std::uint32_t lines = 1) {
    FlowRun run;
    LiveEngine live(exchange, symbols, 16'384, [&](Config& config) { config.exchange.lines = lines; });
    std::map<std::string, std::map<std::uint64_t, std::string>> seen;
    std::uint64_t rejoined_at = 0;
    const auto take = [&](const std::string& symbol) {
        const auto read = live.read(symbol);
        if (!read || read->book.top.state != DAYPACK_STATE_LIVE) return false;
        // Joined while a side had exactly as many levels as the venue's cut, it may not show the rest: join it again.
        if (read->book.known_to_bid != 0 || read->book.known_to_ask != 0) {
            if (read->book.top.u < rejoined_at + 500) return false;
            rejoined_at = read->book.top.u;
            exchange.inject(sim::Fault::parse("close"));
            return false;
        }
        seen[symbol].emplace(read->book.top.u, read->text);
        return true;
    };
    const bool over = wait_until(
        [&] {
            bool all = true;
            for (const auto& symbol : symbols) {
                const auto& taken = seen[symbol];
                const auto now = live.top(symbol);
                const bool due = now && (taken.empty() || now->u >= taken.rbegin()->first + apart);
                if (due && taken.size() < samples) (void)take(symbol);
                const auto top = live.top(symbol);
                all = all && exchange.is_over(symbol) && top && top->u == exchange.last_u(symbol) &&
                      top->state == DAYPACK_STATE_LIVE;
            }
            return all;
        },
        bound);
    EXPECT_TRUE(over) << "the flow did not end in time\n" << live.log();
    for (const auto& symbol : symbols) {
        // A book that joined when the flow was nearly over shows the venue's cut of it for good: then this is in vain.
        EXPECT_TRUE(wait_until([&] { return take(symbol); }, std::chrono::seconds(30)))
            << symbol << " is not shown whole at the end\n"
            << live.log();
        for (const auto& [u, text] : seen[symbol]) {
            const std::string truth = exchange.truth(symbol, u);
            EXPECT_TRUE(same_text(text, truth)) << symbol << " at u=" << u;
            if (text == truth) ++run.compared;
        }
        EXPECT_TRUE(seen[symbol].contains(exchange.last_u(symbol))) << symbol;
        run.gaps += live.counter(symbol, DAYPACK_SYMBOL_gaps);
        // Where the exchange's own stream lags behind its REST by a second, as on a machine with too much to do, a book
        // is right to doubt itself: nothing was lost for that.
        run.resyncs +=
            live.counter(symbol, DAYPACK_SYMBOL_resyncs) - live.counter(symbol, DAYPACK_SYMBOL_resyncs_silent);
        run.restarts += live.counter(symbol, DAYPACK_SYMBOL_restarts);
        run.snapshots += live.counter(symbol, DAYPACK_SYMBOL_snapshots);
        run.updates += live.counter(symbol, DAYPACK_SYMBOL_updates);
    }
    for (unsigned line = 0; line < lines; ++line) {
        run.dropped += daypack_line_counter(&live.reader(), line, DAYPACK_LINE_queue_dropped);
    }
    std::printf(
        "compared %zu books with the truth; %llu updates, %llu gaps, %llu resyncs, %llu dropped; frame to shared "
        "memory p50 %.1f us, p99 %.1f us\n",
        run.compared, static_cast<unsigned long long>(run.updates), static_cast<unsigned long long>(run.gaps),
        static_cast<unsigned long long>(run.resyncs), static_cast<unsigned long long>(run.dropped),
        static_cast<double>(daypack_percentile(&live.reader(), DAYPACK_HISTOGRAM_FRAME_TO_SHM, 500)) / 1e3,
        static_cast<double>(daypack_percentile(&live.reader(), DAYPACK_HISTOGRAM_FRAME_TO_SHM, 990)) / 1e3);
    return run;
}

// Ten markets of the simulated exchange.
inline const std::vector<std::string>& ten_symbols() {
    static const std::vector<std::string> symbols = [] {
        std::vector<std::string> names;
        for (const auto& market : sim::default_markets()) {
            if (market.is_open() && names.size() < 10) names.push_back(market.symbol);
        }
        return names;
    }();
    return symbols;
}

// All frames of a generated flow arrive, and none is lost.
inline void expect_clean_flow(const sim::SimOptions& options, std::size_t samples, std::chrono::milliseconds bound) {
    sim::Exchange exchange(options);
    const FlowRun run = run_flow(exchange, options.symbols, samples, 1, bound);
    EXPECT_EQ(run.gaps, 0u);
    EXPECT_EQ(run.resyncs, 0u);
    EXPECT_EQ(run.dropped, 0u);
    EXPECT_GE(run.compared, options.symbols.size());
}

}  // namespace daypack::core
