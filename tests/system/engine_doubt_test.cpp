// SPDX-License-Identifier: MIT
// What the engine does where the stream alone does not decide: polling without lines, audits against REST, markets that
// close or change. Over real sockets and TLS, judged by the exchange's own book.
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "tests/support/sanitized.h"
#include "tests/system/calm.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

const std::string kSymbol = "SOL_USDC";

sim::SimOptions over_tls(double rate = 200) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {kSymbol, "ETH_USDC"};
    options.rate = rate;
    options.levels = 300;
    return options;
}

// Waits until `count` different books in that state were equal to the truth at their own `u`.
void expect_right_books(LiveEngine& live, sim::Exchange& exchange, unsigned state, std::size_t count) {
    std::set<std::uint64_t> compared;
    ASSERT_TRUE(wait_until([&] {
        const auto read = live.read(kSymbol);
        if (!read || read->book.top.state != state || compared.contains(read->book.top.u)) return false;
        const std::string truth = exchange.truth(kSymbol, read->book.top.u);
        if (truth.empty()) return false;
        EXPECT_TRUE(same_text(read->text, truth));
        compared.insert(read->book.top.u);
        return compared.size() >= count || testing::Test::HasFailure();
    })) << "compared "
        << compared.size() << "\n"
        << live.log();
}

bool is(LiveEngine& live, unsigned state, unsigned reason) {
    const auto top = live.top(kSymbol);
    return top && top->state == state && top->reason == reason;
}

void poll_often(Config& config) {
    config.exchange.rest_poll_interval_ms = 100;
}

// ---- polling -------------------------------------------------------------------------------------------------------

TEST(EnginePolling, RestOnlyIsPollingAndRight) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {kSymbol}, 16'384, [](Config& config) {
        poll_often(config);
        config.exchange.rest_only = true;
    });
    expect_right_books(live, exchange, DAYPACK_STATE_POLLING, 5);
    EXPECT_TRUE(wait_until([&] { return is(live, DAYPACK_STATE_POLLING, DAYPACK_REASON_rest_only); })) << live.log();
    EXPECT_EQ(exchange.statistics().connections_ever, 0u);
    EXPECT_EQ(daypack_lines(&live.reader()), 0u);
}

TEST(EnginePolling, WhereNoLineCanBeHeldRestStandsInAndTheLinesComeBack) {
    sim::SimOptions options = over_tls();
    options.faults = {"upgrade:how=503,times=1000000"};
    sim::Exchange exchange(options);
    LiveEngine live(exchange, {kSymbol}, 16'384, [](Config& config) {
        poll_often(config);
        config.exchange.lines = 2;
        config.exchange.ws_failures_before_polling = 2;
    });
    expect_right_books(live, exchange, DAYPACK_STATE_POLLING, 3);
    EXPECT_TRUE(wait_until([&] { return is(live, DAYPACK_STATE_POLLING, DAYPACK_REASON_ws_down); })) << live.log();
    EXPECT_NE(live.log().find("polling begins"), std::string::npos);
    exchange.end_chaos();  // from now on an upgrade is answered
    expect_right_books(live, exchange, DAYPACK_STATE_LIVE, 20);
    EXPECT_NE(live.log().find("polling ends"), std::string::npos);
}

TEST(EngineTrades, TwoLinesBringEachTradeOnce) {
    sim::Exchange exchange(over_tls(1'000));
    LiveEngine live(exchange, {kSymbol}, 64, [](Config& config) { config.exchange.lines = 2; });
    std::uint64_t cursor = daypack_cursor(&live.reader());
    std::set<std::uint64_t> ids;
    ASSERT_TRUE(wait_until([&] {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&live.reader(), &cursor, &record, &lost) == DAYPACK_OK) {
            if (daypack_record_kind(&record) != DAYPACK_KIND_TRADE) continue;
            EXPECT_TRUE(ids.insert(record.first_id).second) << "trade " << record.first_id << " came twice";
        }
        return ids.size() >= 30 && live.counter(kSymbol, DAYPACK_SYMBOL_trade_duplicates) > 15;
    })) << live.log();
}

// ---- audits --------------------------------------------------------------------------------------------------------

TEST(EngineAudit, TheTickersTouchIsHeldAgainstTheBook) {
    sim::Exchange exchange(over_tls());
    LiveEngine live(exchange, {kSymbol}, 64,
                    [](Config& config) { config.exchange.channels.push_back(FeedChannel::l1_book); });
    ASSERT_TRUE(wait_until([&] { return live.counter(kSymbol, DAYPACK_SYMBOL_touch_checks) > 20; })) << live.log();
    EXPECT_EQ(live.counter(kSymbol, DAYPACK_SYMBOL_touch_mismatches), 0u);
    EXPECT_EQ(live.counter(kSymbol, DAYPACK_SYMBOL_resyncs), 0u);
}

