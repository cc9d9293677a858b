// SPDX-License-Identifier: MIT
// Whether an engine is well, and which ones there are: health, instances, and what of the ring is recent.
#include "tools/cli/health.h"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "engine/account/account_segment.h"
#include "engine/shm/instances.h"
#include "engine/shm/start_guard.h"
#include "engine/shm/takeover_request.h"
#include "engine/shm/waker.h"
#include "tests/engine/shm_fixture.h"
#include "tools/cli/instances.h"
#include "tools/cli/run_log.h"
#include "tools/term/recent_flow.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using test::Instance;
using test::wait_for;
using test::Writer;

std::int64_t wall_now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string joined(const std::vector<std::string>& causes) {
    std::string text;
    for (const auto& cause : causes) text += cause + "\n";
    return text;
}

// The causes, of an engine whose beat is fresh: this process may be put to sleep in between.
std::string causes(Writer& writer, Reader& reader, const HealthOptions& options) {
    std::string text;
    EXPECT_TRUE(wait_for([&] {
        test::beat(writer.publisher);
        text = joined(health_of(reader, options).causes);
        return text.find("STALLED") == std::string::npos && text.find("writer_stalled") == std::string::npos;
    }));
    return text;
}

TEST(Health, IsRightOfAThousandStates) {
    const Instance instance;
    Writer writer(instance.options());
    Reader reader(instance.name);
    const HealthOptions options{.instance = instance.name};
    std::mt19937 random(7);
    writer.snapshot(1);
    for (int i = 0; i < 1'000; ++i) {
        const auto state = static_cast<State>(random() % 7);
        auto update = writer.update(static_cast<Sequence>(i) + 2, state, Reason::gap);
        if (state == State::live) update.reason = Reason::none;
        writer.publisher.publish_snapshot(update);
        const std::string found = causes(writer, reader, options);
        const std::string text =
            std::string("BTC-USDC is ") + daypack_state_name(static_cast<unsigned>(state)) + "/gap";
        if (state == State::live) {
            ASSERT_EQ(found, "") << i;
        } else if (state == State::halted) {
            ASSERT_EQ(found, text + ", by the exchange (--allow-halted passes over that)\n") << i;
        } else {
            ASSERT_EQ(found, text + "\n") << i;
        }
    }
}

