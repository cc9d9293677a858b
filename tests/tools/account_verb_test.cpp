// SPDX-License-Identifier: MIT
// `daypack account` against the simulated exchange, which verifies each signature: what is shown is what the exchange
// holds, and keys are nowhere to be seen.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>

#include "tests/net/backpack/slow_json.h"
#include "tests/support/account_follower.h"
#include "tests/support/program.h"
#include "tests/support/sanitized.h"
#include "tests/system/live_reader.h"

namespace daypack::core {
namespace {

using Rows = std::vector<std::map<std::string, std::string>>;

Rows rows_of(const slow::Json& list) {
    Rows rows;
    for (const slow::Json& row : list.elements) {
        rows.emplace_back();
        for (std::size_t i = 0; i < row.keys.size(); ++i) {
            const slow::Json& value = row.elements[i];
            rows.back()[row.keys[i]] = value.kind == slow::Json::Kind::null ? "" : value.text;
        }
    }
    return rows;
}

class AccountVerb : public testing::Test {
  protected:
    AccountVerb() {
        std::filesystem::create_directory(folder_);
        begin("200", "150", "0");
    }
    void begin(const std::string& rate, const std::string& events, const std::string& history_lag) {
        sim_.reset();
        std::filesystem::remove(folder_ + "/sim.out");  // which tells the port of the one before
        sim_ = std::make_unique<Program>(
            folder_, "sim",
            std::vector<std::string>{"sim", "--port", "0", "--symbols", "BTC_USDC,SOL_USDC_PERP", "--accounts", "2",
                                     "--account-rate", rate, "--account-events", events, "--history-lag", history_lag,
                                     "--keys-out", folder_ + "/keys"});
        EXPECT_TRUE(wait_until([&] { return sim_->out().find("}\n") != std::string::npos || sim_->ended(); }));
        port_ = std::atoi(sim_->out().substr(sim_->out().find(':') + 1).c_str());
        EXPECT_GT(port_, 0) << sim_->err();
    }
    ~AccountVerb() override {
        sim_.reset();
        std::filesystem::remove_all(folder_);
    }

