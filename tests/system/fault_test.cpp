// SPDX-License-Identifier: MIT
// Each fault between the venue and us, over real sockets and TLS: which states a reader sees, and that each book is
// right again. Every LIVE book is compared with the exchange's own at its `u`, all the time, and a symbol that loses
// nothing stays LIVE. The rows are in fault_rows.h; each test prints its own, with the time until the book was right
// again.
#include <algorithm>
#include <cstdio>
#include <set>

#include "tests/support/unpadded.h"
#include "tests/system/calm.h"
#include "tests/system/fault_rows.h"
#include "tests/system/live_engine.h"

namespace daypack {
namespace {

const std::string kOther = "ETH_USDC";

sim::SimOptions over_tls() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {kSymbol, kOther};
    options.rate = 200;
    options.levels = 300;
    options.ping_interval_ms = 1'000;
    return options;
}

// Watches a symbol: compares LIVE books with the truth, and collects the other states that readers saw, in order.
class Watch {
  public:
    Watch(LiveEngine& live, sim::Exchange& exchange) : live_(live), exchange_(exchange) {
        cursor_ = daypack_cursor(&live_.reader());
        index_ = static_cast<std::uint32_t>(daypack_find(&live_.reader(), kSymbol.c_str()));
    }

    // Reads the book once. Returns true when it is LIVE and right.
    bool look() {
        take_states();
        const auto read = live_.read(kSymbol);
        if (!read || read->book.top.state != DAYPACK_STATE_LIVE) return false;
        // Readers see the flag; what a venue means by crossing its own book is not known.
        if ((read->book.top.flags & DAYPACK_FLAG_CROSSED) != 0) return false;
        const std::uint64_t u = read->book.top.u;
        if (compared_.contains(u)) return true;
        std::string truth = exchange_.truth(kSymbol, u);
        // Of a numbering that is over: it was right when it was read, and cannot be asked for any more.
        if (truth.empty()) return false;
        EXPECT_TRUE(same_text(unpadded(read->text), unpadded(truth))) << "LIVE and wrong at u " << u;
        compared_.insert(u);
        return true;
    }
    void take_states() {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&live_.reader(), &cursor_, &record, &lost) == DAYPACK_OK) {
            if (daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            if (daypack_record_symbol(&record) != index_) continue;
            const auto state = static_cast<std::uint8_t>(record.status >> 32);
            const auto reason = static_cast<std::uint8_t>(record.status >> 40);
            if (state == DAYPACK_STATE_LIVE) continue;
            const std::string seen = std::string(daypack_state_name(state)) + "/" + daypack_reason_name(reason);
            if (std::find(seen_.begin(), seen_.end(), seen) == seen_.end()) seen_.push_back(seen);
        }
    }
    [[nodiscard]] const Sights& seen() const { return seen_; }
    [[nodiscard]] std::size_t compared() const { return compared_.size(); }

  private:
    LiveEngine& live_;
    sim::Exchange& exchange_;
    std::uint64_t cursor_ = 0;
    std::uint32_t index_ = 0;
    Sights seen_;
    std::set<std::uint64_t> compared_;
};

std::string joined(const Sights& sights) {
    std::string text;
    for (const auto& sight : sights) text += (text.empty() ? "" : ", ") + sight;
    return text.empty() ? "nothing but LIVE" : text;
}

bool expects(const Row& row, const std::string& sight) {
    return std::find(row.sights.begin(), row.sights.end(), sight) != row.sights.end();
}

// The symbols that lose nothing: both, where readers see only LIVE; otherwise the one that is not the faults' target.
// Where REST's answers for one are spoilt, it needs more than one snapshot.
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
        // Both lines, and a book that updates have confirmed.
        ASSERT_TRUE(wait_until([&] {
            for (unsigned line = 0; line < row.lines; ++line) {
                if (daypack_line_counter(&live.reader(), line, DAYPACK_LINE_updates) < 5) return false;
            }
            return live.live(kSymbol) && live.counter(kSymbol, DAYPACK_SYMBOL_updates) > 5;
        })) << live.log();
    }
    ASSERT_TRUE(wait_until([&] { return daypack_find(&live.reader(), kSymbol.c_str()) >= 0; })) << live.log();
    Watch watch(live, exchange);
    Calm calm(live.instance(), calm_symbols(row));
    if (!row.at_start) strike(row, exchange, watch);
    // Waits until the fault has occurred and everything that the row expects was seen.
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(wait_until([&] {
        (void)watch.look();
        if (exchange.fault_log().size() < row.faults.size()) return false;
        return row.sights.empty() ||
               std::find(watch.seen().begin(), watch.seen().end(), row.sights.front()) != watch.seen().end();
    })) << "saw "
        << joined(watch.seen()) << "\n"
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
        << joined(watch.seen()) << "\n"
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
    std::printf("| %s | %s | %.0f ms |\n", row.name, joined(watch.seen()).c_str(),
                std::chrono::duration<double, std::milli>(right - began).count());
}

class FaultTest : public testing::TestWithParam<Row> {};
TEST_P(FaultTest, ABookShownLiveIsRightAndItComesBack) {
    expect_good(GetParam());
}

// The same with a single thread, in which updates take another path and the books have no timer of their own.
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
}  // namespace daypack
