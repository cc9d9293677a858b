// SPDX-License-Identifier: MIT
#include "engine/control_thread/depth_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace daypack::core {
namespace {

using What = DepthReader::Answer::What;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLasting_ms = 30'000;
constexpr std::int8_t kNone = UnitsNeeded::kNone;

std::string depth_body(const std::string& asks, const std::string& bids) {
    return "{\"asks\":[" + asks + "],\"bids\":[" + bids + "],\"lastUpdateId\":\"42\"}";
}

// A market with a tick of 1 and a step of 0.01 that reads what REST answers.
class DepthReaderTest : public testing::Test {
  protected:
    DepthReaderTest() { (void)table_.append({"A_B", "A-B", {1, 0}, {1, -2}}); }

    // What an engine does with an answer: it goes over to finer units where they are due, and asks again.
    What read(const std::string& body) {
        now_ = now_ + kSecond;
        const auto answer = reader_.read(0, body, snapshot_, now_);
        words_ = answer.words;
        retry_ms_ = answer.retry_ms;
        if (answer.what == What::finer) reader_.refine(0, answer.grid);
        return answer.what;
    }
    [[nodiscard]] std::string last_said() const { return said_.empty() ? "" : said_.back(); }

    InstrumentTable table_{4};
    std::vector<std::string> said_;
    DepthReader reader_{
        table_, kLasting_ms, [this](const std::string& text) { said_.push_back(text); },
        [this](SymbolIndex symbol, const Grid& grid) { table_.replace(symbol, table_[symbol].refined(grid)); }};
    MonoTime now_{1};
    Snapshot snapshot_;
    std::string words_;
    std::int64_t retry_ms_ = 0;
};

TEST_F(DepthReaderTest, KeepsALevelOffTheGridExactlyInAFinerUnit) {
    const std::string body = depth_body(R"(["103.7","2.00"])", R"(["99.3","0.125"],["100","1.00"])");
    ASSERT_EQ(read(body), What::garbled);
    EXPECT_NE(words_.find("it may be another market's"), std::string::npos) << words_;
    EXPECT_EQ(said_.size(), 0u);
    ASSERT_EQ(read(body), What::finer) << "it says so again";
    EXPECT_EQ(
        last_said(),
        R"(units symbol=A_B price=0.1 quantity=0.001 tick=1 step=0.01 why="bids[0] "0.125" at byte 43: off 0.01")");
    ASSERT_EQ(read(body), What::snapshot);
    EXPECT_EQ(snapshot_.asks, (std::vector<Level>{{{1'037}, {2'000}}}));
    EXPECT_EQ(snapshot_.bids, (std::vector<Level>{{{993}, {125}}, {{1'000}, {1'000}}}));
    EXPECT_EQ(table_[0].listed_grid(), (Grid{{1, 0}, {1, -2}})) << "the venue's stay what they are";
    EXPECT_EQ(read(depth_body("", R"(["100","1"])")), What::snapshot) << "and no coarser for it";
    EXPECT_EQ(table_[0].tick, (Unit{1, -1}));
    EXPECT_EQ(said_.size(), 1u);
}

TEST_F(DepthReaderTest, AnotherMarketsAnswerMakesNoUnitsFiner) {
    const std::string own = depth_body(R"(["103","2"])", R"(["99","1"])");
    const std::string others = depth_body(R"(["0.00001234","2"])", R"(["0.00001233","1"])");
    const std::string thirds = depth_body(R"(["1.234","2"])", "");
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(read(others), What::garbled);
        EXPECT_EQ(read(own), What::snapshot);
        EXPECT_EQ(read(thirds), What::garbled);
        EXPECT_EQ(read(others), What::garbled) << "they do not agree";
        EXPECT_EQ(read(own), What::snapshot);
    }
    EXPECT_EQ(table_[0].grid(), (Grid{{1, 0}, {1, -2}}));
    EXPECT_TRUE(said_.empty());
}

TEST_F(DepthReaderTest, AnAnswerOffTheGridIsBelievedAtOnceWhereFramesNeedItToo) {
    table_.need(0, {-1, kNone});
    EXPECT_EQ(read(depth_body(R"(["103.7","2.00"])", "")), What::finer);
    EXPECT_EQ(table_[0].tick, (Unit{1, -1}));
}

TEST_F(DepthReaderTest, TellsOneFrameOffTheGridFromAStreamOfThem) {
    const std::string body = depth_body(R"(["103","2"])", R"(["99","1"])");
    table_.need(0, {-1, kNone});
    EXPECT_EQ(read(body), What::snapshot) << "the level is gone";
    EXPECT_EQ(read(body), What::snapshot) << "and was no more than one";
    now_ = now_ + 61 * kSecond;
    table_.need(0, {-1, kNone});
    EXPECT_EQ(read(body), What::snapshot);
    table_.need(0, {kNone, -3});
    table_.need(0, {-1, kNone});
    ASSERT_EQ(read(body), What::finer) << "they go on, whatever the snapshots show";
    EXPECT_EQ(table_[0].grid(), (Grid{{1, -1}, {1, -3}}));
    EXPECT_EQ(
        last_said(),
        R"(units symbol=A_B price=0.1 quantity=0.001 tick=1 step=0.01 why="frames bring levels between two units")");
    EXPECT_EQ(read(body), What::snapshot);
    table_.need(0, {-1, kNone});  // of a frame that was refused before the change
    EXPECT_EQ(read(body), What::snapshot);
}