    // The body of an answer of the simulated exchange.
    [[nodiscard]] std::string get(const std::string& target) const {
        const int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::string answer;
        if (connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            const std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            EXPECT_EQ(send(to, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
            char bytes[4096];
            for (ssize_t got = 1; (got = recv(to, bytes, sizeof bytes, 0)) > 0;) {
                answer.append(bytes, static_cast<std::size_t>(got));
            }
        }
        (void)close(to);
        const auto body = answer.find("\r\n\r\n");
        return body == std::string::npos ? "" : answer.substr(body + 4);
    }
    [[nodiscard]] std::string key_file(int account) const {
        return folder_ + "/keys/account" + std::to_string(account) + ".key";
    }
    // Runs `daypack account <arguments>`.
    std::unique_ptr<Program> account(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "account");
        auto run = std::make_unique<Program>(folder_, "account", arguments);
        (void)run->wait();
        return run;
    }
    Rows shown(const std::string& what) {
        const auto run = account({what, "--json", "--limit", "1000", "--rest-url",
                                  "http://127.0.0.1:" + std::to_string(port_), "--key-file", key_file(1)});
        EXPECT_EQ(run->wait(), 0) << run->err();
        Rows rows;
        std::istringstream lines(run->out());
        for (std::string line; std::getline(lines, line);) {
            slow::Json list;
            EXPECT_TRUE(slow::JsonReader("[" + line + "]").read(list)) << line;
            rows.push_back(rows_of(list).at(0));
        }
        return rows;
    }

    const std::string folder_ = testing::TempDir() + "daypack_account_verb_test." + std::to_string(getpid());
    std::unique_ptr<Program> sim_;
    int port_ = 0;
};

TEST_F(AccountVerb, ShowsWhatTheExchangeHolds) {
    std::string truth;
    ASSERT_TRUE(wait_until([&] {
        truth = get("/_sim/account?account=account1");
        return truth.find("\"over\":true") != std::string::npos;
    })) << truth;
    slow::Json json;
    ASSERT_TRUE(slow::JsonReader(truth).read(json)) << truth;
    const Rows orders = rows_of(*json.one("orders"));
    const Rows shown_orders = shown("orders");
    ASSERT_EQ(shown_orders.size(), orders.size());
    std::map<std::string, std::string> open;
    for (const auto& order : orders) open[order.at("id")] = order.at("status") + order.at("quantity");
    for (const auto& order : shown_orders) EXPECT_EQ(open[order.at("id")], order.at("status") + order.at("quantity"));
    const Rows fills = rows_of(*json.one("fills"));
    const Rows shown_fills = shown("fills");
    EXPECT_GT(fills.size(), 3u);
    ASSERT_EQ(shown_fills.size(), fills.size());
    std::map<std::string, std::string> traded;
    for (const auto& fill : fills) traded[fill.at("tradeId")] = fill.at("orderId") + "x" + fill.at("quantity");
    for (const auto& fill : shown_fills) {
        EXPECT_EQ(traded[fill.at("trade_id")], fill.at("order_id") + "x" + fill.at("quantity"));
    }
    EXPECT_EQ(shown("positions").size(), json.one("positions")->elements.size());
    const slow::Json& balances = *json.one("balances");
    const Rows shown_balances = shown("balances");
    EXPECT_GT(shown_balances.size(), 0u);
    for (const auto& balance : shown_balances) {
        EXPECT_EQ(balance.at("total"), balance.at("margin_quantity")) << "nothing twice";
        EXPECT_NE(truth.find("\"" + balance.at("asset") + "\""), std::string::npos) << truth;
    }
    EXPECT_LE(balances.elements.size() + balances.keys.size(), 2 * shown_balances.size() + 2);
}

TEST_F(AccountVerb, AKeyThatTheExchangeDoesNotKnowIsExitOneAndSaysWhatToDo) {
    const auto run =
        account({"orders", "--rest-url", "http://127.0.0.1:" + std::to_string(port_), "--key-file", [this] {
                     const std::string path = folder_ + "/other.key";
                     std::ofstream(path) << "api_key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                                            "api_secret: nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n";
                     (void)chmod(path.c_str(), 0600);
                     return path;
                 }()});
    EXPECT_EQ(run->wait(), 1);
    EXPECT_NE(run->err().find("see that the key is still listed"), std::string::npos) << run->err();
    EXPECT_EQ(run->out(), "");
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void remove_shared_memory(const std::string& instance) {
    for (const char* const name : {"daypack.", "daypack-account."}) {
        for (const char* const end : {"", ".wake", ".default", ".mm1", ".mm2"}) {
            unlink(("/dev/shm/" + (name + instance) + end).c_str());
        }
    }
}

TEST_F(AccountVerb, AccountsOfAConfigurationAreShownByNameAndTheirKeysNowhere) {
    const std::string instance = "account_verb_test" + std::to_string(getpid());
    const std::string url = "127.0.0.1:" + std::to_string(port_);
    std::ofstream(folder_ + "/my.yaml")
        << "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [BTC-USDC]\n"
        << "    channels: [TRADES, L2_BOOK, FILLS]\n    rest_urls: [\"http://" << url << "\"]\n    ws_urls: [\"ws://"
        << url
        << "\"]\n    accounts: [{name: mm1, key_file: keys/account1.key}, {name: mm2, key_file: keys/account2.key}]\n"
        << "engine:\n  instance: " << instance << "\n";
    const auto second = account({"balances", "my.yaml", "--account", "mm2", "--json"});
    EXPECT_EQ(second->wait(), 0) << second->err();
    const auto none = account({"balances", "my.yaml", "--account", "mm3"});
    EXPECT_EQ(none->wait(), 2);
    EXPECT_NE(none->err().find("there is no account mm3; there are mm1, mm2"), std::string::npos) << none->err();

    Program run(folder_, "run", {"run", "my.yaml"});
    ASSERT_TRUE(wait_until([&] {
        Program cat(folder_, "cat", {"cat", "--json", "--instance", instance});
        (void)cat.wait();
        return cat.out().find(R"("state":"LIVE")") != std::string::npos || run.ended();
    })) << run.err();
    const std::string process = "/proc/" + std::to_string(run.pid());
    const std::string arguments = text_of(process + "/cmdline") + text_of(process + "/environ");
    const std::string segment = text_of("/dev/shm/daypack." + instance);
    EXPECT_NE(segment.find("BTC-USDC"), std::string::npos);
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait(), 0);
    EXPECT_NE(run.err().find("accounts names=mm1,mm2"), std::string::npos) << run.err();
    for (const int account : {1, 2}) {
        const std::string keys = text_of(key_file(account));
        const std::string secret = keys.substr(keys.find("api_secret: ") + 12, 44);
        std::string raw(32, '\0');
        ASSERT_EQ(sodium_base642bin(reinterpret_cast<unsigned char*>(raw.data()), raw.size(), secret.data(),
                                    secret.size(), nullptr, nullptr, nullptr, sodium_base64_VARIANT_ORIGINAL),
                  0);
        for (const std::string& shown : {arguments, segment, run.out(), run.err(), second->out(), second->err()}) {
            EXPECT_EQ(shown.find(secret.substr(0, 42)), std::string::npos);
            EXPECT_EQ(shown.find(raw), std::string::npos);
        }
    }
    remove_shared_memory(instance);
}

// All files of a folder, one behind the other.
std::string all_of(const std::string& folder) {
    std::string all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.is_regular_file()) all += text_of(file.path());
    }
    return all;
}

std::string all_shared_memory(const std::string& instance) {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator("/dev/shm")) {
        if (file.path().string().find(instance) != std::string::npos) all += text_of(file.path());
    }
    return all;
}

