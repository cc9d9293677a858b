// SPDX-License-Identifier: MIT
#include "engine/config.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace daypack {
namespace {

using Variables = std::map<std::string, std::string>;

// 44 characters of base64: 32 bytes.
const std::string kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

EnvLookup env_of(const Variables& variables) {
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
}

Config parse(const std::string& text, const Variables& variables = {}) {
    return parse_config("config.yaml", text, env_of(variables));
}

// What parse() says of a text, or "no error".
std::string error_of(const std::string& text, const Variables& variables = {}) {
    try {
        (void)parse(text, variables);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

// The first block of the contract, as it stands in files of users.
const std::string kSeed = R"(exchanges:
  ccxt_backpack:
    class: Ccxt_Backpack_Feed
    exchange: backpack
    symbols: ["BTC-USDC", "ETH-USDC", "SOL-USDC-PERP"]   # "*" = every visible market whose book is Open
    channels: [TRADES, L2_BOOK]        # also L1_BOOK (bookTicker) and, with keys, ORDER_INFO, POSITIONS, BALANCES
    snapshot_interval: 30              # s between audits of each book against REST; 0 = never
    websocket: true
    rest_only: false
    api_key: ${BACKPACK_KEY}           # optional: base64 verifying key
    api_secret: ${BACKPACK_SECRET}     # optional: base64 32-byte seed
)";

const std::string kBeyondSeed = R"(    # from here on beyond the seed, each with a default
    rest_urls: ["https://api.backpack.exchange"]         # in order of preference
    ws_urls: ["wss://ws.backpack.exchange"]
    ca_file: ""                        # empty: the system's trust store
    lines: 2                           # redundant WebSocket connections per symbol; the first copy of an update wins
    depth_stream: realtime             # or 200ms, 600ms, 1000ms
    gap_wait_ms: 50                    # how long a missing update may still come from another line
    ping_interval_ms: 5000
    line_dead_ms: 10000                # a connection without a byte for so long is dead
    stale_after_ms: 60000              # a symbol without an update for so long is checked against REST
    ws_failures_before_polling: 3
    rest_poll_interval_ms: 1000        # no faster than the budget allows over all symbols
    rest_requests_per_minute: 1200
    max_frame_bytes: 4194304
engine:
  instance: default
  depth: 64                            # levels a side in shared memory, 1..65536
  max_symbols: 512
  ring_events: 65536
  queue_events: 65536
  shm_mode: "0640"
  shm_group: ""
  threads: auto                        # or pipeline, fused
  net_threads: 1                       # a network thread drives any number of lines
  book_threads: 1
  net_cpus: []                         # empty: not pinned
  book_cpus: []
  idle: auto                           # spin | backoff | auto
  rt_priority: 0
  mlock: false
  huge_pages: false
  fast_aes: true
  kernel_timestamps: false
  record: ""
  metrics_listen: ""                   # 127.0.0.1:9464 serves Prometheus text
)";

const std::vector<ListedSymbol> kSeedSymbols = {{"BTC-USDC", 5}, {"ETH-USDC", 5}, {"SOL-USDC-PERP", 5}};

// A file of eight lines that is right: what stands in `exchange` begins in line 6, what stands in `engine` after it.
std::string with(const std::string& exchange, const std::string& engine = "") {
    return "exchanges:\n"
           "  mine:\n"
           "    class: Ccxt_Backpack_Feed\n"
           "    exchange: backpack\n"
           "    symbols: [BTC-USDC]\n" +
           exchange + "engine:\n" + engine;
}

std::string at(int line, const std::string& words) {
    return "daypack: config.yaml:" + std::to_string(line) + ": " + words;
}

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
    EXPECT_EQ(config.not_built_yet, (std::vector<std::string>{"api_key", "api_secret"}));
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
    channels: [L1_BOOK, ORDER_INFO, POSITIONS, BALANCES]
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
  record: flow.rec
  metrics_listen: 127.0.0.1:9464
)",
        {{"KEY", kKey}, {"PORT", "4711"}, {"DEPTH", "65536"}, {"YES", "yes"}});
    const ExchangeConfig& exchange = config.exchange;
    EXPECT_TRUE(exchange.all_symbols);
    EXPECT_TRUE(exchange.symbols.empty());
    EXPECT_EQ(exchange.channels, (std::vector<FeedChannel>{FeedChannel::l1_book, FeedChannel::order_info,
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
    EXPECT_EQ(engine.record, "flow.rec");
    EXPECT_EQ(engine.metrics_listen, "127.0.0.1:9464");
    EXPECT_EQ(config.not_built_yet, (std::vector<std::string>{"api_key", "api_secret", "private channels",
                                                              "book_threads", "record", "metrics_listen"}));
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

TEST(Config, AnOptionalKeyWhoseVariableIsUnsetCountsAsAbsent) {
    const Config config =
        parse(with("    lines: ${LINES}\n    rest_urls: [\"https://${HOST}\"]\n    snapshot_interval: ${S}\n",
                   "  instance: daypack-${NAME}\n"));
    EXPECT_EQ(config.exchange, parse(with("")).exchange);
    EXPECT_EQ(config.engine, EngineConfig{});
    EXPECT_TRUE(config.not_built_yet.empty());
}

TEST(Config, VariablesAreFilledInAnywhereInAScalar) {
    const Config config = parse(with("    ca_file: ${HOME}/$x/${CA}.pem\n"), {{"HOME", "/home/a"}, {"CA", "${HOME}"}});
    EXPECT_EQ(config.exchange.ca_file, "/home/a/$x/${HOME}.pem") << "what a variable holds is not looked at again";
}

struct Case {
    std::string text;
    std::string error;
};

TEST(Config, UnknownKeysAreRefusedWithTheNearestKnownOne) {
    const std::vector<Case> cases = {
        {with("    snapshot_intervall: 3\n"),
         at(6, "unknown key \"snapshot_intervall\" under `mine`; did you mean `snapshot_interval`?")},
        {with("    Lines: 3\n"), at(6, "unknown key \"Lines\" under `mine`; did you mean `lines`?")},
        {with("", "  detph: 3\n"), at(7, "unknown key \"detph\" under `engine`; did you mean `depth`?")},
        {with("", "  colour: blue\n"),
         at(7, "unknown key \"colour\" under `engine`; every key is in engine/README.md")},
        {with("    depth: 3\n"), at(6, "unknown key \"depth\" under `mine`; it belongs under `engine:`")},
        {with("", "  lines: 3\n"), at(7, "unknown key \"lines\" under `engine`; it belongs under `mine:`")},
        {with("") + "depth: 3\n", at(7, "unknown key \"depth\" under `the file`; it belongs under `engine:`")},
        {with("") + "exchange: 3\n", at(7, "unknown key \"exchange\" under `the file`; did you mean `exchanges`?")},
        {"exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbol: [A-B]\n",
         at(5, "unknown key \"symbol\" under `mine`; did you mean `symbols`?")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Config, WrongTypesAreRefused) {
    const std::vector<Case> cases = {
        {with("    lines: two\n"), at(6, "`lines` is \"two\"; it must be a whole number from 1 to 16")},
        {with("    lines: \"2\"\n"), at(6, "`lines` is text, \"2\"; it must be a whole number from 1 to 16")},
        {with("    lines: 2.0\n"), at(6, "`lines` is \"2.0\"; it must be a whole number from 1 to 16")},
        {with("    lines: 02\n"), at(6, "`lines` is \"02\"; it must be a whole number from 1 to 16")},
        {with("    lines: [2]\n"), at(6, "`lines` holds a list; it must be a whole number")},
        {with("    lines:\n"), at(6, "`lines` holds nothing; it must be a whole number")},
        {with("    websocket: 1\n"), at(6, "`websocket` is \"1\"; it must be true or false")},
        {with("    websocket: \"true\"\n"), at(6, "`websocket` is text, \"true\"; it must be true or false")},
        {with("    rest_urls: https://a.b\n"), at(6, "`rest_urls` holds a single value; it must be a list of texts")},
        {with("    channels: {a: b}\n"), at(6, "`channels` holds a map; it must be a list of texts")},
        {with("    channels: [TRADES,\n      [L2_BOOK]]\n"),
         at(7, "`channels` has a list as an element; it must be a list of texts")},
        {with("    channels: [TRADES, 5]\n"),
         at(6, "`channels` holds a number; it must be text, so put quotes around it")},
        {with("    ca_file: true\n"), at(6, "`ca_file` holds a flag; it must be text, so put quotes around it")},
        {with("", "  instance: 12\n"), at(7, "`instance` holds a number; it must be text, so put quotes around it")},
        {with("", "  net_cpus: 1\n"), at(7, "`net_cpus` holds a single value; it must be a list of whole numbers")},
        {with("", "  net_cpus: [one]\n"), at(7, "`net_cpus` is \"one\"; it must be a whole number from 0 to 1023")},
        {"exchanges: []\n", at(1, "`exchanges` holds a list; it needs indented lines of `key: value`")},
        {"exchanges:\n  mine: backpack\n",
         at(2, "`mine` holds a single value; it needs indented lines of `key: value`")},
        {"- exchanges\n", at(1, "`the file` holds a list; it needs indented lines of `key: value`")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Config, ValuesOutOfRangeAreRefused) {
    const std::vector<Case> cases = {
        {with("    lines: 0\n"), at(6, "`lines` is out of range at \"0\"; it must be a whole number from 1 to 16")},
        {with("    lines: 17\n"), at(6, "`lines` is out of range at \"17\"; it must be a whole number from 1 to 16")},
        {with("    snapshot_interval: -1\n"),
         at(6, "`snapshot_interval` is out of range at \"-1\"; it must be a whole number from 0 to 86400")},
        {with("", "  depth: 65537\n"),
         at(7, "`depth` is out of range at \"65537\"; it must be a whole number from 1 to 65536")},
        {with("", "  depth: 99999999999999999999\n"),
         at(7, "`depth` is out of range at \"99999999999999999999\"; it must be a whole number from 1 to 65536")},
        {with("", "  max_symbols: 65536\n"),
         at(7, "`max_symbols` is out of range at \"65536\"; it must be a whole number from 1 to 65535")},
        {with("", "  ring_events: 33554432\n"),
         at(7, "`ring_events` is out of range at \"33554432\"; it must be a whole number from 16 to 16777216")},
        {with("", "  ring_events: 16777217\n"),
         at(7, "`ring_events` is out of range at \"16777217\"; it must be a whole number from 16 to 16777216")},
        {with("", "  queue_events: 67108864\n"),
         at(7, "`queue_events` is out of range at \"67108864\"; it must be a whole number from 16 to 4194304")},
        {with("", "  queue_events: 15\n"),
         at(7, "`queue_events` is out of range at \"15\"; it must be a whole number from 16 to 4194304")},
        {with("", "  net_threads: 17\n"),
         at(7, "`net_threads` is out of range at \"17\"; it must be a whole number from 1 to 16")},
        {with("", "  rt_priority: 100\n"),
         at(7, "`rt_priority` is out of range at \"100\"; it must be a whole number from 0 to 99")},
        {with("", "  book_cpus: [1, 1024]\n"),
         at(7, "`book_cpus` is out of range at \"1024\"; it must be a whole number from 0 to 1023")},
        {with("", "  book_cpus: [1, 1]\n"), at(7, "`book_cpus` names 1 twice; name each once")},
        {with("", "  net_threads: 2\n  net_cpus: [1]\n"),
         at(8, "`net_cpus` names 1 for 2 threads; name one for each, or none")},
        {with("    depth_stream: 100ms\n"),
         at(6, "`depth_stream` is \"100ms\"; it must be one of realtime, 200ms, 600ms, 1000ms")},
        {with("", "  idle: sleep\n"), at(7, "`idle` is \"sleep\"; it must be one of spin, backoff, auto")},
        {with("", "  threads: fused\n  net_threads: 2\n"),
         at(8,
            "`net_threads` is 2 with `threads: fused`, where one network thread does it all; leave it out, or choose "
            "`threads: pipeline`")},
        {with("", "  threads: 4\n"), at(7, "`threads` is \"4\"; it must be one of pipeline, fused, auto")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Config, FormsAreRefused) {
    const std::string mode = "; write it as in \"0640\"";
    const std::vector<Case> cases = {
        {with("", "  instance: a/b\n"), at(7,
                                           "`instance` is no name of an instance; use 1 to 64 letters, digits, `_`, "
                                           "`.` and `-`, as in \"default\"")},
        {with("", "  shm_mode: \"0777\"\n"),
         at(7, "`shm_mode` is no mode for a file that its owner reads and writes" + mode)},
        {with("", "  shm_mode: 640x\n"),
         at(7, "`shm_mode` is no mode for a file that its owner reads and writes" + mode)},
        {with("", "  shm_mode: \"0440\"\n"),
         at(7, "`shm_mode` is no mode for a file that its owner reads and writes" + mode)},
        {with("", "  metrics_listen: 9464a\n"),
         at(7, "`metrics_listen` is no address to listen on; write it as in \"127.0.0.1:9464\"")},
        {with("    channels: [TRADES, L2BOOK]\n"), at(6, "unknown channel \"L2BOOK\"; did you mean \"L2_BOOK\"?")},
        {with("    channels: [TRADES, TRADES]\n"), at(6, "channel \"TRADES\" is listed twice; list each once")},
        {with("    channels: []\n"), at(6, "`channels` is empty; it needs at least one element")},
        {with("    channels: [BALANCES]\n"),
         at(6, "channel \"BALANCES\" is private; it needs `api_key` and `api_secret`")},
        {with("    lines: 2\n    lines: 3\n"),
         at(7, "key \"lines\" is given a second time, after line 6; keep one of the two")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Config, UrlsMustBeEncryptedExceptOnLoopback) {
    const auto refused = [](const std::string& key, const std::string& url, const std::string& why) {
        return at(6, "`" + key + "`: \"" + url + "\" is refused: " + why);
    };
    const auto rest = [](const std::string& url) { return error_of(with("    rest_urls: ['" + url + "']\n")); };
    const auto socket = [](const std::string& url) { return error_of(with("    ws_urls: ['" + url + "']\n")); };
    EXPECT_EQ(rest("http://127.0.0.1:80"), "no error");
    EXPECT_EQ(socket("ws://[::1]:80/ws"), "no error");
    for (const std::string host : {"api.backpack.exchange", "127.0.0.1.evil.com", "localhost.evil.com", "10.0.0.1"}) {
        const std::string meant = "plain http:// is taken for loopback hosts only; use https://";
        EXPECT_EQ(rest("http://" + host), refused("rest_urls", "http://" + host, meant));
    }
    EXPECT_EQ(socket("ws://a.b:1"),
              refused("ws_urls", "ws://a.b:1", "plain ws:// is taken for loopback hosts only; use wss://"));
    for (const std::string url : {"wss://a.b", "api.backpack.exchange", "https", ""}) {
        EXPECT_EQ(rest(url), refused("rest_urls", url, "it must begin with https://"));
    }
    EXPECT_EQ(socket("https://a.b"), refused("ws_urls", "https://a.b", "it must begin with wss://"));
    for (const std::string url : {"https://", "https://:80", "https://a:0", "https://a:65536", "https://u@a",
                                  "https://[::1", "https://a b", "http://localhost@evil.com"}) {
        EXPECT_TRUE(rest(url).starts_with(refused("rest_urls", url, ""))) << rest(url);
    }
    EXPECT_EQ(error_of(with("    ws_urls: []\n")), at(6, "`ws_urls` is empty; it needs at least one element"));
}

TEST(Config, BadSymbolsAreRefused) {
    const auto symbols = [](const std::string& list) {
        return "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: " + list +
               "\n";
    };
    const std::string form = "; write it as in \"BTC-USDC\", \"BTC_USDC\", \"BTC/USDC\" or \"SOL/USDC:USDC\"";
    const std::vector<Case> cases = {
        {symbols("[]"), at(5, "`symbols` is empty; it needs at least one element")},
        {symbols("BTC-USDC"), at(5, "`symbols` is a single value; write a list, as in [\"BTC-USDC\"], or \"*\"")},
        {symbols("[BTC-USDC, \"*\"]"), at(5, "\"*\" stands beside other symbols; write it alone or remove it")},
        {symbols("[BTCUSDC]"), at(5, "symbol \"BTCUSDC\" is no symbol" + form)},
        {symbols("[\"BTC USDC\"]"), at(5, "symbol \"BTC USDC\" is no symbol" + form)},
        {symbols("\n      - SOL/USDC:USDC\n      - ETH-USDC\n      - SOL_USDC_PERP"),
         at(8, "symbol \"SOL_USDC_PERP\" is the market of line 6 again; list each market once")},
        {symbols("[A-B, A-C, A-D]") + "engine: {max_symbols: 2}\n",
         at(5, "`symbols` lists 3 markets; raise `max_symbols` under `engine:`, which is 2")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Config, WhatIsRequiredIsMissed) {
    const std::vector<Case> cases = {
        {"engine:\n  depth: 5\n", at(1, "`the file` lacks `exchanges`; add a line for it, as in README.md")},
        {"engine:\nexchanges:\n",
         at(2, "`exchanges` has 0 entries; it needs exactly one, with `class: Ccxt_Backpack_Feed`")},
        {"exchanges:\n  a: {}\n  b: {}\n",
         at(3, "`exchanges` has 2 entries; it needs exactly one, with `class: Ccxt_Backpack_Feed`")},
        {"exchanges:\n  mine:\n", at(2, "`mine` lacks `class`; add a line for it, as in README.md")},
        {"exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n",
         at(2, "`mine` lacks `symbols`; add a line for it, as in README.md")},
        {"exchanges:\n  mine:\n    class: Binance\n",
         at(3, "`class` is \"Binance\"; it must be one of Ccxt_Backpack_Feed")},
        {"exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: kraken\n",
         at(4, "`exchange` is \"kraken\"; it must be one of backpack")},
        {"exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [\"${MARKET}\"]\n",
         at(5, "`symbols` needs the variable MARKET, which is not set; export it or write the value here")},
        {"", at(1, "the file is empty; it needs `exchanges:` with one entry, as in README.md")},
        {"# nothing\n", at(1, "the file is empty; it needs `exchanges:` with one entry, as in README.md")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Config, ABrokenFileIsToldWithItsLine) {
    const std::vector<Case> cases = {
        {"exchanges:\n  mine: [\n", "daypack: config.yaml:2: not valid YAML ("},
        {"exchanges: [\n", "daypack: config.yaml:1: not valid YAML (end of sequence flow not found); "},
        {"exchanges: {\n", "daypack: config.yaml:1: not valid YAML (end of map flow not found); "},
        {"exchanges: [\n\n \n", "daypack: config.yaml:1: not valid YAML (end of sequence flow not found); "},
        {"exchanges:\n  mine: \"a\" b\n", "daypack: config.yaml:2: not valid YAML ("},
        {"exchanges:\n\tmine: a\n", "daypack: config.yaml:2: not valid YAML ("},
        {"a: \"\\q\"\n", "daypack: config.yaml:1: not valid YAML (unknown escape character); "},
        {"a: 1\n---\nb: 2\n", "daypack: config.yaml:2: a second YAML document begins; "},
        {"? [a]\n: 1\n", "daypack: config.yaml:1: a key must be plain text; "},
        {"a: &x [*x]\n", "daypack: config.yaml:1: nested too deep; "},
        {with("    ca_file: ${1}\n"), "daypack: config.yaml:6: `${` begins no variable here; "},
        {with("    ca_file: ${A\n"), "daypack: config.yaml:6: `${` begins no variable here; "},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text).substr(0, error.size()), error) << text;
}

TEST(Config, ASecretIsNeverPrinted) {
    const std::string secret = "c2VjcmV0IHNlZWQgb2YgdGhpcnR5LXR3byBieXRlcyE";  // one `=` short
    const std::string meant = "; copy the key as the exchange shows it, 44 characters with `=` at the end";
    EXPECT_EQ(error_of(with("    api_secret: " + secret + "\n")),
              at(6, "`api_secret` is not base64 of 32 bytes" + meant));
    EXPECT_EQ(error_of(with("    api_secret: ${S}\n"), {{"S", "12345"}}),
              at(6, "`api_secret` is not base64 of 32 bytes" + meant));
    for (const std::string& text :
         {with("    api_secret:" + secret + "\n"), with("    rest_only: false\n      api_secret:" + secret + "\n"),
          with("    lines: " + secret + "\n"), with("    ca_file: *" + secret + "\n"), with("    " + secret + ": 1\n"),
          with("    channels: [" + secret + "]\n"), with("    rest_urls: [" + secret + "]\n"),
          with("", "  instance: a/" + secret + "\n"), with("    websocket: " + secret + "=\n"),
          with("    class: " + secret + "=\n")}) {
        const std::string error = error_of(text);
        EXPECT_NE(error, "no error") << text;
        EXPECT_EQ(error.find(secret.substr(0, 12)), std::string::npos) << error;
    }
    EXPECT_EQ(error_of(with("    lines: ${S}\n"), {{"S", secret}}),
              at(6, "`lines` is \"${S}\"; it must be a whole number from 1 to 16"));
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
    EXPECT_EQ(error("/dev/zero"), "daypack: /dev/zero: is larger than 1 MiB; give the path of a configuration file");
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
}  // namespace daypack
