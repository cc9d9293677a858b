// SPDX-License-Identifier: MIT
// Accounts through the installed headers alone, as a strategy that embeds the engine has them, against the simulated
// exchange, which verifies each signature.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <daypack/engine.hpp>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "net/backpack/account/amount.h"
#include "net/base/clock.h"
#include "tests/net/backpack/slow_json.h"
#include "tests/support/http_visitor.h"
#include "tests/system/live_engine.h"
#include "tools/cli/account_state.h"

namespace daypack {
namespace {

using namespace std::chrono_literals;

std::string own_instance() {
    return "acct" + std::to_string(getpid());
}

core::sim::SimOptions two_accounts() {
    core::sim::SimOptions options;
    options.tls = true;
    options.symbols = {"SOL_USDC", "SOL_USDC_PERP"};
    options.rate = 20;
    options.accounts = 2;
    options.account_rate = 200;
    return options;
}

core::slow::Json parsed(const std::string& body) {
    core::slow::Json json;
    EXPECT_TRUE(core::slow::JsonReader(body).read(json)) << body;
    return json;
}

// What a strategy would keep of its account.
struct Strategy : Handler {
    void on_order(const OrderUpdate& order) noexcept override {
        const std::scoped_lock lock(mutex);
        calls.insert("order");
        accounts.insert(order.account);
        const bool is_open = !order.is_gone && (order.status == "New" || order.status == "PartiallyFilled" ||
                                                order.status == "TriggerPending");
        if (order.is_late) return;
        if (is_open) open[order.id] = order.executed.text;
        if (!is_open) open.erase(order.id);
    }
    void on_fill(const AccountFill& fill) noexcept override {
        const std::scoped_lock lock(mutex);
        calls.insert("fill");
        ++fills[fill.trade_id];
        if (fill.price.value() <= 0 || fill.quantity.value() <= 0 || fill.symbol.rfind("SOL-USDC", 0) != 0) ++wrong;
    }
    void on_position(const AccountPosition& position) noexcept override {
        const std::scoped_lock lock(mutex);
        calls.insert("position");
        if (position.is_late) return;
        positions[position.symbol] = position.net_quantity.text;
        if (position.net_quantity == Amount{}) positions.erase(position.symbol);
    }
    void on_balance(const AccountBalance& balance) noexcept override {
        const std::scoped_lock lock(mutex);
        calls.insert("balance");
        if (!balance.is_late) balances[balance.asset] = balance.available.text + "|" + balance.locked.text;
    }
    void on_account_state(const AccountStatus& status) noexcept override {
        const std::scoped_lock lock(mutex);
        states[status.account][status.part].push_back(status);
    }

    // Each of the four parts is LIVE, and confirmed.
    [[nodiscard]] bool is_settled(const std::string& account) {
        const std::scoped_lock lock(mutex);
        const auto& parts = states[account];
        return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const auto& one) {
                   return one.second.back().live() && !one.second.back().unconfirmed;
               });
    }

    std::mutex mutex;  // accounts have threads of their own
    std::set<std::string> calls, accounts;
    std::map<std::string, std::string> open, positions, balances;
    std::map<std::string, int> fills;
    std::map<std::string, std::map<AccountPart, std::vector<AccountStatus>>> states;
    int wrong = 0;
};

class ApiAccount : public testing::Test {
  protected:
    ~ApiAccount() override {
        unlink(("/dev/shm/daypack." + own_instance()).c_str());
        for (const char* const account : {".default", ".second"}) {
            unlink(("/dev/shm/daypack-account." + own_instance() + account).c_str());
        }
        std::filesystem::remove(key_file_);
    }

