// SPDX-License-Identifier: MIT
// An engine inside a host's process: what it takes, how it ends, and what it leaves alone.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/system/live_engine.h"

namespace daypack {
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

}  // namespace
}  // namespace daypack
