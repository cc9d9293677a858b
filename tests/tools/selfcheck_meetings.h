// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tools/selfcheck/selfcheck.h"
#include "tools/sim/exchange.h"

namespace daypack::core::test {

// `daypack selfcheck` against simulated exchanges that break an assumption each.

using Names = std::set<std::string>;

struct Break {
    const char* assumption;
    std::vector<std::string> faults;
};

// At the 5th of what it strikes or later: the lines are up by then.
inline const std::vector<Break> kBreaks{
    {"frames_unmarked", {"frame@20:how=bom,line=2"}},
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
    {"close_answered", {"close@20:how=unanswered,line=2"}},
    {"subscribe_silent", {"subscribe:how=ack"}},
    {"unknown_silent", {"subscribe:how=loud,times=9"}},
    {"bad_stream_told", {"subscribe:how=mum,times=9"}},
    {"streams_served", {"mute@8:symbol=ETH_USDC,times=9999"}},
    {"rest_answers", {"rest@3:how=503,path=depth"}},
    {"rest_budget", {"rest@6:how=429,path=depth,retry_after=1"}},
    {"rest_plain", {"rest@3:how=gzip,path=depth"}},
    {"bodies_unmarked", {"rest@3:how=bom,path=depth"}},
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

// A venue that is as it should be, but for its faults.
inline sim::SimOptions venue(const std::vector<std::string>& faults) {
    sim::SimOptions options;
    options.symbols = {"SOL_USDC", "ETH_USDC"};
    options.rate = 20;
    options.levels = 60;
    options.seed = 11;
    options.faults = faults;
    return options;
}

inline Config config_of(const sim::Exchange& exchange) {
    Config config;
    config.exchange.symbols = {{"SOL-USDC", 1}, {"ETH-USDC", 1}};
    config.exchange.rest_urls = {exchange.rest_url()};
    config.exchange.ws_urls = {exchange.ws_url()};
    return config;
}

// Some meetings at once: each is idle most of the time.
class Meetings {
  public:
    struct Met {
        std::unique_ptr<sim::Exchange> exchange;
        std::vector<std::string> faults;
        Config config;
        std::string recording;
        nlohmann::ordered_json report;
    };

    Meetings() { std::filesystem::create_directory(folder_); }
    ~Meetings() {
        all_.clear();
        std::filesystem::remove_all(folder_);
    }
    Meetings(const Meetings&) = delete;
    Meetings& operator=(const Meetings&) = delete;

    Met& add(const std::string& name, const std::vector<std::string>& faults) {
        Met& meeting = all_[name];
        meeting.exchange = std::make_unique<sim::Exchange>(venue(faults));
        meeting.config = config_of(*meeting.exchange);
        meeting.recording = (folder_ / (std::to_string(all_.size()) + ".frames.ndjson.gz")).string();
        meeting.faults = faults;
        return meeting;
    }
    [[nodiscard]] Met& operator[](const std::string& name) { return all_.at(name); }
    // All that were added.
    void run() {
        std::vector<std::thread> threads;
        for (auto& entry : all_) {
            threads.emplace_back([&each = entry.second] {
                each.report = selfcheck::check_venue(each.config, kSeconds, each.recording, [] { return false; });
            });
        }
        for (std::thread& thread : threads) thread.join();
    }

  private:
    static constexpr double kSeconds = 5;

    std::map<std::string, Met> all_;
    static inline int count_ = 0;
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() /
        ("daypack_selfcheck_test." + std::to_string(getpid()) + "." + std::to_string(++count_));
};

inline Names broken_in(const nlohmann::ordered_json& report) {
    Names names;
    for (const auto& row : report["assumptions"]) {
        if (row["verdict"] == "BROKEN") names.insert(row["assumption"].get<std::string>());
    }
    return names;
}

inline std::string words_of(const nlohmann::ordered_json& report) {
    std::string words;
    for (const auto& row : report["assumptions"]) {
        if (row["verdict"] == "BROKEN") words += row.dump() + "\n";
    }
    return words;
}

// That this meeting's report names these assumptions as broken and no other.
//
// What follows from a break for a machine that is late: with an update that one line alone has brought, or an answer
// that was not whole in time, more may be named than was broken. Such a meeting is held once more, alone.
inline void expect_broken(Meetings& meetings, const std::string& name, const Names& broken) {
    constexpr int kTries = 3;
    Meetings::Met& met = meetings[name];
    for (int i = 0; i < kTries && broken_in(met.report) != broken; ++i) {
        std::printf("held again, for it named\n%s", words_of(met.report).c_str());
        Meetings again;
        (void)again.add(name, met.faults);
        again.run();
        met.report = again[name].report;
    }
    EXPECT_EQ(broken_in(met.report), broken) << words_of(met.report);
}

}  // namespace daypack::core::test