std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void allow_cores() {
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    (void)setrlimit(RLIMIT_CORE, &all);
}

bool has_core(const std::string& folder) {
    return std::ranges::any_of(std::filesystem::directory_iterator(folder),
                               [](const auto& file) { return file.path().filename().string().starts_with("core"); });
}

// True also where this machine's cores go elsewhere, and under a sanitizer, which forbids them.
bool one_without_keys_leaves_a_core(const std::string& folder) {
    if (test::kSanitized || text_of("/proc/sys/kernel/core_pattern") != "core\n") return true;
    Program sim(folder, "sim", {"sim", "--port", "0", "--symbols", "BTC_USDC"}, allow_cores);
    EXPECT_TRUE(wait_until([&] { return sim.out().find("}\n") != std::string::npos; }));
    sim.signal(SIGABRT);
    EXPECT_EQ(sim.wait(), 128 + SIGABRT);
    return has_core(folder);
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
    return count;
}

// A configuration with keys of the environment, and private channels beside the public ones.
void write_config(const std::string& path, const std::string& instance, int port) {
    const std::string url = "127.0.0.1:" + std::to_string(port);
    std::ofstream(path)
        << "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [BTC-USDC]\n"
        << "    channels: [TRADES, L2_BOOK, ORDER_INFO, FILLS, POSITIONS, BALANCES]\n    rest_urls: [\"http://" << url
        << "\"]\n    ws_urls: [\"ws://" << url
        << "\"]\n    api_key: ${BACKPACK_KEY}\n    api_secret: ${BACKPACK_SECRET}\n"
        << "engine:\n  instance: " << instance << "\n";
}

