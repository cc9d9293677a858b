// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <string>
#include <vector>

#include "tools/sim/market/market.h"
#include "tools/sim/market/text.h"
#include "tools/sim/market/truth.h"
#include "tools/sim/market/wire.h"

namespace daypack::core::sim {
namespace {

struct Update {
    std::uint64_t u;
    std::vector<Change> changes;
};

// Random updates over few prices, so that levels are made, changed and deleted; some bear no level, some skip numbers.
std::vector<Update> random_updates(std::size_t count, std::uint64_t first_u, unsigned seed) {
    std::vector<Update> updates;
    std::uint64_t state = seed;
    const auto below = [&state](std::uint64_t bound) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return (state >> 33) % bound;
    };
    std::uint64_t u = first_u;
    for (std::size_t i = 0; i < count; ++i) {
        Update update{u += 1 + (below(10) == 0 ? below(5) : 0), {}};
        for (std::uint64_t n = below(4); n > 0; --n) {
            update.changes.push_back(
                {below(2) == 0, static_cast<std::int64_t>(below(60)), static_cast<std::int64_t>(below(4))});
        }
        updates.push_back(update);
    }
    return updates;
}

Book naive(const std::vector<Update>& updates, std::size_t count) {
    Book book;
    for (std::size_t i = 0; i < count; ++i) {
        for (const Change& change : updates[i].changes) {
            auto& side = change.bid ? book.bids : book.asks;
            side[change.price] = change.quantity;
            if (change.quantity == 0) side.erase(change.price);
        }
    }
    return book;
}

TEST(SimTruth, KnowsTheBookAtEveryPastNumberAsANaiveReplayDoes) {
    const auto updates = random_updates(30'000, 5'000'000'000, 1);
    Truth truth(1'000'000);
    truth.start({}, 5'000'000'000);
    for (const Update& update : updates) truth.apply(update.u, update.changes);
    for (std::size_t i = 0; i <= updates.size(); i += i < 20 ? 1 : 997) {
        const std::uint64_t u = i == 0 ? 5'000'000'000 : updates[i - 1].u;
        const auto book = truth.at(u);
        ASSERT_TRUE(book) << i;
        ASSERT_EQ(*book, naive(updates, i)) << i;
    }
    EXPECT_EQ(truth.now(), naive(updates, updates.size()));
}

TEST(SimTruth, AnyHistoryGivesTheSamePastAsANaiveReplay) {
    EXPECT_TRUE(rc::check([] {
        const auto count = *rc::gen::inRange<std::size_t>(1, 400);
        const auto updates = random_updates(count, 100, *rc::gen::arbitrary<unsigned>());
        Truth truth(1'000'000);
        truth.start({}, 100);
        for (const Update& update : updates) truth.apply(update.u, update.changes);
        const auto i = *rc::gen::inRange<std::size_t>(0, count);
        RC_ASSERT(truth.at(updates[i].u).has_value());
        RC_ASSERT(*truth.at(updates[i].u) == naive(updates, i + 1));
        RC_ASSERT(truth.u_back(count - 1 - i) == updates[i].u);
    }));
}

TEST(SimTruth, DoesNotKnowANumberInsideOfAMergedUpdateNorOneToCome) {
    Truth truth(1000);
    truth.start({}, 10);
    truth.apply(11, std::vector<Change>{{true, 5, 5}});
    truth.apply(15, std::vector<Change>{{true, 5, 6}});
    EXPECT_TRUE(truth.at(10));
    EXPECT_TRUE(truth.at(11));
    for (const std::uint64_t u : {9, 12, 13, 14, 16}) EXPECT_FALSE(truth.at(u)) << u;
    EXPECT_EQ(truth.at(15)->bids.at(5), 6);
}

TEST(SimTruth, ForgetsWhatIsOlderThanItsHistoryAndOnlyThat) {
    Truth truth(20'000);
    truth.start({}, 0);
    for (std::uint64_t u = 1; u <= 100'000; ++u)
        truth.apply(u, std::vector<Change>{{u % 2 == 0, static_cast<std::int64_t>(u % 50), 1}});
    EXPECT_FALSE(truth.at(1));
    EXPECT_FALSE(truth.at(50'000));
    for (std::uint64_t u = 80'001; u <= 100'000; u += 1000) EXPECT_TRUE(truth.at(u)) << u;
    EXPECT_GT(truth.u_back(1'000'000), 60'000u);
}

TEST(SimTruth, ARestartForgetsTheOldNumbers) {
    Truth truth(1000);
    truth.start({}, 500);
    truth.apply(501, std::vector<Change>{{true, 5, 5}});
    truth.start(truth.now(), 250);
    truth.apply(251, std::vector<Change>{{false, 6, 5}});
    EXPECT_FALSE(truth.at(500));
    EXPECT_EQ(truth.at(250)->bids.size(), 1u);
    EXPECT_TRUE(truth.at(250)->asks.empty());
    EXPECT_EQ(truth.at(251)->asks.size(), 1u);
}

std::string padded(std::int64_t value, int decimals) {
    std::string out;
    append_padded(out, value, decimals);
    return out;
}
std::string trimmed(std::int64_t value, int decimals) {
    std::string out;
    append_trimmed(out, value, decimals);
    return out;
}

TEST(SimText, PadsAsTheVenuesSocketAndTrimsAsItsRest) {
    EXPECT_EQ(padded(867860, 1), "86786.0");
    EXPECT_EQ(trimmed(867860, 1), "86786");
    EXPECT_EQ(padded(0, 5), "0.00000");
    EXPECT_EQ(trimmed(0, 5), "0");
    EXPECT_EQ(padded(14, 9), "0.000000014");
    EXPECT_EQ(trimmed(10070, 2), "100.7");
    EXPECT_EQ(padded(20000, 0), "20000");
    EXPECT_EQ(trimmed(20000, 0), "20000");
}

TEST(SimText, ReadsExactlyOrNotAtAll) {
    EXPECT_EQ(parse_fixed("86786", 1), 867860);
    EXPECT_EQ(parse_fixed("86786.0", 1), 867860);
    EXPECT_EQ(parse_fixed("1.500", 1), 15);
    for (const char* bad :
         {"", ".", "-1", "+1", "1e5", "1.05", "1.0.0", " 1", "1 ", "92233720368547758.08", "9223372036854775807.5"}) {
        EXPECT_FALSE(parse_fixed(bad, 1)) << bad;
    }
}

TEST(SimText, WhatIsWrittenReadsBackTheSame) {
    EXPECT_TRUE(rc::check([] {
        const auto value = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
        const auto decimals = *rc::gen::inRange(0, 10);
        RC_ASSERT(parse_fixed(padded(value, decimals), decimals) == value);
        RC_ASSERT(parse_fixed(trimmed(value, decimals), decimals) == value);
    }));
}

TEST(SimTruth, IsWrittenBestFirstAndPadded) {
    const Notation notation(market_named("BTC_USDC"));
    Book book;
    book.bids = {{867860, 100000}, {867850, 5}};
    book.asks = {{867870, 1}, {867990, 2}};
    EXPECT_EQ(
        truth_body(notation, book, 7),
        R"({"symbol":"BTC_USDC","u":7,"bids":[["86786.0","1.00000"],["86785.0","0.00005"]],"asks":[["86787.0","0.00001"],["86799.0","0.00002"]]})");
}

}  // namespace
}  // namespace daypack::core::sim