TEST(Health, ALiveBookIsNotHealthyWhereItsLastMessageIsTooOld) {
    const Instance instance;
    Writer writer(instance.options());
    Reader reader(instance.name);
    writer.snapshot(1);
    const HealthOptions options{.instance = instance.name, .symbol = "BTC/USDC", .max_age_ns = 60'000'000'000};
    EXPECT_EQ(causes(writer, reader, options),
              "BTC-USDC is LIVE, but no message of it has come yet, more than 60.00 s\n");
    Counters counters = writer.segment.symbol_counters(0);
    counters.set(DAYPACK_SYMBOL_last_receive_ns, static_cast<std::uint64_t>(wall_now_ns()));
    EXPECT_EQ(causes(writer, reader, options), "");
    counters.set(DAYPACK_SYMBOL_last_receive_ns, static_cast<std::uint64_t>(wall_now_ns() - 100'000'000'000));
    EXPECT_NE(causes(writer, reader, options).find("its last message is 100.0"), std::string::npos);
}

TEST(Health, WhatTheExchangeHaltedIsPassedOverWhereThatIsAskedForAndAnotherIsLive) {
    const Instance instance;
    Writer writer(instance.options());
    Reader reader(instance.name);
    ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    const auto set_other = [&](State state, Reason reason) {
        auto update = writer.update(0, state, reason);
        update.symbol = 1;
        writer.publisher.publish_status(update);
    };
    const HealthOptions usual{.instance = instance.name};
    const HealthOptions lenient{.instance = instance.name, .allow_halted = true};
    writer.snapshot(1);
    set_other(State::halted, Reason::closed);
    EXPECT_NE(causes(writer, reader, usual), "");
    EXPECT_EQ(causes(writer, reader, lenient), "");
    std::ostringstream out;
    EXPECT_TRUE(wait_for([&] {
        out.str("");
        test::beat(writer.publisher);
        return check_health(lenient, out) == 0;
    }));
    EXPECT_EQ(out.str(),
              "healthy: 1 of the symbols that are followed are HALTED by the exchange (ETH-USDC HALTED/closed), the "
              "other 1 are LIVE\n");
    // Nothing but a halt is passed over, and not where nothing shows that anything comes.
    set_other(State::stale, Reason::silent);
    EXPECT_EQ(causes(writer, reader, lenient), "ETH-USDC is STALE/silent\n");
    set_other(State::halted, Reason::post_only);
    writer.publisher.publish_snapshot(writer.update(2, State::halted, Reason::closed));
    EXPECT_EQ(causes(writer, reader, lenient),
              "nothing is LIVE: the exchange has halted all that is asked for (BTC-USDC HALTED/closed, ETH-USDC "
              "HALTED/post_only)\n");
}

TEST(RunStatus, WarnsOfNoMarketThatTheExchangeHalted) {
    const Instance instance;
    Writer writer(instance.options());
    const daypack_reader reader = writer.segment.reader_here();
    ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    auto other = writer.update(0, State::halted, Reason::closed);
    other.symbol = 1;
    writer.publisher.publish_status(other);
    RunStatus status;
    EXPECT_FALSE(RunStatus::is_settled(reader)) << "nothing is LIVE";
    EXPECT_EQ(status.take(reader, false, 60).level, LogLevel::warning);
    writer.snapshot(1);
    EXPECT_TRUE(RunStatus::is_settled(reader));
    const RunStatus::Line line = status.take(reader, false, 60);
    EXPECT_EQ(line.level, LogLevel::info);
    EXPECT_NE(line.text.find("live=1/2"), std::string::npos) << line.text;
    EXPECT_NE(line.text.find("not_live=\"ETH-USDC HALTED/closed\""), std::string::npos) << line.text;
}

TEST(Health, OfASymbolThatIsNotFollowedAnyMoreNobodyAsks) {
    const Instance instance;
    Writer writer(instance.options());
    Reader reader(instance.name);
    writer.publisher.publish_snapshot(writer.update(3, State::down, Reason::stopped));
    EXPECT_EQ(causes(writer, reader, {.instance = instance.name}),
              "no symbol is followed: those that are listed are of earlier lists\n");
    EXPECT_EQ(causes(writer, reader, {.instance = instance.name, .symbol = "BTC_USDC"}),
              "BTC-USDC is DOWN/stopped: it is of an earlier list, and this engine does not follow it\n");
    writer.publisher.publish_snapshot(writer.update(4, State::down, Reason::no_market));
    EXPECT_EQ(causes(writer, reader, {.instance = instance.name}),
              "BTC-USDC is DOWN/no_market: the exchange does not list it (`daypack markets`)\n");
}

TEST(Health, TheSymbolsThatCountAreThoseThatAreFollowed) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    auto unwanted = writer.update(0, State::down, Reason::stopped);
    unwanted.symbol = 1;
    writer.publisher.publish_status(unwanted);
    std::ostringstream out;
    EXPECT_TRUE(wait_for([&] {
        out.str("");
        test::beat(writer.publisher);
        return check_health({.instance = instance.name}, out) == 0;
    }));
    EXPECT_EQ(out.str(), "healthy: all 1 symbols that are followed are LIVE (1 more are of earlier lists)\n");
}

// The account `mm` of an instance, of which all parts are of one state.
class Account {
  public:
    Account(const Instance& instance, const std::string& name)
        : name_(name), path_(AccountSegment::path_of(instance.name, name)), segment_(instance.name, name) {}
    ~Account() { unlink(path_.c_str()); }
    void show(AccountKindState state) {
        for (const AccountKind kind :
             {AccountKind::orders, AccountKind::positions, AccountKind::balances, AccountKind::fills}) {
            const AccountNews news = AccountStateNews{kind, state};
            segment_.show({name_, news, test::mono_now()});
        }
    }
    void beat() {
        if (segment_.beat(test::mono_now())) segment_.caught_up();
    }
    AccountSegment& segment() { return segment_; }
    const std::string& path() const { return path_; }

  private:
    std::string name_, path_;
    AccountSegment segment_;
};

TEST(Health, AnAccountThatTheEngineFollowsIsToBeLiveToo) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    Account account(instance, "mm");
    const auto health = [&](bool books_only, const std::string& symbol = "") {
        std::string text;
        EXPECT_TRUE(wait_for([&] {
            test::beat(writer.publisher);
            account.beat();
            std::ostringstream out;
            testing::internal::CaptureStderr();
            const int code = check_health({.instance = instance.name, .symbol = symbol, .books_only = books_only}, out);
            text = std::to_string(code) + " " + out.str() + testing::internal::GetCapturedStderr();
            return text.find("stalled") == std::string::npos && text.find("STALLED") == std::string::npos;
        }));
        return text;
    };
    account.show({State::down, Reason::refused, false});
    EXPECT_TRUE(
        health(false).starts_with("1 daypack: account mm: its orders are DOWN/refused: the exchange refuses its "
                                  "keys; the engine's log says why\ndaypack: account mm: its positions are"))
        << health(false);
    EXPECT_EQ(health(true), "0 healthy: all 1 symbols that are followed are LIVE\n");
    EXPECT_TRUE(health(false, "BTC-USDC").starts_with("0 "));
    account.show({State::live, Reason::none, true});
    account.segment().leave_out(AccountKind::positions);
    EXPECT_EQ(health(false), "0 healthy: all 1 symbols that are followed are LIVE, and so is 1 account\n");
    account.show({State::stale, Reason::line_dead, false});
    EXPECT_EQ(health(false).substr(0, 54), "1 daypack: account mm: its orders are STALE/line_dead:");
}

TEST(Health, AnAccountThatThisEngineDoesNotFollowIsNoCause) {
    const Instance instance;
    Account account(instance, "mm");
    account.show({State::live, Reason::none, false});
    account.segment().stop();
    Writer writer(instance.options());  // another engine of this process, without accounts
    writer.snapshot(1);
    std::ostringstream out;
    EXPECT_TRUE(wait_for([&] {
        out.str("");
        test::beat(writer.publisher);
        return check_health({.instance = instance.name}, out) == 0;
    }));
    EXPECT_EQ(out.str(), "healthy: all 1 symbols that are followed are LIVE\n");
}

TEST(Health, ANameThatGoesOnBehindAFullStopIsAnotherInstances) {
    EXPECT_EQ(account_of_file("daypack-account.a.c", "a"), "c");
    EXPECT_EQ(account_of_file("daypack-account.a.b.c", "a"), "");
    EXPECT_EQ(account_of_file("daypack-account.a.b.c", "a.b"), "c");
    EXPECT_EQ(account_of_file("daypack-account.a.", "a"), "");
    EXPECT_EQ(account_of_file("daypack.a.c", "a"), "");
    const Instance instance;
    const std::string mine = "/dev/shm/daypack-account." + instance.name + ".mm";
    const std::string longer = "/dev/shm/daypack-account." + instance.name + ".x.mm";
    for (const std::string& path : {mine, longer, instance.path()}) std::ofstream(path) << "no segment";
    EXPECT_EQ(remove_instance(instance.name), Removal::removed);
    struct stat file {};
    EXPECT_NE(stat(mine.c_str(), &file), 0);
    EXPECT_EQ(stat(longer.c_str(), &file), 0) << "that of an instance with a longer name";
    unlink(longer.c_str());
}

TEST(Health, AStoppedProcessIsToldOnceAndWithWhatHelps) {
    const Instance instance;
    test::Child child([&](const auto& line) {
        Writer mine(instance.options());
        mine.snapshot(1);
        line.tell('r');
        while (!line.heard()) test::beat(mine.publisher);
        return 0;
    });
    ASSERT_EQ(child.line().hear(), 'r');
    child.signal(SIGSTOP);
    Reader reader(instance.name);
    const std::string pid = std::to_string(child.pid());
    std::string found;
    EXPECT_TRUE(wait_for([&] {
        found = joined(health_of(reader, {.instance = instance.name}).causes);
        return found.find("kill -CONT " + pid + " ") != std::string::npos;
    })) << found;
    EXPECT_TRUE(found.starts_with("the engine is STALLED, and so every book STALE: its process " + pid)) << found;
    EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 1) << found;
    child.signal(SIGCONT);
    child.line().tell('e');
    EXPECT_EQ(child.wait(), 0);
}