// The trades among lines of JSON, and how often each is told.
std::map<std::string, int> trades_told(const std::string& lines) {
    std::map<std::string, int> trades;
    const std::string key = R"("event":"fill","source":")";
    for (std::size_t at = 0; (at = lines.find(key, at)) != std::string::npos; ++at) {
        const std::size_t id = lines.find(R"("trade_id":")", at) + 12;
        ++trades[lines.substr(id, lines.find('"', id) - id)];
    }
    return trades;
}

// Who follows the ring goes on through a stop, a kill and a takeover of the engine, while the account trades.
TEST_F(AccountVerb, EnginesInTurnTellEachFillOnceToWhoFollowsTheRing) {
    const std::string instance = "account_turns" + std::to_string(getpid());
    begin("60", "0", "100");
    write_config(folder_ + "/my.yaml", instance, port_);
    const std::string keys = text_of(key_file(1));
    std::vector<std::unique_ptr<Program>> engines;
    const auto start = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"run", "my.yaml"});
        engines.push_back(std::make_unique<Program>(folder_, "run" + std::to_string(engines.size()), arguments, [&] {
            setenv("BACKPACK_KEY", keys.substr(keys.find("api_key: ") + 9, 44).c_str(), 1);
            setenv("BACKPACK_SECRET", keys.substr(keys.find("api_secret: ") + 12, 44).c_str(), 1);
        }));
    };
    std::string state;
    const auto is_live = [&] {
        const auto shown = account({"state", "--json", "--instance", instance});
        state = shown->out() + shown->err();
        return count_of(state, R"("state":"LIVE","reason":"","unconfirmed":false)") == 4;
    };
    const auto trades_for_a_while = [&] {
        const std::size_t before = count_of(get("/_sim/account?account=account1"), "tradeId");
        EXPECT_TRUE(
            wait_until([&] { return count_of(get("/_sim/account?account=account1"), "tradeId") > before + 5; }));
    };
    start({});
    ASSERT_TRUE(wait_until(is_live)) << state << engines.back()->err();
    Program watch(folder_, "watch", {"account", "state", "--watch", "--json", "--instance", instance});
    ASSERT_TRUE(wait_until([&] { return watch.out().find("\n") != std::string::npos; })) << watch.err();
    // Who follows the ring has what the exchange has, once all is LIVE and the account stands still.
    const auto expect_followed = [&] {
        ASSERT_TRUE(wait_until(is_live)) << state << engines.back()->err();
        (void)get("/_sim/account/pause");
        slow::Json truth;
        ASSERT_TRUE(slow::JsonReader(get("/_sim/account?account=account1")).read(truth));
        const test::AccountFollower venue = test::venue_has(truth);
        (void)wait_until([&] { return test::follower_of(watch.out()).agrees_with(venue); });
        test::expect_same(test::follower_of(watch.out()), venue);
    };
    const std::int64_t since_us = wall_us();
    for (const int end : {SIGTERM, SIGKILL}) {
        trades_for_a_while();
        engines.back()->signal(end);
        (void)engines.back()->wait();
        trades_for_a_while();
        start({});
        expect_followed();
        (void)get("/_sim/account/resume");
    }
    start({"--takeover"});
    EXPECT_EQ(engines[2]->wait(), 0) << engines[2]->err();
    trades_for_a_while();
    ASSERT_TRUE(wait_until(is_live)) << state << engines.back()->err();
    const std::string path = "/dev/shm/daypack-account." + instance + ".default";
    ASSERT_EQ(unlink(path.c_str()), 0);
    ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(path); })) << engines.back()->err();
    trades_for_a_while();
    expect_followed();
    slow::Json truth;
    ASSERT_TRUE(slow::JsonReader(get("/_sim/account?account=account1")).read(truth));
    const Rows fills = rows_of(*truth.one("fills"));
    EXPECT_TRUE(wait_until([&] {
        auto told = trades_told(watch.out());
        return std::ranges::all_of(fills, [&](const auto& fill) {
            return std::stoll(fill.at("timestampUs")) <= since_us || told[fill.at("tradeId")] > 0;
        });
    })) << watch.out();
    watch.signal(SIGTERM);
    (void)watch.wait();
    for (const auto& [trade, times] : trades_told(watch.out())) EXPECT_EQ(times, 1) << trade;
    EXPECT_NE(watch.out().find(R"("event":"fill","source":"mended")"), std::string::npos) << watch.out();
    EXPECT_GE(count_of(watch.err(), "what the next engine tells is shown here"), 2u) << watch.err();
    EXPECT_GE(count_of(watch.err(), "has an engine again"), 2u);
    engines.clear();
    remove_shared_memory(instance);
}

