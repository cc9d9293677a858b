// SPDX-License-Identifier: MIT
// The configuration as a program has it is the one of the file: same members, same defaults, same refusals.
#include <gtest/gtest.h>
#include <unistd.h>

#include <daypack/config.hpp>
#include <daypack/engine.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include "engine/api/config_parts.h"
#include "engine/config/config_keys.h"

namespace daypack {
namespace {

// Every key that has a member, with a value that is not its default.
constexpr const char* kAllKeys = R"(
exchanges:
  mine:
    class: Ccxt_Backpack_Feed
    exchange: backpack
    symbols: [BTC-USDC, SOL_USDC_PERP]
    channels: [L1_BOOK, L2_BOOK]
    snapshot_interval: 31
    websocket: false
    rest_only: true
    api_key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
    api_secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
    rest_urls: ["http://127.0.0.1:1"]
    ws_urls: ["ws://127.0.0.1:1", "ws://127.0.0.1:2"]
    ca_file: ca.pem
    lines: 3
    depth_stream: 600ms
    gap_wait_ms: 51
    ping_interval_ms: 5001
    line_dead_ms: 10001
    stale_after_ms: 60001
    ws_failures_before_polling: 4
    rest_poll_interval_ms: 1001
    rest_requests_per_minute: 1201
    max_frame_bytes: 4194305
    local_address: [127.0.0.1, 127.0.0.1, 127.0.0.1]
    accounts: [{name: mm2, key_file: mm2.keys}]
engine:
  instance: mm1
  depth: 65
  max_symbols: 513
  ring_events: 131072
  queue_events: 32768
  shm_mode: "0600"
  shm_group: "0"
  threads: pipeline
  net_threads: 2
  book_threads: 2
  net_cpus: [0, 1]
  book_cpus: [1, 0]
  idle: backoff
  rt_priority: 1
  mlock: true
  huge_pages: true
  fast_aes: false
  kernel_timestamps: true
  priority: [BTC-USDC]
  image_levels: 5000
  jail: true
  record: all.bin
  metrics_listen: 127.0.0.1:9464
)";

core::Config parsed() {
    return core::parse_config("all.yaml", kAllKeys, [](const std::string&) { return std::nullopt; });
}

// What is lost on the way: the lines of the file, and what is made from the rest.
core::Config without_lines(core::Config config) {
    for (core::ListedSymbol& symbol : config.exchange.symbols) symbol.line = 0;
    config.not_built_yet.clear();
    return config;
}

TEST(ApiConfig, HasAMemberForEveryKey) {
    const core::Config all = parsed();
    std::set<std::string> changed{"class", "exchange", "symbols"};  // two have one value each, one has no default
    for (const std::string& key : core::changed_keys(all, core::Config{})) changed.insert(key);
    std::set<std::string> keys;
    for (const auto& key : core::exchange_key_table()) keys.insert(key.name);
    for (const auto& key : core::engine_key_table()) keys.insert(key.name);
    ASSERT_EQ(changed, keys) << "this test is to give each key another value than its default";
    Config config = public_config(all);
    config.ca_file.clear();  // there is none
    core::Config expected = without_lines(all);
    expected.exchange.ca_file.clear();
    EXPECT_TRUE(checked_core_config(config) == expected);
}

TEST(ApiConfig, ItsDefaultsAreTheFiles) {
    Config config;
    config.symbols = {"BTC-USDC"};
    core::Config expected;
    expected.exchange.symbols = {{"BTC-USDC", 0}};
    EXPECT_TRUE(checked_core_config(config) == expected);
}

std::string said(const std::function<void(Config&)>& change) {
    Config config;
    config.symbols = {"BTC-USDC"};
    config.instance = "api_config" + std::to_string(getpid());
    change(config);
    try {
        const Engine engine(config);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "nothing";
}

TEST(ApiConfig, ARefusalNamesTheMember) {
    EXPECT_EQ(said([](Config& c) { c.lines = 20; }),
              "daypack: Config::lines is 20; it must be a whole number from 1 to 16");
    EXPECT_EQ(said([](Config& c) { c.net_threads = 0; }),
              "daypack: Config::net_threads is 0; it must be a whole number from 1 to 16");
    EXPECT_EQ(said([](Config& c) { c.snapshot_interval_s = -1; }),
              "daypack: Config::snapshot_interval_s is -1; it must be a whole number from 0 to 86400");
    EXPECT_EQ(said([](Config& c) { c.ws_urls.clear(); }),
              "daypack: Config::ws_urls is empty; it needs at least one element");
    EXPECT_EQ(said([](Config& c) { c.symbols.clear(); }),
              "daypack: Config::symbols is empty; name a market, or write {\"*\"} for all");
    EXPECT_EQ(said([](Config& c) { c.symbols.push_back("*"); }),
              "daypack: Config::symbols has \"*\" beside other symbols; write it alone or remove it");
    EXPECT_EQ(said([](Config& c) { c.symbols.push_back("BTC_USDC"); }),
              "daypack: Config::symbols names the market BTC_USDC twice; list each market once");
    EXPECT_EQ(said([](Config& c) {
                  c.max_symbols = 1;
                  c.symbols.push_back("ETH-USDC");
              }),
              "daypack: Config::symbols lists 2 markets; raise max_symbols, which is 1");
    EXPECT_NE(said([](Config& c) { c.ca_file = "/no/such.pem"; }).find("daypack: Config::ca_file "), std::string::npos);
    EXPECT_EQ(said([](Config& c) { c.channels = {static_cast<Channel>(99)}; }).find("daypack: Config::channels "), 0u);
    EXPECT_EQ(
        said([](Config& c) { c.takeover = true, c.shared_memory = false; }),
        "daypack: Config::takeover needs shared_memory, which is false: there is no instance to take over without "
        "it; set one of the two");
    EXPECT_EQ(said([](Config&) {}), "nothing");
    unlink(("/dev/shm/daypack.api_config" + std::to_string(getpid())).c_str());
}

TEST(ApiConfig, AFileIsReadAsTheProgramReadsIt) {
    const std::string path = testing::TempDir() + "api_config_" + std::to_string(getpid()) + ".yaml";
    const auto write = [&](const std::string& symbols) {
        std::ofstream(path) << "exchanges:\n  x:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: "
                            << symbols << "\nengine:\n  depth: 12\n";
    };
    write("\"*\"");
    const Config all = load_config(path);
    EXPECT_EQ(all.symbols, std::vector<std::string>{"*"});
    EXPECT_EQ(all.depth, 12u);
    EXPECT_EQ(all.path, path);
    EXPECT_TRUE(checked_core_config(all).exchange.all_symbols);
    write("[BTC-USDC, \"B C\"]");
    try {
        (void)load_config(path);
        FAIL() << "it was taken";
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()).find("daypack: " + path + ":5: symbol \"B C\" "), 0u) << error.what();
    }
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace daypack
