// SPDX-License-Identifier: MIT
// One account followed over TLS on the simulated exchange, which verifies each signature: what is shown in the end is
// what the exchange holds, whatever was lost on the way, and each fill was told once.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <tuple>

#include "engine/account/account_agent.h"
#include "net/backpack/rest_api.h"
#include "net/base/clock.h"
#include "tests/sim/sim_setup.h"
#include "tools/sim/exchange.h"

namespace daypack::core::test {
namespace {

using sim::Exchange;
using sim::Fault;
using sim::SimOptions;

// All that an account has, as text, so that two of them are compared at once.
struct Holdings {
    std::map<std::string, std::tuple<std::string, std::string>> orders;                 // executed, status
    std::map<std::string, std::tuple<std::string, std::string>> positions;              // id, quantity
    std::map<std::string, std::tuple<std::string, std::string, std::string>> balances;  // available, locked, lent
    bool operator==(const Holdings&) const = default;
};

std::string decimal(simdjson::dom::element row, const char* key) {
    return Amount::parse(std::string(row[key].get_string().value())).value().text();
}
std::string text(simdjson::dom::element row, const char* key) {
    return std::string(row[key].get_string().value());
}

// More by hand: DAYPACK_ACCOUNT_ACTS=10000.
std::uint64_t acts_wanted(std::uint64_t otherwise) {
    const char* const given = std::getenv("DAYPACK_ACCOUNT_ACTS");
    return given != nullptr ? std::stoull(given) : otherwise;
}

class AccountAgentTest : public testing::Test {
  protected:
    void begin(double rate, std::uint64_t events, std::int64_t history_lag_ms = 0) {
        SimOptions options = sim::options_for({"SOL_USDC", "SOL_USDC_PERP", "BTC_USDC_PERP"}, 20);
        options.tls = true;
        options.accounts = 1;
        options.account_rate = rate;
        options.account_events = events;
        options.history_lag_ms = history_lag_ms;
        exchange = std::make_unique<Exchange>(options);
        std::ofstream(ca_) << exchange->ca_pem();
        tls = std::make_unique<TlsContext>(TlsContext::client(ca_));
        const sim::KeyPair keys = exchange->account_key(1);
        secret = keys.api_secret;
        signer = std::make_unique<Signer>(keys.api_key, keys.api_secret);
    }
    void follow() {
        AccountAgent::Options options;
        options.ws_urls = {parse_url(exchange->ws_url(), UrlKind::websocket)};
        options.rest = rest_options({exchange->rest_url()}, 60'000, *tls);
        options.tls = tls.get();
        options.interval_ns = 1'500'000'000;
        agent = std::make_unique<AccountAgent>(io, std::move(options), *signer,
                                               [this](const std::string& words) { said.push_back(words); });
        agent->start();
    }
    ~AccountAgentTest() override { (void)std::filesystem::remove(ca_); }

    bool until(const std::function<bool()>& done, int seconds = 60) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) return false;
            io.restart();
            (void)io.run_one_for(std::chrono::milliseconds(1));
            (void)io.poll();
            agent->do_work(mono_now());
            for (const AccountNews& news : agent->take_news()) {
                if (const auto* fill = std::get_if<FillNews>(&news)) ++told[fill->fill.trade_id];
                const auto* order = std::get_if<OrderNews>(&news);
                if (order != nullptr && !order->event.kind.empty()) ++events[order->event.identity()];
            }
        }
        return true;
    }
    [[nodiscard]] bool is_over() const { return exchange->account_truth(1).find("\"over\":true") != std::string::npos; }

    [[nodiscard]] std::uint64_t acts() const {
        const std::string body = exchange->account_truth(1);
        return std::stoull(body.substr(body.find("\"events\":") + 9));
    }

