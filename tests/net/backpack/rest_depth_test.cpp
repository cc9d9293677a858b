// SPDX-License-Identifier: MIT
#include "net/backpack/rest_depth.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/net/backpack/frames.h"

namespace daypack::core {
namespace {

const Instrument kSol{"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}};
const Instrument kBtc{"BTC_USDC_PERP", "BTC-USDC-PERP", {1, -1}, {1, -5}};

std::string captured_body(const std::string& name) {
    std::string body;
    for (const std::string& line : captured_lines(name)) body += line;
    return body;
}

std::string depth_body(const std::string& asks, const std::string& bids) {
    return "{\"asks\":[" + asks + "],\"bids\":[" + bids + "],\"lastUpdateId\":\"42\",\"timestamp\":1790915412979224}";
}

std::string refusal_of(const std::string& body, const Instrument& instrument, Snapshot& snapshot) {
    return parse_depth(body, instrument, snapshot).words;
}

TEST(RestDepth, ReadsTheCapturedDepth) {
    const std::string body = captured_body("rest_depth_BTC_USDC_PERP_limit5.json");
    DAYPACK_SKIP_WITHOUT(body);
    Snapshot snapshot;
    ASSERT_EQ(refusal_of(body, kBtc, snapshot), "");
    EXPECT_EQ(snapshot.last_id, 6'904'864'764u);
    EXPECT_EQ(snapshot.timestamp.us, 1'790'915'412'979'224);
    ASSERT_EQ(snapshot.bids.size(), 5u);
    ASSERT_EQ(snapshot.asks.size(), 5u);
    EXPECT_EQ(snapshot.bids.back(), (Level{{867'814}, {220'229}}));  // the best
    EXPECT_EQ(snapshot.asks.front(), (Level{{867'815}, {554'115}}));
    EXPECT_EQ(snapshot.asks[2], (Level{{867'860}, {237}}));  // "86786"
    const std::string sol = captured_body("rest_depth_SOL_USDC_limit20.json");
    ASSERT_EQ(refusal_of(sol, kSol, snapshot), "");
    EXPECT_EQ(snapshot.bids.size(), 20u);
    EXPECT_EQ(snapshot.bids.back(), (Level{{10'064}, {6'795}}));
    EXPECT_EQ(snapshot.asks.front(), (Level{{10'065}, {6'550}}));
    EXPECT_EQ(parse_depth(sol, kBtc, snapshot).fault, DepthFault::off_grid);  // "100.65"
}

TEST(RestDepth, SortsWhatIsNotAscendingAndDropsEmptyLevels) {
    Snapshot snapshot;
    ASSERT_EQ(
        refusal_of(depth_body(R"(["3","1"],["1","2"],["2","0.00"])", R"(["0.5","1"],["0.4","1"])"), kSol, snapshot),
        "");
    EXPECT_EQ(snapshot.asks, (std::vector<Level>{{{100}, {200}}, {{300}, {100}}}));
    EXPECT_EQ(snapshot.bids, (std::vector<Level>{{{40}, {100}}, {{50}, {100}}}));
    ASSERT_EQ(refusal_of(depth_body("", ""), kSol, snapshot), "");
    EXPECT_TRUE(snapshot.asks.empty() && snapshot.bids.empty());
    EXPECT_EQ(snapshot.last_id, 42u);
}

TEST(RestDepth, NamesSideLevelAndByteOfWhatItRefuses) {
    const auto expect = [](const std::string& level, DepthFault fault, const std::string& words) {
        Snapshot snapshot;
        const DepthRefusal ask = parse_depth(depth_body(level, ""), kSol, snapshot);
        EXPECT_EQ(ask.fault, fault) << level << ": " << ask.words;
        EXPECT_EQ(ask.words, "asks[" + words);
        const DepthRefusal bid = parse_depth(depth_body("", level), kSol, snapshot);
        EXPECT_EQ(bid.fault, fault) << level;
        EXPECT_EQ(bid.words.substr(0, 5), "bids[");
    };
    expect(R"(["1","1"],["1.00","2"])", DepthFault::same_price, R"(1] "1.00" at byte 20: the same price twice)");
    expect(R"(["2","1"],["1","1"],["2","3"])", DepthFault::same_price, R"(2] "2" at byte 30: the same price twice)");
    expect(R"(["2","1"],["2","0"],["2","3"])", DepthFault::same_price, R"(2] "2" at byte 30: the same price twice)");
    expect(R"(["1","1"],["2","1","3"])", DepthFault::level_shape,
           R"(1] "2" at byte 20: 3 elements, where price and quantity are due)");
    expect(R"(["1"])", DepthFault::level_shape, R"(0] "1" at byte 10: 1 elements, where price and quantity are due)");
    expect(R"([1,2])", DepthFault::level_shape, "0] at byte 9: price and quantity are due as strings");
    expect(R"([["1"],"2"])", DepthFault::level_shape, "0] at byte 9: price and quantity are due as strings");
    for (const char* level : {"{}", R"("1")", "null"}) {
        expect(level, DepthFault::level_shape, "0] at byte 9: not a list of price and quantity");
    }
    expect(R"(["1e5","1"])", DepthFault::not_a_price, R"(0] "1e5" at byte 10: not a plain decimal above zero)");
    expect(R"(["0","1"])", DepthFault::not_a_price, R"(0] "0" at byte 10: not a plain decimal above zero)");
    expect(R"(["1","-1"])", DepthFault::not_a_price, R"(0] "-1" at byte 14: not a plain decimal above zero)");
    expect(R"(["1.005","1"])", DepthFault::off_grid, R"(0] "1.005" at byte 10: off the tick 0.01)");
    expect(R"(["1","1.005"])", DepthFault::off_grid, R"(0] "1.005" at byte 14: off the step 0.01)");
    expect(R"(["0.0000000000000000000001","1"])", DepthFault::unfit,
           R"(0] "0.0000000000000000000001" at byte 10: more than 18 decimals)");
    expect(R"(["1","99999999999999999999"])", DepthFault::unfit,
           R"(0] "99999999999999999999" at byte 14: does not fit 63 bits in units of 0.01)");
    expect("[\"" + std::string(50, 'x') + "\\u00e9\",\"1\"]", DepthFault::not_a_price,
           "0] \"" + std::string(40, 'x') + "...\" at byte 10: not a plain decimal above zero");
}

TEST(RestDepth, SaysWhatStandsInPlaceOfABook) {
    const auto expect = [](const std::string& body, DepthFault fault, const std::string& words) {
        Snapshot snapshot;
        const DepthRefusal refusal = parse_depth(body, kSol, snapshot);
        EXPECT_EQ(refusal.fault, fault) << body << ": " << refusal.words;
        EXPECT_EQ(refusal.words, words) << body;
    };
    const std::string book = depth_body(R"(["1","1"])", "");
    expect("\xef\xbb\xbf" + book, DepthFault::byte_order_mark,
           "a byte order mark (EF BB BF) at byte 0, before the JSON");
    expect("", DepthFault::not_json, "not JSON: an empty answer");
    expect("404 not found", DepthFault::not_json, "not JSON from about byte 4 on: 404 not found");
    expect("{\"asks\":[[\"1", DepthFault::not_json, "not JSON: {\"asks\":[[\"1");
    expect(R"({"asks":[]} {})", DepthFault::not_json, R"(not JSON from about byte 12 on: {"asks":[]} {})");
    expect("null", DepthFault::no_book, "no book, but null");
    expect("[]", DepthFault::no_book, "no book, but []");
    expect(R"({"code":"RESOURCE_NOT_FOUND","message":"Not Found"})", DepthFault::no_book,
           "no lastUpdateId, but RESOURCE_NOT_FOUND: Not Found");
    expect(R"({"asks":[],"bids":[],"lastUpdateId":-1})", DepthFault::no_book,
           R"(no lastUpdateId, but {"asks":[],"bids":[],"lastUpdateId":-1})");
    expect(R"({"asks":[],"lastUpdateId":"1"})", DepthFault::no_book, "no list of bids");
    expect(R"({"bids":[],"asks":7,"lastUpdateId":"1"})", DepthFault::no_book, "no list of asks");
    expect(R"({"asks":[],"bids":[],"lastUpdateId":"1","timestamp":"x"})", DepthFault::no_book,
           "timestamp at byte 52: not a time");
    for (std::size_t size = 0; size < book.size(); ++size) {
        Snapshot snapshot;
        EXPECT_EQ(parse_depth(book.substr(0, size), kSol, snapshot).fault, DepthFault::not_json) << size;
    }
}

TEST(RestDepth, FindsTheCoarsestGridThatHoldsEveryLevel) {
    const auto grid_of = [](const std::string& asks, const std::string& bids, Unit tick, Unit step) {
        const Instrument instrument{"A_B", "A-B", tick, step};
        const std::string body = depth_body(asks, bids);
        const DepthGrid found = depth_grid(body, instrument);
        EXPECT_EQ(found.why.empty(), found.grid == instrument.grid());
        Snapshot snapshot;
        EXPECT_EQ(refusal_of(body, instrument.refined(found.grid), snapshot), "");
        return found.grid;
    };
    const Unit one{1, 0};
    EXPECT_EQ(grid_of("", "", one, one), (Grid{one, one}));
    EXPECT_EQ(grid_of(R"(["103.0","2.00"])", R"(["99","1"])", one, one), (Grid{one, one}));
    EXPECT_EQ(grid_of(R"(["103.7","2"])", R"(["99.25","1"])", one, one), (Grid{{1, -2}, one}));
    EXPECT_EQ(grid_of(R"(["103","0.125"])", R"(["99.3","1"])", one, one), (Grid{{1, -1}, {1, -3}}));
    EXPECT_EQ(grid_of(R"(["1","5000"])", R"(["2","20000"])", one, {1, 4}), (Grid{one, {1, 3}}));
    // half a tick of two steps: a power of ten, so that all that was counted in the tick is still counted
    EXPECT_EQ(grid_of(R"(["0.75","1"])", R"(["0.5","1"])", {5, -1}, one), (Grid{{1, -2}, one}));
    EXPECT_EQ(grid_of(R"(["1.3","1"])", R"(["0.25","1"])", {25, -2}, one), (Grid{{1, -2}, one}));

    const DepthGrid named = depth_grid(depth_body(R"(["100","1"],["103.7","1"])", ""), {"A_B", "A-B", one, one});
    EXPECT_EQ(named.why, R"(asks[1] "103.7" at byte 22: off 1)");
}

TEST(RestDepth, TakesAnUpdateIdInQuotesOrNotAndKeysInAnyOrder) {
    Snapshot snapshot;
    ASSERT_EQ(
        refusal_of(
            R"({"timestamp":"5","x":{"asks":[["9","9"]]},"lastUpdateId":18446744073709551615,"bids":[],"asks":[]})",
            kSol, snapshot),
        "");
    EXPECT_EQ(snapshot.last_id, UINT64_MAX);
    EXPECT_EQ(snapshot.timestamp.us, 5);
    ASSERT_EQ(refusal_of(R"({"lastUpdateId":"4324522523","bids":[],"asks":[]})", kSol, snapshot), "");
    EXPECT_EQ(snapshot.last_id, 4'324'522'523u);
    EXPECT_EQ(snapshot.timestamp.us, 0);
}

TEST(RestDepth, ReadsBackEveryBookThatItIsGiven) {
    EXPECT_TRUE(rc::check([] {
        const auto side = [] {
            std::vector<Level> levels;
            std::int64_t price = 0;
            const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1'000));
            for (const int step : steps) levels.push_back({{price += step}, {step}});
            return levels;
        };
        const auto text = [](std::vector<Level> levels) {
            if (*rc::gen::arbitrary<bool>()) std::reverse(levels.begin(), levels.end());
            std::string all;
            for (const Level& level : levels) {
                std::string price = format_units(level.price.ticks, kSol.tick);
                if (*rc::gen::arbitrary<bool>()) {  // as REST has it, without padding
                    while (price.back() == '0') price.pop_back();
                    if (price.back() == '.') price.pop_back();
                }
                all.append(all.empty() ? "[\"" : ",[\"").append(price).append("\",\"");
                all.append(format_units(level.quantity.steps, kSol.step)).append("\"]");
            }
            return all;
        };
        const auto asks = side();
        const auto bids = side();
        Snapshot snapshot;
        RC_ASSERT(refusal_of(depth_body(text(asks), text(bids)), kSol, snapshot).empty());
        RC_ASSERT(snapshot.asks == asks);
        RC_ASSERT(snapshot.bids == bids);
    }));
}

}  // namespace
}  // namespace daypack::core