    Config config() {
        Config config;
        config.symbols = {"SOL-USDC"};
        config.channels = {Channel::trades, Channel::l2_book,   Channel::order_info,
                           Channel::fills,  Channel::positions, Channel::balances};
        config.instance = own_instance();
        config.rest_urls = {exchange.rest_url()};
        config.ws_urls = {exchange.ws_url()};
        config.ca_file = ca.write(exchange.ca_pem());
        config.max_symbols = 8;
        config.idle = Idle::backoff;
        config.snapshot_interval_s = 2;
        const core::sim::KeyPair keys = exchange.account_key(1);
        config.api_key = keys.api_key;
        config.api_secret = keys.api_secret;
        return config;
    }
    // Keys in a file, as of a further account.
    std::string key_file(const core::sim::KeyPair& keys) {
        std::ofstream(key_file_) << "api_key: " << keys.api_key << "\napi_secret: " << keys.api_secret << "\n";
        std::filesystem::permissions(key_file_, std::filesystem::perms::owner_read);
        return key_file_;
    }
    LogSink log() {
        return [this](LogLevel, std::string_view line) {
            const std::scoped_lock lock(mutex_);
            lines_ += std::string(line) + "\n";
        };
    }
    [[nodiscard]] std::string lines() {
        const std::scoped_lock lock(mutex_);
        return lines_;
    }
    [[nodiscard]] bool logs(const std::string& text) { return lines().find(text) != std::string::npos; }
    // What the exchange holds, in the words of Strategy.
    [[nodiscard]] Strategy& truth() {
        truth_ = std::make_unique<Strategy>();
        const core::slow::Json all = parsed(exchange.account_truth(1));
        const auto amount = [](const core::slow::Json& row, const char* key) {
            return core::Amount::parse(row.one(key)->text)->text();
        };
        for (const core::slow::Json& row : all.one("orders")->elements) {
            truth_->open[row.one("id")->text] = amount(row, "executedQuantity");
        }
        for (const core::slow::Json& row : all.one("positions")->elements) {
            std::string symbol = row.one("symbol")->text;
            std::replace(symbol.begin(), symbol.end(), '_', '-');
            truth_->positions[symbol] = amount(row, "netQuantity");
        }
        const core::slow::Json& balances = *all.one("balances");
        for (std::size_t i = 0; i < balances.keys.size(); ++i) {
            truth_->balances[balances.keys[i]] =
                amount(balances.elements[i], "available") + "|" + amount(balances.elements[i], "locked");
        }
        for (const core::slow::Json& row : all.one("fills")->elements) {
            fill_times_[row.one("tradeId")->text] = std::stoll(row.one("timestampUs")->text);
        }
        return *truth_;
    }

    core::sim::Exchange exchange{two_accounts()};
    core::CaFile ca;
    std::map<std::string, std::int64_t> fill_times_;

  private:
    std::string key_file_ = testing::TempDir() + own_instance() + ".key";
    std::unique_ptr<Strategy> truth_;
    std::mutex mutex_;
    std::string lines_;
};

// TCP connections of this machine that come from an address and stand.
int connections_from(const std::string& address) {
    in_addr from{};
    EXPECT_EQ(inet_pton(AF_INET, address.c_str(), &from), 1);
    std::ostringstream begin;
    begin << std::uppercase << std::hex << std::setw(8) << std::setfill('0') << from.s_addr << ':';
    std::ifstream table("/proc/net/tcp");
    int count = 0;
    for (std::string place, local, remote, state; table >> place >> local >> remote >> state;) {
        if (local.rfind(begin.str(), 0) == 0 && state == "01") ++count;
        std::getline(table, place);
    }
    return count;
}

