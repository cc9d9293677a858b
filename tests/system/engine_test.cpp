// SPDX-License-Identifier: MIT
// The engine over real sockets and TLS, compared with the exchange's own book.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/system/calm.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

const std::vector<std::string> kThree{"BTC_USDC", "ETH_USDC", "SOL_USDC_PERP"};

sim::SimOptions over_tls(double rate = 200) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC", "SOL_USDC_PERP", "kBONK_USDC_PERP", "AAPL.US_USDC"};
    options.rate = rate;
    return options;
}

// Reads whole books until `count` different ones of each symbol were compared with the truth at their own `u`. The
// truth is never behind the frames, because the exchange applies before it sends.
void expect_equal_books(LiveEngine& live, sim::Exchange& exchange, const std::vector<std::string>& symbols,
                        std::size_t count) {
    for (const auto& symbol : symbols) {
        std::set<std::uint64_t> compared;
        ASSERT_TRUE(wait_until([&] {
            const auto read = live.read(symbol);
            if (!read || read->book.top.state != DAYPACK_STATE_LIVE || compared.contains(read->book.top.u))
                return false;
            EXPECT_EQ(read->book.known_to_bid, 0);
            EXPECT_EQ(read->book.known_to_ask, 0);
            EXPECT_TRUE(same_text(read->text, exchange.truth(symbol, read->book.top.u)));
            compared.insert(read->book.top.u);
            return compared.size() >= count || testing::Test::HasFailure();
        })) << symbol
            << ": compared " << compared.size() << "\n"
            << live.log();
        if (testing::Test::HasFailure()) return;
    }
}

using EngineTest = InBothModes;
INSTANTIATE_TEST_SUITE_P(Threads, EngineTest, testing::Values(ThreadModel::pipeline, ThreadModel::fused), mode_name);

TEST_P(EngineTest, ItsBooksAreTheExchangesOverTls) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, kThree);
    Calm calm(live.instance(), kThree);
    expect_equal_books(live, exchange, kThree, 20);
    for (const auto& symbol : kThree) EXPECT_EQ(live.counter(symbol, DAYPACK_SYMBOL_gaps), 0u) << symbol;
    expect_one_snapshot_each(exchange, live, kThree);
}

TEST_P(EngineTest, TakesNamesWithDotsAndLowerCaseInAnySpelling) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {"kBONK-USDC-PERP", "AAPL.US/USDC", "SOL/USDC:USDC"});
    expect_equal_books(live, exchange, {"kBONK_USDC_PERP", "AAPL.US_USDC", "SOL_USDC_PERP"}, 3);
}

TEST_P(EngineTest, TwoLinesCarryEachUpdateOnce) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, kThree, 16'384, [](Config& config) {
        config.exchange.lines = 2;
        if (config.engine.threads == ThreadModel::pipeline) config.engine.net_threads = 2;
    });
    Calm calm(live.instance(), kThree);
    expect_equal_books(live, exchange, kThree, 10);
    ASSERT_TRUE(wait_until([&] { return live.counter("BTC_USDC", DAYPACK_SYMBOL_duplicates) > 100; })) << live.log();
    EXPECT_EQ(daypack_line_counter(&live.reader(), 0, DAYPACK_LINE_connected), 1u);
    EXPECT_EQ(daypack_line_counter(&live.reader(), 1, DAYPACK_LINE_connected), 1u);
}