TEST(Health, ATakeoverThatWaitsIsToldAndIsNoCause) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    const auto told = [&](bool json) {
        std::ostringstream out;
        EXPECT_TRUE(wait_for([&] {
            out.str("");
            test::beat(writer.publisher);
            return check_health({.instance = instance.name, .json = json}, out) == 0;
        })) << out.str();
        return out.str();
    };
    EXPECT_EQ(told(false).find("takeover"), std::string::npos);
    EXPECT_EQ(told(true).find("takeover"), std::string::npos);
    const TakeoverRequest asks(instance.name);
    const std::string pid = std::to_string(getpid());
    EXPECT_NE(told(false).find("takeover: the engine with pid " + pid + " asks for the instance"), std::string::npos);
    EXPECT_NE(told(true).find("\"takeover_pid\":" + pid), std::string::npos);
}

TEST(Health, WhereNothingLivesItSaysSinceWhen) {
    const Instance instance;
    std::uint64_t up_ns = 0;
    {
        Writer writer(instance.options());
        writer.snapshot(1);
        writer.segment.stop();
    }
    Reader reader(instance.name);
    const std::string cause = joined(health_of(reader, {.instance = instance.name}).causes);
    EXPECT_TRUE(cause.starts_with("instance \"" + instance.name + "\" is STOPPED since 2")) << cause;
    up_ns = writer_life(reader.raw()).up_ns;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto later = writer_life(reader.raw()).up_ns;
    EXPECT_LT(later > up_ns ? later - up_ns : up_ns - later, 5'000'000u) << "its uptime grows no more";
    std::ostringstream out;
    EXPECT_EQ(check_health({.instance = instance.name, .json = true}, out), 1);
    EXPECT_TRUE(out.str().starts_with("{\"healthy\":false,\"causes\":[\"instance ")) << out.str();
    std::ostringstream none;
    EXPECT_EQ(check_health({.instance = "no-such-instance", .json = true}, none), 1);
    EXPECT_NE(none.str().find("no engine of that name has run here"), std::string::npos) << none.str();
}

