// SPDX-License-Identifier: MIT
// The account side of the simulated exchange as a client sees it: streams and REST that tell the same as the truth
// does, and the faults that keep them from it.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_setup.h"
#include "tests/sim/sim_signer.h"
#include "tools/sim/account/amount.h"
#include "tools/sim/exchange.h"

namespace daypack::core::sim {
namespace {

const std::vector<std::string> kAllStreams{"account.orderUpdate", "account.positionUpdate", "account.balanceUpdate"};

SimOptions with_accounts(double rate, std::uint64_t events = 0) {
    SimOptions options = options_for({"SOL_USDC", "SOL_USDC_PERP", "BTC_USDC_PERP"}, 20);
    options.accounts = 1;
    options.account_rate = rate;
    options.account_events = events;
    options.history_lag_ms = 0;
    return options;
}

struct Read {
    const char* path;
    const char* instruction;
};
constexpr Read kCapital{"/api/v1/capital", "balanceQuery"};
constexpr Read kOpenOrders{"/api/v1/orders", "orderQueryAll"};
constexpr Read kPosition{"/api/v1/position", "positionQuery"};
constexpr Read kFills{"/wapi/v1/history/fills", "fillHistoryQueryAll"};

// `query`: "limit=100&symbol=SOL_USDC", in the order of the keys.
Client::Answer ask(const Exchange& exchange, const Read& read, const std::string& query = {}) {
    Client client(exchange.port());
    const std::string before = std::string("instruction=") + read.instruction + (query.empty() ? "" : "&" + query);
    return client.get(read.path + (query.empty() ? "" : "?" + query), signed_head(exchange.account_key(1), before));
}

// The text of a member of a flat object, without quotes; nullopt: it is not there.
std::optional<std::string> member(const std::string& frame, const std::string& key) {
    const std::size_t at = frame.find("\"" + key + "\":");
    if (at == std::string::npos) return std::nullopt;
    const std::size_t begin = at + key.size() + 3;
    std::string text = frame.substr(begin, frame.find_first_of(",}", begin) - begin);
    std::erase(text, '"');
    return text;
}
Amount amount(std::string text) {
    const bool is_negative = text.starts_with('-');
    const auto parsed = parse_fixed(text.substr(is_negative ? 1 : 0), kAmountDecimals);
    if (!parsed) throw std::runtime_error("no amount: " + text);
    return is_negative ? -*parsed : *parsed;
}
Amount amount(const std::string& frame, const std::string& key) {
    return amount(member(frame, key).value());
}

// What an account has, as plainly as can be.
struct Model {
    std::map<std::string, std::tuple<Amount, Amount, std::string>> orders;  // quantity, executed, status
    std::map<std::string, std::pair<Amount, Amount>> positions;             // quantity, entry price
    std::map<std::string, std::pair<Amount, Amount>> balances;              // available, locked
    std::map<std::string, std::vector<std::string>> fills;                  // by trade
    std::map<std::string, int> told;                                        // how often each was
    bool operator==(const Model& other) const {
        return orders == other.orders && positions == other.positions && balances == other.balances &&
               fills == other.fills;
    }