TEST_P(EngineTest, EachStageOfAnUpdateIsTimed) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, kThree);
    const auto samples = [&](daypack_histogram stage) { return daypack_histogram_samples(&live.reader(), stage); };
    ASSERT_TRUE(wait_until([&] { return samples(DAYPACK_HISTOGRAM_FRAME_TO_SHM) > 200; })) << live.log();
    live.end();
    const std::uint64_t all = samples(DAYPACK_HISTOGRAM_FRAME_TO_SHM);
    const std::uint64_t applied = samples(DAYPACK_HISTOGRAM_APPLY);
    EXPECT_GT(applied, 0u);
    EXPECT_LE(applied, all);
    EXPECT_EQ(samples(DAYPACK_HISTOGRAM_DECODE), applied);
    EXPECT_EQ(samples(DAYPACK_HISTOGRAM_PUBLISH), applied);
    EXPECT_EQ(samples(DAYPACK_HISTOGRAM_QUEUE), GetParam() == ThreadModel::fused ? 0 : applied);
    // Each part is contained in the whole.
    const auto median = [&](daypack_histogram stage) { return daypack_percentile(&live.reader(), stage, 500); };
    for (const auto stage : {DAYPACK_HISTOGRAM_DECODE, DAYPACK_HISTOGRAM_APPLY, DAYPACK_HISTOGRAM_PUBLISH}) {
        EXPECT_GT(median(stage), 0u) << daypack_histogram_name(stage);
        EXPECT_LE(median(stage), daypack_percentile(&live.reader(), DAYPACK_HISTOGRAM_FRAME_TO_SHM, 1000));
    }
}

TEST_P(EngineTest, TheKernelsReceiveTimeIsToldWhereItIsAskedFor) {
    sim::Exchange exchange(over_tls());
    for (const bool asked : {true, false}) {
        LiveEngine live(exchange, kThree, 64, [&](Config& config) { config.engine.kernel_timestamps = asked; });
        std::uint64_t cursor = daypack_cursor(&live.reader());
        std::size_t deltas = 0;
        std::size_t trades = 0;
        std::size_t told_deltas = 0;
        std::size_t told_trades = 0;
        std::uint64_t lost = 0;
        ASSERT_TRUE(wait_until([&] {
            daypack_record record;
            while (daypack_read_record(&live.reader(), &cursor, &record, &lost) == DAYPACK_OK) {
                const unsigned kind = daypack_record_kind(&record);
                if (kind != DAYPACK_KIND_DELTA && kind != DAYPACK_KIND_TRADE) continue;
                ++(kind == DAYPACK_KIND_DELTA ? deltas : trades);
                if (record.kernel_receive_ns == 0) continue;
                ++(kind == DAYPACK_KIND_DELTA ? told_deltas : told_trades);
                EXPECT_GT(record.kernel_receive_ns / 1000, record.venue_match_us - 1000);
                EXPECT_LE(record.kernel_receive_ns, record.receive_ns + 1'000'000);  // a wall clock may be stepped
            }
            return deltas > 200 && trades > 5 && (!asked || (told_deltas > 0 && told_trades > 0));
        })) << live.log();
        live.end();
        const auto samples = [&](daypack_histogram stage) { return daypack_histogram_samples(&live.reader(), stage); };
        if (asked) {
            EXPECT_GT(samples(DAYPACK_HISTOGRAM_KERNEL), 0u);
            EXPECT_LE(samples(DAYPACK_HISTOGRAM_KERNEL), samples(DAYPACK_HISTOGRAM_APPLY));
        } else {
            EXPECT_EQ(told_deltas + told_trades, 0u);
            EXPECT_EQ(samples(DAYPACK_HISTOGRAM_KERNEL), 0u);
        }
    }
}

