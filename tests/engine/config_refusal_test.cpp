// SPDX-License-Identifier: MIT
// What is said, with the line, of a configuration that is wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "tests/engine/config_text.h"
#include "tools/sim/server/certificates.h"

namespace daypack::core {
namespace {

using test::at;
using test::ConfigCase;
using test::error_of;
using test::kKey;
using test::with;

TEST(ConfigRefusal, UnknownKeysAreRefusedWithTheNearestKnownOne) {
    const std::vector<ConfigCase> cases = {
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

TEST(ConfigRefusal, WrongTypesAreRefused) {
    const std::vector<ConfigCase> cases = {
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

TEST(ConfigRefusal, ValuesOutOfRangeAreRefused) {
    const std::vector<ConfigCase> cases = {
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
        {with("    lines: 3\n    local_address: [\"127.0.0.1\", \"::1\"]\n"),
         at(7, "`local_address` names 2 for 3 lines; name one for each, or none")},
        {with("    lines: 1\n    local_address: [\"[::1]\"]\n"),
         at(7, "`local_address`: \"[::1]\" is no IP address; write it as in \"192.0.2.7\" or \"2001:db8::7\"")},
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

TEST(ConfigRefusal, FormsAreRefused) {
    const std::string mode = "; write it as in \"0640\"";
    const std::vector<ConfigCase> cases = {
        {with("", "  instance: a/b\n"), at(7,
                                           "`instance` is no name of an instance; use 1 to 64 letters, digits, `_`, "
                                           "`.` and `-`, as in \"default\"")},
        {with("", "  shm_mode: \"0777\"\n"),
         at(7, "`shm_mode` is no mode for a file that its owner reads and writes" + mode)},
        {with("", "  shm_mode: \"0660\"\n"),
         at(7, "`shm_mode` lets others than the owner write the books; write \"0640\" instead")},
        {with("", "  shm_mode: \"0602\"\n"),
         at(7, "`shm_mode` lets others than the owner write the books; write \"0600\" instead")},
        {with("", "  shm_mode: 640x\n"),
         at(7, "`shm_mode` is no mode for a file that its owner reads and writes" + mode)},
        {with("", "  shm_mode: \"0440\"\n"),
         at(7, "`shm_mode` is no mode for a file that its owner reads and writes" + mode)},
        {with("", "  metrics_listen: 9464a\n"),
         at(7, "`metrics_listen` is no address to listen on; write it as in \"127.0.0.1:9464\"")},
        {with("", "  priority: [\"BTC-USDC\", \"BTCUSDC\"]\n"),
         at(7,
            "`priority`: \"BTCUSDC\" is no symbol; write it as in \"BTC-USDC\", \"BTC_USDC\", \"BTC/USDC\" or "
            "\"SOL/USDC:USDC\"")},
        {with("", "  priority: [\"ETH-USDC\"]\n"),
         at(7, "`priority` names the market ETH_USDC, which `symbols` does not list; add it there or remove it here")},
        {with("", "  priority: [\"BTC-USDC\", \"BTC/USDC\"]\n"),
         at(7, "`priority` names the market BTC_USDC twice; name each once")},
        {with("    channels: [TRADES, L2BOOK]\n"), at(6, "unknown channel \"L2BOOK\"; did you mean \"L2_BOOK\"?")},
        {with("    channels: [TRADES, TRADES]\n"), at(6, "channel \"TRADES\" is listed twice; list each once")},
        {with("    channels: []\n"), at(6, "`channels` is empty; it needs at least one element")},
        {with("    channels: [TRADES, TICKER]\n"),
         at(6, "`channels` has no L2_BOOK, and without it there is no book to keep; add it")},
        {with("    channels: [L2_BOOK, BALANCES]\n"),
         at(6, "channel \"BALANCES\" is private; it needs `api_key` and `api_secret`, or `accounts`")},
        {with("    lines: 2\n    lines: 3\n"),
         at(7, "key \"lines\" is given a second time, after line 6; keep one of the two")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(ConfigRefusal, UrlsMustBeEncryptedExceptOnLoopback) {
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

TEST(ConfigRefusal, BadSymbolsAreRefused) {
    const auto symbols = [](const std::string& list) {
        return "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: " + list +
               "\n";
    };
    const std::string form = "; write it as in \"BTC-USDC\", \"BTC_USDC\", \"BTC/USDC\" or \"SOL/USDC:USDC\"";
    const std::vector<ConfigCase> cases = {
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

TEST(ConfigRefusal, WhatIsRequiredIsMissed) {
    const std::vector<ConfigCase> cases = {
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

TEST(ConfigRefusal, AVariableThatIsNotSetIsNamedWithItsLine) {
    const std::vector<ConfigCase> cases = {
        {with("    lines: ${N}\n"),
         at(6, "`lines` needs the variable N, which is not set; export it or write the value here")},
        {with("    websocket: ${ON}\n"),
         at(6, "`websocket` needs the variable ON, which is not set; export it or write the value here")},
        {with("    rest_urls:\n    - https://a.b\n    - \"https://${HOST}\"\n"),
         at(8, "`rest_urls` needs the variable HOST, which is not set; export it or write the value here")},
        {with("", "  instance: ${NAME}\n"),
         at(7, "`instance` needs the variable NAME, which is not set; export it or write the value here")},
        {with("", "  shm_mode: ${MODE}\n"),
         at(7, "`shm_mode` needs the variable MODE, which is not set; export it or write the value here")},
        {with("", "  net_cpus: [0, \"${CPU}\"]\n"),
         at(7, "`net_cpus` needs the variable CPU, which is not set; export it or write the value here")},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

// What check_config says of a configuration that a program made, or "no error".
std::string error_in_code(const std::function<void(ExchangeConfig&, EngineConfig&)>& change) {
    Config config;
    config.exchange.symbols = {{"BTC-USDC"}};
    change(config.exchange, config.engine);
    try {
        check_config(config);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

TEST(ConfigRefusal, AConfigMadeInCodeIsCheckedLikeOneOfAFileAndTheMemberIsNamed) {
    using X = ExchangeConfig;
    using E = EngineConfig;
    const std::vector<std::pair<std::function<void(X&, E&)>, std::string>> cases = {
        {[](X&, E&) {}, "no error"},
        {[](X&, E& e) { e.net_threads = 0; }, "EngineConfig::net_threads is 0; it must be a whole number from 1 to 16"},
        {[](X& x, E&) { x.lines = 20; }, "ExchangeConfig::lines is 20; it must be a whole number from 1 to 16"},
        {[](X& x, E&) { x.snapshot_interval_s = -1; },
         "ExchangeConfig::snapshot_interval_s is -1; it must be a whole number from 0 to 86400"},
        {[](X& x, E&) { x.max_frame_bytes = UINT64_MAX; },
         "ExchangeConfig::max_frame_bytes is 9223372036854775807; it must be a whole number from 1024 to 1073741824"},
        {[](X& x, E&) { x.ws_urls.clear(); }, "ExchangeConfig::ws_urls is empty; it needs at least one element"},
        {[](X& x, E&) { x.rest_urls = {"http://a.b"}; },
         "ExchangeConfig::rest_urls has \"http://a.b\", which is refused"},
        {[](X& x, E&) { x.channels.clear(); }, "ExchangeConfig::channels is empty; it needs at least one element"},
        {[](X& x, E&) {
             x.channels = {FeedChannel::trades, FeedChannel::trades};
         },
         "ExchangeConfig::channels has a channel twice; list each once"},
        {[](X& x, E&) {
             x.channels = {FeedChannel::l2_book, FeedChannel::balances};
         },
         "ExchangeConfig::channels has a private one; it needs `api_key` and `api_secret`, or `accounts`"},
        {[](X& x, E&) { x.symbols.clear(); }, "ExchangeConfig::symbols is empty; name a market, or set `all_symbols`"},
        {[](X& x, E&) { x.all_symbols = true; }, "ExchangeConfig::symbols names markets beside `all_symbols`"},
        {[](X& x, E&) {
             x.symbols = {{"BTC-USDC"}, {"BTC/USDC"}};
         },
         "ExchangeConfig::symbols names the market BTC_USDC twice"},
        {[](X& x, E&) { x.symbols = {{"B T"}}; }, "ExchangeConfig::symbols has \"B T\", which is no symbol"},
        {[](X& x, E&) { x.api_key = "short"; }, "ExchangeConfig::api_key is not base64 of 32 bytes"},
        {[](X& x, E&) { x.ca_file = "/nowhere"; }, "ExchangeConfig::ca_file cannot be read"},
        {[](X& x, E&) { x.depth_stream = static_cast<DepthStream>(9); },
         "ExchangeConfig::depth_stream is none of its enumeration; it must be one of realtime, 200ms, 600ms, 1000ms"},
        {[](X&, E& e) { e.instance.clear(); }, "EngineConfig::instance is no name of an instance"},
        {[](X&, E& e) { e.instance = "../x"; }, "EngineConfig::instance is no name of an instance"},
        {[](X&, E& e) { e.max_symbols = 0; }, "EngineConfig::max_symbols is 0; it must be a whole number from 1 to"},
        {[](X&, E& e) { e.queue_events = 0; }, "EngineConfig::queue_events is 0; it must be a whole number from 16 to"},
        {[](X&, E& e) { e.shm_mode = 0777; }, "EngineConfig::shm_mode is no mode"},
        {[](X&, E& e) { e.shm_mode = 010640; }, "EngineConfig::shm_mode is no mode"},
        {[](X&, E& e) {
             e.net_cpus = {1, 1};
         },
         "EngineConfig::net_cpus names 1 twice; name each once"},
        {[](X&, E& e) { e.net_cpus = {-1}; }, "EngineConfig::net_cpus is -1; it must be a whole number from 0 to 1023"},
        {[](X&, E& e) { e.net_threads = 2, e.threads = ThreadModel::fused; },
         "EngineConfig::net_threads is 2 with `threads: fused`"},
        {[](X&, E& e) { e.priority = {"SOL-USDC"}; },
         "EngineConfig::priority names the market SOL_USDC, which `symbols` does not list"},
        {[](X&, E& e) { e.rt_priority = 100; },
         "EngineConfig::rt_priority is 100; it must be a whole number from 0 to"},
    };
    for (const auto& [change, error] : cases) {
        const std::string said = error_in_code(change);
        const std::string wanted = error == "no error" ? error : "daypack: " + error;
        EXPECT_EQ(said.substr(0, wanted.size()), wanted) << said;
    }
}

TEST(ConfigRefusal, ABrokenFileIsToldWithItsLine) {
    const std::vector<ConfigCase> cases = {
        {"exchanges:\n  mine: [\n", "daypack: config.yaml:2: not valid YAML ("},
        {"exchanges: [\n", "daypack: config.yaml:1: not valid YAML (end of sequence flow not found); "},
        {"exchanges: {\n", "daypack: config.yaml:1: not valid YAML (end of map flow not found); "},
        {"exchanges: [\n\n \n", "daypack: config.yaml:1: not valid YAML (end of sequence flow not found); "},
        {"exchanges:\n  mine: \"a\" b\n", "daypack: config.yaml:2: not valid YAML ("},
        {"exchanges:\n\tmine: a\n", "daypack: config.yaml:2: not valid YAML ("},
        {"a: \"\\q\"\n", "daypack: config.yaml:1: not valid YAML (unknown escape character); "},
        {"a: 1\n---\nb: 2\n", "daypack: config.yaml:2: a second YAML document begins here, after "},
        {"? [a]\n: 1\n", "daypack: config.yaml:1: a key must be plain text; "},
        {"a: &x [*x]\n", "daypack: config.yaml:1: nested too deep; "},
        {with("    ca_file: ${1}\n"), "daypack: config.yaml:6: `${` begins no variable here; "},
        {with("    ca_file: ${A\n"), "daypack: config.yaml:6: `${` begins no variable here; "},
    };
    for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text).substr(0, error.size()), error) << text;
}

TEST(ConfigRefusal, ASecretIsNeverPrinted) {
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

// Files in a folder of their own, and what is said of one that is loaded: the rest of the line behind `file:`.
class ConfigOnThisMachine : public testing::Test {
  protected:
    ConfigOnThisMachine() { std::filesystem::create_directory(folder_); }
    ~ConfigOnThisMachine() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& content) {
        const std::string path = (folder_ / name).string();
        std::ofstream(path) << content;
        return path;
    }
    std::string error(const std::string& text, const ConfigOverrides& overrides = {}) {
        const std::string path = write("my.yaml", text);
        try {
            (void)load_config(path, process_env, overrides);
        } catch (const ConfigError& thrown) {
            const std::string what = thrown.what();
            const std::string start = "daypack: " + path + ":";
            EXPECT_TRUE(what.starts_with(start)) << what;
            return what.substr(start.size());
        }
        return "no error";
    }
    std::string error_of_ca_file(const std::string& path, const ConfigOverrides& overrides = {}) {
        return error(with("    ca_file: \"" + path + "\"\n"), overrides);
    }

  private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("daypack_config_refusal_test." + std::to_string(getpid()));
};

TEST_F(ConfigOnThisMachine, ACaFileWithoutACertificateIsToldWithItsLine) {
    const std::string meant = "; give the path of a PEM file with the certificates to trust, or \"\" for the system's";
    const std::string pem = sim::CertificateAuthority().certificate_pem();
    EXPECT_EQ(error_of_ca_file(write("ca.pem", pem)), "no error");
    EXPECT_EQ(error_of_ca_file(""), "no error");
    EXPECT_EQ(error_of_ca_file("/nowhere/ca.pem"), "6: `ca_file` cannot be read (No such file or directory)" + meant);
    EXPECT_EQ(error_of_ca_file("/tmp"), "6: `ca_file` cannot be read (Is a directory)" + meant);
    EXPECT_EQ(error_of_ca_file("/dev/zero"),
              "6: `ca_file` cannot be read (a pipe, a socket or a device is no file)" + meant);
    EXPECT_EQ(error_of_ca_file(write("empty.pem", "")), "6: `ca_file` names an empty file" + meant);
    const std::string no_certificate = "6: `ca_file` names a file without a certificate that can be read" + meant;
    EXPECT_EQ(error_of_ca_file(write("words.pem", "no certificate")), no_certificate);
    EXPECT_EQ(error_of_ca_file(write("cut.pem", pem.substr(0, pem.size() / 2))), no_certificate);
}

TEST_F(ConfigOnThisMachine, ACaFileThatTheCommandLineReplacesNeedNotBeThere) {
    ConfigOverrides overrides;
    overrides.ca_file = write("ca.pem", sim::CertificateAuthority().certificate_pem());
    EXPECT_EQ(error_of_ca_file("/nowhere/ca.pem", overrides), "no error");
}

TEST_F(ConfigOnThisMachine, ALocalAddressThatItLacksIsToldWithItsLine) {
    const auto of_addresses = [this](const std::string& addresses) {
        return error(with("    lines: 2\n    local_address: [" + addresses + "]\n"));
    };
    EXPECT_EQ(of_addresses("\"127.0.0.1\", \"127.0.0.2\""), "no error");
    EXPECT_EQ(of_addresses(""), "no error");
    EXPECT_EQ(of_addresses("\"127.0.0.1\", \"192.0.2.7\""),
              "7: `local_address` names 192.0.2.7, which is no address of this machine; `ip address` lists them");
}

TEST_F(ConfigOnThisMachine, AProxyThatWouldBePassedByIsToldInWords) {
    const std::string path = write("proxy.yaml", with(""));
    const auto error_with = [&](const std::map<std::string, std::string>& variables,
                                const ConfigOverrides& overrides = {}) -> std::string {
        const auto env = [&](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
        try {
            (void)load_config(path, env, overrides);
        } catch (const ConfigError& thrown) {
            return thrown.what();
        }
        return "";
    };
    for (const std::string name :
         {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"}) {
        const std::string why = error_with({{name, "http://proxy.test:3128"}});
        EXPECT_NE(
            why.find(name + " is set, but daypack connects to api.backpack.exchange itself and through no proxy; "),
            std::string::npos)
            << why;
        EXPECT_EQ(error_with({{name, ""}}), "") << "an empty one is none";
        EXPECT_EQ(error_with({{name, "x"}, {"NO_PROXY", "localhost, .backpack.exchange"}}), "");
        EXPECT_EQ(error_with({{name, "x"}, {"no_proxy", "*"}}), "");
        EXPECT_NE(error_with({{name, "x"}, {"no_proxy", "api.backpack.exchange,pack.exchange"}}), "") << "ws. is left";
    }
    ConfigOverrides local;
    local.rest_url = "http://localhost:1";
    local.ws_url = "ws://127.0.0.1:1";
    EXPECT_EQ(error_with({{"ALL_PROXY", "x"}}, local), "") << "this machine is reached without";
}

TEST_F(ConfigOnThisMachine, AGroupThatItLacksIsToldWithItsLine) {
    const auto of_group = [this](const std::string& name) {
        return error(with("", "  shm_group: \"" + name + "\"\n"));
    };
    const std::string unknown =
        "7: `shm_group` is no group of this machine; `getent group` lists them, and \"\" is the group of the process";
    EXPECT_EQ(of_group("root"), "no error");
    EXPECT_EQ(of_group("12345"), "no error") << "a number needs no name";
    EXPECT_EQ(of_group("4294967294"), "no error");
    for (const std::string name : {"no_such_group", "4294967295", "4294967296", "99999999999999999999", "-1", "12x"}) {
        EXPECT_EQ(of_group(name), unknown) << name;
    }
}

}  // namespace
}  // namespace daypack::core