    void order(const std::string& id, Amount quantity, Amount executed, const std::string& status) {
        if (status == "New" || status == "PartiallyFilled" || status == "TriggerPending") {
            orders[id] = {quantity, executed, status};
        } else {
            orders.erase(id);
        }
    }
    void position(const std::string& symbol, Amount quantity, Amount entry) {
        positions[symbol] = {quantity, entry};
        if (quantity == 0) positions.erase(symbol);
    }
    void frame(const std::string& text) {
        const std::string stream = member(text, "stream").value();
        if (stream == "account.balanceUpdate") {
            balances[member(text, "a").value()] = {amount(text, "A"), amount(text, "L")};
        } else if (stream == "account.positionUpdate") {
            position(member(text, "s").value(), amount(text, "q"), amount(text, "B"));
        } else {
            order(member(text, "i").value(), amount(text, "q"), amount(text, "z"), member(text, "X").value());
            const bool is_fill = member(text, "e") == "orderFill";
            EXPECT_EQ(member(text, "t") == "null", !is_fill) << text;
            if (!is_fill) return;
            const std::string trade = member(text, "t").value();
            ++told[trade];
            fills[trade] = {member(text, "i").value(), text_of(amount(text, "L")), text_of(amount(text, "l")),
                            text_of(amount(text, "n")), member(text, "N").value()};
        }
    }
};

std::string text_in(simdjson::dom::element row, const char* key) {
    return std::string(row[key].get_string().value());
}
void add_orders(Model& model, simdjson::dom::element rows) {
    for (const auto row : simdjson::dom::array(rows)) {
        const bool waits = row["quantity"].is_null();
        model.order(text_in(row, "id"), amount(text_in(row, waits ? "triggerQuantity" : "quantity")),
                    amount(text_in(row, "executedQuantity")), text_in(row, "status"));
    }
}
void add_positions(Model& model, simdjson::dom::element rows) {
    for (const auto row : simdjson::dom::array(rows)) {
        model.position(text_in(row, "symbol"), amount(text_in(row, "netQuantity")), amount(text_in(row, "entryPrice")));
    }
}
void add_balances(Model& model, simdjson::dom::element assets) {
    for (const auto& [asset, row] : simdjson::dom::object(assets)) {
        model.balances[std::string(asset)] = {amount(text_in(row, "available")), amount(text_in(row, "locked"))};
    }
}
void add_fills(Model& model, simdjson::dom::element rows) {
    for (const auto row : simdjson::dom::array(rows)) {
        model.fills[std::to_string(row["tradeId"].get_uint64().value())] = {
            text_in(row, "orderId"), text_in(row, "price"), text_in(row, "quantity"), text_in(row, "fee"),
            text_in(row, "feeSymbol")};
    }
}

Model model_of_truth(const std::string& body) {
    simdjson::dom::parser parser;
    const simdjson::dom::element truth = parser.parse(body);
    Model model;
    add_orders(model, truth["orders"]);
    add_positions(model, truth["positions"]);
    add_balances(model, truth["balances"]);
    add_fills(model, truth["fills"]);
    return model;
}
Model model_of_rest(const Exchange& exchange) {
    simdjson::dom::parser parser;
    Model model;
    add_orders(model, parser.parse(ask(exchange, kOpenOrders).body));
    add_positions(model, parser.parse(ask(exchange, kPosition).body));
    add_balances(model, parser.parse(ask(exchange, kCapital).body));
    for (std::uint64_t offset = 0;; offset += 100) {
        const std::string query = "limit=100&offset=" + std::to_string(offset);
        const simdjson::dom::element rows = parser.parse(ask(exchange, kFills, query).body);
        add_fills(model, rows);
        if (simdjson::dom::array(rows).size() < 100) return model;
    }
}

std::uint64_t events_of(const Exchange& exchange) {
    return std::stoull(member(exchange.account_truth(1), "events").value());
}
bool is_over(const Exchange& exchange) {
    return member(exchange.account_truth(1), "over") == "true";
}

TEST(SimAccountStreams, TellWithRestWhatTheTruthIs) {
    constexpr std::uint64_t kEvents = 1'500;
    Exchange exchange(with_accounts(3'000, kEvents));
    exchange.pause_accounts(true);
    Client client(exchange.port());
    client.upgrade();
    client.send_text(signed_subscription(exchange.account_key(1), kAllStreams));
    Model model = model_of_rest(exchange);
    EXPECT_TRUE(model == model_of_truth(exchange.account_truth(1)));
    EXPECT_FALSE(model.orders.empty());
    exchange.pause_accounts(false);
    std::uint64_t fill_frames = 0, before_engine = 0, numbers = 0;
    const auto read_all = [&] {
        while (!client.is_quiet(50)) {
            const std::string frame = client.next().value();
            model.frame(frame);
            fill_frames += member(frame, "e") == "orderFill";
            before_engine += std::stoll(member(frame, "E").value()) == std::stoll(member(frame, "T").value()) - 1;
            numbers += frame.find("\"q\":\"") == std::string::npos && member(frame, "q").has_value();
        }
    };
    ASSERT_TRUE(until([&] {
        read_all();
        return is_over(exchange);
    }));
    read_all();
    const Model truth = model_of_truth(exchange.account_truth(1));
    EXPECT_EQ(model.orders, truth.orders);
    EXPECT_EQ(model.positions, truth.positions);
    EXPECT_EQ(model.balances, truth.balances);
    EXPECT_EQ(model.fills, truth.fills);
    EXPECT_TRUE(model_of_rest(exchange) == truth);
    for (const auto& [trade, times_told] : model.told) EXPECT_EQ(times_told, 1) << trade;
    EXPECT_EQ(fill_frames, model.told.size());
    EXPECT_GT(fill_frames, kEvents / 20);  // how many depends on where the market stands when an order comes
    EXPECT_GT(before_engine, 20u) << "E a microsecond before T";
    EXPECT_GT(numbers, 10u) << "quantities as numbers";
}

TEST(SimAccountStreams, ComeToEveryConnectionThatSigned) {
    Exchange exchange(with_accounts(500));
    Client one(exchange.port()), two(exchange.port()), nobody(exchange.port());
    const auto without_sent = [](std::string frame) {
        const std::size_t at = frame.find("\"E\":");
        return frame.erase(at, frame.find(',', at) - at);
    };
    exchange.pause_accounts(true);
    for (Client* client : {&one, &two, &nobody}) client->upgrade();
    for (Client* client : {&one, &two}) {
        client->send_text(signed_subscription(exchange.account_key(1), {"account.orderUpdate"}));
    }
    nobody.send_text(signed_subscription({exchange.account_key(1).api_key, exchange.account_key(2).api_secret},
                                         {"account.orderUpdate"}));
    EXPECT_EQ(nobody.next(), R"({"id":null,"error":{"code":4003,"message":"Invalid signature"}})");
    ASSERT_TRUE(until([&] { return exchange.statistics().subscriptions == 2; }));
    exchange.pause_accounts(false);
    bool sent_otherwise = false;
    for (int i = 0; i < 100; ++i) {
        const std::string first = one.next().value(), second = two.next().value();
        EXPECT_EQ(without_sent(first), without_sent(second));
        sent_otherwise |= first != second;
    }
    EXPECT_TRUE(sent_otherwise) << "E is the server's own";
    EXPECT_TRUE(nobody.is_quiet(20));
    EXPECT_EQ(exchange.statistics().refused, 1u);
}

TEST(SimAccountStreams, BeginWithThePositionsThereAre) {
    Exchange exchange(with_accounts(0));
    Client client(exchange.port());
    client.upgrade();
    client.send_text(signed_subscription(exchange.account_key(1), {"account.positionUpdate", "account.orderUpdate"}));
    const Model truth = model_of_truth(exchange.account_truth(1));
    ASSERT_FALSE(truth.positions.empty());
    Model model;
    for (std::size_t i = 0; i < truth.positions.size(); ++i) {
        const std::string frame = client.next().value();
        EXPECT_FALSE(member(frame, "e")) << frame;
        model.frame(frame);
    }
    EXPECT_EQ(model.positions, truth.positions);
    EXPECT_TRUE(client.is_quiet(30)) << "no orders, no acknowledgement";
}

TEST(SimAccountRest, KnowsRestingOrdersAloneByTheirNumber) {
    const Exchange exchange(with_accounts(0));
    const Model truth = model_of_truth(exchange.account_truth(1));
    const std::string order = truth.orders.begin()->first;
    simdjson::dom::parser parser;
    std::string symbol;
    const simdjson::dom::array open = parser.parse(ask(exchange, kOpenOrders).body).get_array();
    for (const auto row : open) {
        if (text_in(row, "id") == order) symbol = text_in(row, "symbol");
    }
    constexpr Read kOrder{"/api/v1/order", "orderQuery"};
    EXPECT_EQ(ask(exchange, kOrder, "orderId=" + order + "&symbol=" + symbol).status, 200);
    EXPECT_EQ(ask(exchange, kOrder, "clientId=1&orderId=" + order + "&symbol=" + symbol).status, 400);
    std::map<std::string, int> forms;
    for (int i = 0; i < 8; ++i) {
        const auto answer = ask(exchange, kOrder, "orderId=28" + std::to_string(i) + "&symbol=" + symbol);
        EXPECT_EQ(answer.status, 404);
        ++forms[answer.body];
    }
    EXPECT_EQ(forms.size(), 2u) << "as JSON, and as text";
    EXPECT_EQ(ask(exchange, kPosition, "symbol=WIF_USDC_PERP").status, 404);
}

TEST(SimAccountRest, TurnsThePagesOfHistories) {
    SimOptions options = with_accounts(0);
    {
        const Exchange exchange(options);
        const auto total = model_of_truth(exchange.account_truth(1)).fills.size();
        ASSERT_GT(total, 4u);
        const auto second = ask(exchange, kFills, "limit=2&offset=2");
        EXPECT_NE(second.head.find("X-CURRENT-PAGE: 2\r\n"), std::string::npos) << second.head;
        EXPECT_NE(second.head.find("X-PAGE-COUNT: " + std::to_string((total + 1) / 2) + "\r\n"), std::string::npos);
        EXPECT_NE(second.head.find("X-TOTAL: " + std::to_string(total) + "\r\n"), std::string::npos);
        EXPECT_NE(second.head.find("Cache-Control: no-store\r\n"), std::string::npos);
        EXPECT_EQ(ask(exchange, kFills, "limit=1001").status, 400);
        EXPECT_EQ(ask(exchange, kFills, "to=1").body, "[]");
    }
    options.history_lag_ms = 60'000;
    const Exchange later(options);
    const auto empty = ask(later, kFills);
    EXPECT_EQ(empty.body, "[]") << "what happened a moment ago is in no history yet";
    EXPECT_NE(empty.head.find("X-PAGE-COUNT: 1\r\n"), std::string::npos);
    EXPECT_NE(empty.head.find("X-TOTAL: 0\r\n"), std::string::npos);
}

// --- faults ---------------------------------------------------------------------------------------------------------

TEST(SimAccountFault, AnswersASignedRequestOtherwise) {
    const std::vector<std::tuple<const char*, int, const char*>> known{
        {"401", 401, "Unauthorized"},
        {"unauthorized", 401, R"({"code":"UNAUTHORIZED",)"},
        {"signature", 400, R"({"code":"INVALID_SIGNATURE",)"},
        {"invalid", 400, R"({"code":"INVALID_CLIENT_REQUEST","message":"Invalid signature"})"},
        {"expired", 400, R"({"code":"INVALID_CLIENT_REQUEST","message":"Request has expired"})"},
        {"forbidden", 403, R"({"code":"FORBIDDEN",)"},
        {"deactivated", 403, R"({"code":"ACCOUNT_DEACTIVATED",)"},
        {"maintenance", 503, R"({"code":"MAINTENANCE",)"},
        {"too_early", 425, R"({"code":"TOO_EARLY",)"},
    };
    Exchange exchange(with_accounts(0));
    for (const auto& [how, status, body] : known) {
        exchange.inject(Fault::parse(std::string("signed:path=capital,how=") + how));
        EXPECT_EQ(ask(exchange, kOpenOrders).status, 200);
        const auto answer = ask(exchange, kCapital);
        EXPECT_EQ(answer.status, status) << how;
        EXPECT_TRUE(answer.body.starts_with(body)) << answer.body;
        EXPECT_EQ(ask(exchange, kCapital).status, 200);
    }
    exchange.inject(Fault::parse("sign_in"));
    Client client(exchange.port());
    client.upgrade();
    client.send_text(signed_subscription(exchange.account_key(1), kAllStreams));
    EXPECT_EQ(client.next(), R"({"id":null,"error":{"code":4003,"message":"Invalid signature"}})");
}

TEST(SimAccountFault, LosesASubscriptionWithoutAWord) {
    Exchange exchange(with_accounts(500));
    Client one(exchange.port()), two(exchange.port());
    for (Client* client : {&one, &two}) {
        client->upgrade();
        client->send_text(signed_subscription(exchange.account_key(1), {"account.orderUpdate"}));
        ASSERT_TRUE(client->next());
    }
    exchange.inject(Fault::parse("private:line=1,how=lost"));
    ASSERT_TRUE(until([&] { return exchange.fault_log().size() == 1; }));
    while (!one.is_quiet(100)) (void)one.next();
    const std::uint64_t then = events_of(exchange);
    ASSERT_TRUE(until([&] { return events_of(exchange) > then + 20; }));
    EXPECT_TRUE(one.is_quiet(0));
    EXPECT_FALSE(two.is_quiet(0));
    one.send_text(signed_subscription(exchange.account_key(1), {"account.orderUpdate"}));
    EXPECT_TRUE(one.next());
}

TEST(SimAccountFault, ShowsOlderOrdersThanTheStreamTells) {
    Exchange exchange(with_accounts(500));
    exchange.inject(Fault::parse("account:how=stale,by_ms=60000,for_ms=60000"));
    ASSERT_TRUE(until([&] { return exchange.fault_log().size() == 1; }));
    const std::string then = ask(exchange, kOpenOrders).body;
    const std::uint64_t events = events_of(exchange);
    ASSERT_TRUE(until([&] { return events_of(exchange) > events + 50; }));
    EXPECT_EQ(ask(exchange, kOpenOrders).body, then);
    EXPECT_EQ(exchange.fault_log().at(0), "fault account@1 how=stale by_ms=60000 for_ms=60000");
}

TEST(SimAccountFault, RestartsAndCancelsWhatRested) {
    SimOptions options = with_accounts(500, 40);
    options.faults = {"account@40:how=restart,for_ms=100"};
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.send_text(signed_subscription(exchange.account_key(1), kAllStreams));
    while (client.next()) {
    }
    ASSERT_TRUE(until([&] { return model_of_truth(exchange.account_truth(1)).orders.empty(); }));
    ASSERT_TRUE(until([&] {
        try {
            return ask(exchange, kOpenOrders).body == "[]";
        } catch (const std::exception&) {
            return false;  // nothing listens yet
        }
    }));
}

TEST(SimAccountFault, LendsIdleFundsWhichAreThenElsewhere) {
    SimOptions options = with_accounts(500, 1);
    options.faults = {"account:how=lend"};
    Exchange exchange(options);
    ASSERT_TRUE(until([&] { return is_over(exchange) && exchange.fault_log().size() == 1; }));
    EXPECT_NE(ask(exchange, {"/api/v1/borrowLend/positions", "borrowLendPositionQuery"}).body, "[]");
}

}  // namespace
}  // namespace daypack::core::sim