TEST_F(AccountVerb, PrivateChannelsWithoutTheVariablesOfTheKeysAreExitTwoAndTheLine) {
    write_config(folder_ + "/my.yaml", "account_verb_test" + std::to_string(getpid()), port_);
    Program run(folder_, "run", {"run", "my.yaml"});
    EXPECT_EQ(run.wait(), 2);
    EXPECT_NE(run.err().find("daypack: my.yaml:6: channel \"ORDER_INFO\" is private"), std::string::npos) << run.err();
}

TEST_F(AccountVerb, AnEngineThatFollowsAnAccountLeavesItsSecretNowhere) {
    const std::string instance = "account_secret" + std::to_string(getpid());
    const std::string work = folder_ + "/work";  // the keys' own files lie elsewhere
    std::filesystem::create_directory(work);
    write_config(work + "/my.yaml", instance, port_);
    const std::string keys = text_of(key_file(1));
    const std::string key = keys.substr(keys.find("api_key: ") + 9, 44);
    const std::string secret = keys.substr(keys.find("api_secret: ") + 12, 44);
    std::string raw(32, '\0');
    ASSERT_EQ(sodium_base642bin(reinterpret_cast<unsigned char*>(raw.data()), raw.size(), secret.data(), secret.size(),
                                nullptr, nullptr, nullptr, sodium_base64_VARIANT_ORIGINAL),
              0);
    Program run(work, "run", {"run", "my.yaml"}, [&] {
        allow_cores();
        setenv("BACKPACK_KEY", key.c_str(), 1);
        setenv("BACKPACK_SECRET", secret.c_str(), 1);
    });
    std::string state;
    ASSERT_TRUE(wait_until([&] {
        const auto shown = account({"state", "--json", "--instance", instance});
        state = shown->out() + shown->err();
        return count_of(state, R"("state":"LIVE","reason":"","unconfirmed":false)") == 4 || run.ended();
    })) << state
        << run.err();
    Program watch(work, "watch", {"account", "state", "--watch", "--json", "--instance", instance});
    ASSERT_TRUE(wait_until([&] { return watch.out().find("\n") != std::string::npos; })) << watch.err();
    const std::string arguments = text_of("/proc/" + std::to_string(run.pid()) + "/cmdline");
    const std::string memory = all_shared_memory(instance);
    EXPECT_NE(memory.find(R"("event":"balance")"), std::string::npos) << "the ring is among it";
    run.signal(SIGABRT);
    EXPECT_EQ(run.wait(), 128 + SIGABRT);
    watch.signal(SIGTERM);
    EXPECT_EQ(watch.wait(), 0);
    const std::string files = all_of(work) + all_shared_memory(instance);
    EXPECT_NE(files.find("accounts names=default"), std::string::npos) << "the log is among them";
    for (const std::string& shown : {arguments, memory, files, state}) {
        EXPECT_EQ(shown.find(secret.substr(0, 42)), std::string::npos);
        EXPECT_EQ(shown.find(raw), std::string::npos);
    }
    EXPECT_FALSE(has_core(work));
    EXPECT_TRUE(one_without_keys_leaves_a_core(work)) << "so it was looked for in the right place";
    remove_shared_memory(instance);
}

}  // namespace
}  // namespace daypack::core
