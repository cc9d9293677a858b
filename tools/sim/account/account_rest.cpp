// SPDX-License-Identifier: MIT
#include "tools/sim/account/account_rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "tools/sim/server/query.h"

namespace daypack::core::sim {
namespace {

constexpr std::string_view kImf = R"({"type":"sqrt","base":"0.02","factor":"0.00006"})";
constexpr std::string_view kMmf = R"({"type":"sqrt","base":"0.0125","factor":"0.000036"})";

void append(std::string& list, const std::string& row) {
    if (list.size() > 1) list.push_back(',');
    list += row;
}

std::string or_null(bool is_there, const std::string& text) {
    return is_there ? text : "null";
}

// createdAt is a number of milliseconds here, and text in the history.
std::string order_json(const Order& order) {
    const bool has_trigger = order.trigger_price != 0;
    return fmt::format(
        R"({{"clientId":{},"createdAt":{},"executedQuantity":{},"executedQuoteQuantity":{},"id":"{}","orderType":"{}",)"
        R"("postOnly":{},"price":{},"quantity":{},"reduceOnly":{},"relatedOrderId":null,)"
        R"("selfTradePrevention":"RejectTaker","side":"{}","status":"{}","stopLossTriggerPrice":null,"strategyId":null,)"
        R"("symbol":"{}","takeProfitTriggerPrice":null,"timeInForce":"{}","triggerBy":{},"triggerPrice":{},)"
        R"("triggerQuantity":{},"triggeredAt":null}})",
        or_null(order.client_id.has_value(), std::to_string(order.client_id.value_or(0))), order.created_us / 1000,
        quoted(order.executed), quoted(order.executed_quote), order.id, order.is_market ? "Market" : "Limit",
        order.post_only, or_null(!order.is_market, quoted(order.price)), or_null(!has_trigger, quoted(order.quantity)),
        or_null(order.reduce_only, "true"), order.bid ? "Bid" : "Ask", name_of(order.status), order.symbol,
        order.time_in_force, or_null(has_trigger, quoted("LastPrice")),
        or_null(has_trigger, quoted(order.trigger_price)), or_null(has_trigger, quoted(order.quantity)));
}

bool is_asked_for(const std::string& symbol, std::string_view target) {
    const auto wanted = parameter_of(target, "symbol");
    const auto type = parameter_of(target, "marketType");
    const bool is_perpetual = symbol.ends_with("_PERP");
    return (!wanted || *wanted == symbol) && (!type || (*type == "PERP") == is_perpetual);
}

Reply orders(const AccountView& view, std::string_view target) {
    std::string body = "[";
    for (const auto& [id, order] : view.holdings.orders) {
        if (is_asked_for(order.symbol, target)) append(body, order_json(order));
    }
    return json_reply(body + "]");
}

// Resting orders alone: 404 tells nothing of what became of one. It comes as JSON, and from before the venue as text.
Reply one_order(const AccountView& view, std::string_view target) {
    const auto symbol = parameter_of(target, "symbol");
    const auto order_id = parameter_of(target, "orderId");
    const auto client_id = parameter_of(target, "clientId");
    if (order_id && client_id) return error_reply(400, "INVALID_CLIENT_REQUEST", "Invalid signature");
    if (!symbol || (!order_id && !client_id)) {
        return text_reply("failed to parse parameter `symbol`: the parameter is required", 400);
    }
    for (const auto& [id, order] : view.holdings.orders) {
        const bool by_client = client_id && order.client_id && std::to_string(*order.client_id) == *client_id;
        const bool by_id = order_id && std::to_string(id) == *order_id;
        if (order.symbol == *symbol && (by_id || by_client)) return json_reply(order_json(order));
    }
    if (view.seed % 4 == 0) return text_reply("404 not found", 404);
    return error_reply(404, "RESOURCE_NOT_FOUND", "Not Found");
}

Reply positions(const AccountView& view, std::string_view target) {
    std::string body = "[";
    for (const auto& [symbol, position] : view.holdings.positions) {
        if (!is_asked_for(symbol, target)) continue;
        const Amount mark = view.matching.mark_of(position);
        const Amount exposure = view.matching.exposure_of(view.account, position);
        append(body,
               fmt::format(
                   R"({{"breakEvenPrice":{},"cumulativeFundingPayment":{},"cumulativeInterest":"0","entryPrice":{},)"
                   R"("estLiquidationPrice":"0","imf":"0.02","imfFunction":{},"markPrice":{},"mmf":"0.0125",)"
                   R"("mmfFunction":{},"netCost":{},"netExposureNotional":{},"netExposureQuantity":{},)"
                   R"("netQuantity":{},"pnlRealized":{},"pnlUnrealized":{},"positionId":"{}","subaccountId":{},)"
                   R"("symbol":"{}","userId":{}}})",
                   quoted(ratio(position.cost - position.realized, position.quantity)), quoted(position.funding),
                   quoted(position.entry_price()), kImf, quoted(mark), kMmf, quoted(position.cost),
                   quoted(times(exposure, mark)), quoted(exposure), quoted(position.quantity),
                   quoted(position.realized), quoted(times(position.quantity, mark) - position.cost), position.id,
                   or_null(view.account.number > 1, std::to_string(view.account.number)), symbol,
                   1'000 + view.account.number));
    }
    // Where one market is asked for and nothing is held there, the venue knows no such thing.
    if (body == "[" && parameter_of(target, "symbol")) return error_reply(404, "RESOURCE_NOT_FOUND", "Not Found");
    return json_reply(body + "]");
}

// What is lent is not in it, and an asset without any balance is left out.
Reply capital(const AccountView& view) {
    std::string body = "{";
    for (const auto& [asset, balance] : view.holdings.balances) {
        if (balance.available == 0 && balance.locked == 0 && balance.staked == 0) continue;
        append(body, fmt::format(R"("{}":{{"available":{},"locked":{},"staked":{}}})", asset, quoted(balance.available),
                                 quoted(balance.locked), quoted(balance.staked)));
    }
    return json_reply(body + "}");
}

Amount price_of(const AccountView& view, const std::string& asset) {
    for (const Instrument& market : view.matching.instruments()) {
        if (market.is_perpetual || market.base != asset) continue;
        if (const auto touch = view.matching.touch(market.symbol)) return (touch->bid + touch->ask) / 2;
    }
    return kOne;
}

Reply collateral(const AccountView& view) {
    std::string rows = "[";
    Amount value = 0, locked = 0, unrealized = 0, exposure = 0;
    for (const auto& [asset, balance] : view.holdings.balances) {
        if (balance.total() == 0) continue;
        const Amount price = price_of(view, asset);
        const Amount notional = times(balance.total(), price);
        const char* const weight = asset == "USDC" ? "1" : "0.9";
        const Amount counted = asset == "USDC" ? notional : notional / 10 * 9;
        value += counted;
        locked += times(balance.locked, price);
        append(rows, fmt::format(R"({{"assetMarkPrice":{},"availableQuantity":{},"balanceNotional":{},)"
                                 R"("collateralValue":{},"collateralWeight":"{}","lendQuantity":{},)"
                                 R"("openOrderQuantity":{},"symbol":"{}","totalQuantity":{}}})",
                                 quoted(price), quoted(balance.available), quoted(notional), quoted(counted), weight,
                                 quoted(balance.lent), quoted(balance.locked), asset, quoted(balance.total())));
    }
    for (const auto& [symbol, position] : view.holdings.positions) {
        const Amount mark = view.matching.mark_of(position);
        unrealized += times(position.quantity, mark) - position.cost;
        exposure += std::abs(times(position.quantity, mark));
    }
    const Amount equity = value + unrealized;
    return json_reply(fmt::format(
        R"({{"assetsValue":{},"borrowLiability":"0","collateral":{}],"imf":"0.02","liabilitiesValue":"0",)"
        R"("marginFraction":{},"mmf":"0.0125","netEquity":{},"netEquityAvailable":{},"netEquityLocked":{},)"
        R"("netExposureFutures":{},"pnlUnrealized":{},"unsettledEquity":"0"}})",
        quoted(value), rows, or_null(exposure != 0, exposure == 0 ? "" : quoted(ratio(equity, exposure))),
        quoted(equity), quoted(equity - locked - exposure / 50), quoted(locked), quoted(exposure), quoted(unrealized)));
}

Reply lent(const AccountView& view) {
    std::string body = "[";
    for (const auto& [asset, balance] : view.holdings.balances) {
        if (balance.lent == 0) continue;
        append(body, fmt::format(R"({{"cumulativeInterest":"0","id":"{}-{}","imf":"0","imfFunction":{},"markPrice":{},)"
                                 R"("mmf":"0","mmfFunction":{},"netExposureNotional":{},"netExposureQuantity":{},)"
                                 R"("netQuantity":{},"symbol":"{}"}})",
                                 asset, view.account.number, kImf, quoted(price_of(view, asset)), kMmf,
                                 quoted(times(balance.lent, price_of(view, asset))), quoted(balance.lent),
                                 quoted(balance.lent), asset));
    }
    return json_reply(body + "]");
}

Reply settings() {
    return json_reply(
        R"({"autoBorrowSettlements":true,"autoLend":true,"autoRealizePnl":true,"autoRepayBorrows":true,)"
        R"("borrowLimit":"0","futuresMakerFee":"-0.5","futuresTakerFee":"5","leverageLimit":"10","limitOrders":200,)"
        R"("liquidating":false,"positionLimit":"0","spotMakerFee":"2","spotTakerFee":"5","triggerOrders":50})");
}

}  // namespace

Reply json_reply(std::string body, int status) {
    Reply reply;
    reply.status = status;
    reply.content_type = "application/json; charset=utf-8";
    reply.body = std::move(body);
    return reply;
}

Reply text_reply(std::string body, int status) {
    Reply reply;
    reply.status = status;
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = std::move(body);
    return reply;
}

Reply error_reply(int status, std::string_view code, std::string_view message) {
    return json_reply(fmt::format(R"({{"code":"{}","message":"{}"}})", code, message), status);
}

std::string quoted(std::string_view text) {
    return fmt::format("\"{}\"", text);
}
std::string quoted(Amount amount) {
    return quoted(text_of(amount));
}

std::string naive_iso(std::int64_t us, bool with_micros) {
    const std::time_t seconds = us / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    const auto micros = us % 1'000'000;
    const std::string fraction = with_micros ? fmt::format("{:06}", micros) : fmt::format("{:03}", micros / 1000);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec, fraction);
}

Reply account_answer(const AccountView& view, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/api/v1/account") return settings();
    if (path == "/api/v1/capital") return capital(view);
    if (path == "/api/v1/capital/collateral") return collateral(view);
    if (path == "/api/v1/borrowLend/positions") return lent(view);
    if (path == "/api/v1/position") return positions(view, target);
    if (path == "/api/v1/order") return one_order(view, target);
    if (path == "/api/v1/orders") return orders(view, target);
    return history_answer(view, target);
}

std::string account_truth_body(const Account& account, bool is_over) {
    std::string orders = "[", positions = "[", balances = "{", fills = "[";
    for (const auto& [id, order] : account.now.orders) append(orders, order_json(order));
    for (const auto& [symbol, position] : account.now.positions) {
        append(positions,
               fmt::format(R"({{"symbol":"{}","positionId":"{}","netQuantity":{},"netCost":{},"entryPrice":{},)"
                           R"("pnlRealized":{}}})",
                           symbol, position.id, quoted(position.quantity), quoted(position.cost),
                           quoted(position.entry_price()), quoted(position.realized)));
    }
    for (const auto& [asset, balance] : account.now.balances) {
        append(balances, fmt::format(R"("{}":{{"available":{},"locked":{},"staked":{},"lent":{}}})", asset,
                                     quoted(balance.available), quoted(balance.locked), quoted(balance.staked),
                                     quoted(balance.lent)));
    }
    for (const Fill& fill : account.fills) {
        append(fills,
               fmt::format(R"({{"tradeId":{},"orderId":"{}","symbol":"{}","side":"{}","price":{},"quantity":{},)"
                           R"("fee":{},"feeSymbol":"{}","isMaker":{},"timestampUs":{}}})",
                           fill.trade_id, fill.order_id, fill.symbol, fill.bid ? "Bid" : "Ask", quoted(fill.price),
                           quoted(fill.quantity), quoted(fill.fee), fill.fee_symbol, fill.is_maker, fill.us));
    }
    return fmt::format(
        R"({{"account":"{}","events":{},"over":{},"orders":{}],"positions":{}],"balances":{}}},"fills":{}]}})",
        account.name, account.events, is_over, orders, positions, balances, fills);
}

}  // namespace daypack::core::sim
