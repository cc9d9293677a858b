// SPDX-License-Identifier: MIT
// `daypack selfcheck` against the simulated exchange: each assumption is broken once, and the report names that one
// and no other.
#include "tools/selfcheck/selfcheck.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tools/selfcheck/assumptions.h"
#include "tools/sim/exchange.h"
#include "tools/sim/market/replay.h"

namespace daypack::core {
namespace {

using Names = std::set<std::string>;

struct Break {
    const char* assumption;
    std::vector<std::string> faults;
};

// At the 5th of what it strikes or later: the lines are up by then.
const std::vector<Break> kBreaks{
    {"readable_frames", {"frame@20:how=malformed,line=2"}},
    {"known_streams", {"frame@20:how=unknown_stream,line=2"}},
    {"key_order", {"frame@20:how=key_order"}},
    {"known_fields", {"frame@20:how=unknown_field"}},
    {"integer_ids", {"frame@20:how=text_id,line=2"}},
    {"times_in_us", {"frame@20:how=ms_times,line=2"}},
    {"plain_decimals", {"frame@20:how=exponent,line=2,times=20"}},
    {"on_grid", {"frame@20:how=decimals,line=2,times=20"}},
    {"padding", {"frame@20:how=unpadded,line=2,times=20"}},
    {"price_once", {"frame@20:how=duplicate_price,line=2,times=20"}},
    {"frame_shape", {"frame@20:how=spaced"}},
    {"match_order", {"clock@20:how=glitch,of=T,by_ms=-60000"}},
    {"send_after_match", {"clock@20:how=glitch,of=E,by_ms=-60000"}},
    {"ids_follow", {"drop@20:line=2"}},
    {"each_once", {"duplicate@20:line=2"}},
    {"copies_equal", {"frame@20:how=lie,line=2,times=20"}},
    {"lines_connect", {"upgrade:how=503"}},
    {"lines_stay", {"close@20:line=2"}},
    {"close_frame", {"reset@20:line=2"}},
    {"pings_answered", {"stall@20:line=2,how=deaf"}},
    {"subscribe_silent", {"subscribe:how=ack"}},
    {"unknown_silent", {"subscribe:how=loud,times=9"}},
    {"bad_stream_told", {"subscribe:how=mum,times=9"}},
    {"streams_served", {"mute@8:symbol=ETH_USDC"}},
    {"rest_answers", {"rest@3:how=503,path=depth"}},
    {"rest_budget", {"rest@6:how=429,path=depth,retry_after=1"}},
    {"rest_plain", {"rest@3:how=gzip,path=depth"}},
    {"readable_bodies", {"rest@3:how=html,path=depth"}},
    {"errors_as_json", {"rest:how=400,path=market,symbol=DAYPACK_NONE"}},
    {"clock_in_ms", {"rest@2:how=html,path=time"}},
    {"known_market_fields", {"rest:how=odd_field,path=markets"}},
    {"known_values", {"rest:how=odd_state,path=markets,times=2"}},
    {"list_age", {"rest:how=cached,path=markets,age=4000"}},
    {"market_uncached", {"rest@2:how=cached,path=market,age=30"}},
    {"depth_uncached", {"rest@3:how=cached,path=depth,age=2"}},
    {"sides_ascend", {"rest@3:how=descending,path=depth"}},
    {"text_id", {"rest@3:how=number_id,path=depth"}},
    {"snapshot_time_in_us", {"rest@3:how=ms_time,path=depth"}},
    {"snapshot_whole", {"rest:how=shallow,path=depth,levels=20,times=999"}},
    {"snapshot_fresh", {"stale@12:by=5000"}},
    {"books_equal", {"frame@20:how=lie,times=2000"}},
};

// What the simulated exchange cannot be made to do.
struct Unbroken {
    const char* assumption;
    const char* why;
};
const std::vector<Unbroken> kUnbroken{
    {"close_answered",
     "its WebSocket library answers a Close by itself; one that does not read it is deaf to pings too"},
};

// A venue that is as it should be, but for its faults.
sim::SimOptions venue(const std::vector<std::string>& faults) {
    sim::SimOptions options;
    options.symbols = {"SOL_USDC", "ETH_USDC"};
    options.rate = 20;
    options.levels = 60;
    options.seed = 11;
    options.faults = faults;
    return options;
}

Config config_of(const sim::Exchange& exchange) {
    Config config;
    config.exchange.symbols = {{"SOL-USDC", 1}, {"ETH-USDC", 1}};
    config.exchange.rest_urls = {exchange.rest_url()};
    config.exchange.ws_urls = {exchange.ws_url()};
    return config;
}

class Selfcheck : public testing::Test {
  protected:
    Selfcheck() { std::filesystem::create_directory(folder_); }
    ~Selfcheck() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string recording(const std::string& name) const { return (folder_ / name).string(); }
    [[nodiscard]] nlohmann::ordered_json meet(const std::string& name, const std::vector<std::string>& faults,
                                              double seconds) const {
        const sim::Exchange exchange(venue(faults));
        return selfcheck::check_venue(config_of(exchange), seconds, recording(name), [] { return false; });
    }

