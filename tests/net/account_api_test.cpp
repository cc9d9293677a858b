// SPDX-License-Identifier: MIT
// Signed reads of an account against a server that checks every signature, over TLS.
#include "net/backpack/account/account_api.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <map>

#include "net/base/clock.h"
#include "tests/net/backpack/signing_vectors.h"
#include "tests/net/rest_harness.h"

namespace daypack::core::test {
namespace {

const std::map<std::string, std::string> kInstructions = {{"/api/v1/capital", "balanceQuery"},
                                                          {"/api/v1/capital/collateral", "collateralQuery"},
                                                          {"/api/v1/borrowLend/positions", "borrowLendPositionQuery"},
                                                          {"/api/v1/orders", "orderQueryAll"},
                                                          {"/api/v1/order", "orderQuery"},
                                                          {"/api/v1/position", "positionQuery"},
                                                          {"/wapi/v1/history/orders", "orderHistoryQueryAll"},
                                                          {"/wapi/v1/history/fills", "fillHistoryQueryAll"},
                                                          {"/wapi/v1/history/funding", "fundingHistoryQueryAll"}};

std::string field(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
}

// Whether a request is signed for what it asks for. Its query is in order, since the client sorts.
bool is_signed(const std::string& head) {
    const std::string target = head.substr(4, head.find(' ', 4) - 4);
    const auto mark = target.find('?');
    const auto instruction = kInstructions.find(target.substr(0, mark));
    if (instruction == kInstructions.end()) return false;
    std::string text = "instruction=" + instruction->second;
    if (mark != std::string::npos) text += "&" + target.substr(mark + 1);
    text += "&timestamp=" + field(head, "X-Timestamp") + "&window=" + field(head, "X-Window");
    unsigned char key[32];
    unsigned char signature[64];
    const auto decode = [](const std::string& base64, unsigned char* bytes, std::size_t size) {
        return sodium_base642bin(bytes, size, base64.data(), base64.size(), nullptr, nullptr, nullptr,
                                 sodium_base64_VARIANT_ORIGINAL) == 0;
    };
    return decode(field(head, "X-API-Key"), key, sizeof key) && decode(field(head, "X-Signature"), signature, 64) &&
           crypto_sign_verify_detached(signature, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                       key) == 0;
}

class AccountApiTest : public RestTest {
  protected:
    AccountApiTest() {
        api.answer = [this](Peer& peer, const std::string& head) {
            if (head.starts_with("GET /api/v1/time ")) {
                ++time_reads;
                return peer.send(http("200 OK", std::to_string(wall_now().ns / 1'000'000 + venue_ahead_ms)));
            }
            EXPECT_TRUE(is_signed(head)) << head;
            const std::string timestamp = field(head, "X-Timestamp");
            timestamps.push_back(timestamp.empty() ? 0 : std::stoll(timestamp));
            answer_signed(peer, head);
        };
    }
    AccountApi& account() {
        if (!account_) {
            account_ = std::make_unique<AccountApi>(rest(), signer,
                                                    [this](const std::string& words) { said.push_back(words); });
        }
        return *account_;
    }
    // What a read brings.
    template <class Rows, class Read>
    AccountReply<Rows> reply(Read read) {
        std::optional<AccountReply<Rows>> reply;
        read([&reply](AccountReply<Rows> came) { reply = std::move(came); });
        EXPECT_FALSE(reply) << "answered from within the call";
        EXPECT_TRUE(run_until(io, [&] { return reply.has_value(); }));
        return reply.value_or(AccountReply<Rows>{});
    }
    AccountReply<AccountRows<AccountOrder>> open_orders(const std::string& symbol = "") {
        return reply<AccountRows<AccountOrder>>([&](auto done) { account().open_orders(symbol, done); });
    }

