// SPDX-License-Identifier: MIT
// Histories: later than the streams, in pages, with times as naive text.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tools/sim/account/account_rest.h"
#include "tools/sim/server/query.h"

namespace daypack::core::sim {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1000;

std::string client_id(const std::optional<std::uint32_t>& id) {
    return id ? quoted(std::to_string(*id)) : "null";
}

// With microseconds or without: the documentation has the first, captures the second.
std::string fill_json(const Fill& fill) {
    return fmt::format(
        R"({{"clientId":{},"fee":{},"feeSymbol":"{}","isMaker":{},"orderId":"{}","price":{},"quantity":{},"side":"{}",)"
        R"("symbol":"{}","systemOrderType":null,"timestamp":"{}","tradeId":{}}})",
        client_id(fill.client_id), quoted(fill.fee), fill.fee_symbol, fill.is_maker, fill.order_id, quoted(fill.price),
        quoted(fill.quantity), fill.bid ? "Bid" : "Ask", fill.symbol, naive_iso(fill.us, fill.trade_id % 2 == 1),
        fill.trade_id);
}

std::string order_json(const Order& order) {
    const bool has_trigger = order.trigger_price != 0;
    return fmt::format(
        R"({{"clientId":{},"createdAt":"{}","executedQuantity":{},"executedQuoteQuantity":{},"expiryReason":{},)"
        R"("id":"{}","orderType":"{}","postOnly":{},"price":{},"quantity":{},"quoteQuantity":null,)"
        R"("selfTradePrevention":"RejectTaker","side":"{}","status":"{}","strategyId":null,"symbol":"{}",)"
        R"("systemOrderType":null,"timeInForce":"{}","triggerBy":{},"triggerPrice":{}}})",
        client_id(order.client_id), naive_iso(order.created_us, false), quoted(order.executed),
        quoted(order.executed_quote), order.expiry_reason.empty() ? "null" : quoted(order.expiry_reason), order.id,
        order.is_market ? "Market" : "Limit", order.post_only, order.is_market ? "null" : quoted(order.price),
        quoted(order.quantity), order.bid ? "Bid" : "Ask", name_of(order.status), order.symbol, order.time_in_force,
        has_trigger ? quoted("LastPrice") : "null", has_trigger ? quoted(order.trigger_price) : "null");
}

std::string funding_json(const Funding& funding, const Account& account) {
    return fmt::format(
        R"({{"fundingRate":{},"intervalEndTimestamp":"{}","quantity":{},"subaccountId":{},"symbol":"{}","userId":{}}})",
        quoted(funding.rate), naive_iso(funding.us, false).substr(0, 19), quoted(funding.quantity),
        account.number > 1 ? std::to_string(account.number) : "null", funding.symbol, 1'000 + account.number);
}

struct Query {
    std::optional<std::string> symbol;
    std::optional<std::string> order_id;
    std::optional<std::string> fill_type;
    std::int64_t from_ms = 0;  // inclusive
    std::int64_t to_ms = INT64_MAX / 1000;
    std::uint64_t limit = kLimitDefault;
    std::uint64_t offset = 0;
    bool ascending = false;
    std::string fault{};  // not empty: which parameter cannot be read
};

Query query_in(std::string_view target) {
    Query query;
    for (const auto& [key, value] : query_of(target)) {
        const auto number = [&, &name = key, &text = value](auto& member) {
            const auto parsed = integer_of<std::remove_reference_t<decltype(member)>>(text);
            if (!parsed) query.fault = name;
            if (parsed) member = *parsed;
        };
        if (key == "symbol") query.symbol = value;
        if (key == "orderId") query.order_id = value;
        if (key == "fillType") query.fill_type = value;
        if (key == "from") number(query.from_ms);
        if (key == "to") number(query.to_ms);
        if (key == "limit") number(query.limit);
        if (key == "offset") number(query.offset);
        if (key == "sortDirection" && value != "Asc" && value != "Desc") query.fault = key;
        if (key == "sortDirection") query.ascending = value == "Asc";
    }
    if (query.limit == 0 || query.limit > kLimitMax) query.fault = "limit";
    return query;
}

// Of `all`, which is in order of time, those to keep. The first page is 1, and so is the one of nothing.
template <class Row, class Keep, class Format>
Reply page_of(const Query& query, const std::vector<Row>& all, Keep keep, Format format) {
    std::vector<const Row*> rows;
    for (const Row& row : all) {
        if (keep(row)) rows.push_back(&row);
    }
    if (!query.ascending) std::reverse(rows.begin(), rows.end());
    const std::uint64_t total = rows.size();
    const std::uint64_t begin = std::min(query.offset, total);
    const std::uint64_t end = std::min(begin + query.limit, total);
    std::string body = "[";
    for (std::uint64_t i = begin; i < end; ++i) {
        if (i != begin) body.push_back(',');
        body += format(*rows[i]);
    }
    Reply reply = json_reply(body + "]");
    const std::uint64_t pages = std::max<std::uint64_t>(1, (total + query.limit - 1) / query.limit);
    reply.headers = {{"X-PAGE-COUNT", std::to_string(pages)},
                     {"X-CURRENT-PAGE", std::to_string(query.offset / query.limit + 1)},
                     {"X-PAGE-SIZE", std::to_string(query.limit)},
                     {"X-TOTAL", std::to_string(total)},
                     {"Cache-Control", "no-store"}};
    return reply;
}

}  // namespace

Reply history_answer(const AccountView& view, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    const Query query = query_in(target);
    if (!query.fault.empty()) {
        return text_reply(fmt::format("failed to parse parameter `{}`: failed to parse \"integer(uint64)\": invalid "
                                      "value",
                                      query.fault),
                          400);
    }
    const auto is_of = [&](const std::string& symbol, std::int64_t us) {
        return us <= view.history_us && (!query.symbol || *query.symbol == symbol);
    };
    const auto is_of_order = [&](std::uint64_t id) { return !query.order_id || *query.order_id == std::to_string(id); };
    if (path == "/wapi/v1/history/fills") {
        const bool of_type = !query.fill_type || *query.fill_type == "User";
        const auto keep = [&](const Fill& fill) {
            const std::int64_t ms = fill.us / 1000;
            return of_type && is_of(fill.symbol, fill.us) && is_of_order(fill.order_id) && ms >= query.from_ms &&
                   ms < query.to_ms;
        };
        return page_of(query, view.account.fills, keep, fill_json);
    }
    if (path == "/wapi/v1/history/orders") {
        const auto keep = [&](const Order& order) {
            return is_of(order.symbol, order.changed_us) && is_of_order(order.id);
        };
        return page_of(query, view.account.ended, keep, order_json);
    }
    if (path == "/wapi/v1/history/funding") {
        return page_of(
            query, view.account.fundings, [&](const Funding& funding) { return is_of(funding.symbol, funding.us); },
            [&](const Funding& funding) { return funding_json(funding, view.account); });
    }
    return text_reply("404 not found", 404);
}

}  // namespace daypack::core::sim
