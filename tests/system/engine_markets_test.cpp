// SPDX-License-Identifier: MIT
// What an engine does when the venue's list of markets is old, incomplete or changed, over real sockets.
#include <algorithm>

#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

const std::string kSol = "SOL_USDC";
const std::string kEth = "ETH_USDC";

sim::SimOptions venue(std::vector<std::string> symbols = {kSol, kEth}) {
    sim::SimOptions options;
    options.symbols = std::move(symbols);
    options.rate = 300;
    options.levels = 100;
    return options;
}

class Venue {
  public:
    explicit Venue(const sim::SimOptions& options, std::vector<std::string> symbols,
                   const std::function<void(Config&)>& change = {})
        : exchange(options), live(exchange, std::move(symbols), 64, [change](Config& config) {
              config.exchange.ca_file.clear();  // no TLS here
              if (change) change(config);
          }) {}

    [[nodiscard]] bool is(const std::string& symbol, unsigned state, unsigned reason = DAYPACK_REASON_none) {
        const auto top = live.top(symbol);
        return top && top->state == state && top->reason == reason;
    }
    [[nodiscard]] testing::AssertionResult becomes(const std::string& symbol, unsigned state,
                                                   unsigned reason = DAYPACK_REASON_none) {
        if (wait_until([&] { return is(symbol, state, reason); })) return testing::AssertionSuccess();
        return testing::AssertionFailure() << symbol << "\n" << live.log();
    }
    void strike(const std::string& fault) { exchange.inject(sim::Fault::parse(fault)); }
    // Selects the same symbols once more, as by SIGHUP, so that the list is read at once.
    void reload() { live.engine().set_symbols(live.engine().config()); }
    [[nodiscard]] std::size_t said(const std::string& words) {
        const std::string log = live.log();
        std::size_t count = 0;
        for (std::size_t at = 0; (at = log.find(words, at)) != std::string::npos; ++at) ++count;
        return count;
    }

    sim::Exchange exchange;
    LiveEngine live;
};

TEST(EngineMarketList, AnOldListDoesNotKeepAClosedMarketLive) {
    sim::SimOptions options = venue();
    Venue venue(options, {kSol, kEth});
    ASSERT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    venue.strike("market:how=Closed,for_ms=1500,symbol=" + kSol);
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_HALTED, DAYPACK_REASON_closed));
    venue.reload();
    venue.reload();  // the other edge of the cache
    EXPECT_TRUE(venue.becomes(kEth, DAYPACK_STATE_LIVE));
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    EXPECT_EQ(venue.live.counter(kEth, DAYPACK_SYMBOL_resyncs), 0u);
}

TEST(EngineMarketList, ATickThatTheListDoesNotKnowYetIsLearnt) {
    sim::SimOptions options = venue();
    Venue venue(options, {kSol, kEth});
    ASSERT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    const int exponent = venue.live.top(kSol)->price_exponent;
    venue.strike("tick:symbol=" + kSol);
    ASSERT_TRUE(wait_until([&] {
        const auto top = venue.live.top(kSol);
        return top && top->state == DAYPACK_STATE_LIVE && top->price_exponent < exponent;
    })) << venue.live.log();
}

TEST(EngineMarketList, AMarketLeftOutOfOneListStaysLive) {
    Venue venue(::daypack::core::venue(), {kSol, kEth});
    ASSERT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    venue.strike("listing:how=omitted,symbol=" + kSol);
    const std::uint64_t before = venue.exchange.statistics().requests;
    venue.reload();
    ASSERT_TRUE(wait_until([&] { return venue.exchange.statistics().requests >= before + 2; }));
    const auto updates = venue.live.counter(kSol, DAYPACK_SYMBOL_updates);
    ASSERT_TRUE(wait_until([&] { return venue.live.counter(kSol, DAYPACK_SYMBOL_updates) > updates + 50; }));
    EXPECT_TRUE(venue.is(kSol, DAYPACK_STATE_LIVE)) << venue.live.log();
    EXPECT_EQ(venue.said("no_market"), 0u) << venue.live.log();
}

TEST(EngineMarketList, ADelistedMarketIsGoneOnceAndAliveWhereItIsListedAgain) {
    Venue venue(::daypack::core::venue(), {kSol, kEth});
    ASSERT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    venue.strike("market:how=Unlisted,for_ms=5000,symbol=" + kSol);
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_DOWN, DAYPACK_REASON_no_market));
    EXPECT_FALSE(venue.live.engine().failed());
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    EXPECT_EQ(venue.said("symbol=" + kSol + " state=DOWN reason=no_market"), 1u) << venue.live.log();
}