TEST_F(DepthReaderTest, RefusesInWordsWhatNoUnitsHoldAndEndsThere) {
    // Alone it could be kept; together with the other it cannot.
    const std::string finest = depth_body(R"(["103","2"])", R"(["0.000000000000000001","1"])");
    ASSERT_EQ(read(finest), What::refused);
    EXPECT_EQ(last_said(),
              R"(snapshot symbol=A_B refused=unfit count=1 retry_ms=30000 why="asks[0] "103" at byte 10: does not fit )"
              R"(63 bits in units of 0.000000000000000001; finer units are due for )"
              R"(bids[0] "0.000000000000000001" at byte 31: off 1")");
    EXPECT_EQ(retry_ms_, kLasting_ms);
    ASSERT_EQ(read(depth_body("", R"(["0.0000000000000000000001","1"])")), What::refused);
    EXPECT_NE(last_said().find("more than 18 decimals"), std::string::npos) << last_said();
    EXPECT_EQ(table_[0].grid(), (Grid{{1, 0}, {1, -2}})) << "and nothing was changed for it";

    const std::string body = depth_body(R"(["103","2"])", "");
    for (int i = 0; i < 8; ++i) {
        table_.need(0, {-18, kNone, true, false});
        EXPECT_EQ(read(body), What::snapshot) << "a hostile frame is no reason to lose the book";
    }
    EXPECT_EQ(table_[0].units, 0);
    const auto told = std::count_if(said_.begin(), said_.end(), [](const std::string& line) {
        return line.find("frames symbol=A_B refused=unfit") != std::string::npos;
    });
    EXPECT_GT(told, 0);
    EXPECT_LT(told, 8) << "told, and not in a stream";
}

TEST_F(DepthReaderTest, EndsEveryRowOfRefinements) {
    std::string price = "1.1";
    for (int decimals = 1; decimals <= 18; ++decimals, price += "1") {
        ASSERT_EQ(read(depth_body(R"([")" + price + R"(","1"])", "")), What::garbled);
        ASSERT_EQ(read(depth_body(R"([")" + price + R"(","1"])", "")), What::finer);
        ASSERT_EQ(table_[0].tick, (Unit{1, static_cast<std::int8_t>(-decimals)}));
        ASSERT_EQ(read(depth_body(R"([")" + price + R"(","1"])", "")), What::snapshot);
    }
    EXPECT_EQ(read(depth_body(R"([")" + price + R"(","1"])", "")), What::refused);
    EXPECT_EQ(read(depth_body(R"(["1.1","1"])", "")), What::snapshot) << "a right book is right again";
    EXPECT_EQ(read(depth_body(R"(["11","1"])", "")), What::refused);
}

TEST_F(DepthReaderTest, CountsWhatItRefusesByKindAndDoesNotFloodTheLog) {
    const std::string same = depth_body(R"(["1","1"],["1","2"])", "");
    const std::string extra = depth_body(R"(["1","1","3"])", "");
    for (int i = 0; i < 9; ++i) EXPECT_EQ(read(same), What::refused);
    EXPECT_EQ(read(extra), What::refused);
    ASSERT_EQ(said_.size(), 5u) << "the 1st, 2nd, 4th and 8th of the one, and the 1st of the other";
    EXPECT_EQ(said_[3],
              R"(snapshot symbol=A_B refused=same_price count=8 retry_ms=30000 why="asks[1] "1" at byte 20: the same )"
              R"(price twice")");
    EXPECT_EQ(said_[4],
              R"(snapshot symbol=A_B refused=level_shape count=1 retry_ms=30000 why="asks[0] "1" at byte 10: )"
              R"(3 elements, where price and quantity are due")");
    EXPECT_EQ(read("\xef\xbb\xbf" + depth_body("", "")), What::refused);
    EXPECT_NE(last_said().find("refused=byte_order_mark count=1"), std::string::npos);
}

TEST_F(DepthReaderTest, LeavesWhatNeedNotComeAgainToTheUsualRetries) {
    for (const char* body : {"", R"({"code":"TIMEOUT","message":"try again"})", R"({"asks":[["1","1)"}) {
        EXPECT_EQ(read(body), What::garbled) << body;
        EXPECT_FALSE(words_.empty());
    }
    EXPECT_EQ(words_, R"(not_json (2 times): not JSON: {"asks":[["1","1)");
    EXPECT_TRUE(said_.empty());
}

}  // namespace
}  // namespace daypack::core
