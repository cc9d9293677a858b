// SPDX-License-Identifier: MIT
// An engine inside a host's process: what it takes, how it ends, and what it leaves alone.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <clocale>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>

#include "tests/support/child.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

// Nobody listens at its addresses: what it has to say is that they do not answer.
Config alone() {
    Config config;
    config.path = "test.yaml";
    config.exchange.symbols = {{"BTC_USDC", 7}};
    config.exchange.rest_urls = {"http://127.0.0.1:1"};
    config.exchange.ws_urls = {"ws://127.0.0.1:1"};
    config.engine.instance = "life" + std::to_string(getpid());
    config.engine.max_symbols = 4;
    config.engine.idle = Idle::backoff;
    return config;
}

class EngineLife : public testing::Test {
  protected:
    ~EngineLife() override { unlink(("/dev/shm/daypack." + alone().engine.instance).c_str()); }
};

TEST_F(EngineLife, TakesNoConfigThatAFileCouldNotHold) {
    const auto said = [](const std::function<void(Config&)>& change) -> std::string {
        Config config = alone();
        change(config);
        try {
            const Engine engine(config);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "no error";
    };
    EXPECT_EQ(said([](Config& config) { config.exchange.lines = 20; }),
              "daypack: ExchangeConfig::lines is 20; it must be a whole number from 1 to 16");
    EXPECT_EQ(said([](Config& config) { config.engine.net_threads = 0; }),
              "daypack: EngineConfig::net_threads is 0; it must be a whole number from 1 to 16");
    EXPECT_EQ(said([](Config& config) { config.exchange.ws_urls.clear(); }),
              "daypack: ExchangeConfig::ws_urls is empty; it needs at least one element");
    EXPECT_FALSE(std::filesystem::exists("/dev/shm/daypack." + alone().engine.instance)) << "it took nothing";
    EXPECT_EQ(said([](Config&) {}), "no error");
}

// What a function throws, in words; "nothing" where it does not.
std::string thrown_by(const std::function<void()>& act) {
    try {
        act();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "nothing";
}

TEST_F(EngineLife, RunsOnceAndSaysSo) {
    Engine engine(alone(), {}, [](const std::string&) {});
    engine.start();
    EXPECT_EQ(thrown_by([&] { engine.start(); }), "nothing") << "it runs already";
    engine.stop();
    engine.stop();
    EXPECT_NE(thrown_by([&] { engine.start(); }).find("make another one"), std::string::npos);
}

TEST_F(EngineLife, WithTooFewFilesItSaysWhatToRaiseAndTakesNothing) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit few{12, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    const std::string said = thrown_by([] { const Engine engine(alone()); });
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_NE(said.find("ulimit -n is 12 files and sockets, of which "), std::string::npos) << said;
    EXPECT_NE(said.find("raise it, as with `ulimit -n "), std::string::npos) << said;
    EXPECT_FALSE(std::filesystem::exists("/dev/shm/daypack." + alone().engine.instance));
}

std::atomic<pthread_t> handled_by{};

void note_thread(int) {
    handled_by = pthread_self();
}

TEST_F(EngineLife, ItsThreadsRunNoHandlerOfTheHost) {
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = note_thread;
    sigaction(SIGUSR1, &action, &before);
    sigset_t user;
    sigemptyset(&user);
    sigaddset(&user, SIGUSR1);
    Engine engine(alone(), {}, [](const std::string&) {});
    engine.start();
    pthread_sigmask(SIG_BLOCK, &user, nullptr);
    for (int i = 0; i < 100; ++i) {
        kill(getpid(), SIGUSR1);  // any thread that takes it may be chosen
        std::this_thread::yield();
    }
    EXPECT_EQ(handled_by.load(), pthread_t{}) << "a thread of the engine ran it";
    pthread_sigmask(SIG_UNBLOCK, &user, nullptr);
    EXPECT_EQ(handled_by.load(), pthread_self());
    sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(EngineLife, ItChangesNothingOfTheWholeProcess) {
    const auto state = [] {
        const mode_t mask = umask(0);
        umask(mask);
        struct sigaction pipe {};
        sigaction(SIGPIPE, nullptr, &pipe);
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        rlimit memory{};
        getrlimit(RLIMIT_MEMLOCK, &memory);
        return std::tuple(prctl(PR_GET_DUMPABLE), mask, pipe.sa_handler, sigismember(&blocked, SIGPIPE),
                          memory.rlim_cur, std::string(setlocale(LC_ALL, nullptr)));
    };
    const auto before = state();
    Config config = alone();
    config.exchange.api_key = config.exchange.api_secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Engine engine(config, {}, [](const std::string&) {});
    engine.start();
    EXPECT_EQ(state(), before);
    engine.stop();
    EXPECT_EQ(state(), before);
}

bool has_stopped(LiveReader& reader) {
    return daypack_load(&daypack_head(&reader.reader())->phase) == DAYPACK_PHASE_STOPPED;
}

// A host forks, as for a helper, and the child ends as C++ does: it has the engine's objects and none of its threads.
TEST_F(EngineLife, AForkedChildOfTheHostStopsAndDestroysNothing) {
    auto engine = std::make_unique<Engine>(alone(), Callbacks{}, [](const std::string&) {});
    engine->start();
    LiveReader reader;
    reader.open(alone().engine.instance);
    test::Child child([&](const test::Child::Line&) -> std::string {
        alarm(30);  // rather than wait for ever for a thread that is not there
        engine->stop();
        engine->set_symbols(alone());
        const std::string said = thrown_by([&] { engine->start(); });
        engine.reset();
        return said.find("was forked from") == std::string::npos ? test::failed("start() throws " + said) : "";
    });
    EXPECT_EQ(child.failure(), "");
    const auto beat = daypack_load(&daypack_head(&reader.reader())->beat_ns);
    EXPECT_TRUE(wait_until([&] { return daypack_load(&daypack_head(&reader.reader())->beat_ns) > beat; }));
    EXPECT_EQ(daypack_writer_lives(&reader.reader()), 1);
    EXPECT_NE(thrown_by([] { const Engine second(alone()); }).find("is held by another engine"), std::string::npos);
    engine->stop();
    EXPECT_TRUE(has_stopped(reader));
}

// As of a daemon: the engine is made while whoever started the program still waits, and runs in its child.
TEST_F(EngineLife, WhatWasMadeBeforeAForkRunsInTheChildThatStartsIt) {
    Engine engine(alone(), {}, [](const std::string&) {});
    const std::string instance = alone().engine.instance;
    test::Child daemon([&](const test::Child::Line&) -> std::string {
        alarm(30);
        engine.start();
        LiveReader reader;
        reader.open(instance);
        engine.stop();
        return has_stopped(reader) ? "" : test::failed("stop() stopped nothing");
    });
    EXPECT_EQ(daemon.failure(), "");
}

TEST_F(EngineLife, StopInTheFunctionOfTheLogEndsIt) {
    std::atomic<Engine*> running{nullptr};
    Engine engine(alone(), {}, [&](const std::string&) {
        if (running != nullptr) running.load()->stop();
    });
    engine.start();
    running = &engine;
    LiveReader reader;
    reader.open(alone().engine.instance);
    EXPECT_TRUE(wait_until([&] { return has_stopped(reader); }));
    engine.stop();
    EXPECT_NE(thrown_by([&] { engine.start(); }).find("make another one"), std::string::npos);
}

sim::SimOptions one_market() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC"};
    options.rate = 200;
    return options;
}

using EngineLifeInModes = InBothModes;
INSTANTIATE_TEST_SUITE_P(Threads, EngineLifeInModes, testing::Values(ThreadModel::pipeline, ThreadModel::fused),
                         mode_name);

TEST_P(EngineLifeInModes, StopInTheCallbackOfABookEndsIt) {
    sim::Exchange exchange(one_market());
    std::atomic<Engine*> running{nullptr};
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView&) {
        if (running != nullptr) running.load()->stop();
    };
    LiveEngine live(exchange, {"BTC_USDC"}, 64, {}, callbacks);
    running = &live.engine();
    ASSERT_TRUE(wait_until([&] { return has_stopped(live); })) << live.log();
    const auto top = live.top("BTC_USDC");
    ASSERT_TRUE(top);
    EXPECT_EQ(top->state, DAYPACK_STATE_DOWN);
    EXPECT_EQ(top->reason, DAYPACK_REASON_stopped);
}

TEST_P(EngineLifeInModes, AHostThatTakesItsTimeWithTheLogHoldsNoBook) {
    sim::Exchange exchange(one_market());
    CaFile ca;
    Config config = alone();
    config.engine.threads = live_threads;
    config.exchange.rest_urls = {exchange.rest_url()};
    config.exchange.ws_urls = {exchange.ws_url()};
    config.exchange.ca_file = ca.write(exchange.ca_pem());
    std::atomic<bool> held{true};
    Engine engine(config, {}, [&](const std::string&) { held.wait(true); });
    engine.start();
    LiveReader reader;
    reader.open(config.engine.instance);
    EXPECT_TRUE(wait_until([&] { return reader.live("BTC_USDC"); }));
    held = false;
    held.notify_all();
    engine.stop();
    unlink(("/dev/shm/daypack." + config.engine.instance).c_str());
}

}  // namespace
}  // namespace daypack::core