// ---- markets -------------------------------------------------------------------------------------------------------

// The list is fresh here; where a cache serves an old one, /market is asked within a minute (market_follower_test).
TEST(EngineMarkets, AMarketThatOnlyTakesCancelsIsHaltedAndItsBookGoesOn) {
    sim::SimOptions options = over_tls();
    options.markets_cache_ms = 0;
    sim::Exchange exchange(options);
    LiveEngine live(exchange, {kSymbol});
    ASSERT_TRUE(wait_until([&] { return live.live(kSymbol); })) << live.log();
    const std::uint64_t cursor = daypack_cursor(&live.reader());
    exchange.inject(sim::Fault::parse("market:how=CancelOnly,symbol=" + kSymbol));
    ASSERT_TRUE(wait_until([&] { return exchange.fault_log().size() == 1; }));
    live.engine().set_symbols(live.engine().config());  // as by SIGHUP: the list is read at once
    ASSERT_TRUE(wait_until([&] { return is(live, DAYPACK_STATE_HALTED, DAYPACK_REASON_cancel_only); })) << live.log();
    expect_right_books(live, exchange, DAYPACK_STATE_HALTED, 5);
    EXPECT_FALSE(live.showed(cursor, DAYPACK_STATE_SYNCING)) << "the book stayed LIVE";
}

// ---- what takes its time ------------------------------------------------------------------------------------------

// Each of these waits for seconds until the engine has reason enough to act. So all of them are begun before the first
// is looked at, each with an engine and an exchange of its own, and they wait together.
class EngineWaits : public testing::Test {
  protected:
    struct Case {
        Case(const char* name, const sim::SimOptions& options, const std::function<void(Config&)>& change = {})
            : exchange(options), live(exchange, {kSymbol}, 2'048, [&](Config& config) {
                  config.engine.instance += std::string(".") + name;
                  config.engine.max_symbols = 2;
                  config.engine.idle = Idle::backoff;  // they share the machine
                  if (change) change(config);
              }) {}
        [[nodiscard]] bool both_lines_bring_updates() { return updates(0) > 10 && updates(1) > 10; }
        [[nodiscard]] std::uint64_t updates(unsigned line) {
            return daypack_line_counter(&live.reader(), line, DAYPACK_LINE_updates);
        }
        [[nodiscard]] std::uint64_t counter(unsigned which) { return live.counter(kSymbol, which); }
        void expect_calm_from_now_on() { calm.emplace(live.instance(), std::vector{kSymbol}); }