TEST_F(ApiAccount, IsToldToAStrategyBesideTheBooksAndEveryFillOnce) {
    Strategy mine;
    Config config = this->config();
    config.accounts = {{"second", key_file(exchange.account_key(2))}};
    config.metrics_listen = core::test::free_address();
    config.lines = 1;
    config.local_address = {"127.0.0.2"};
    Engine engine(config, mine, log());
    engine.start();
    ASSERT_TRUE(engine.wait_live(60s)) << lines();
    ASSERT_TRUE(core::wait_until([&] { return mine.is_settled("default") && mine.is_settled("second"); })) << lines();
    const std::int64_t since_us = core::wall_now().ns / 1'000;
    ASSERT_TRUE(core::wait_until([&] {
        const std::scoped_lock lock(mine.mutex);
        return mine.calls.size() == 4 && mine.fills.size() > 50 && mine.accounts.size() == 2;
    })) << lines();
    exchange.inject(core::sim::Fault::parse("private:how=lost"));  // and a line of each is connected again
    ASSERT_TRUE(core::wait_until([&] { return logs("REST shows what the private streams have not told"); })) << lines();
    exchange.pause_accounts(true);
    ASSERT_TRUE(core::wait_until([&] { return mine.is_settled("default") && mine.is_settled("second"); })) << lines();
    EXPECT_GE(connections_from("127.0.0.2"), 3) << "the book's line, and one of each account";
    const std::string page = core::test::ask(config.metrics_listen, core::test::kScrape);
    EXPECT_NE(page.find("daypack_account_live{account=\"second\",part=\"balances\"} 1\n"), std::string::npos) << page;
    engine.stop();
    const std::scoped_lock lock(mine.mutex);
    for (const auto& [part, states] : mine.states["default"]) {
        EXPECT_EQ(states.front().state, State::syncing) << "nothing is live before it was earned";
        EXPECT_EQ(states.back().reason, Reason::stopped);
        for (std::size_t i = 1; i < states.size(); ++i) {
            const bool has_come_back = states[i].live() && !states[i - 1].live();
            EXPECT_TRUE(!has_come_back || states[i].unconfirmed) << name(part);
        }
    }
    (void)truth();
    EXPECT_EQ(mine.wrong, 0);
    for (const auto& [trade, times] : mine.fills) EXPECT_EQ(times, 1) << trade;
    for (const auto& [trade, us] : fill_times_) {
        EXPECT_TRUE(us <= since_us || mine.fills[trade] == 1) << trade;
    }
    EXPECT_EQ(lines().find(config.api_secret), std::string::npos);
}

TEST_F(ApiAccount, IsWhatTheExchangeHoldsWhenItStandsStill) {
    Strategy mine;
    Engine engine(config(), mine, log());
    engine.start();
    ASSERT_TRUE(core::wait_until([&] { return mine.is_settled("default"); })) << lines();
    exchange.pause_accounts(true);
    const Strategy& held = truth();
    const auto is_right = [&] {
        const std::scoped_lock lock(mine.mutex);
        return mine.open == held.open && mine.positions == held.positions && mine.balances == held.balances;
    };
    EXPECT_TRUE(core::wait_until(is_right)) << lines();
    engine.stop();
    EXPECT_EQ(mine.open, held.open);
    EXPECT_EQ(mine.positions, held.positions);
    EXPECT_EQ(mine.balances, held.balances);
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// What `daypack account state` prints; its exit code stands before.
std::string state_shown(bool json = false) {
    std::ostringstream out;
    const int code = core::show_account_state({own_instance(), "default", false, json}, out);
    return std::to_string(code) + "\n" + out.str();
}

TEST_F(ApiAccount, ItsSharedMemoryIsItsOwnersAloneAndNothingOfItIsInThatOfTheBooks) {
    Strategy mine;
    Config config = this->config();
    config.channels.pop_back();  // balances
    Engine engine(config, mine, log());
    engine.start();
    const std::string path = "/dev/shm/daypack-account." + own_instance() + ".default";
    ASSERT_TRUE(core::wait_until([&] {
        const std::scoped_lock lock(mine.mutex);
        return mine.fills.size() > 20;
    })) << lines();
    ASSERT_TRUE(core::wait_until([&] {
        return state_shown() ==
               "0\n"
               "default          orders     LIVE\n"
               "default          positions  LIVE\n"
               "default          balances   no channel asks for it\n"
               "default          fills      LIVE\n";
    })) << state_shown();
    const std::string orders = R"({"account":"default","event":"state","part":"orders","state":"LIVE")";
    EXPECT_TRUE(core::wait_until([&] { return state_shown(true).find(orders) == 2; })) << state_shown(true);
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0600u);
    engine.stop();
    EXPECT_EQ(state_shown().substr(0, 40), "1\ndefault          orders     DOWN/stopp");
    const std::string own = text_of(path);
    const std::string books = text_of("/dev/shm/daypack." + own_instance());
    EXPECT_NE(books.find("SOL-USDC"), std::string::npos);
    for (const auto& [trade, times] : mine.fills) {
        EXPECT_EQ(books.find(trade), std::string::npos) << trade;
    }
    EXPECT_NE(own.find("trade_id"), std::string::npos) << "what is looked for there is here";
    EXPECT_EQ(books.find("orderFill"), std::string::npos);
    EXPECT_EQ(own.find(config.api_secret), std::string::npos);
}

