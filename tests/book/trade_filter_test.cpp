// SPDX-License-Identifier: MIT
#include "book/trade_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace daypack::core {
namespace {

using TradeIdentity = TradeFilter::TradeIdentity;

// The ids of the trades of a page that are new.
std::vector<std::uint64_t> news(TradeFilter& filter, const std::vector<TradeIdentity>& page, bool opens = false) {
    std::vector<std::uint64_t> ids;
    filter.on_page(
        page.size(), [&](std::size_t i) { return page[i]; }, opens, [&](std::size_t i) { ids.push_back(page[i].id); });
    return ids;
}

std::vector<TradeIdentity> page_of(std::uint64_t from, std::uint64_t to) {
    std::vector<TradeIdentity> page;
    for (std::uint64_t id = from; id <= to; ++id) page.push_back({id, id * 7});
    return page;
}

TEST(TradeFilter, TellsTheFirstCopyOfEachTradeWhateverLineBringsIt) {
    TradeFilter filter;
    EXPECT_TRUE(filter.is_first(0, 100, 1));
    EXPECT_FALSE(filter.is_first(1, 100, 1));
    EXPECT_TRUE(filter.is_first(1, 102, 1));
    EXPECT_TRUE(filter.is_first(0, 101, 1)) << "lost on the other line";
    EXPECT_FALSE(filter.is_first(0, 102, 1));
}

TEST(TradeFilter, TheSameIdWithOtherContentIsAnotherTrade) {
    TradeFilter filter;
    EXPECT_TRUE(filter.is_first(0, 100, 1));
    EXPECT_TRUE(filter.is_first(0, 100, 2));
    EXPECT_FALSE(filter.is_first(1, 100, 1));
    EXPECT_FALSE(filter.is_first(1, 100, 2));
}

TEST(TradeFilter, IdsThatRestartAreNew) {
    for (const std::uint64_t begin : {1ull, 400ull, 990ull, 5'000'000ull}) {
        TradeFilter filter;
        for (std::uint64_t id = 500; id < 1'000; ++id) {
            ASSERT_TRUE(filter.is_first(0, id, 1));
            ASSERT_FALSE(filter.is_first(1, id, 1));
        }
        // One line after the other, and the second still tells of before.
        for (std::uint64_t id = begin; id < begin + 600; ++id) {
            ASSERT_TRUE(filter.is_first(0, id, 2)) << begin << " " << id;
            if (id < begin + 20) ASSERT_TRUE(filter.is_first(1, 1'000 + id - begin, 1)) << "the first line lost it";
        }
        for (std::uint64_t id = begin + 400; id < begin + 600; ++id) ASSERT_FALSE(filter.is_first(1, id, 2));
    }
}

TEST(TradeFilter, ALineThatLagsFurtherThanIsRememberedBringsCopies) {
    TradeFilter filter;
    ASSERT_TRUE(filter.is_first(0, 1'000, 1));
    ASSERT_FALSE(filter.is_first(1, 1'000, 1));
    for (std::uint64_t id = 1'001; id <= 3'000; ++id) ASSERT_TRUE(filter.is_first(0, id, 1));
    for (std::uint64_t id = 1'001; id <= 3'000; ++id) ASSERT_FALSE(filter.is_first(1, id, 1)) << id;
    EXPECT_TRUE(filter.is_first(1, 3'001, 1)) << "it has caught up";
}

// Lines that lag, lose and renumber, against an obvious model: a trade is published once, from the first line that
// brings it.
TEST(TradeFilter, NoTradeIsPublishedTwiceNorLostInDrawnFlows) {
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const auto draw = [&](std::uint32_t n) {
            return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random);
        };
        std::vector<TradeIdentity> flow;
        std::uint64_t id = 1 + draw(10'000);
        for (std::uint64_t i = 0; i < 400; ++i) {
            id = draw(150) == 0 ? 1 + draw(20'000) : id + 1 + draw(3);
            flow.push_back({id, i});
        }
        const std::size_t lines = 1 + draw(3);
        std::vector<std::size_t> at(lines);
        std::map<std::pair<std::uint64_t, std::uint64_t>, int> published;
        std::vector<bool> brought(flow.size());
        TradeFilter filter;
        for (bool more = true; more;) {
            more = false;
            for (std::size_t line = 0; line < lines; ++line) {
                for (std::size_t steps = draw(40); steps > 0 && at[line] < flow.size(); --steps) {
                    const std::size_t i = at[line]++;
                    if (draw(20) == 0) continue;  // lost on this line
                    brought[i] = true;
                    if (filter.is_first(static_cast<LineIndex>(line), flow[i].id, flow[i].content)) {
                        ++published[{flow[i].id, flow[i].content}];
                    }
                }
                more = more || at[line] < flow.size();
            }
            // No line is further ahead of another than is remembered.
            const auto [low, high] = std::minmax_element(at.begin(), at.end());
            if (*high - *low > 150) *low = *high - 150;
        }
        for (std::size_t i = 0; i < flow.size(); ++i) {
            EXPECT_EQ((published[{flow[i].id, flow[i].content}]), brought[i] ? 1 : 0)
                << "seed " << seed << " trade " << i;
        }
    }
}

TEST(TradeFilter, WithoutAnIdEachThatOneLineSendsIsATrade) {
    TradeFilter filter;
    const MonoTime now{1'000'000'000};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(filter.is_first_without_id(0, 5, now));
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(filter.is_first_without_id(1, 5, now));
    EXPECT_TRUE(filter.is_first_without_id(1, 5, now));
    EXPECT_FALSE(filter.is_first_without_id(0, 5, now));
    EXPECT_TRUE(filter.is_first_without_id(0, 6, now));
    EXPECT_TRUE(filter.is_first_without_id(1, 5, now + 60'000'000'000)) << "a minute later it is another one";
}

TEST(TradeFilter, TheFirstPageOfAllShowsWhereTradesAreAndTheNextWhatIsNew) {
    TradeFilter filter;
    EXPECT_TRUE(news(filter, page_of(100, 199), true).empty());
    EXPECT_EQ(news(filter, page_of(102, 201)), (std::vector<std::uint64_t>{200, 201}));
    EXPECT_TRUE(news(filter, page_of(100, 199)).empty()) << "a cache's older page";
    EXPECT_EQ(news(filter, page_of(500, 502)), (std::vector<std::uint64_t>{500, 501, 502})) << "further than a page";
    EXPECT_EQ(news(filter, page_of(1, 2)), (std::vector<std::uint64_t>{1, 2})) << "ids restarted";
    EXPECT_EQ(news(filter, page_of(1, 3)), (std::vector<std::uint64_t>{3}));
}

TEST(TradeFilter, APageInPlaceOfLinesBringsWhatTheyDidNot) {
    TradeFilter filter;
    for (std::uint64_t id = 150; id < 160; ++id) {
        if (id != 155) ASSERT_TRUE(filter.is_first(0, id, id * 7));
    }
    EXPECT_EQ(news(filter, page_of(100, 161), true), (std::vector<std::uint64_t>{155, 160, 161}))
        << "trades before the first are not published";
    EXPECT_TRUE(filter.is_first(0, 162, 162 * 7)) << "the line is back";
    EXPECT_FALSE(filter.is_first(0, 163, 163 * 7) && filter.is_first(1, 163, 163 * 7));
}

TEST(TradeFilter, APageFromBeforeTheLinesFirstTradeIsNoNews) {
    TradeFilter filter;
    ASSERT_TRUE(filter.is_first(0, 200, 200 * 7));
    EXPECT_TRUE(news(filter, page_of(100, 199), true).empty());
    EXPECT_EQ(news(filter, page_of(102, 201)), (std::vector<std::uint64_t>{201}));
}

TEST(TradeFilter, ContentIsTheSameInOtherUnits) {
    Instrument coarse;
    coarse.tick = {1, -1};
    coarse.step = {1, -2};
    Instrument fine;
    fine.tick = {5, -3};
    fine.step = {1, -4};
    EXPECT_EQ(trade_content({15}, {3}, Side::bid, coarse), trade_content({300}, {300}, Side::bid, fine));
    EXPECT_NE(trade_content({15}, {3}, Side::bid, coarse), trade_content({15}, {3}, Side::ask, coarse));
    EXPECT_NE(trade_content({15}, {3}, Side::bid, coarse), trade_content({3}, {15}, Side::bid, coarse));
    EXPECT_NE(trade_content(1, 2, 3), trade_content(1, 3, 2));
}

}  // namespace
}  // namespace daypack::core