        sim::Exchange exchange;
        LiveEngine live;
        std::optional<Calm> calm;
    };

    static void SetUpTestSuite() {
        begin_all();
        EXPECT_TRUE(wait_until([] { return lies->live.live(kSymbol); })) << lies->live.log();
        // So many that some levels stay wrong until the next look.
        lies->exchange.inject(sim::Fault::parse("frame:how=lie,times=30,symbol=" + kSymbol));
        EXPECT_TRUE(wait_until([] { return muted->both_lines_bring_updates(); })) << muted->live.log();
        muted->expect_calm_from_now_on();
        muted->exchange.inject(sim::Fault::parse("mute:line=2,symbol=" + kSymbol));
        EXPECT_TRUE(wait_until([] { return stalled->both_lines_bring_updates(); })) << stalled->live.log();
        stalled->expect_calm_from_now_on();
        stalled->exchange.inject(sim::Fault::parse("stall:line=2"));
        EXPECT_TRUE(wait_until([] { return unanswered->exchange.is_over(kSymbol) && unanswered->live.live(kSymbol); }))
            << unanswered->live.log();
        unanswered->exchange.inject(sim::Fault::parse("rest:path=depth,times=1000000,how=" + how_answered()));
        // This is injected last, because it ends by itself; the test that waits for it is the first.
        EXPECT_TRUE(wait_until([] { return closes->live.live(kSymbol); })) << closes->live.log();
        closes->exchange.inject(sim::Fault::parse("market:how=Closed,for_ms=4000,symbol=" + kSymbol));
    }
    static void TearDownTestSuite() {
        for (auto* each : {&closes, &lies, &muted, &stalled, &unanswered, &audited, &quiet, &polled}) each->reset();
    }
    // An answer that is drawn: a failure names it.
    static std::string how_answered() {
        const char* const answers[] = {"paused", "maintenance", "400"};
        return answers[static_cast<std::size_t>(getpid()) % std::size(answers)];
    }

    static inline std::unique_ptr<Case> closes, lies, muted, stalled, unanswered, audited, quiet, polled;
    static inline std::uint64_t polled_cursor = 0;

  private:
    static void begin_all() {
        sim::SimOptions usual = over_tls(test::kSanitized ? 50 : 100);
        sim::SimOptions slow = over_tls(20);
        sim::SimOptions quietened = over_tls(100);
        quietened.max_frames = 20;
        const auto audit_each_second = [](Config& config) { config.exchange.snapshot_interval_s = 1; };
        const auto two_lines = [](Config& config) { config.exchange.lines = 2; };
        stalled = std::make_unique<Case>("stalled", usual, two_lines);
        muted = std::make_unique<Case>("muted", usual, two_lines);
        closes = std::make_unique<Case>("closes", usual);
        lies = std::make_unique<Case>("lies", slow, audit_each_second);
        audited = std::make_unique<Case>("audited", usual, audit_each_second);
        audited->expect_calm_from_now_on();
        quiet = std::make_unique<Case>("quiet", quietened);
        quiet->expect_calm_from_now_on();
        unanswered = std::make_unique<Case>("unanswered", quietened,
                                            [](Config& config) { config.exchange.stale_after_ms = 1'000; });
        polled = std::make_unique<Case>("polled", over_tls(300), [](Config& config) {
            poll_often(config);
            config.exchange.websocket = false;
        });
        polled_cursor = daypack_cursor(&polled->live.reader());
    }
};

TEST_F(EngineWaits, AMarketThatClosesIsHaltedAndComesBack) {
    const auto own = std::move(closes);
    const auto halted = [&] { return is(own->live, DAYPACK_STATE_HALTED, DAYPACK_REASON_closed); };
    ASSERT_TRUE(wait_until(halted)) << own->live.log();
    expect_right_books(own->live, own->exchange, DAYPACK_STATE_LIVE, 5);
}

TEST_F(EngineWaits, ARightBookPassesItsAuditsAndStaysLive) {
    const auto own = std::move(audited);
    ASSERT_TRUE(wait_until([&] { return own->counter(DAYPACK_SYMBOL_audits) >= 2; })) << own->live.log();
    expect_one_snapshot_each(own->exchange, own->live, {kSymbol});
    EXPECT_GT(own->counter(DAYPACK_SYMBOL_audit_levels), 500u);
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_audit_ghosts), 0u);
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_audit_missing), 0u);
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_audit_wrong), 0u);
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_resyncs), 0u);
    EXPECT_TRUE(wait_until([&] { return own->live.live(kSymbol); })) << own->live.log();
}

// The stream itself says what is not so: no number shows it, only another look at the venue's book.
TEST_F(EngineWaits, ALevelThatTheStreamToldWrongIsFoundByAnAuditAndHealed) {
    const auto own = std::move(lies);
    ASSERT_TRUE(wait_until([&] { return own->counter(DAYPACK_SYMBOL_audit_wrong) > 0; })) << own->live.log();
    ASSERT_TRUE(wait_until([&] { return own->counter(DAYPACK_SYMBOL_resyncs_audit) > 0; })) << own->live.log();
    const auto said = [&] { return own->live.log().find("reason=audit") != std::string::npos; };
    EXPECT_TRUE(wait_until(said)) << own->live.log();
    // Once all wrong updates were sent, the book is right from the next rejoin on.
    ASSERT_TRUE(wait_until([&] { return own->exchange.fault_log().size() >= 30; }));
    ASSERT_TRUE(wait_until([&] {
        const auto read = own->live.read(kSymbol);
        return read && read->book.top.state == DAYPACK_STATE_LIVE &&
               same_text(read->text, own->exchange.truth(kSymbol, read->book.top.u));
    })) << own->live.log();
}

TEST_F(EngineWaits, AQuietMarketIsAskedAboutAndStaysLive) {
    const auto own = std::move(quiet);
    ASSERT_TRUE(wait_until([&] { return own->counter(DAYPACK_SYMBOL_checks) >= 2; })) << own->live.log();
    expect_one_snapshot_each(own->exchange, own->live, {kSymbol});
    EXPECT_TRUE(wait_until([&] { return own->live.live(kSymbol); })) << own->live.log();
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_resyncs), 0u);
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_silences), 0u);
}

TEST_F(EngineWaits, AQuietMarketWhoseEveryCheckFailsIsStaleUntilOneIsAnswered) {
    SCOPED_TRACE(how_answered());
    const auto own = std::move(unanswered);
    const auto silent = [&] { return is(own->live, DAYPACK_STATE_STALE, DAYPACK_REASON_silent); };
    ASSERT_TRUE(wait_until(silent)) << own->live.log();
    const std::string log = own->live.log();
    const std::string words = "check symbol=" + kSymbol + " failed";
    const std::size_t said = log.find(words);
    EXPECT_NE(said, std::string::npos) << log;
    EXPECT_EQ(log.find(words, said + 1), std::string::npos) << log;
    own->exchange.end_chaos();
    EXPECT_TRUE(wait_until([&] { return own->live.live(kSymbol); })) << own->live.log();
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_resyncs), 0u);
}