// While `disturb` runs, the symbol leaves LIVE for `reason`, every LIVE book is right, and the symbol becomes LIVE
// again.
void expect_rejoin(LiveEngine& live, sim::Exchange& exchange, const std::string& symbol, unsigned reason,
                   const std::function<void()>& disturb) {
    ASSERT_TRUE(wait_until([&] { return live.live(symbol); })) << live.log();
    std::uint64_t cursor = daypack_cursor(&live.reader());
    const auto index = static_cast<std::uint32_t>(daypack_find(&live.reader(), symbol.c_str()));
    disturb();
    bool left = false;
    bool back = false;
    std::int64_t left_ns = 0;
    ASSERT_TRUE(wait_until([&] {
        if (const auto read = live.read(symbol); read && read->book.top.state == DAYPACK_STATE_LIVE) {
            // After a restart the exchange knows nothing of the old numbering, which may still be in flight to us.
            const std::string truth = exchange.truth(symbol, read->book.top.u);
            if (!truth.empty()) {
                EXPECT_TRUE(same_text(read->text, truth));
            }
        }
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&live.reader(), &cursor, &record, &lost) == DAYPACK_OK) {
            if (lost > 0 || daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            if (daypack_record_symbol(&record) != index) continue;
            const auto state = static_cast<std::uint8_t>(record.status >> 32);
            if (!left && static_cast<std::uint8_t>(record.status >> 40) == reason) {
                left = true;
                left_ns = record.publish_ns;
            }
            if (left && !back && state == DAYPACK_STATE_LIVE) {
                back = true;
                std::printf("right again after %.1f ms\n", static_cast<double>(record.publish_ns - left_ns) / 1e6);
            }
        }
        return (left && back) || testing::Test::HasFailure();
    })) << "left "
        << left << " back " << back << "\n"
        << live.log();
    expect_equal_books(live, exchange, {symbol}, 3);
}

TEST_P(EngineTest, ADroppedDeltaCostsItsSymbolAResyncAndNoOther) {
    sim::Exchange exchange(over_tls(500));
    LiveEngine live(exchange, kThree);
    for (const auto& symbol : kThree) ASSERT_TRUE(wait_until([&] { return live.live(symbol); })) << live.log();
    Calm calm(live.instance(), {"BTC_USDC", "SOL_USDC_PERP"});
    expect_rejoin(live, exchange, "ETH_USDC", DAYPACK_REASON_gap,
                  [&] { exchange.inject(sim::Fault::parse("drop@20:symbol=ETH_USDC")); });
    EXPECT_EQ(live.counter("ETH_USDC", DAYPACK_SYMBOL_gaps), 1u) << live.log();
    EXPECT_EQ(live.counter("ETH_USDC", DAYPACK_SYMBOL_resyncs), 1u) << live.log();
}

TEST_P(EngineTest, ARestartOfTheNumberingIsNoticed) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, kThree);
    for (const auto& symbol : kThree) ASSERT_TRUE(wait_until([&] { return live.live(symbol); })) << live.log();
    Calm calm(live.instance(), {"ETH_USDC", "SOL_USDC_PERP"});
    expect_rejoin(live, exchange, "BTC_USDC", DAYPACK_REASON_restart,
                  [&] { exchange.inject(sim::Fault::parse("restart@20:symbol=BTC_USDC")); });
    EXPECT_EQ(live.counter("BTC_USDC", DAYPACK_SYMBOL_restarts), 1u) << live.log();
}

TEST_P(EngineTest, AStaleSnapshotIsFetchedAgain) {
    sim::Exchange exchange([] {
        auto options = over_tls();
        options.faults = {"stale@1:by=300"};
        return options;
    }());
    LiveEngine live(exchange, {"BTC_USDC"});
    expect_equal_books(live, exchange, {"BTC_USDC"}, 3);
    EXPECT_GE(live.counter("BTC_USDC", DAYPACK_SYMBOL_refetches), 0u);
}

TEST_P(EngineTest, TheExchangeMayGoAwayAndComeBack) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, kThree);
    for (const auto& symbol : kThree) ASSERT_TRUE(wait_until([&] { return live.live(symbol); })) << live.log();
    exchange.go_away();
    for (const auto& symbol : kThree) {
        ASSERT_TRUE(wait_until([&] {
            const auto top = live.top(symbol);
            return top && top->state == DAYPACK_STATE_STALE && top->reason == DAYPACK_REASON_line_dead;
        })) << live.log();
    }
    exchange.come_back();
    expect_equal_books(live, exchange, kThree, 3);
    EXPECT_NE(live.log().find("line_down"), std::string::npos);
}

