// SPDX-License-Identifier: MIT
// What is read from a configuration that is right, and that any other is refused in one line; config_refusal_test says
// in which.
#include "engine/config.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/config_text.h"

namespace daypack::core {
namespace {

using test::env_of;
using test::error_of;
using test::kBeyondSeed;
using test::kKey;
using test::kSeed;
using test::kSeedSymbols;
using test::parse;
using test::with;

TEST(Config, TheSeedsOwnBlockRuns) {
    Config expected;
    expected.path = "config.yaml";
    expected.exchange.symbols = kSeedSymbols;
    EXPECT_EQ(parse(kSeed), expected);
}

TEST(Config, TheSeedsOwnBlockTakesKeysFromTheEnvironment) {
    const Config config = parse(kSeed, {{"BACKPACK_KEY", kKey}, {"BACKPACK_SECRET", kKey}});
    EXPECT_EQ(config.exchange.api_key, kKey);
    EXPECT_EQ(config.exchange.api_secret, kKey);
    EXPECT_TRUE(config.not_built_yet.empty());
}

TEST(Config, TheWholeBlockOfTheContractSaysTheDefaults) {
    Config expected;
    expected.path = "config.yaml";
    expected.exchange.symbols = kSeedSymbols;
    EXPECT_EQ(parse(kSeed + kBeyondSeed), expected);
}

TEST(Config, EveryKeyReachesItsMember) {
    const Config config = parse(
        R"(
exchanges:
  any_name:
    class: Ccxt_Backpack_Feed
    exchange: backpack
    symbols: "*"
    channels: [L1_BOOK, L2_BOOK, TICKER, FUNDING, INDEX, LIQUIDATIONS, OPEN_INTEREST, ORDER_INFO, FILLS, POSITIONS, BALANCES]
    snapshot_interval: 0
    websocket: no
    rest_only: true
    api_key: ${KEY}
    api_secret: "${KEY}"
    rest_urls: ["http://127.0.0.1:${PORT}", "https://[::1]/api", "https://api.eu.backpack.exchange"]
    ws_urls: ["ws://localhost:8080", "ws://[::1]:1"]
    ca_file: /tmp/ca.pem
    lines: 16
    depth_stream: 600ms
    gap_wait_ms: 0
    ping_interval_ms: 100
    line_dead_ms: 200
    stale_after_ms: 300
    ws_failures_before_polling: 4
    rest_poll_interval_ms: 500
    rest_requests_per_minute: 60
    max_frame_bytes: 1024
engine:
  instance: a_b-C.9
  depth: ${DEPTH}
  max_symbols: 65535
  ring_events: 65537
  queue_events: 100
  shm_mode: 0600
  shm_group: trading
  threads: fused
  net_threads: 1
  book_threads: 3
  net_cpus: [2, 3]
  book_cpus: [4, 5, 6, 7]
  idle: spin
  rt_priority: 99
  mlock: true
  huge_pages: "${YES}"
  fast_aes: false
  kernel_timestamps: true
  priority: [SOL/USDC:USDC, BTC-USDC]
  image_levels: 5000
  jail: true
  record: flow.rec
  metrics_listen: 127.0.0.1:9464
)",
        {{"KEY", kKey}, {"PORT", "4711"}, {"DEPTH", "65536"}, {"YES", "yes"}});
    const ExchangeConfig& exchange = config.exchange;
    EXPECT_TRUE(exchange.all_symbols);
    EXPECT_TRUE(exchange.symbols.empty());
    EXPECT_EQ(exchange.channels,
              (std::vector<FeedChannel>{FeedChannel::l1_book, FeedChannel::l2_book, FeedChannel::ticker,
                                        FeedChannel::funding, FeedChannel::index, FeedChannel::liquidations,
                                        FeedChannel::open_interest, FeedChannel::order_info, FeedChannel::fills,
                                        FeedChannel::positions, FeedChannel::balances}));
    EXPECT_EQ(exchange.snapshot_interval_s, 0);
    EXPECT_FALSE(exchange.websocket);
    EXPECT_TRUE(exchange.rest_only);
    EXPECT_EQ(exchange.api_key, kKey);
    EXPECT_EQ(exchange.api_secret, kKey);
    EXPECT_EQ(exchange.rest_urls, (std::vector<std::string>{"http://127.0.0.1:4711", "https://[::1]/api",
                                                            "https://api.eu.backpack.exchange"}));
    EXPECT_EQ(exchange.ws_urls, (std::vector<std::string>{"ws://localhost:8080", "ws://[::1]:1"}));
    EXPECT_EQ(exchange.ca_file, "/tmp/ca.pem");
    EXPECT_EQ(exchange.lines, 16u);
    EXPECT_EQ(exchange.depth_stream, DepthStream::every_600ms);
    EXPECT_EQ(exchange.gap_wait_ms, 0);
    EXPECT_EQ(exchange.ping_interval_ms, 100);
    EXPECT_EQ(exchange.line_dead_ms, 200);
    EXPECT_EQ(exchange.stale_after_ms, 300);
    EXPECT_EQ(exchange.ws_failures_before_polling, 4u);
    EXPECT_EQ(exchange.rest_poll_interval_ms, 500);
    EXPECT_EQ(exchange.rest_requests_per_minute, 60u);
    EXPECT_EQ(exchange.max_frame_bytes, 1024u);
    const EngineConfig& engine = config.engine;
    EXPECT_EQ(engine.instance, "a_b-C.9");
    EXPECT_EQ(engine.depth, 65536u);
    EXPECT_EQ(engine.max_symbols, 65535u);
    EXPECT_EQ(engine.ring_events, 131072u);
    EXPECT_EQ(engine.queue_events, 128u);
    EXPECT_EQ(engine.shm_mode, 0600u);
    EXPECT_EQ(engine.shm_group, "trading");
    EXPECT_EQ(engine.threads, ThreadModel::fused);
    EXPECT_EQ(engine.net_threads, 1u);
    EXPECT_EQ(engine.book_threads, 3u);
    EXPECT_EQ(engine.net_cpus, (std::vector<int>{2, 3}));
    EXPECT_EQ(engine.book_cpus, (std::vector<int>{4, 5, 6, 7}));
    EXPECT_EQ(engine.idle, Idle::spin);
    EXPECT_EQ(engine.rt_priority, 99);
    EXPECT_TRUE(engine.mlock);
    EXPECT_TRUE(engine.huge_pages);
    EXPECT_FALSE(engine.fast_aes);
    EXPECT_TRUE(engine.kernel_timestamps);
    EXPECT_EQ(engine.priority, (std::vector<std::string>{"SOL/USDC:USDC", "BTC-USDC"}));
    EXPECT_EQ(engine.image_levels, 5000u);
    EXPECT_TRUE(engine.jail);
    EXPECT_EQ(engine.record, "flow.rec");
    EXPECT_EQ(engine.metrics_listen, "127.0.0.1:9464");
    EXPECT_EQ(config.not_built_yet, (std::vector<std::string>{"private channels", "book_threads", "record"}));
}

TEST(Config, AnEngineSectionWithoutKeysIsTheDefaults) {
    EXPECT_EQ(parse(with("")).engine, EngineConfig{});
}

TEST(Config, AllFourSpellingsOfASymbolAreTaken) {
    const Config config = parse(
        "exchanges:\n"
        "  mine:\n"
        "    class: Ccxt_Backpack_Feed\n"
        "    exchange: backpack\n"
        "    symbols:\n"
        "      - BTC-USDC\n"
        "      - ETH/USDC\n"
        "      - SOL_USDC_PERP\n"
        "      - BTC/USDC:USDC\n"
        "      - kBONK_USDC_PERP\n"
        "      - AAPL.US_USDC\n");
    const std::vector<ListedSymbol> expected = {{"BTC-USDC", 6},      {"ETH/USDC", 7},         {"SOL_USDC_PERP", 8},
                                                {"BTC/USDC:USDC", 9}, {"kBONK_USDC_PERP", 10}, {"AAPL.US_USDC", 11}};
    EXPECT_EQ(config.exchange.symbols, expected);
}

TEST(Config, AStarAsTheOnlyElementIsEverySymbol) {
    EXPECT_TRUE(parse("exchanges: {mine: {class: Ccxt_Backpack_Feed, exchange: backpack, symbols: ['*']}}")
                    .exchange.all_symbols);
}

TEST(Config, AKeyOfTheAccountWhoseVariableIsUnsetCountsAsAbsent) {
    const Config config = parse(with("    api_key: ${BACKPACK_KEY}\n    api_secret: ${BACKPACK_SECRET}\n"));
    EXPECT_EQ(config.exchange, parse(with("")).exchange);
    EXPECT_TRUE(config.not_built_yet.empty());
}

TEST(Config, VariablesAreFilledInAnywhereInAScalar) {
    const Config config = parse(with("    ca_file: ${HOME}/$x/${CA}.pem\n"), {{"HOME", "/home/a"}, {"CA", "${HOME}"}});
    EXPECT_EQ(config.exchange.ca_file, "/home/a/$x/${HOME}.pem") << "what a variable holds is not looked at again";
}

TEST(Config, AFileIsReadAndNamedAsTheUserNamedIt) {
    const auto folder = std::filesystem::temp_directory_path() / ("daypack_config_test." + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const std::string path = (folder / "my.yaml").string();
    const auto error = [](const std::string& file) -> std::string {
        try {
            (void)load_config(file, env_of({}));
        } catch (const ConfigError& thrown) {
            return thrown.what();
        }
        return "no error";
    };
    std::ofstream(path) << kSeed;
    EXPECT_EQ(load_config(path, env_of({})).path, path);
    std::ofstream(path) << "engine: 5\n";
    EXPECT_EQ(error(path).substr(0, path.size() + 12), "daypack: " + path + ":1:");
    const std::string meant = "); give the path of a configuration file";
    EXPECT_EQ(error(path + "x"), "daypack: " + path + "x: cannot be read (No such file or directory" + meant);
    EXPECT_EQ(error(folder.string()), "daypack: " + folder.string() + ": cannot be read (Is a directory" + meant);
    const std::string endless = (folder / "pipe.yaml").string();
    ASSERT_EQ(mkfifo(endless.c_str(), 0600), 0);  // which nobody will write
    for (const std::string& file : {endless, std::string("/dev/zero")}) {
        EXPECT_EQ(error(file),
                  "daypack: " + file + ": cannot be read (a pipe, a socket or a device is no file" + meant);
    }
    std::ofstream(path) << std::string((1 << 20) + 1, ' ');
    EXPECT_EQ(error(path), "daypack: " + path + ": is larger than 1 MiB; give the path of a configuration file");
    std::filesystem::remove_all(folder);
}

// Whatever stands in a file, the answer is a configuration or one line with the file's name.
TEST(Config, NoChangeOfTheFileBreaksTheReader) {
    const std::string whole = kSeed + kBeyondSeed;
    const bool held = rc::check("a changed file is read or refused in one line", [&whole] {
        std::string text = whole;
        const auto changes = *rc::gen::inRange(1, 8);
        for (int i = 0; i < changes; ++i) {
            const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
            const auto length = *rc::gen::inRange<std::size_t>(0, 12);
            const auto bytes =
                *rc::gen::oneOf(rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
                                rc::gen::element<std::string>("", "\n", "  ", ": ", "- ", "[", "]", "{", "}", "\"", "'",
                                                              "&a ", "*a", "<<: *a", "!", "!!int ", "|\n", ">", "${",
                                                              "${A}", "#", "\t", "---\n", "%", "~", "? "));
            text.replace(place, length, bytes);
            if (text.empty()) text = whole;
        }
        const std::string error = error_of(text, {{"A", "7"}});
        RC_LOG() << error << "\n" << text;
        RC_ASSERT(error == "no error" || error.starts_with("daypack: config.yaml:"));
        RC_ASSERT(error.find('\n') == std::string::npos);
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace daypack::core