TEST(EngineMarketList, ADenialOfAMarketWhoseUpdatesComeIsNotBelieved) {
    sim::SimOptions options = venue();
    options.faults = {"rest:how=denied,path=market,times=1000"};
    Venue venue(options, {kSol, kEth});
    EXPECT_TRUE(wait_until([&] { return venue.said("updates of it come") >= 2; })) << venue.live.log();
    EXPECT_TRUE(venue.is(kSol, DAYPACK_STATE_LIVE));
    EXPECT_EQ(venue.said("reason=no_market"), 0u) << venue.live.log();
}

// The list is fresh here; where a cache serves an old one, /market is asked within a minute (market_follower_test).
TEST(EngineMarketList, MaintenanceOfTheWholeVenueHaltsAndEndsNothing) {
    sim::SimOptions options = venue();
    options.markets_cache_ms = 0;
    Venue venue(options, {}, [](Config& config) { config.exchange.all_symbols = true; });
    for (const auto& symbol : {kSol, kEth}) ASSERT_TRUE(venue.becomes(symbol, DAYPACK_STATE_LIVE));
    const std::uint64_t cursor = daypack_cursor(&venue.live.reader());
    for (const auto& symbol : {kSol, kEth}) venue.strike("market:how=PostOnly,symbol=" + symbol);
    ASSERT_TRUE(wait_until([&] { return venue.exchange.fault_log().size() == 2; }));
    venue.reload();
    for (const auto& symbol : {kSol, kEth}) {
        EXPECT_TRUE(venue.becomes(symbol, DAYPACK_STATE_HALTED, DAYPACK_REASON_post_only));
        const auto updates = venue.live.counter(symbol, DAYPACK_SYMBOL_updates);
        EXPECT_TRUE(wait_until([&] { return venue.live.counter(symbol, DAYPACK_SYMBOL_updates) > updates + 5; }));
    }
    for (const auto& symbol : {kSol, kEth}) venue.strike("market:how=Open,symbol=" + symbol);
    ASSERT_TRUE(wait_until([&] { return venue.exchange.fault_log().size() == 4; }));
    venue.reload();
    for (const auto& symbol : {kSol, kEth}) EXPECT_TRUE(venue.becomes(symbol, DAYPACK_STATE_LIVE));
    EXPECT_FALSE(venue.live.showed(cursor, DAYPACK_STATE_SYNCING)) << "the books stayed LIVE";
    EXPECT_FALSE(venue.live.engine().failed());
}

TEST(EngineMarketList, TheStarTakesInWhatIsNotOpenAndNoOtherKind) {
    sim::SimOptions options = venue({kSol, kEth, "FDVEXTD1B_USDC_PREDICTION"});
    options.faults = {"market:how=Closed,symbol=" + kEth};
    Venue venue(options, {}, [](Config& config) { config.exchange.all_symbols = true; });
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    EXPECT_TRUE(venue.becomes(kEth, DAYPACK_STATE_HALTED, DAYPACK_REASON_closed));
    EXPECT_FALSE(venue.live.top("FDVEXTD1B_USDC_PREDICTION"));
}

TEST(EngineMarketList, EveryKindIsFollowedByNameAndOneWithoutABookIsRefusedInWords) {
    Venue venue(::daypack::core::venue({kSol, "FDVEXTD1B_USDC_PREDICTION"}),
                {"FDVEXTD1B-USDC-PREDICTION", kSol, "AAPL.US-USDC-RFQ"});
    EXPECT_TRUE(venue.becomes("FDVEXTD1B_USDC_PREDICTION", DAYPACK_STATE_LIVE));
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    EXPECT_TRUE(venue.becomes("AAPL.US_USDC_RFQ", DAYPACK_STATE_DOWN, DAYPACK_REASON_refused));
    EXPECT_EQ(venue.said("\"AAPL.US-USDC-RFQ\" is an RFQ market, without an order book"), 1u) << venue.live.log();
    EXPECT_EQ(venue.said("is not listed"), 0u) << venue.live.log();
}

TEST(EngineMarketList, WithoutAListWhatIsNamedIsFollowed) {
    sim::SimOptions options = venue();
    options.faults = {"rest:how=500,path=markets,times=1000"};
    Venue venue(options, {kSol});
    EXPECT_TRUE(venue.becomes(kSol, DAYPACK_STATE_LIVE));
    EXPECT_GE(venue.said("markets failed="), 1u);
}

}  // namespace
}  // namespace daypack::core