bool is_there(const std::string& path) {
    struct stat file {};
    return stat(path.c_str(), &file) == 0;
}

TEST(Instances, AreListedAndCleanRemovesTheDeadAlone) {
    const Instance instance;
    const auto line = [&](const std::string& text) {
        const auto at = text.find("{\"instance\":\"" + instance.name + "\"");
        return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
    };
    {
        Writer writer(instance.options());
        EXPECT_EQ(remove_instance(instance.name), Removal::lives);
        std::ostringstream out;
        EXPECT_EQ(show_instances({.json = true}, out), 0);
        EXPECT_NE(line(out.str()).find(R"("alive":true,"pid":)" + std::to_string(getpid())), std::string::npos)
            << out.str();
        std::ofstream(instance.path() + ".wake") << "left by a killed one";
    }
    EXPECT_TRUE(wait_for([&] {  // until its last beat is old
        std::ostringstream out;
        EXPECT_EQ(show_instances({.json = true}, out), 0);
        return line(out.str()).find(R"("writer":"DEAD","alive":false)") != std::string::npos;
    }));
    SegmentOptions of_account = instance.options();
    of_account.family = kAccountFamily;
    of_account.instance += ".mine";
    std::optional<Segment> account(std::in_place, of_account);
    const std::string account_path = account->path();
    EXPECT_EQ(remove_instance(instance.name), Removal::removed);
    EXPECT_FALSE(is_there(instance.path()));
    EXPECT_FALSE(is_there(instance.path() + ".wake"));
    EXPECT_TRUE(is_there(account_path)) << "its writer lives";
    account.reset();
    EXPECT_EQ(remove_instance(instance.name), Removal::gone);
    EXPECT_FALSE(is_there(account_path)) << "what the accounts of an engine left goes with it";
}

