// SPDX-License-Identifier: MIT
// The parts of an account's reads that need no network: exact decimals, bodies in every form, refusals, clock and gate.
#include <gtest/gtest.h>

#include <string>

#include "net/backpack/account/account_decoder.h"
#include "net/backpack/account/account_refusal.h"
#include "net/backpack/account/server_time.h"

namespace daypack::core {
namespace {

std::string text_of(std::string_view text) {
    const auto amount = Amount::parse(text);
    return amount ? amount->text() : "none";
}

TEST(Amount, IsExactInEveryFormOfADecimal) {
    for (const auto& [text, same] :
         {std::pair{"0", "0"},
          {"0.00", "0"},
          {"-0", "0"},
          {"12.50", "12.5"},
          {"-0.1", "-0.1"},
          {"100", "100"},
          {"1E-8", "0.00000001"},
          {"0E-8", "0"},
          {"1.5e+3", "1500"},
          {"12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"},
          {"0.000000000000000000000000000001", "0.000000000000000000000000000001"}}) {
        EXPECT_EQ(text_of(text), same) << text;
    }
    for (const char* text : {"", "-", ".", "1.", ".5", "+1", "1,5", "1 ", "1e", "1e999", "NaN", "1.2.3", "0x1",
                             "123456789012345678901234567890123456789", "1e38", "1e-31"}) {
        EXPECT_EQ(text_of(text), "none") << text;
    }
}

TEST(Amount, AddsExactly) {
    const auto sum = [](const char* a, const char* b) {
        const auto sum = Amount::sum(*Amount::parse(a), *Amount::parse(b));
        return sum ? sum->text() : "none";
    };
    EXPECT_EQ(sum("0.1", "0.2"), "0.3");
    EXPECT_EQ(sum("1.05", "-0.05"), "1");
    EXPECT_EQ(sum("-1", "1"), "0");
    EXPECT_EQ(sum("99999999999999999999999999999999999999", "0.000001"), "none") << "it does not fit";
}

TEST(AccountTime, IsTakenAsMillisecondsMicrosecondsAndNaiveText) {
    const auto us = [](const char* text) { return parse_account_time(text).value_or(VenueTime{-1}).us; };
    EXPECT_EQ(us("1788285244094"), 1'788'285'244'094'000);
    EXPECT_EQ(us("1788285244094123"), 1'788'285'244'094'123);
    EXPECT_EQ(us("2026-09-01T17:54:04.094"), 1'788'285'244'094'000);
    EXPECT_EQ(us("2026-09-01T17:54:04.094123"), 1'788'285'244'094'123);
    EXPECT_EQ(us("2026-09-01T17:54:04"), 1'788'285'244'000'000);
    EXPECT_EQ(us("2026-09-01 17:54:04Z"), 1'788'285'244'000'000);
    for (const char* text : {"", "2026-09-01", "2026-13-01T00:00:00", "2026-02-30T00:00:00", "2026-09-01T24:00:00",
                             "2026-09-01T17:54:04.", "2026-09-01T17:54:04+02:00", "99999999999999999999"}) {
        EXPECT_EQ(us(text), -1) << text;
    }
}

TEST(AccountBalances, AreApartAndTheirSumCountsNothingTwice) {
    auto balances = parse_capital(
        R"({"USDC":{"available":"30","locked":"1.5","staked":"0"},"SOL":{"available":"0","locked":"0"},"ODD":{"available":[]}})");
    EXPECT_TRUE(balances.is_list);
    EXPECT_EQ(balances.rows.size(), 2u);
    EXPECT_EQ(balances.broken, 1u);
    ASSERT_TRUE(
        add_lending(R"([{"symbol":"USDC","netQuantity":"100.25"},{"symbol":"BTC","netQuantity":"-0.5"}])", balances));
    ASSERT_TRUE(add_collateral(
        R"({"collateral":[{"symbol":"USDC","totalQuantity":"131.75","collateralValue":"131.7"}],"imf":"0.1"})",
        balances));
    ASSERT_EQ(balances.rows.size(), 3u);
    const AccountBalance& usdc = balances.rows[0];
    EXPECT_EQ(usdc.lent.text(), "100.25");
    EXPECT_EQ(usdc.total()->text(), "131.75");
    EXPECT_EQ(usdc.margin_quantity->text(), "131.75");
    EXPECT_FALSE(balances.rows[1].margin_quantity);
    EXPECT_EQ(balances.rows[2].borrowed.text(), "0.5");
    EXPECT_EQ(balances.rows[2].total()->text(), "-0.5");
    for (const char* body : {"", "[]", "{", "null", "\"a\"", "{\"USDC\":"})
        EXPECT_FALSE(parse_capital(body).is_list) << body;
}

TEST(AccountOrders, AreReadInEveryFormOfTheWire) {
    const auto orders = parse_orders(
        R"([{"id":"112233","clientId":null,"createdAt":1788285244094,"executedQuantity":"0.5","executedQuoteQuantity":"50",)"
        R"("orderType":"Limit","postOnly":true,"price":"100.70","quantity":"2","quoteQuantity":null,"reduceOnly":null,)"
        R"("side":"Bid","status":"PartiallyFilled","symbol":"SOL_USDC","timeInForce":"GTC","triggerPrice":null},)"
        R"({"id":112234,"clientId":4294967295,"createdAt":"2026-09-01T17:54:04.094","executedQuantity":0,)"
        R"("orderType":"Iceberg","price":100.7,"quantity":2,"side":"Ask","status":"Resting","symbol":"SOL_USDC"},)"
        R"({"clientId":1},{"id":"1","symbol":"A","price":"1,5"},[],5])");
    EXPECT_TRUE(orders.is_list);
    EXPECT_EQ(orders.broken, 4u);
    EXPECT_EQ(orders.unknown_words, 2u) << "Iceberg, Resting";
    ASSERT_EQ(orders.rows.size(), 2u);
    const AccountOrder& first = orders.rows[0];
    EXPECT_EQ(first.id + first.client_id, "112233");
    EXPECT_EQ(first.price->text(), "100.7");
    EXPECT_FALSE(first.quote_quantity || first.trigger_price || first.reduce_only);
    EXPECT_TRUE(first.post_only);
    const AccountOrder& second = orders.rows[1];
    EXPECT_EQ(second.id + " " + second.client_id, "112234 4294967295");
    EXPECT_EQ(second.status, "Resting") << "an unknown word passes as it is";
    EXPECT_EQ(second.created, first.created);
    EXPECT_EQ(second.price, first.price);
    EXPECT_EQ(parse_orders(R"({"id":"7","symbol":"A","side":"Bid"})").rows.size(), 1u) << "one order's own body";
    EXPECT_FALSE(parse_orders("x").is_list);
    EXPECT_TRUE(parse_orders("[]").is_list);
}

TEST(AccountRowsOfOtherKinds, AreReadToo) {
    const auto positions = parse_positions(
        R"([{"symbol":"SOL_USDC_PERP","positionId":8837,"netQuantity":"-1.20","entryPrice":"141","breakEvenPrice":"140.9",)"
        R"("markPrice":null,"pnlRealized":"-0.1","userId":1,"subaccountId":null}])");
    ASSERT_EQ(positions.rows.size(), 1u);
    EXPECT_EQ(positions.rows[0].net_quantity.text(), "-1.2");
    EXPECT_EQ(positions.rows[0].id, "8837");
    EXPECT_EQ(positions.rows[0].entry_price->text(), "141") << "not the break-even price";
    EXPECT_FALSE(positions.rows[0].mark_price);
    const auto fills = parse_fills(
        R"([{"clientId":"7","fee":"-0.0001","feeSymbol":"USDC","isMaker":true,"orderId":"1","price":"2","quantity":"3",)"
        R"("side":"Bid","symbol":"A_B","systemOrderType":null,"timestamp":"2026-09-01T17:54:04.094","tradeId":99},)"
        R"({"fee":"0","orderId":"2","price":"2","quantity":"3","side":"Ask","symbol":"A_B","systemOrderType":"FutureExpiry",)"
        R"("timestamp":"2026-09-01T17:54:04.094"}])");
    ASSERT_EQ(fills.rows.size(), 2u);
    EXPECT_EQ(fills.rows[0].fee.text(), "-0.0001");
    EXPECT_EQ(fills.rows[0].trade_id + fills.rows[0].client_id, "997");
    EXPECT_EQ(fills.rows[1].trade_id, "");
    EXPECT_EQ(fills.rows[1].system_type, "FutureExpiry");
    EXPECT_EQ(fills.unknown_words, 0u);
    const auto funding = parse_funding(
        R"([{"fundingRate":"0.0000125","intervalEndTimestamp":"2026-09-01T17:00:00","quantity":"-0.01","symbol":"A_PERP"}])");
    ASSERT_EQ(funding.rows.size(), 1u);
    EXPECT_EQ(funding.rows[0].rate.text(), "0.0000125");
}

TEST(AccountRefusals, AreToldApartHoweverTheVenueSaysThem) {
    using R = AccountRefusal;
    const auto json = [](const std::string& code, const std::string& message = "") {
        return R"({"code":")" + code + R"(","message":")" + message + "\"}";
    };
    struct Case {
        int status;
        std::string body;
        R refusal;
    };
    for (const Case& a : std::vector<Case>{{200, "", R::none},
                                           {202, "", R::none},
                                           {400, json("INVALID_CLIENT_REQUEST", "Invalid signature"), R::bad_signature},
                                           {400, json("INVALID_CLIENT_REQUEST", "Request has expired"), R::expired},
                                           {400, json("INVALID_SIGNATURE"), R::bad_signature},
                                           {401, json("UNAUTHORIZED", "Unauthorized"), R::unauthorized},
                                           {400, json("UNAUTHORIZED", "x"), R::unauthorized},
                                           {400, "Unauthorized", R::unauthorized},
                                           {401, "Request has expired", R::expired},
                                           {401, "invalid signature", R::bad_signature},
                                           {401, "", R::unauthorized},
                                           {403, json("FORBIDDEN", "Forbidden"), R::forbidden},
                                           {400, json("ACCOUNT_DEACTIVATED"), R::deactivated},
                                           {503, json("MAINTENANCE"), R::maintenance},
                                           {503, "<html>", R::maintenance},
                                           {400, json("TOO_EARLY"), R::too_early},
                                           {429, "", R::limited},
                                           {404, json("RESOURCE_NOT_FOUND", "Not Found"), R::not_found},
                                           {400, json("INVALID_MARKET", "no"), R::other},
                                           {500, "", R::other}}) {
        EXPECT_EQ(account_refusal_name(account_refusal(a.status, a.body)), std::string(account_refusal_name(a.refusal)))
            << a.status << ' ' << a.body;
        EXPECT_STRNE(what_to_do(a.refusal), "");
    }
    EXPECT_EQ(account_refusal_of_frame(4003), R::bad_signature);
    EXPECT_EQ(account_refusal_of_frame(4006), R::other);
    EXPECT_TRUE(is_authentication(R::expired) && is_authentication(R::deactivated));
    EXPECT_FALSE(is_authentication(R::maintenance) || is_authentication(R::none) || is_authentication(R::not_found));
}

TEST(ServerTime, FollowsTheVenuesClockAndKnowsADrift) {
    ServerTime time;
    EXPECT_TRUE(time.is_due({0}));
    EXPECT_EQ(time.now_ms({5}, {7'000'000}), 7) << "this machine's, as long as there is no other";
    // Sent at 100 ms, received at 300 ms: the venue wrote it at 200 ms. This machine's clock shows 1,000,300 ms then.
    time.hear({1'000'900'000}, {ms_to_ns(100)}, {ms_to_ns(300)}, {ms_to_ns(1'000'300)});
    EXPECT_EQ(time.now_ms({ms_to_ns(400)}, {0}), 1'001'100);
    EXPECT_EQ(time.drift_ms(), 700);
    EXPECT_TRUE(time.drifts());
    EXPECT_FALSE(time.is_due({ms_to_ns(300) + ServerTime::kAgain_ns - 1}));
    EXPECT_TRUE(time.is_due({ms_to_ns(300) + ServerTime::kAgain_ns}));
    time.doubt();
    EXPECT_TRUE(time.is_due({ms_to_ns(301)}));
    time.miss({ms_to_ns(302)});
    EXPECT_FALSE(time.is_due({ms_to_ns(303)}));
    EXPECT_EQ(time.now_ms({ms_to_ns(400)}, {0}), 1'001'100) << "what was known is still known";
}

TEST(AccountGate, ThreeRefusalsInARowStopItForAMinute) {
    AccountGate gate;
    EXPECT_FALSE(gate.failed({0}));
    EXPECT_FALSE(gate.failed({1}));
    gate.answered();
    EXPECT_FALSE(gate.failed({2}));
    EXPECT_FALSE(gate.failed({3}));
    EXPECT_TRUE(gate.is_open({3}));
    EXPECT_TRUE(gate.failed({4}));
    EXPECT_FALSE(gate.is_open({4 + AccountGate::kPause_ns - 1}));
    EXPECT_TRUE(gate.is_open({4 + AccountGate::kPause_ns}));
    EXPECT_FALSE(gate.failed({5 + AccountGate::kPause_ns})) << "counted from the beginning";
}

}  // namespace
}  // namespace daypack::core