TEST_F(ApiAccount, ThatIsRefusedCostsNoBook) {
    Strategy mine;
    Config config = this->config();
    const core::sim::KeyPair stranger = core::sim::key_pair_of(77, 9);
    config.api_key = stranger.api_key;
    config.api_secret = stranger.api_secret;
    Engine engine(config, mine, log());
    engine.start();
    ASSERT_TRUE(engine.wait_live(60s)) << lines();
    ASSERT_TRUE(core::wait_until([&] {
        const std::scoped_lock lock(mine.mutex);
        const auto& told = mine.states["default"][AccountPart::orders];
        return !told.empty() && told.back().reason == Reason::refused;
    })) << lines();
    EXPECT_TRUE(logs("warning: account default: the exchange refuses the private streams")) << lines();
    EXPECT_EQ(engine.error(), ErrorCode::none);
    EXPECT_TRUE(engine.top(*engine.find("SOL-USDC"))->live());
    testing::internal::CaptureStderr();
    EXPECT_EQ(state_shown().substr(0, 2), "1\n");
    EXPECT_NE(testing::internal::GetCapturedStderr().find("account default: its orders are DOWN/refused"),
              std::string::npos);
}

TEST_F(ApiAccount, IsNotFollowedWithoutAPrivateChannelAndThatIsSaidOnce) {
    Strategy mine;
    Config config = this->config();
    config.channels = {Channel::trades, Channel::l2_book};
    Engine engine(config, mine, log());
    engine.start();
    ASSERT_TRUE(engine.wait_live(60s)) << lines();
    engine.stop();
    const std::string told = "accounts names=default (keys, and no private channel: public data alone)";
    const std::size_t at = lines().find(told);
    ASSERT_NE(at, std::string::npos) << lines();
    EXPECT_EQ(lines().find("accounts names=", at + 1), std::string::npos);
    EXPECT_TRUE(mine.states.empty());
}

TEST_F(ApiAccount, PartsThatNoChannelAsksForAreNotTold) {
    Strategy mine;
    Config config = this->config();
    config.channels = {Channel::l2_book, Channel::fills};
    Engine engine(config, mine, log());
    engine.start();
    ASSERT_TRUE(core::wait_until([&] {
        const std::scoped_lock lock(mine.mutex);
        return mine.fills.size() > 5;
    })) << lines();
    engine.stop();
    EXPECT_EQ(mine.calls, std::set<std::string>{"fill"});
    EXPECT_EQ(mine.states["default"].size(), 1u);
}

TEST_F(ApiAccount, AnExceptionOfItsFunctionEndsTheEngineCleanly) {
    struct Thrower : Handler {
        void on_balance(const AccountBalance&) override { throw std::runtime_error("no such asset"); }
        void on_error(const Error& error) noexcept override { told = std::string(error.text); }
        std::string told;
    } thrower;
    Engine engine(config(), thrower, log());
    engine.start();
    ASSERT_TRUE(core::wait_until([&] { return !engine.running(); })) << lines();
    engine.stop();
    EXPECT_EQ(engine.error(), ErrorCode::callback);
    EXPECT_EQ(thrower.told, "an exception left on_balance: no such asset");
}

TEST_F(ApiAccount, ItsFunctionMayStopTheEngine) {
    struct Quitter : Handler {
        void on_balance(const AccountBalance&) noexcept override {
            ++calls;
            engine->stop();
        }
        Engine* engine = nullptr;
        std::atomic<int> calls{0};
    } quitter;
    Engine engine(config(), quitter, log());
    quitter.engine = &engine;
    engine.start();
    ASSERT_TRUE(core::wait_until([&] { return quitter.calls > 0 && !engine.running(); })) << lines();
    engine.stop();
    EXPECT_EQ(quitter.calls, 1);
}

}  // namespace
}  // namespace daypack
