// SPDX-License-Identifier: MIT
// `daypack selfcheck` against the simulated exchange: what it finds, what it keeps, and what it does not tell.
#include <algorithm>
#include <array>
#include <string_view>

#include "tests/tools/selfcheck_meetings.h"
#include "tools/selfcheck/assumptions.h"
#include "tools/sim/market/replay.h"

namespace daypack::core::test {
namespace {

// One of each part: frames, connections, REST, books.
constexpr std::array<std::string_view, 10> kShort{"key_order",      "integer_ids",    "copies_equal", "close_answered",
                                                  "lines_stay",     "streams_served", "text_id",      "list_age",
                                                  "snapshot_fresh", "books_equal"};
bool is_short(const Break& each) {
    return std::find(kShort.begin(), kShort.end(), each.assumption) != kShort.end();
}

class Selfcheck : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        meetings_ = std::make_unique<Meetings>();
        (void)meetings_->add(kGood, {});
        Config& config = meetings_->add(kWithKeys, {"reset@20:line=2", "rest@3:how=cut,path=depth"}).config;
        config.path = "/srv/strategies/secret-alpha.yaml";
        config.exchange.api_key = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=";
        config.exchange.api_secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
        for (const Break& each : kBreaks) {
            if (is_short(each)) (void)meetings_->add(each.assumption, each.faults);
        }
        meetings_->run();
    }
    static void TearDownTestSuite() { meetings_.reset(); }

    static constexpr const char* kGood = "a venue as it should be";
    static constexpr const char* kWithKeys = "a configuration with keys";
    static inline std::unique_ptr<Meetings> meetings_;
};

TEST(SelfcheckTable, EachAssumptionIsBrokenByAFault) {
    Names all;
    for (std::size_t i = 0; i < selfcheck::kAssumptions; ++i) {
        all.insert(selfcheck::name_of(static_cast<selfcheck::Assumption>(i)));
    }
    Names named;
    for (const Break& each : kBreaks) EXPECT_TRUE(named.insert(each.assumption).second) << each.assumption;
    EXPECT_EQ(named, all);
}

// A few of them; all are selfcheck_soak_test's.
TEST_F(Selfcheck, NamesTheAssumptionThatIsBrokenAndNoOther) {
    for (const Break& each : kBreaks) {
        if (is_short(each)) expect_broken(*meetings_, each.assumption, {each.assumption});
    }
}

TEST_F(Selfcheck, FindsNothingWrongWithAVenueAsItShouldBe) {
    expect_broken(*meetings_, kGood, {});
    const auto& report = (*meetings_)[kGood].report;
    Names unseen;
    for (const auto& row : report["assumptions"]) {
        if (row["verdict"] == "not seen") unseen.insert(row["assumption"].get<std::string>());
    }
    EXPECT_EQ(unseen, Names{"close_frame"}) << "the venue ended no connection";
    for (const auto& row : report["symbols"]) {
        EXPECT_EQ(row["state"], "LIVE");
        EXPECT_GE(row["audits"].get<int>(), 3);
        EXPECT_EQ(row["scanned"], row["depth_messages"]);
    }
}

// Every book of the recording is the one that the exchange had then.
TEST_F(Selfcheck, ItsRecordingPlaysToTheSameBooks) {
    const Meetings::Met& good = (*meetings_)[kGood];
    EXPECT_EQ(sim::Replay::markets_of(good.recording), (std::vector<std::string>{"SOL_USDC", "ETH_USDC"}));
    for (const std::string& symbol : sim::Replay::markets_of(good.recording)) {
        sim::Feed feed(std::make_unique<sim::Replay>(good.recording, symbol), 100'000);
        feed.begin(0);
        std::size_t compared = 0;
        while (feed.peek() != nullptr) {
            const sim::Event event = feed.take();
            if (event.channel != sim::Channel::depth) continue;
            ASSERT_EQ(feed.truth_body(event.u), good.exchange->truth(symbol, event.u));
            ++compared;
        }
        EXPECT_GT(compared, 5U);
    }
}

// Nothing of this machine, of the configuration or of its keys is in what goes into an issue.
TEST_F(Selfcheck, TellsNoSecretAndNoAddress) {
    const Meetings::Met& with_keys = (*meetings_)[kWithKeys];
    const std::string text = with_keys.report.dump();
    char machine[256] = {};
    ASSERT_EQ(gethostname(machine, sizeof machine - 1), 0);
    for (const std::string& secret :
         {with_keys.config.path, with_keys.config.exchange.api_key, with_keys.config.exchange.api_secret,
          std::string("127.0.0.1"), std::to_string(with_keys.exchange->port()), with_keys.recording}) {
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
    }
    EXPECT_EQ(text.find("\"" + std::string(machine)), std::string::npos);
    EXPECT_FALSE(broken_in(with_keys.report).empty());
}

}  // namespace
}  // namespace daypack::core::test