    Signer signer{kRfc8032.verifying, kRfc8032.seed};
    std::unique_ptr<AccountApi> account_;
    std::function<void(Peer&, const std::string&)> answer_signed = [](Peer& peer, const std::string&) {
        peer.send(http("200 OK", "[]"));
    };
    std::int64_t venue_ahead_ms = 0;
    int time_reads = 0;
    std::vector<std::int64_t> timestamps;
    std::vector<std::string> said;
};

TEST_F(AccountApiTest, EachReadIsSignedForWhatItAsksFor) {
    HistoryQuery query;
    query.symbol = "kBONK_USDC_PERP";
    query.from_ms = 1;
    query.to_ms = 2;
    query.limit = 1'000;
    EXPECT_TRUE(open_orders("SOL_USDC").value);
    EXPECT_TRUE(open_orders().value);
    using Orders = AccountRows<AccountOrder>;
    EXPECT_TRUE(reply<Orders>([&](auto done) { account().order("SOL_USDC", "1", done); }).value);
    EXPECT_TRUE(reply<Orders>([&](auto done) { account().order_of_client("SOL_USDC", 7, done); }).value);
    EXPECT_TRUE(reply<Orders>([&](auto done) { account().order_history({}, done); }).value);
    EXPECT_TRUE(reply<AccountRows<AccountPosition>>([&](auto done) { account().positions("", done); }).value);
    EXPECT_TRUE(reply<AccountRows<AccountFill>>([&](auto done) { account().fills(query, done); }).value);
    EXPECT_TRUE(reply<AccountRows<AccountFunding>>([&](auto done) { account().funding_history({}, done); }).value);
    EXPECT_EQ(timestamps.size(), 8u);
    EXPECT_EQ(time_reads, 1) << "once a minute";
}

TEST_F(AccountApiTest, BalancesAreOfThreeAnswers) {
    answer_signed = [](Peer& peer, const std::string& head) {
        const bool lent = head.find("borrowLend") != std::string::npos;
        const bool margin = head.find("collateral") != std::string::npos;
        peer.send(http("200 OK", lent     ? R"([{"symbol":"USDC","netQuantity":"5"}])"
                                 : margin ? R"({"collateral":[{"symbol":"USDC","totalQuantity":"15"}]})"
                                          : R"({"USDC":{"available":"10","locked":"0","staked":"0"}})"));
    };
    const auto balances = reply<AccountRows<AccountBalance>>([&](auto done) { account().balances(done); });
    ASSERT_TRUE(balances.value) << balances.why;
    ASSERT_EQ(balances.value->rows.size(), 1u);
    EXPECT_EQ(balances.value->rows[0].total()->text(), "15");
    EXPECT_EQ(balances.value->rows[0].margin_quantity->text(), "15");
}

TEST_F(AccountApiTest, TheVenuesClockIsFollowedAndADriftIsSaidOnce) {
    venue_ahead_ms = 90'000;
    EXPECT_TRUE(open_orders().value);
    EXPECT_TRUE(open_orders().value);
    EXPECT_NEAR(static_cast<double>(timestamps[0]), static_cast<double>(wall_now().ns / 1'000'000 + 90'000), 20'000);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_NE(said[0].find("ms ahead of this machine's; signatures follow it, but set this one"), std::string::npos)
        << said[0];
}

TEST_F(AccountApiTest, AnExpiredRequestIsAskedOnceMoreByAFreshClock) {
    answer_signed = [this](Peer& peer, const std::string&) {
        if (timestamps.size() > 1) return peer.send(http("200 OK", "[]"));
        venue_ahead_ms = 30'000;
        peer.send(http("400 Bad Request", R"({"code":"INVALID_CLIENT_REQUEST","message":"Request has expired"})"));
    };
    EXPECT_TRUE(open_orders().value);
    EXPECT_EQ(time_reads, 2);
    ASSERT_EQ(timestamps.size(), 2u);
    EXPECT_GE(timestamps[1] - timestamps[0], 20'000);
    EXPECT_EQ(account().stats().expired, 1u);
    answer_signed = [](Peer& peer, const std::string&) { peer.send(http("401 Unauthorized", "Request has expired")); };
    const auto again = open_orders();
    EXPECT_EQ(again.refusal, AccountRefusal::expired);
    EXPECT_EQ(timestamps.size(), 4u) << "once more, and no more";
    EXPECT_NE(again.why.find("set this machine's clock"), std::string::npos) << again.why;
}

TEST_F(AccountApiTest, ARetryIsSignedAnew) {
    EXPECT_TRUE(open_orders().value);
    bool cut = false;
    answer_signed = [&cut](Peer& peer, const std::string&) {
        if (std::exchange(cut, true)) return peer.send(http("200 OK", "[]"));
        peer.cut();  // a kept connection that is gone
    };
    EXPECT_TRUE(open_orders().value);
    ASSERT_EQ(timestamps.size(), 3u);
    EXPECT_GE(timestamps[2], timestamps[1]);
    EXPECT_EQ(rest().stats().renewed, 1u);
}

TEST_F(AccountApiTest, ThreeRefusalsStopPrivateTrafficAlone) {
    answer_signed = [](Peer& peer, const std::string&) { peer.send(http("401 Unauthorized", "Unauthorized")); };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(open_orders().refusal, AccountRefusal::unauthorized);
    EXPECT_EQ(account().stats().paused, 1u);
    EXPECT_NE(said.back().find("private traffic stops for 60 s: see that the key is still listed"), std::string::npos);
    const auto stopped = open_orders();
    EXPECT_EQ(timestamps.size(), 3u) << "nothing was sent";
    EXPECT_NE(stopped.why.find("three times in a row"), std::string::npos) << stopped.why;
    EXPECT_EQ(get("/api/v1/time").status, 200) << "public data goes on";
}

TEST_F(AccountApiTest, WhatTheVenueRefusesSaysWhatToDo) {
    answer_signed = [](Peer& peer, const std::string&) {
        peer.send(http("403 Forbidden", R"({"code":"FORBIDDEN","message":"Forbidden"})"));
    };
    const auto forbidden = open_orders();
    EXPECT_EQ(forbidden.refusal, AccountRefusal::forbidden);
    EXPECT_NE(forbidden.why.find("give the key the right"), std::string::npos) << forbidden.why;
    answer_signed = [](Peer& peer, const std::string&) {
        peer.send(http("404 Not Found", R"({"code":"RESOURCE_NOT_FOUND","message":"Not Found"})"));
    };
    EXPECT_EQ(reply<AccountRows<AccountOrder>>([&](auto done) { account().order("A", "1", done); }).refusal,
              AccountRefusal::not_found);
    const auto none = reply<AccountRows<AccountPosition>>([&](auto done) { account().positions("A", done); });
    ASSERT_TRUE(none.value) << "no position is an answer";
    EXPECT_TRUE(none.value->rows.empty());
    answer_signed = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "<html>")); };
    EXPECT_NE(open_orders().why.find("no list of the kind"), std::string::npos);
}

TEST_F(AccountApiTest, AHistoryTellsItsPage) {
    answer_signed = [](Peer& peer, const std::string&) {
        peer.send(http("200 OK", "[]", "X-Page-Count: 3\r\nX-Current-Page: 1\r\nX-Page-Size: 100\r\nX-Total: 250\r\n"));
    };
    const auto fills = reply<AccountRows<AccountFill>>([&](auto done) { account().fills({}, done); });
    ASSERT_TRUE(fills.page);
    EXPECT_EQ(fills.page->current, 1u);
    EXPECT_EQ(fills.page->count, 3u);
    EXPECT_EQ(fills.page->total, 250u);
}

TEST_F(AccountApiTest, NothingIsCalledAfterItsEnd) {
    bool called = false;
    account().open_orders("", [&](auto) { called = true; });
    account_.reset();
    EXPECT_EQ(get("/api/v1/time").status, 200);
    EXPECT_FALSE(called);
}

}  // namespace
}  // namespace daypack::core::test