    [[nodiscard]] Holdings truth() {
        simdjson::dom::parser parser;
        const std::string body = exchange->account_truth(1);
        const simdjson::dom::element all = parser.parse(body);
        Holdings truth;
        for (const auto row : simdjson::dom::array(all["orders"])) {
            truth.orders[text(row, "id")] = {decimal(row, "executedQuantity"), text(row, "status")};
        }
        for (const auto row : simdjson::dom::array(all["positions"])) {
            truth.positions[text(row, "symbol")] = {text(row, "positionId"), decimal(row, "netQuantity")};
        }
        for (const auto field : simdjson::dom::object(all["balances"])) {
            truth.balances[std::string(field.key)] = {decimal(field.value, "available"), decimal(field.value, "locked"),
                                                      decimal(field.value, "lent")};
        }
        fills.clear();
        for (const auto row : simdjson::dom::array(all["fills"])) {
            fills[std::to_string(row["tradeId"].get_uint64().value())] = row["timestampUs"].get_int64().value();
        }
        return truth;
    }
    [[nodiscard]] Holdings shown() const {
        Holdings shown;
        for (const auto& [id, row] : agent->book().orders().rows()) {
            shown.orders[id] = {row.order.executed.text(), row.order.status};
        }
        for (const auto& [symbol, held] : agent->book().positions().rows()) {
            if (PositionPolicy::is_none(held.row)) continue;
            shown.positions[symbol] = {held.row.id, held.row.net_quantity.text()};
        }
        for (const auto& [asset, held] : agent->book().balances().rows()) {
            shown.balances[asset] = {held.row.available.text(), held.row.locked.text(), held.row.lent.text()};
        }
        return shown;
    }
    // The accounts stand still: what is shown becomes what the exchange holds, LIVE throughout, with each fill since
    // `since_us` told once.
    void expect_right_in_the_end(std::int64_t since_us) {
        MonoTime due = mono_now();
        ASSERT_TRUE(until([&] {
            if (mono_now() - due < 0 || !agent->book().is_settled()) return false;
            due = mono_now() + 100'000'000;
            return shown() == truth();
        }));
        const Holdings held = truth();
        EXPECT_EQ(shown().orders, held.orders);
        EXPECT_EQ(shown().positions, held.positions);
        EXPECT_EQ(shown().balances, held.balances);
        for (const auto& [trade, us] : fills) {
            if (us > since_us) EXPECT_EQ(told[trade], 1) << trade;
        }
        for (const auto& [trade, times] : told) {
            EXPECT_EQ(times, 1) << trade;
            EXPECT_TRUE(fills.contains(trade)) << trade;
        }
        for (const auto& [identity, times] : events) EXPECT_EQ(times, 1) << identity;
        for (const std::string& words : said) EXPECT_EQ(words.find(secret), std::string::npos) << words;
    }
    // Lets the accounts stand still, reads all that was sent by then, and holds what is LIVE against the exchange.
    // Returns how many parts were.
    unsigned expect_right_where_live(std::int64_t since_us) {
        exchange->pause_accounts(true);
        agent->catch_up(mono_now());
        EXPECT_TRUE(until([&] { return !agent->is_catching_up(); }));
        const MonoTime read = mono_now();
        EXPECT_TRUE(until([&] { return mono_now() - read >= 2 * AccountAgent::kOvertaken_ns; }));
        const auto is_live = [&](AccountKind kind) {
            return agent->book().state(kind) == AccountKindState{State::live, Reason::none, false};
        };
        Holdings held = truth(), mine = shown();
        for (Holdings* const each : {&held, &mine}) {  // what is lent is in no event: it is as of the last fetch
            for (auto& [asset, balance] : each->balances) std::get<2>(balance).clear();
        }
        if (is_live(AccountKind::orders)) EXPECT_EQ(mine.orders, held.orders);
        if (is_live(AccountKind::positions)) EXPECT_EQ(mine.positions, held.positions);
        if (is_live(AccountKind::balances)) EXPECT_EQ(mine.balances, held.balances);
        for (const auto& [trade, us] : fills) {
            EXPECT_TRUE(!is_live(AccountKind::fills) || us <= since_us || told[trade] == 1) << trade;
        }
        exchange->pause_accounts(false);
        unsigned live = 0;
        for (const AccountKind kind :
             {AccountKind::orders, AccountKind::positions, AccountKind::balances, AccountKind::fills}) {
            live += is_live(kind) ? 1 : 0;
        }
        return live;
    }
    [[nodiscard]] std::uint64_t doubts() const {
        std::uint64_t sum = 0;
        for (const auto& kind : agent->book().stats().kinds) sum += kind.doubts;
        return sum;
    }
    [[nodiscard]] std::uint64_t differences() const {
        std::uint64_t sum = 0;
        for (const auto& kind : agent->book().stats().kinds) sum += kind.differences;
        return sum;
    }

