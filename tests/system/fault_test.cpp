// SPDX-License-Identifier: MIT
// Each fault between the venue and us, over real sockets and TLS: which states a reader sees, and that each book is
// right again. Every LIVE book is compared with the exchange's own at its `u`, all the time, and a symbol that loses
// nothing stays LIVE. The rows are in fault_rows.h; each test prints its own, with the time until the book was right
// again.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "tests/support/sanitized.h"
#include "tests/system/calm.h"
#include "tests/system/fault_rows.h"
#include "tests/system/live_engine.h"
#include "tests/system/watch.h"

namespace daypack::core {
namespace {

const std::string kOther = "ETH_USDC";

sim::SimOptions over_tls() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {kSymbol, kOther};
    options.rate = test::kSanitized ? 200 : 600;  // twenty books are soon seen
    options.levels = 300;
    options.ping_interval_ms = 1'000;
    return options;
}

// Those that lose nothing: both, where readers see nothing but LIVE, or the one that the faults are not aimed at. Where
// REST's answers for one are spoilt, it needs more than one.
std::vector<std::string> calm_symbols(const Row& row) {
    const auto is_aimed = [](const std::string& fault) {
        return aimed(fault).find("symbol=" + kSymbol) != std::string::npos;
    };
    const bool one = std::all_of(row.faults.begin(), row.faults.end(), is_aimed);
    if (row.sights.empty() && !(row.at_start && one)) return {kSymbol, kOther};
    return one && !expects(row, "STALE/line_dead") ? std::vector{kOther} : std::vector<std::string>{};
}

// Starts each fault after the one before has occurred, because two faults at one update have no order.
void strike(const Row& row, sim::Exchange& exchange, Watch& watch) {
    for (std::size_t i = 0; i < row.faults.size(); ++i) {
        ASSERT_TRUE(wait_until([&] {
            (void)watch.look();
            return exchange.fault_log().size() >= i;
        }));
        exchange.inject(sim::Fault::parse(aimed(row.faults[i])));
    }
}

std::vector<std::uint64_t> connects(LiveEngine& live, std::uint32_t lines) {
    std::vector<std::uint64_t> counts;
    for (unsigned line = 0; line < lines; ++line)
        counts.push_back(daypack_line_counter(&live.reader(), line, DAYPACK_LINE_connects));
    return counts;
}

void expect_good(const Row& row) {
    sim::SimOptions options = over_tls();
    if (row.at_start) options.faults = row.faults;
    sim::Exchange exchange(options);
    LiveEngine live(exchange, {kSymbol, kOther}, 16'384, [&](Config& config) {
        config.exchange.lines = row.lines;
        config.exchange.ping_interval_ms = 200;
        config.exchange.line_dead_ms = 1'500;
        // Where every update comes on some line it may come as late as this machine likes, which is no loss.
        if (!expects(row, "SYNCING/gap")) config.exchange.gap_wait_ms = 5'000;
    });
    if (!row.at_start) {
        // Both lines, of which the second is trusted (it brought a copy), and a book that updates have confirmed.
        ASSERT_TRUE(wait_until([&] {
            for (unsigned line = 0; line < row.lines; ++line) {
                if (daypack_line_counter(&live.reader(), line, DAYPACK_LINE_updates) < 5) return false;
            }
            const bool trusted = row.lines == 1 || (live.counter(kSymbol, DAYPACK_SYMBOL_duplicates) > 0 &&
                                                    live.counter(kOther, DAYPACK_SYMBOL_duplicates) > 0);
            return trusted && live.live(kSymbol) && live.counter(kSymbol, DAYPACK_SYMBOL_updates) > 5;
        })) << live.log();
    }
    ASSERT_TRUE(wait_until([&] { return daypack_find(&live.reader(), kSymbol.c_str()) >= 0; })) << live.log();
    Watch watch(live, [&](std::uint64_t u) { return exchange.truth(kSymbol, u); });
    Calm calm(live.instance(), calm_symbols(row));
    const std::vector<std::uint64_t> before = connects(live, row.lines);
    if (!row.at_start) strike(row, exchange, watch);
    const auto showed_itself = [&] {
        if (!row.each_comes_back) return watch.saw_first_of(row);
        const std::vector<std::uint64_t> now = connects(live, row.lines);
        return std::equal(now.begin(), now.end(), before.begin(), std::greater<>());
    };
    // The fault struck, and what the row demands was seen.
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(wait_until([&] {
        (void)watch.look();
        return exchange.fault_log().size() >= row.faults.size() && showed_itself();
    })) << "saw "
        << watch.seen_text() << "\n"
        << live.log();
    // Waits for whole books that are right, each at a `u` that the exchange reached after the last fault.
    std::size_t after = 0;
    std::chrono::steady_clock::time_point right;
    std::uint64_t beyond = exchange.last_u(kSymbol);
    ASSERT_TRUE(wait_until([&] {
        if (!watch.look()) return false;
        const auto top = live.top(kSymbol);
        if (!top || top->state != DAYPACK_STATE_LIVE || top->u <= beyond) return false;
        if (after == 0) right = std::chrono::steady_clock::now();
        beyond = top->u;
        return ++after >= row.books;
    })) << "saw "
        << watch.seen_text() << "\n"
        << live.log();
    watch.take_states();
    for (const auto& seen : watch.seen()) {
        EXPECT_TRUE(expects(row, seen) || (row.at_start && (seen == "SYNCING/start" || seen == "POLLING/ws_down")))
            << seen << "\n"
            << live.log();
    }
    if (row.sights.empty() && !row.at_start) {
        EXPECT_EQ(live.counter(kSymbol, DAYPACK_SYMBOL_gaps), 0u);
        if (row.lines == 1) expect_one_snapshot_each(exchange, live, {kSymbol, kOther});
    }
    std::printf("| %s | %s | %.0f ms |\n", row.name, watch.seen_text().c_str(),
                std::chrono::duration<double, std::milli>(right - began).count());
}

class FaultTest : public testing::TestWithParam<Row> {};
TEST_P(FaultTest, ABookShownLiveIsRightAndItComesBack) {
    expect_good(GetParam());
}

// The same where one thread does it all: there the lines' updates go through no queue, and the books have no thread of
// their own.
class FusedFaultTest : public testing::TestWithParam<Row> {
  protected:
    FusedFaultTest() { live_threads = ThreadModel::fused; }
    ~FusedFaultTest() override { live_threads = ThreadModel::pipeline; }
};
TEST_P(FusedFaultTest, ABookShownLiveIsRightAndItComesBack) {
    expect_good(GetParam());
}

INSTANTIATE_TEST_SUITE_P(OneLineOfTwo, FaultTest, testing::ValuesIn(one_line_of_two()),
                         [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Frames, FaultTest, testing::ValuesIn(frames()),
                         [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Connections, FaultTest, testing::ValuesIn(connections()),
                         [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Rest, FaultTest, testing::ValuesIn(rest()),
                         [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Contradictions, FaultTest, testing::ValuesIn(contradictions()),
                         [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Misleading, FaultTest, testing::ValuesIn(misleading()),
                         [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Share, FusedFaultTest, testing::ValuesIn(fused_share()),
                         [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace daypack::core