TEST_P(EngineTest, ASymbolThatIsNotListedIsReportedAndTheOthersRun) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {"BTC-USDT", "SOL-USDC"});
    ASSERT_TRUE(wait_until([&] { return live.live("SOL_USDC"); })) << live.log();
    EXPECT_TRUE(wait_until([&] {
        return live.log().find(
                   "daypack: test.yaml:7: symbol \"BTC-USDT\" is not listed on backpack; did you mean "
                   "\"BTC-USDC\"?") != std::string::npos;
    })) << live.log();
    const auto top = live.top("BTC-USDT");
    ASSERT_TRUE(top);
    EXPECT_EQ(top->state, DAYPACK_STATE_DOWN);
    EXPECT_EQ(top->reason, DAYPACK_REASON_no_market);
}

TEST_P(EngineTest, FailsWhereNoSymbolIsListed) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {"BTC-USDT"});
    EXPECT_TRUE(wait_until([&] { return live.engine().failed(); })) << live.log();
}

TEST_P(EngineTest, ChangesItsSymbolsWhileItRuns) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {"BTC_USDC", "ETH_USDC"});
    ASSERT_TRUE(wait_until([&] { return live.live("BTC_USDC") && live.live("ETH_USDC"); })) << live.log();
    Config config = live.engine().config();
    config.exchange.symbols = {{"ETH_USDC", 1}, {"SOL_USDC", 2}};
    live.engine().set_symbols(config);
    expect_equal_books(live, exchange, {"SOL_USDC"}, 3);
    ASSERT_TRUE(wait_until([&] {
        const auto top = live.top("BTC_USDC");
        return top && top->state == DAYPACK_STATE_DOWN && top->reason == DAYPACK_REASON_stopped;
    })) << live.log();
    EXPECT_EQ(live.counter("ETH_USDC", DAYPACK_SYMBOL_resyncs), 0u) << "the one that stayed did not notice";
    config.exchange.symbols = {{"BTC_USDC", 1}};
    live.engine().set_symbols(config);
    expect_equal_books(live, exchange, {"BTC_USDC"}, 3);
}

TEST_P(EngineTest, CallsBackWithBooksAndTrades) {
    sim::Exchange exchange(over_tls());
    std::atomic<int> live_books = 0;
    std::atomic<int> trades = 0;
    std::atomic<int> wrong = 0;
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView& book) {
        if (book.state != State::live) return;
        ++live_books;
        const auto bid = book.best(Side::bid);
        const auto ask = book.best(Side::ask);
        if (!bid || !ask || bid->price >= ask->price || book.u == 0) ++wrong;
    };
    callbacks.on_trade = [&](const Trade& trade) {
        ++trades;
        if (trade.price.ticks <= 0 || trade.quantity.steps <= 0 || trade.id == 0) ++wrong;
    };
    LiveEngine live(exchange, kThree, 64, {}, callbacks);
    EXPECT_TRUE(wait_until([&] { return live_books > 500 && trades > 5; })) << live.log();
    EXPECT_EQ(wrong, 0);
}

