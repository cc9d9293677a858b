// SPDX-License-Identifier: MIT
#include "net/backpack/account/account_decoder.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "net/backpack/account/account_fields.h"

namespace daypack::core {
namespace {

using json::Document;
using json::Value;

constexpr std::array<std::string_view, 2> kTypes{"Limit", "Market"};
constexpr std::array<std::string_view, 7> kStatuses{"New",     "PartiallyFilled", "Filled",       "Cancelled",
                                                    "Expired", "TriggerPending",  "TriggerFailed"};
constexpr std::array<std::string_view, 7> kSystemTypes{"CollateralConversion",
                                                       "FutureExpiry",
                                                       "LiquidatePositionOnAdl",
                                                       "LiquidatePositionOnBook",
                                                       "LiquidatePositionOnBackstop",
                                                       "OrderBookClosed",
                                                       ""};

AccountOrder read_order(RowReader& row) {
    AccountOrder order;
    order.id = row.id("id");
    order.client_id = row.optional_id("clientId");
    order.symbol = row.needed_text("symbol");
    order.side = row.word("side", kSides);
    order.type = row.word("orderType", kTypes);
    order.status = row.word("status", kStatuses);
    order.time_in_force = row.word("timeInForce", kTimesInForce);
    order.expiry_reason = row.text("expiryReason");
    order.price = row.optional_amount("price");
    order.quantity = row.optional_amount("quantity");
    order.quote_quantity = row.optional_amount("quoteQuantity");
    order.trigger_price = row.optional_amount("triggerPrice");
    order.trigger_quantity = row.text("triggerQuantity");
    order.executed = row.optional_amount("executedQuantity").value_or(Amount());
    order.executed_quote = row.optional_amount("executedQuoteQuantity").value_or(Amount());
    order.reduce_only = row.flag("reduceOnly");
    order.post_only = row.flag("postOnly");
    order.created = row.time("createdAt");
    return order;
}

AccountPosition read_position(RowReader& row) {
    AccountPosition position;
    position.id = row.optional_id("positionId");
    position.symbol = row.needed_text("symbol");
    position.net_quantity = row.amount("netQuantity");
    position.entry_price = row.optional_amount("entryPrice");
    position.break_even_price = row.optional_amount("breakEvenPrice");
    position.mark_price = row.optional_amount("markPrice");
    position.liquidation_price = row.optional_amount("estLiquidationPrice");
    position.exposure_quantity = row.optional_amount("netExposureQuantity");
    position.realized = row.optional_amount("pnlRealized");
    position.unrealized = row.optional_amount("pnlUnrealized");
    return position;
}

AccountFill read_fill(RowReader& row) {
    AccountFill fill;
    fill.trade_id = row.optional_id("tradeId");
    fill.order_id = row.id("orderId");
    fill.client_id = row.optional_id("clientId");
    fill.symbol = row.needed_text("symbol");
    fill.side = row.word("side", kSides);
    fill.system_type = row.word("systemOrderType", kSystemTypes);
    fill.price = row.amount("price");
    fill.quantity = row.amount("quantity");
    fill.fee = row.optional_amount("fee").value_or(Amount());
    fill.fee_asset = row.text("feeSymbol");
    fill.is_maker = row.flag("isMaker");
    fill.time = row.time("timestamp");
    return fill;
}

AccountFunding read_funding(RowReader& row) {
    AccountFunding funding;
    funding.symbol = row.needed_text("symbol");
    funding.quantity = row.amount("quantity");
    funding.rate = row.amount("fundingRate");
    funding.interval_end = row.time("intervalEndTimestamp");
    return funding;
}

template <class Row, class Read>
void read_row(const Value& value, Read read, AccountRows<Row>& rows) {
    RowReader reader(value, rows.unknown_words);
    Row row = read(reader);
    if (!reader.is_whole()) {
        ++rows.broken;
    } else {
        rows.rows.push_back(std::move(row));
    }
}

template <class Row, class Read>
AccountRows<Row> read_list(std::string_view body, Read read) {
    AccountRows<Row> rows;
    const Document document(body);
    rows.is_list = document.root().each([&](const Value& value) {
        read_row(value, read, rows);
        return true;
    });
    return rows;
}

AccountBalance& balance_of(const std::string& asset, std::vector<AccountBalance>& balances) {
    const auto found = std::ranges::find(balances, asset, &AccountBalance::asset);
    if (found != balances.end()) return *found;
    balances.push_back({});
    balances.back().asset = asset;
    return balances.back();
}

}  // namespace

std::optional<Amount> AccountBalance::total() const noexcept {
    std::optional<Amount> total = available;
    for (const Amount& part : {locked, staked, lent, borrowed.negated()}) {
        if (total) total = Amount::sum(*total, part);
    }
    return total;
}

AccountRows<AccountBalance> parse_capital(std::string_view body) {
    AccountRows<AccountBalance> balances;
    const Document document(body);
    balances.is_list = each_field(document.root(), [&](std::string_view asset, const Value& value) {
        const auto read = [asset](RowReader& row) {
            AccountBalance balance;
            balance.asset = asset;
            balance.available = row.amount("available");
            balance.locked = row.amount("locked");
            balance.staked = row.optional_amount("staked").value_or(Amount());
            return balance;
        };
        read_row(value, read, balances);
    });
    return balances;
}

bool add_lending(std::string_view body, AccountRows<AccountBalance>& balances) {
    const Document document(body);
    return document.root().each([&](const Value& value) {
        RowReader row(value, balances.unknown_words);
        const std::string asset = row.needed_text("symbol");
        const Amount net = row.amount("netQuantity");
        if (!row.is_whole()) {
            ++balances.broken;
            return true;
        }
        AccountBalance& balance = balance_of(asset, balances.rows);
        (net.sign() < 0 ? balance.borrowed : balance.lent) = net.sign() < 0 ? net.negated() : net;
        return true;
    });
}

bool add_collateral(std::string_view body, AccountRows<AccountBalance>& balances) {
    const Document document(body);
    return document.root()["collateral"].each([&](const Value& value) {
        RowReader row(value, balances.unknown_words);
        const std::string asset = row.needed_text("symbol");
        const Amount quantity = row.amount("totalQuantity");
        const auto worth = row.optional_amount("collateralValue");
        if (!row.is_whole()) {
            ++balances.broken;
            return true;
        }
        AccountBalance& balance = balance_of(asset, balances.rows);
        balance.margin_quantity = quantity;
        balance.margin_value = worth;
        return true;
    });
}

AccountRows<AccountOrder> parse_orders(std::string_view body) {
    const std::size_t begin = body.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || body[begin] != '{') return read_list<AccountOrder>(body, read_order);
    AccountRows<AccountOrder> orders;
    const Document document(body);
    orders.is_list = document.root().is_object();
    if (orders.is_list) read_row(document.root(), read_order, orders);
    return orders;
}

AccountRows<AccountPosition> parse_positions(std::string_view body) {
    return read_list<AccountPosition>(body, read_position);
}

AccountRows<AccountFill> parse_fills(std::string_view body) {
    return read_list<AccountFill>(body, read_fill);
}

AccountRows<AccountFunding> parse_funding(std::string_view body) {
    return read_list<AccountFunding>(body, read_funding);
}

}  // namespace daypack::core