  private:
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("daypack_selfcheck_test." + std::to_string(getpid()));
};

Names broken_in(const nlohmann::ordered_json& report) {
    Names names;
    for (const auto& row : report["assumptions"]) {
        if (row["verdict"] == "BROKEN") names.insert(row["assumption"].get<std::string>());
    }
    return names;
}

std::string words_of(const nlohmann::ordered_json& report) {
    std::string words;
    for (const auto& row : report["assumptions"]) {
        if (row["verdict"] == "BROKEN") words += row.dump() + "\n";
    }
    return words;
}

TEST(SelfcheckTable, EachAssumptionIsBrokenByAFaultOrCannotBe) {
    Names all;
    for (std::size_t i = 0; i < selfcheck::kAssumptions; ++i) {
        all.insert(selfcheck::name_of(static_cast<selfcheck::Assumption>(i)));
    }
    Names named;
    for (const Break& each : kBreaks) EXPECT_TRUE(named.insert(each.assumption).second) << each.assumption;
    for (const Unbroken& each : kUnbroken) {
        EXPECT_TRUE(named.insert(each.assumption).second) << each.assumption;
        std::cout << "not broken here: " << each.assumption << ": " << each.why << "\n";
    }
    EXPECT_EQ(named, all);
}

// Some venues at once: each is idle most of the time.
TEST_F(Selfcheck, NamesTheAssumptionThatIsBrokenAndNoOther) {
    constexpr double kSeconds = 5;
    constexpr std::size_t kAtOnce = 14;
    std::mutex mutex;
    Names seen;
    std::vector<std::thread> meetings;
    for (const Break& each : kBreaks) {
        if (meetings.size() == kAtOnce) {
            for (std::thread& meeting : meetings) meeting.join();
            meetings.clear();
        }
        meetings.emplace_back([&, each] {
            const auto report = meet(each.assumption, each.faults, kSeconds);
            const std::scoped_lock lock(mutex);
            seen.insert(each.assumption);
            EXPECT_EQ(broken_in(report), Names{each.assumption}) << words_of(report);
        });
    }
    for (std::thread& meeting : meetings) meeting.join();
    EXPECT_EQ(seen.size(), kBreaks.size());
}

TEST_F(Selfcheck, FindsNothingWrongWithAVenueAsItShouldBe) {
    const auto report = meet("good", {}, 4);
    EXPECT_EQ(broken_in(report), Names{}) << words_of(report);
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

// The books at the end of the recording are those that the exchange had then.
TEST_F(Selfcheck, ItsRecordingPlaysToTheSameBooks) {
    const sim::Exchange exchange(venue({}));
    const std::string path = recording("flow.frames.ndjson.gz");
    (void)selfcheck::check_venue(config_of(exchange), 3, path, [] { return false; });
    EXPECT_EQ(sim::Replay::markets_of(path), (std::vector<std::string>{"SOL_USDC", "ETH_USDC"}));
    for (const std::string& symbol : sim::Replay::markets_of(path)) {
        sim::Feed feed(std::make_unique<sim::Replay>(path, symbol), 100'000);
        feed.begin(0);
        std::size_t compared = 0;
        while (feed.peek() != nullptr) {
            const sim::Event event = feed.take();
            if (event.channel != sim::Channel::depth) continue;
            ASSERT_EQ(feed.truth_body(event.u), exchange.truth(symbol, event.u));
            ++compared;
        }
        EXPECT_GT(compared, 5U);
    }
}

// Nothing of this machine, of the configuration or of its keys is in what goes into an issue.
TEST_F(Selfcheck, TellsNoSecretAndNoAddress) {
    const sim::Exchange exchange(venue({"reset@20:line=2", "rest@3:how=cut,path=depth"}));
    Config config = config_of(exchange);
    config.path = "/srv/strategies/secret-alpha.yaml";
    config.exchange.api_key = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=";
    config.exchange.api_secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
    const auto report = selfcheck::check_venue(config, 3, recording("secret"), [] { return false; });
    const std::string text = report.dump();
    char machine[256] = {};
    ASSERT_EQ(gethostname(machine, sizeof machine - 1), 0);
    for (const std::string& secret : {config.path, config.exchange.api_key, config.exchange.api_secret,
                                      std::string("127.0.0.1"), std::to_string(exchange.port()), recording("secret")}) {
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
    }
    EXPECT_EQ(text.find("\"" + std::string(machine)), std::string::npos);
    EXPECT_FALSE(broken_in(report).empty());
}

}  // namespace
}  // namespace daypack::core