TEST_P(EngineTest, ABookThreadThatStallsLosesNothingSilently) {
    sim::Exchange exchange(over_tls());
    std::atomic<bool> stall = false;
    std::atomic<bool> stalled = false;
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView&) {
        while (stall) {
            stalled = true;
            std::this_thread::yield();
        }
    };
    LiveEngine live(
        exchange, kThree, 16'384,
        [](Config& config) {
            config.engine.queue_events = 64;
            config.exchange.channels = {FeedChannel::l2_book};  // a dropped trade costs no book its place
        },
        callbacks);
    for (const auto& symbol : kThree) ASSERT_TRUE(wait_until([&] { return live.live(symbol); })) << live.log();
    stall = true;
    // The queue fills, the socket is not read for a while, and then updates are dropped; the readers see a writer that
    // hangs.
    // With a single thread there is no queue, and TCP buffers everything.
    const bool fused = GetParam() == ThreadModel::fused;
    ASSERT_TRUE(wait_until([&] {
        const auto beat = static_cast<std::int64_t>(daypack_load(&daypack_head(&live.reader())->beat_ns));
        if (fused) return stalled && daypack_monotonic_ns() - beat > 200'000'000;
        return daypack_line_counter(&live.reader(), 0, DAYPACK_LINE_queue_dropped) > 0;
    }));
    EXPECT_TRUE(stalled);
    const auto top = live.top("BTC_USDC");
    ASSERT_TRUE(top);
    EXPECT_EQ(top->state, DAYPACK_STATE_STALE);
    EXPECT_EQ(top->reason, DAYPACK_REASON_writer_stalled);
    stall = false;
    expect_equal_books(live, exchange, kThree, 5);
    EXPECT_GT(daypack_engine_counter(&live.reader(), DAYPACK_ENGINE_pauses), 0u);
    if (fused) {
        for (const auto& symbol : kThree) EXPECT_EQ(live.counter(symbol, DAYPACK_SYMBOL_gaps), 0u) << live.log();
        return;
    }
    EXPECT_GT(daypack_line_counter(&live.reader(), 0, DAYPACK_LINE_queue_waits), 0u);
    // The books may have been compared before those updates' turn came.
    EXPECT_TRUE(wait_until([&] {
        const auto rejoined = [&](const auto& symbol) { return live.counter(symbol, DAYPACK_SYMBOL_resyncs) > 0; };
        return std::any_of(kThree.begin(), kThree.end(), rejoined);
    })) << "a symbol that lost updates was rejoined";
    expect_equal_books(live, exchange, kThree, 5);
}

TEST_P(EngineTest, StoppedItSaysSoAndASecondOneGoesOnInTheSameSegment) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {"BTC_USDC"});
    ASSERT_TRUE(wait_until([&] { return live.live("BTC_USDC"); })) << live.log();
    Config config = live.engine().config();
    EXPECT_THROW(Engine(config, {}, {}), std::runtime_error) << "two engines on one instance";
    live.end();
    const auto top = live.top("BTC_USDC");
    ASSERT_TRUE(top);
    EXPECT_EQ(top->state, DAYPACK_STATE_DOWN);
    EXPECT_EQ(top->reason, DAYPACK_REASON_stopped);
    config.exchange.symbols = {{"ETH_USDC", 1}, {"BTC_USDC", 2}};
    Engine second(config, {}, [](const std::string&) {});
    second.start();
    ASSERT_TRUE(wait_until([&] { return live.live("BTC_USDC") && live.live("ETH_USDC"); }));
    EXPECT_GT(live.top("BTC_USDC")->epoch, top->epoch);
}

// Certificates with one fault each, at the start for REST and later for the line: the log names the fault, and no book
// is LIVE.
void expect_refused(const std::string& which, const std::string& words) {
    const auto refused = [&](LiveEngine& live, const std::string& who) {
        const std::string log = live.log();
        const auto at = log.find(who);
        return at != std::string::npos && log.find(words, at) != std::string::npos;
    };
    {
        auto options = over_tls();
        options.faults = {"cert:which=" + which};
        sim::Exchange exchange(options);
        LiveEngine live(exchange, {"BTC_USDC"});
        EXPECT_TRUE(wait_until([&] { return refused(live, "markets failed="); })) << live.log();
        EXPECT_FALSE(live.live("BTC_USDC"));
    }
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {"BTC_USDC"});
    ASSERT_TRUE(wait_until([&] { return live.live("BTC_USDC"); })) << live.log();
    exchange.inject(sim::Fault::parse("cert:which=" + which));
    exchange.inject(sim::Fault::parse("close"));
    EXPECT_TRUE(wait_until([&] { return refused(live, "line_down"); })) << live.log();
    EXPECT_FALSE(live.live("BTC_USDC"));
}

TEST_P(EngineTest, RefusesAnExpiredCertificate) {
    expect_refused("expired", "expired");
}
TEST_P(EngineTest, RefusesACertificateForAnotherName) {
    expect_refused("name", "another host name");
}
TEST_P(EngineTest, RefusesACertificateOfAnUnknownAuthority) {
    expect_refused("ca", "unknown");
}

}  // namespace
}  // namespace daypack::core