// Whoever starts at the same moment is never left with a file that has no name.
TEST(Instances, AStartAtTheSameMomentKeepsItsSegment) {
    const Instance instance;
    std::atomic<bool> done{false};
    std::atomic<int> rounds{0};
    std::thread cleaner([&] {
        while (!done) {
            try {
                (void)remove_instance(instance.name);
            } catch (const std::runtime_error&) {  // the start has just taken it
            }
            ++rounds;
        }
    });
    int named = 0;
    for (int i = 0; i < 200; ++i) {
        const Segment segment(instance.options());
        const int begun = rounds;
        EXPECT_TRUE(wait_for([&] { return rounds >= begun + 2; }));  // what was under way is through
        named += segment.is_named();
    }
    done = true;
    cleaner.join();
    EXPECT_EQ(named, 200);
}

TEST(Instances, ARemovalWaitsForAStartThatIsUnderWay) {
    const Instance instance;
    { const Segment dead(instance.options()); }
    std::thread remover;
    {
        const StartGuard start(instance.name);
        remover = std::thread([&] { EXPECT_EQ(remove_instance(instance.name), Removal::removed); });
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // one that did not wait would be through
        EXPECT_TRUE(is_there(instance.path()));
    }
    remover.join();
    EXPECT_FALSE(is_there(instance.path()));
}

TEST(RecentFlow, CountsWhatTheRingHasOfTheLastSeconds) {
    const Instance instance;
    Writer writer(instance.options(8, 4, 256));
    writer.snapshot(1);
    const std::int64_t now_ns = wall_now_ns();
    store_release(writer.segment.header().writer_start_ns, static_cast<std::uint64_t>(now_ns - 60'000'000'000));
    const auto publish = [&](int i, std::int64_t ago_ns) {
        auto update = writer.update(static_cast<Sequence>(i) + 2);
        update.publish = {now_ns - ago_ns};
        update.receive = {now_ns - ago_ns - 3'000};
        update.send = {(now_ns - ago_ns) / 1000 - 2'000};
        update.match = {(now_ns - ago_ns) / 1000 - 5'000};
        const Event event = test::delta(update.u, Side::bid, 100, 5 + i);
        writer.publisher.publish_book(update, std::span(&event, 1));
    };
    for (int i = 0; i < 30; ++i) publish(i, 8'000'000'000 - i * std::int64_t{100'000'000});  // 8 s to 5 s ago
    Reader reader(instance.name);
    const RecentFlow recent(reader, 10);
    const auto window = recent.window(10);
    EXPECT_EQ(window.frame_to_shm.count, 30u);
    EXPECT_NEAR(window.updates_s, 3, 0.5);
    EXPECT_EQ(window.frame_to_shm.p50, 3'000);
    EXPECT_EQ(recent.window(1).frame_to_shm.count, 0u);
    const auto delay = recent.delay(0);
    EXPECT_NEAR(static_cast<double>(delay.send.p50), 2e6, 1e4);
    EXPECT_NEAR(static_cast<double>(delay.match.p99), 5e6, 1e4);
    EXPECT_EQ(recent.delay(1).send.count, 0u) << "nothing of another symbol";
    EXPECT_EQ(recent.delay().match.count, 30u);
}

}  // namespace
}  // namespace daypack::core