    std::string ca_ = testing::TempDir() + "account_agent_" + std::to_string(getpid()) + ".pem";
    boost::asio::io_context io;
    std::unique_ptr<Exchange> exchange;
    std::unique_ptr<TlsContext> tls;
    std::unique_ptr<Signer> signer;
    std::unique_ptr<AccountAgent> agent;
    std::string secret;
    std::vector<std::string> said;
    std::map<std::string, std::int64_t> fills;  // of the exchange, with their times
    std::map<std::string, int> told;
    std::map<std::string, int> events;
};

TEST_F(AccountAgentTest, IsRightInTheEndWhateverWasLost) {
    begin(1'000, 0, 100);
    const std::int64_t begun_us = wall_now().ns / 1'000;
    follow();
    ASSERT_TRUE(until([&] { return agent->book().is_settled(); })) << "while it trades";
    const std::int64_t since_us = wall_now().ns / 1'000;
    std::printf("LIVE after %lld ms, at 1,000 acts a second\n", static_cast<long long>(since_us - begun_us) / 1'000);
    EXPECT_LT(doubts(), 10u) << "an answer is compared with what the stream had told by then, not with less";
    constexpr std::size_t kSilent = 7;  // so many faults with that one
    const std::vector<const char*> faults{
        "private:how=duplicate", "private:how=drop", "private:how=late", "account:how=lend",
        "private:how=drop",      "private:how=late", "private:how=lost", "account:how=restart,for_ms=200"};
    const std::uint64_t least = acts_wanted(3'000);
    std::size_t next = 0;
    MonoTime due = mono_now();
    ASSERT_TRUE(until([&] {
        if (mono_now() - due < 0) return false;
        due = mono_now() + 200'000'000;
        if (exchange->fault_log().size() < next) return false;
        if (next == kSilent && differences() == 0) return false;  // it is to be found before the next one strikes
        if (next < faults.size()) exchange->inject(Fault::parse(faults[next++]));
        return exchange->fault_log().size() == faults.size() && acts() >= least;
    }));
    exchange->pause_accounts(true);
    const MonoTime still = mono_now();
    expect_right_in_the_end(since_us);
    std::printf("right %lld ms after the last of %llu acts, %zu fills told\n",
                static_cast<long long>((mono_now() - still) / 1'000'000), static_cast<unsigned long long>(acts()),
                told.size());
    EXPECT_GT(agent->book().stats().events, least / 2);
    EXPECT_GT(agent->book().stats().duplicates, 0u);
    EXPECT_GT(differences(), 0u) << "a subscription was lost without a word";
    EXPECT_GE(agent->connections(), 2u);
    EXPECT_EQ(agent->book().fills_given_up(), 0u);
    agent->stop();
    EXPECT_TRUE(until([&] { return agent->has_stopped(); }, 5));
}

// The venue goes on meanwhile; what an engine before has told is not known to the next one.
TEST_F(AccountAgentTest, IsRightBehindEachRestartOfItsEngine) {
    constexpr std::uint64_t kLives = 5;
    begin(1'000, 0, 100);
    const std::uint64_t each = acts_wanted(2'000) / kLives;
    std::int64_t since_us = 0;
    for (std::uint64_t life = 1; life <= kLives; ++life) {
        told.clear();
        events.clear();
        agent.reset();
        const MonoTime begun = mono_now();
        follow();
        ASSERT_TRUE(until([&] { return agent->book().is_settled(); })) << life;
        std::printf("LIVE after %lld ms\n", static_cast<long long>((mono_now() - begun) / 1'000'000));
        since_us = wall_now().ns / 1'000;
        exchange->inject(Fault::parse(life % 2 == 1 ? "private:how=drop" : "private:how=late"));
        ASSERT_TRUE(until([&] { return acts() >= life * each && exchange->fault_log().size() == life; }));
        for (const auto& [trade, times] : told) EXPECT_EQ(times, 1) << trade;
    }
    exchange->pause_accounts(true);
    expect_right_in_the_end(since_us);
    EXPECT_EQ(agent->book().fills_given_up(), 0u);
}

// Looked at forty times at moments that nobody chose, with the line cut and the engine started anew in between.
TEST_F(AccountAgentTest, IsRightWheneverItIsLiveThroughCutsAndRestarts) {
    constexpr int kLooks = 40;
    begin(1'000, 0, 100);
    std::mt19937 random(7);
    follow();
    std::int64_t since_us = wall_now().ns / 1'000 + 1'000'000;
    unsigned live = 0;
    for (int look = 0; look < kLooks; ++look) {
        if (look % 10 == 3) {
            exchange->go_away();
            ASSERT_TRUE(until([&] { return agent->book().state(AccountKind::fills).state != State::live; }));
            exchange->come_back();
        }
        if (look % 10 == 8) {
            agent.reset();
            told.clear();
            follow();
            since_us = wall_now().ns / 1'000 + 1'000'000;
        }
        const std::uint64_t least = acts() + 20 + random() % 1'000;
        ASSERT_TRUE(until([&] { return acts() >= least; }));
        live += expect_right_where_live(since_us);
    }
    std::printf("%u of %d parts were LIVE when looked at\n", live, 4 * kLooks);
    EXPECT_GT(live, 30u);
    EXPECT_LT(live, 4U * kLooks) << "some looks were at parts that were not";
}

TEST_F(AccountAgentTest, FindsNoDifferenceWhereNothingIsLost) {
    begin(500, 1'500);
    follow();
    ASSERT_TRUE(until([&] { return agent->book().is_settled(); }));
    const std::int64_t since_us = wall_now().ns / 1'000;
    ASSERT_TRUE(until([&] { return is_over(); }));
    expect_right_in_the_end(since_us);
    EXPECT_EQ(differences(), 0u);
    EXPECT_EQ(agent->connections(), 1u);
    EXPECT_EQ(agent->unknown_words(), 0u);
    EXPECT_TRUE(said.empty()) << said.front();
}

TEST_F(AccountAgentTest, IsDownWhileItsSignatureIsRefusedAndLiveBehindThat) {
    begin(100, 0);
    exchange->inject(Fault::parse("sign_in"));
    follow();
    ASSERT_TRUE(until([&] { return agent->book().state(AccountKind::orders).state == State::down && !said.empty(); }));
    EXPECT_EQ(agent->book().state(AccountKind::orders).reason, Reason::refused);
    EXPECT_NE(said.back().find("4003"), std::string::npos) << said.back();
    ASSERT_TRUE(until([&] { return agent->book().is_settled(); }));
    exchange->go_away();
    ASSERT_TRUE(until([&] { return agent->book().state(AccountKind::fills).state != State::live; }));
    EXPECT_EQ(agent->book().state(AccountKind::orders), (AccountKindState{State::stale, Reason::line_dead, false}));
    exchange->come_back();
    ASSERT_TRUE(until([&] { return agent->book().is_settled(); }));
}

}  // namespace
}  // namespace daypack::core::test
