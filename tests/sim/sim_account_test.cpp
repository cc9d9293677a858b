// SPDX-License-Identifier: MIT
// The account side of the simulated exchange: who is let in, and books that balance.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/sim_setup.h"
#include "tests/sim/sim_signer.h"
#include "tools/sim/account/gate.h"
#include "tools/sim/account/matching.h"
#include "tools/sim/account/script.h"
#include "tools/sim/exchange.h"

namespace daypack::core::sim {
namespace {

// --- who is let in --------------------------------------------------------------------------------------------------

// Computed by another library from the key pair of RFC 8032, TEST 1.
constexpr const char* kPublicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
struct Vector {
    const char* instruction;
    const char* target;  // its parameters in an order that is not the signed one
    std::int64_t at_ms;
    const char* window;
    const char* signature;
};
constexpr Vector kVectors[] = {
    {"balanceQuery", "/api/v1/capital", 1614550000000, "5000",
     "0Xe7TkJWz9DGQ5TNj1mBNbiF5PTPIVch/B+5PzBZ0QdWQq/pmWAyP+AluwN5pPyKjz3SUaeL78eiy+TCcakEAQ=="},
    {"orderQueryAll", "/api/v1/orders?symbol=SOL_USDC&marketType=SPOT&limit=100", 1, "5000",
     "AiLvSblkDkiKcQADUGTUm6g621oiVTXK8t0EYTIkKw2aXXoCZVZfQNUq8VycEBENMxvzZBqdEbTrgXH5o7oZAQ=="},
    {"positionQuery", "/api/v1/position", 1700000000000, "60000",
     "JngIuOR/bg2bI+5DHpz65Q9LSWPsHO64ezI89ab2JrDJe8NB1e/grGj5n3Gopk4mYU9oey6mZbtBdoATsYaKAg=="},
    {"fillHistoryQueryAll",
     "/wapi/v1/history/fills?to=1614550000000&symbol=SOL_USDC&sortDirection=Asc&limit=1000&from=1614540000000"
     "&fillType=User",
     1614550000000, "5000", "lGhEK1pbRAvkbCE0zCYyLasBb5CTYq2Iob9JYVh8gRoxftAyEYrYJMW0OuFQThGuqS54WEG+ovSbagqA7go9DQ=="},
    {"orderQuery", "/api/v1/order?symbol=kBONK_USDC_PERP&clientId=4294967295", 1614550000000, "5000",
     "W8tSFztv9eEmP//ky0/PqccV/oGzvPsHqtI6ZPoIlkZxTY76Hjk3UniJ6jRP4JVcof973fHWC7NcfJxDtlIQDA=="},
    {"collateralQuery", "/api/v1/capital/collateral", 1614550000000, "5000",
     "lj0dgr0xFC8vyK1XlCHlIYcRpz3QtlUpuIz6kOTu7GmbKw6fAoCFLJq9hqE2Y/BmE5OquM/wMKKe9p3ouMExBg=="},
    {"borrowLendPositionQuery", "/api/v1/borrowLend/positions", 1614550000000, "5000",
     "PqGsw2Ytn3mtDHSZbGiFHDGbm9UyJc2LM5LlYW77UBSq9Db6UsLtWKqaLV+6NHqlboZEtaRA9Y+20MZIPotaCw=="},
};

Credentials credentials_of(const Vector& vector) {
    return {kPublicKey, vector.signature, std::to_string(vector.at_ms), vector.window};
}

TEST(SimAccountGate, TakesWhatAnotherLibrarySigned) {
    Gate gate;
    gate.admit(kPublicKey, 3);
    for (const Vector& vector : kVectors) {
        const std::string target = vector.target;
        EXPECT_EQ(instruction_of(target.substr(0, target.find('?'))), vector.instruction);
        const auto verdict = gate.check(vector.instruction, target, credentials_of(vector), vector.at_ms + 100);
        EXPECT_EQ(verdict.refusal, Refusal::none) << target;
        EXPECT_EQ(verdict.account, 3u);
    }
    const std::vector<std::string> subscription{
        kPublicKey,
        "nnH9lOoIF3v72vbmeopqLLUggbPuhAuXgYbQc6qJnYSsFW0ZM3hUVK4feOAmIHQA02vH16oz+C3+6HQmPkggDA==", "1614550000000",
        "5000"};
    EXPECT_EQ(gate.check_subscription(subscription, 1614550000000).refusal, Refusal::none);
    EXPECT_EQ(gate.check_subscription(subscription, 1614550000000).refusal, Refusal::none) << "may be sent again";
    EXPECT_EQ(gate.check_subscription(subscription, 1614550005001).refusal, Refusal::expired);
}

TEST(SimAccountGate, RefusesEveryFlippedBitOfASignature) {
    const KeyPair keys = key_pair_of(1, 1);
    const std::string text = "instruction=balanceQuery&timestamp=1000&window=5000";
    EXPECT_TRUE(is_signed_by(keys.api_key, signature_of(keys, text), text));
    for (int bit = 0; bit < 512; ++bit) {
        EXPECT_FALSE(is_signed_by(keys.api_key, signature_of(keys, text, bit), text)) << bit;
    }
    EXPECT_FALSE(is_signed_by(key_pair_of(1, 2).api_key, signature_of(keys, text), text));
    EXPECT_FALSE(is_signed_by(keys.api_key, signature_of(keys, text).substr(1), text));
}

TEST(SimAccountGate, SaysWhatARequestIsRefusedFor) {
    const Vector& vector = kVectors[1];
    const auto refusal = [&](auto spoil, std::string target = kVectors[1].target, std::int64_t later_ms = 0) {
        Gate gate;
        gate.admit(kPublicKey, 0);
        Credentials credentials = credentials_of(vector);
        spoil(credentials);
        return gate.check(vector.instruction, target, credentials, vector.at_ms + later_ms).refusal;
    };
    const auto as_it_is = [](Credentials&) {};
    EXPECT_EQ(refusal(as_it_is), Refusal::none);
    EXPECT_EQ(refusal([](Credentials& c) { c.window.reset(); }), Refusal::none) << "5000 is signed all the same";
    EXPECT_EQ(refusal([](Credentials& c) { c.api_key.reset(); }), Refusal::no_key);
    EXPECT_EQ(refusal([](Credentials& c) { c.signature.reset(); }), Refusal::no_key);
    EXPECT_EQ(refusal([](Credentials& c) { c.timestamp.reset(); }), Refusal::no_key);
    EXPECT_EQ(refusal([](Credentials& c) { c.api_key = key_pair_of(1, 1).api_key; }), Refusal::unknown_key);
    EXPECT_EQ(refusal([](Credentials& c) { c.window = "0"; }), Refusal::bad_window);
    EXPECT_EQ(refusal([](Credentials& c) { c.window = "60001"; }), Refusal::bad_window);
    EXPECT_EQ(refusal([](Credentials& c) { c.window = "4999"; }), Refusal::bad_signature);
    EXPECT_EQ(refusal([](Credentials& c) { c.timestamp = "1.0"; }), Refusal::bad_timestamp);
    EXPECT_EQ(refusal([](Credentials& c) { c.timestamp = "2"; }), Refusal::bad_signature);
    EXPECT_EQ(refusal(as_it_is, vector.target, 5000), Refusal::none);
    EXPECT_EQ(refusal(as_it_is, vector.target, 5001), Refusal::expired);
    EXPECT_EQ(refusal(as_it_is, vector.target, -1000), Refusal::none);
    EXPECT_EQ(refusal(as_it_is, vector.target, -1001), Refusal::expired) << "a clock ahead of the venue's";
    EXPECT_EQ(refusal(as_it_is, "/api/v1/orders?symbol=SOL_USDC&marketType=SPOT&limit=10"), Refusal::bad_signature);
    EXPECT_EQ(refusal(as_it_is, "/api/v1/orders?symbol=SOL_USDC&marketType=SPOT"), Refusal::bad_signature);
    EXPECT_EQ(refusal(as_it_is, std::string(vector.target) + "&limit=100"), Refusal::bad_signature) << "a key twice";
    Gate gate;
    gate.admit(kPublicKey, 0);
    const auto again = [&] { return gate.check(vector.instruction, vector.target, credentials_of(vector), 1).refusal; };
    EXPECT_EQ(again(), Refusal::none);
    EXPECT_EQ(again(), Refusal::replayed);
}

TEST(SimAccountGate, WritesKeysThatNobodyElseReads) {
    const std::string folder = testing::TempDir() + "sim_account_keys";
    std::filesystem::remove_all(folder);
    SimOptions options = options_for({"SOL_USDC"}, 0);
    options.accounts = 2;
    options.keys_out = folder;
    const Exchange exchange(options);
    struct stat found {};
    ASSERT_EQ(::stat((folder + "/account2.key").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777u, 0600u);
    std::ifstream in(folder + "/account2.key");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const KeyPair keys = exchange.account_key(2);
    EXPECT_EQ(text, "api_key: " + keys.api_key + "\napi_secret: " + keys.api_secret + "\n");
    options.keys_out = "/proc/nowhere";
    EXPECT_THROW(Exchange{options}, std::runtime_error);
}

// --- books that balance ---------------------------------------------------------------------------------------------

std::vector<Instrument> some_instruments() {
    return {{"SOL_USDC", "SOL", "USDC", false, 2, kOne / 100, kOne / 100},
            {"SOL_USDC_PERP", "SOL", "USDC", true, 2, kOne / 100, kOne / 100},
            {"BTC_USDC_PERP", "BTC", "USDC", true, 1, kOne / 10, kOne / 100'000},
            {"BONK_USDC", "BONK", "USDC", false, 9, kOne / 1'000'000'000, 10'000 * kOne}};
}

// What an account should have, from what it did alone.
void expect_balanced(const Matching& matching, const Account& account) {
    std::map<std::string, Amount> owns = account.transferred, locked, held, cost;
    for (const Funding& funding : account.fundings) owns["USDC"] += funding.quantity;
    for (const Fill& fill : account.fills) {
        const Amount quantity = fill.bid ? fill.quantity : -fill.quantity;
        owns[fill.fee_symbol] -= fill.fee;
        owns["USDC"] -= times(quantity, fill.price);
        const Instrument& market = matching.instrument(fill.symbol);
        (market.is_perpetual ? held[fill.symbol] : owns[market.base]) += quantity;
    }
    for (const auto& [symbol, position] : account.now.positions) {
        owns["USDC"] += position.cost;
        ASSERT_NE(position.quantity, 0);
        ASSERT_EQ(position.quantity > 0, position.cost > 0);
        ASSERT_EQ(held[symbol], position.quantity);
        held.erase(symbol);
    }
    for (const auto& [symbol, quantity] : held) ASSERT_EQ(quantity, 0) << symbol;
    for (const auto& [id, order] : account.now.orders) {
        ASSERT_GT(order.remaining(), 0);
        const auto locks = lock_of(matching.instrument(order.symbol), order, order.remaining());
        if (locks) locked[locks->asset] += locks->amount;
    }
    for (const auto& [asset, balance] : account.now.balances) {
        ASSERT_EQ(balance.total(), owns[asset]) << asset;
        ASSERT_EQ(balance.locked, locked[asset]) << asset;
        ASSERT_GE(balance.lent, 0);
    }
}

TEST(SimAccountBooks, LoseAndMakeNothingInTenThousandActs) {
    Random random(5);
    std::map<std::string, Amount> bids{
        {"SOL_USDC", 100 * kOne}, {"SOL_USDC_PERP", 100 * kOne}, {"BTC_USDC_PERP", 86'000 * kOne}};
    Matching matching(some_instruments(), std::vector<Account>(3), 11, [&bids](const std::string& symbol) {
        if (symbol == "BONK_USDC") return Touch{210'000, 210'010};
        return Touch{bids.at(symbol), bids.at(symbol) + kOne / 10};
    });
    Script script(matching, 12);
    for (std::size_t i = 0; i < 3; ++i) {
        script.prepare(i);
        EXPECT_EQ(matching.accounts()[i].transferred.at("BONK"), 100'000'000 * kOne) << "as much as can be counted";
    }
    (void)matching.take_notices();
    std::map<PrivateStream, std::int64_t> last_us;
    for (int act = 0; act < 10'000; ++act) {
        for (auto& [symbol, bid] : bids) bid = std::max(kOne, bid + (random.below(21) - 10) * (kOne / 10));
        matching.set_time(1'700'000'000'000'000 + act * 10);
        script.act(static_cast<std::size_t>(act) % 3);
        std::map<std::string, Amount> sum = matching.house();
        for (const Account& account : matching.accounts()) {
            for (const auto& [asset, balance] : account.now.balances) sum[asset] += balance.total();
        }
        for (const auto& [asset, amount] : sum) ASSERT_EQ(amount, 0) << asset << " after act " << act;
        if (act % 10 == 0) {  // it walks over all fills
            for (const Account& account : matching.accounts()) {
                ASSERT_NO_FATAL_FAILURE(expect_balanced(matching, account)) << "after act " << act;
            }
        }
        for (const Notice& notice : matching.take_notices()) {
            const std::int64_t at_us = std::stoll(notice.data.substr(notice.data.find("\"T\":") + 4));
            ASSERT_GT(at_us, std::exchange(last_us[notice.stream], at_us));
        }
    }
    std::set<Status> ends;
    for (const Account& account : matching.accounts()) {
        EXPECT_GT(account.fills.size(), 500u);
        for (const Order& order : account.ended) ends.insert(order.status);
    }
    EXPECT_EQ(ends, (std::set<Status>{Status::Filled, Status::Cancelled, Status::Expired, Status::TriggerFailed}));
}

}  // namespace
}  // namespace daypack::core::sim
