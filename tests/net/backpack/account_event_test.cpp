// SPDX-License-Identifier: MIT
// Frames of the private streams, as they were captured and as others may come.
#include "net/backpack/account/account_event.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace daypack::core {
namespace {

// Captured from the venue, byte for byte.
const std::string kOrderFrame =
    R"({"data":{"E":1788368290063153,"O":"USER","Q":"20.1520","S":"Ask","T":1788368290062979,"V":"RejectTaker","X":"New","Z":"0","e":"orderAccepted","f":"GTC","i":"59887375336","o":"LIMIT","p":"1.0076","q":"20","r":false,"s":"USDT_USDC","t":null,"y":true,"z":"0"},"stream":"account.orderUpdate"})";
const std::string kBalanceFrame =
    R"({"data":{"A":"10","E":1788368290063168,"L":"20","S":"0","T":1788368290062981,"a":"USDT","e":"balanceUpdate"},"stream":"account.balanceUpdate"})";
// In the captured form (strings, the id a number), and in the documented one (numbers, the id a string).
const std::string kPositionFrame =
    R"({"data":{"B":"141.5","E":1788368290040486,"M":"141.6","P":"-0.12","Q":"1.20","T":1788368290040487,"b":"141.4","e":"positionAdjusted","f":"0.02","i":9100001,"l":"0","m":"0.0125","n":"169.92","p":"0.5","q":"-1.20","s":"SOL_USDC_PERP"},"stream":"account.positionUpdate"})";
const std::string kDocumentedPositionFrame =
    R"({"data":{"B":141.5,"E":1788368290040999,"M":141.60,"P":-0.12,"Q":1.2,"T":1788368290040487,"b":141.4,"e":"positionAdjusted","f":0.02,"i":"9100001","l":0,"m":0.0125,"n":169.92,"p":0.5,"q":-1.2,"s":"SOL_USDC_PERP"},"stream":"account.positionUpdate.SOL_USDC_PERP"})";
const std::string kFillFrame =
    R"({"data":{"E":1788368290063160,"L":"1.0076","N":"USDC","O":"USER","Q":"20.1520","S":"Ask","T":1788368290062990,"V":"RejectTaker","X":"PartiallyFilled","Z":"5.0380","c":4294967295,"e":"orderFill","f":"GTC","i":"59887375336","l":"5","m":true,"n":"-0.0005","o":"LIMIT","p":"1.0076","q":"20","r":false,"s":"USDT_USDC","t":381000001,"z":"5"},"stream":"account.orderUpdate"})";

std::uint64_t unknown_words = 0;

AccountFrame parsed(const std::string& frame) {
    return parse_account_frame(frame, unknown_words);
}
template <class Event>
Event as(const std::string& frame) {
    const AccountFrame parse = parsed(frame);
    EXPECT_TRUE(std::holds_alternative<Event>(parse)) << frame;
    return std::holds_alternative<Event>(parse) ? std::get<Event>(parse) : Event{};
}
bool is_broken(const std::string& frame) {
    return std::holds_alternative<BrokenFrame>(parsed(frame));
}
std::string with(std::string frame, const std::string& from, const std::string& to) {
    const std::size_t at = frame.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? frame : frame.replace(at, from.size(), to);
}

TEST(OrderEvents, AreReadAsTheyWereCaptured) {
    const OrderEvent event = as<OrderEvent>(kOrderFrame);
    EXPECT_EQ(event.kind, "orderAccepted");
    EXPECT_EQ(event.origin, "USER");
    EXPECT_EQ(event.time.us, 1'788'368'290'062'979);
    EXPECT_EQ(event.sent.us, 1'788'368'290'063'153);
    EXPECT_EQ(event.order.id, "59887375336");
    EXPECT_EQ(event.order.client_id, "");
    EXPECT_EQ(event.order.symbol, "USDT_USDC");
    EXPECT_EQ(event.order.side, "Ask");
    EXPECT_EQ(event.order.type, "Limit") << "as REST writes it";
    EXPECT_EQ(event.order.status, "New");
    EXPECT_EQ(event.order.time_in_force, "GTC");
    EXPECT_EQ(event.order.price->text(), "1.0076");
    EXPECT_EQ(event.order.quantity->text(), "20");
    EXPECT_EQ(event.order.quote_quantity->text(), "20.152");
    EXPECT_EQ(event.order.executed.text(), "0");
    EXPECT_TRUE(event.order.post_only);
    EXPECT_FALSE(event.order.reduce_only);
    EXPECT_EQ(event.order.created, event.time);
    EXPECT_FALSE(event.fill);
    EXPECT_FALSE(event.is_end());
    EXPECT_EQ(unknown_words, 0u);
}

TEST(OrderEvents, OfATradeHaveItsFill) {
    const OrderEvent event = as<OrderEvent>(kFillFrame);
    ASSERT_TRUE(event.fill);
    EXPECT_EQ(event.fill->trade_id, "381000001");
    EXPECT_EQ(event.fill->order_id, "59887375336");
    EXPECT_EQ(event.fill->client_id, "4294967295");
    EXPECT_EQ(event.fill->price.text(), "1.0076");
    EXPECT_EQ(event.fill->quantity.text(), "5");
    EXPECT_EQ(event.fill->fee.text(), "-0.0005") << "a rebate";
    EXPECT_EQ(event.fill->fee_asset, "USDC");
    EXPECT_TRUE(event.fill->is_maker);
    EXPECT_EQ(event.fill->system_type, "") << "an order of the user";
    EXPECT_EQ(event.fill->time, event.time);
    EXPECT_EQ(event.order.executed.text(), "5") << "what was executed so far, not by this fill alone";
    EXPECT_FALSE(event.order.post_only) << "absent is no";
    // A history tells the same fill with its id in another form, and its time less finely.
    const auto rows = parse_fills(
        R"([{"clientId":"4294967295","fee":"-0.0005","feeSymbol":"USDC","isMaker":true,"orderId":"59887375336",)"
        R"("price":"1.0076","quantity":"5","side":"Ask","symbol":"USDT_USDC","timestamp":"2026-09-02T16:58:10.062",)"
        R"("tradeId":"381000001"}])");
    ASSERT_EQ(rows.rows.size(), 1u);
    EXPECT_EQ(fill_identity(rows.rows[0]), fill_identity(*event.fill));
    AccountFill nameless = *event.fill;
    nameless.trade_id.clear();
    AccountFill same = rows.rows[0];
    same.trade_id.clear();
    EXPECT_EQ(fill_identity(same), fill_identity(nameless));
    same.quantity = *Amount::parse("4");
    EXPECT_NE(fill_identity(same), fill_identity(nameless));
}

TEST(OrderEvents, EndByStatusOrByKind) {
    for (const auto& [kind, status, is_end] : {std::tuple{"orderFill", "Filled", true},
                                               {"orderFill", "PartiallyFilled", false},
                                               {"orderCancelled", "Cancelled", true},
                                               {"orderExpired", "Expired", true},
                                               {"triggerFailed", "TriggerFailed", true},
                                               {"triggerPlaced", "TriggerPending", false},
                                               {"orderCancelled", "Withdrawn", true},
                                               {"orderMoved", "Moved", false}}) {
        std::string frame = with(kFillFrame, "\"orderFill\"", std::string("\"") + kind + "\"");
        frame = with(frame, "\"PartiallyFilled\"", std::string("\"") + status + "\"");
        EXPECT_EQ(as<OrderEvent>(frame).is_end(), is_end) << kind << ' ' << status;
    }
}

TEST(AccountEvents, PassUnknownWordsAsTheyAreAndCountThem) {
    unknown_words = 0;
    std::string frame = with(kOrderFrame, "\"New\"", "\"Dormant\"");
    frame = with(frame, "\"LIMIT\"", "\"PEGGED\"");
    frame = with(frame, "\"USER\"", "\"ORACLE\"");
    frame = with(frame, "\"orderAccepted\"", "\"orderPegged\"");
    const OrderEvent event = as<OrderEvent>(frame);
    EXPECT_EQ(event.order.status + " " + event.order.type + " " + event.origin + " " + event.kind,
              "Dormant PEGGED ORACLE orderPegged");
    EXPECT_FALSE(event.is_end());
    EXPECT_EQ(unknown_words, 4u);
}

TEST(PositionEvents, AreReadAsCapturedAndAsDocumented) {
    unknown_words = 0;
    const PositionEvent captured = as<PositionEvent>(kPositionFrame);
    const PositionEvent documented = as<PositionEvent>(kDocumentedPositionFrame);
    for (const PositionEvent& event : {captured, documented}) {
        EXPECT_EQ(event.kind, "positionAdjusted");
        EXPECT_EQ(event.position.id, "9100001");
        EXPECT_EQ(event.position.symbol, "SOL_USDC_PERP");
        EXPECT_EQ(event.position.net_quantity.text(), "-1.2");
        EXPECT_EQ(event.position.entry_price->text(), "141.5");
        EXPECT_EQ(event.position.break_even_price->text(), "141.4");
        EXPECT_EQ(event.position.mark_price->text(), "141.6");
        EXPECT_EQ(event.position.realized->text(), "0.5");
        EXPECT_EQ(event.position.unrealized->text(), "-0.12");
        EXPECT_EQ(event.time.us, 1'788'368'290'040'487);
    }
    EXPECT_EQ(captured.sent.us, captured.time.us - 1) << "sent before it happened: two clocks";
    EXPECT_EQ(captured.identity(), documented.identity()) << "a server's own time is no part of it";
    const std::string state = with(kPositionFrame, R"("e":"positionAdjusted",)", "");
    EXPECT_EQ(as<PositionEvent>(state).kind, "");
    EXPECT_EQ(as<PositionEvent>(with(state, R"("T":1788368290040487,)", "")).time.us, 0);
    EXPECT_TRUE(is_broken(with(kPositionFrame, R"("T":1788368290040487,)", "")));
    EXPECT_EQ(unknown_words, 0u);
}

TEST(BalanceEvents, AreReadAsTheyWereCaptured) {
    const BalanceEvent event = as<BalanceEvent>(kBalanceFrame);
    EXPECT_EQ(event.asset, "USDT");
    EXPECT_EQ(event.available.text() + " " + event.locked.text() + " " + event.staked.text(), "10 20 0");
    EXPECT_EQ(event.time.us, 1'788'368'290'062'981);
    EXPECT_TRUE(is_broken(with(kBalanceFrame, R"("T":1788368290062981,)", "")));
    EXPECT_TRUE(is_broken(with(kBalanceFrame, R"("A":"10")", R"("A":"1,0")")));
}

TEST(AccountEvents, AreKnownAgainByWhatTheySayAndNotByWhoSentThem) {
    const auto identity = [](const std::string& frame) { return as<OrderEvent>(frame).identity(); };
    const std::string one = identity(kFillFrame);
    EXPECT_EQ(identity(with(kFillFrame, "\"E\":1788368290063160", "\"E\":1788368290063201")), one);
    EXPECT_EQ(identity(with(kFillFrame, "\"t\":381000001", "\"t\":\"381000001\"")), one);
    EXPECT_EQ(identity(with(kFillFrame, "\"z\":\"5\"", "\"z\":\"5.00\"")), one);
    EXPECT_NE(identity(with(kFillFrame, "\"t\":381000001", "\"t\":381000002")), one);
    EXPECT_NE(identity(with(kFillFrame, "\"z\":\"5\"", "\"z\":\"6\"")), one);
    EXPECT_NE(identity(with(kFillFrame, "PartiallyFilled", "Filled")), one);
    EXPECT_NE(identity(with(kFillFrame, "\"T\":1788368290062990", "\"T\":1788368290062991")), one);
}

TEST(AccountEvents, ComeAmongOtherFrames) {
    const StreamError error = as<StreamError>(R"({"id":null,"error":{"code":4003,"message":"Invalid signature"}})");
    EXPECT_EQ(error.code, 4003u);
    EXPECT_EQ(error.message, "Invalid signature");
    (void)as<OtherFrame>(R"({"data":{"e":"trade"},"stream":"trade.SOL_USDC"})");
    (void)as<OtherFrame>(R"({"data":{"e":"rfqActive"},"stream":"account.rfqUpdate"})");
    (void)as<OtherFrame>(R"({"data":{},"stream":"account.orderUpdates"})");
    (void)as<OtherFrame>("{}");
    for (const char* frame : {"", "[]", "null", "{", R"({"data":5,"stream":"account.orderUpdate"})",
                              R"({"stream":"account.balanceUpdate"})", R"({"error":{}})"}) {
        EXPECT_TRUE(is_broken(frame)) << frame;
    }
    // The members' order is nobody's promise.
    EXPECT_EQ(as<BalanceEvent>(R"({"stream":"account.balanceUpdate","data":{"a":"A","T":5,"L":1,"A":2}})").asset, "A");
}

// Cut anywhere, a frame is broken; with bytes changed it is read or not, and nothing else happens (sanitizers look on).
TEST(AccountEvents, HoldWhateverIsCutOrChanged) {
    std::mt19937 random(17);
    std::size_t whole = 0;
    for (const std::string& frame :
         {kOrderFrame, kBalanceFrame, kPositionFrame, kDocumentedPositionFrame, kFillFrame}) {
        for (std::size_t size = 0; size < frame.size(); ++size) EXPECT_TRUE(is_broken(frame.substr(0, size))) << size;
        for (int i = 0; i < 4'000; ++i) {
            std::string changed = frame;
            for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
                const std::size_t at = random() % changed.size();
                constexpr std::string_view kBytes = "\"\\{}[]:,.-09eEnx \x01\xff";
                if (random() % 3 == 0) {
                    changed.erase(at, 1 + random() % 8);
                } else {
                    changed[at] = kBytes[random() % kBytes.size()];
                }
                if (changed.empty()) break;
            }
            const AccountFrame parse = parsed(changed);
            whole += parse.index() >= 3;
            if (const auto* event = std::get_if<OrderEvent>(&parse)) EXPECT_FALSE(event->order.id.empty());
        }
    }
    EXPECT_GT(whole, 500u) << "changed values are still read";
}

}  // namespace
}  // namespace daypack::core