TEST_F(EngineWaits, PolledTradesArePublishedOnceEach) {
    const auto own = std::move(polled);
    std::set<std::uint64_t> ids;
    ASSERT_TRUE(wait_until([&] {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&own->live.reader(), &polled_cursor, &record, &lost) == DAYPACK_OK) {
            if (daypack_record_kind(&record) != DAYPACK_KIND_TRADE) continue;
            EXPECT_TRUE(ids.insert(record.first_id).second) << "trade " << record.first_id << " came twice";
        }
        return ids.size() >= 20;
    })) << own->live.log();
}

TEST_F(EngineWaits, ALineThatLostItsSubscriptionSubscribesAgain) {
    const auto own = std::move(muted);
    ASSERT_TRUE(wait_until([&] { return own->counter(DAYPACK_SYMBOL_resubscribes) > 0; })) << own->live.log();
    const std::uint64_t first = own->updates(0);
    const std::uint64_t second = own->updates(1);
    const auto both_go_on = [&] { return own->updates(0) > first + 50 && own->updates(1) > second + 50; };
    ASSERT_TRUE(wait_until(both_go_on)) << own->live.log();
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_resyncs), 0u);
}

TEST_F(EngineWaits, ALineThatBringsNothingAndAnswersPingsIsReplaced) {
    const auto own = std::move(stalled);
    ASSERT_TRUE(wait_until([&] {
        const unsigned line = daypack_line_counter(&own->live.reader(), 0, DAYPACK_LINE_failures) > 0 ? 0 : 1;
        return daypack_line_counter(&own->live.reader(), line, DAYPACK_LINE_connects) == 2;
    })) << own->live.log();
    const auto said = [&] { return own->live.log().find("brings nothing") != std::string::npos; };
    EXPECT_TRUE(wait_until(said)) << own->live.log();
    const std::uint64_t first = own->updates(0);
    const std::uint64_t second = own->updates(1);
    const auto both_go_on = [&] { return own->updates(0) > first + 50 && own->updates(1) > second + 50; };
    ASSERT_TRUE(wait_until(both_go_on)) << own->live.log();
    EXPECT_EQ(own->counter(DAYPACK_SYMBOL_resyncs), 0u);
}

// ---- budget --------------------------------------------------------------------------------------------------------

TEST(EngineBudget, ManySymbolsBrokenAtOnceStayWithinTheBudget) {
    constexpr int kSymbols = test::kSanitized ? 200 : 500;
    // A minute: as many as have the last hundred or so of both joins wait for it, and no longer.
    constexpr int kBudget = kSymbols * 7;
    sim::SimOptions options = over_tls(2);
    options.symbols.clear();
    for (int i = 0; i < kSymbols; ++i) options.symbols.push_back("T" + std::to_string(i) + "_USDC");
    options.levels = 50;
    sim::Exchange exchange(options);
    const auto began = std::chrono::steady_clock::now();
    LiveEngine live(exchange, options.symbols, 16, [](Config& config) {
        config.engine.max_symbols = 512;
        config.exchange.rest_requests_per_minute = kBudget;
        config.exchange.snapshot_interval_s = 0;
    });
    const auto all_live = [&] {
        return std::all_of(options.symbols.begin(), options.symbols.end(),
                           [&](const std::string& symbol) { return live.live(symbol); });
    };
    const std::chrono::milliseconds bound{180'000};
    ASSERT_TRUE(wait_until(all_live, bound)) << live.log();
    exchange.inject(sim::Fault::parse("close"));
    ASSERT_TRUE(wait_until(
        [&] {
            return std::all_of(options.symbols.begin(), options.symbols.end(), [&](const std::string& symbol) {
                return live.counter(symbol, DAYPACK_SYMBOL_resyncs) > 0 && live.live(symbol);
            });
        },
        bound))
        << live.log();
    const std::uint64_t requests = exchange.statistics().requests;  // before the time: more may come meanwhile
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf("%d symbols broken at once: %llu requests in %.1f s, all LIVE again\n", kSymbols,
                static_cast<unsigned long long>(requests), seconds);
    // A quarter of the budget comes as a burst, and the rest trickles in.
    constexpr double kBurst = kBudget / 4.0;
    EXPECT_LE(static_cast<double>(requests), kBurst + seconds * kBudget / 60 + 1);
    EXPECT_GT(static_cast<double>(requests), kBurst) << "the budget was never reached, and nothing is shown";
}

}  // namespace
}  // namespace daypack::core
