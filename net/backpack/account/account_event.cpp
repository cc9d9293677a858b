// SPDX-License-Identifier: MIT
#include "net/backpack/account/account_event.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "book/digits.h"
#include "net/backpack/account/account_fields.h"

namespace daypack::core {
namespace {

using json::Document;
using json::Value;

constexpr std::array<std::string_view, 2> kTypes{"LIMIT", "MARKET"};
constexpr std::array<std::string_view, 8> kStatuses{"New",     "PartiallyFilled", "Filled",        "Cancelled",
                                                    "Expired", "TriggerPending",  "TriggerFailed", "Triggered"};
constexpr std::array<std::string_view, 7> kOrderKinds{"orderAccepted", "orderCancelled", "orderExpired", "orderFill",
                                                      "orderModified", "triggerPlaced",  "triggerFailed"};
constexpr std::array<std::string_view, 4> kPositionKinds{"positionOpened", "positionAdjusted", "positionClosed",
                                                         "positionUpdated"};
constexpr std::array<std::string_view, 1> kBalanceKinds{"balanceUpdate"};
constexpr std::array<std::string_view, 6> kOrigins{"USER",
                                                   "LIQUIDATION_AUTOCLOSE",
                                                   "ADL_AUTOCLOSE",
                                                   "COLLATERAL_CONVERSION",
                                                   "SETTLEMENT_AUTOCLOSE",
                                                   "BACKSTOP_LIQUIDITY_PROVIDER"};
constexpr std::array<std::string_view, 4> kEnds{"Filled", "Cancelled", "Expired", "TriggerFailed"};
constexpr std::array<std::string_view, 3> kEndKinds{"orderCancelled", "orderExpired", "triggerFailed"};
constexpr std::string_view kFillKind = "orderFill";

// Streams write LIMIT where REST has Limit.
std::string as_rest_writes(std::string type) {
    if (type == "LIMIT") return "Limit";
    if (type == "MARKET") return "Market";
    return type;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text.append(part).append("|");
    return text;
}

AccountFill read_fill(RowReader& row, const OrderEvent& event) {
    AccountFill fill;
    fill.trade_id = row.optional_id("t");
    fill.order_id = event.order.id;
    fill.client_id = event.order.client_id;
    fill.symbol = event.order.symbol;
    fill.side = event.order.side;
    if (event.origin != "USER") fill.system_type = event.origin;
    fill.price = row.amount("L");
    fill.quantity = row.amount("l");
    fill.fee = row.optional_amount("n").value_or(Amount());
    fill.fee_asset = row.text("N");
    fill.is_maker = row.flag("m");
    fill.time = event.time;
    return fill;
}

OrderEvent read_order(RowReader& row) {
    OrderEvent event;
    event.kind = row.word("e", kOrderKinds);
    event.origin = row.word("O", kOrigins);
    event.time = row.time("T");
    event.sent = row.time("E");
    AccountOrder& order = event.order;
    order.id = row.id("i");
    order.client_id = row.optional_id("c");
    order.symbol = row.needed_text("s");
    order.side = row.word("S", kSides);
    order.type = as_rest_writes(row.word("o", kTypes));
    order.status = row.word("X", kStatuses);
    order.time_in_force = row.word("f", kTimesInForce);
    order.expiry_reason = row.text("R");
    order.price = row.optional_amount("p");
    order.quantity = row.optional_amount("q");
    order.quote_quantity = row.optional_amount("Q");
    order.trigger_price = row.optional_amount("P");
    order.trigger_quantity = row.text("Y");
    order.executed = row.amount("z");
    order.executed_quote = row.optional_amount("Z").value_or(Amount());
    order.reduce_only = row.flag("r");
    order.post_only = row.flag("y");
    if (event.kind == "orderAccepted" || event.kind == "triggerPlaced") order.created = event.time;
    if (event.kind == kFillKind) event.fill = read_fill(row, event);
    return event;
}

PositionEvent read_position(RowReader& row) {
    PositionEvent event;
    event.kind = row.word("e", kPositionKinds);
    event.time = row.time("T");
    event.sent = row.time("E");
    AccountPosition& position = event.position;
    position.id = row.optional_id("i");
    position.symbol = row.needed_text("s");
    position.net_quantity = row.amount("q");
    position.entry_price = row.optional_amount("B");
    position.break_even_price = row.optional_amount("b");
    position.mark_price = row.optional_amount("M");
    position.exposure_quantity = row.optional_amount("Q");
    position.realized = row.optional_amount("p");
    position.unrealized = row.optional_amount("P");
    return event;
}

BalanceEvent read_balance(RowReader& row) {
    BalanceEvent event;
    (void)row.word("e", kBalanceKinds);
    event.asset = row.needed_text("a");
    event.available = row.amount("A");
    event.locked = row.amount("L");
    event.staked = row.optional_amount("S").value_or(Amount());
    event.time = row.time("T");
    event.sent = row.time("E");
    return event;
}

// "account.orderUpdate", or with the market that it was asked for.
bool is_of(std::string_view stream, std::string_view name) noexcept {
    return stream.starts_with(name) && (stream.size() == name.size() || stream[name.size()] == '.');
}

// Reads an event; without a time it is broken, unless it `may_be_timeless`.
template <class Event, class Read>
AccountFrame read_event(const Value& data, Read read, bool may_be_timeless, std::uint64_t& unknown_words) {
    RowReader row(data, unknown_words);
    Event event = read(row);
    if (!row.is_whole() || (event.time.us == 0 && !may_be_timeless)) return BrokenFrame{};
    return event;
}

AccountFrame read_error(const Value& error) {
    StreamError fault;
    std::string_view code = error["code"].scalar();
    if (json::is_quoted(code)) code = json::unquoted(code);
    if (!error.is_object() || !read_digits(code, fault.code)) return BrokenFrame{};
    fault.message = error["message"].string();
    return fault;
}

}  // namespace

bool is_open_status(std::string_view status) noexcept {
    return std::ranges::find(kEnds, status) == kEnds.end();
}

bool OrderEvent::is_end() const noexcept {
    return !is_open_status(order.status) || std::ranges::find(kEndKinds, kind) != kEndKinds.end();
}

std::string OrderEvent::identity() const {
    return joined({order.id, kind, std::to_string(time.us), fill ? fill->trade_id : std::string_view{},
                   order.executed.text(), order.status});
}

std::string PositionEvent::identity() const {
    return joined({position.symbol, position.id, std::to_string(time.us), kind, position.net_quantity.text()});
}

// A history has milliseconds where a stream has microseconds.
std::string fill_identity(const AccountFill& fill) {
    if (!fill.trade_id.empty()) return joined({fill.symbol, fill.trade_id, fill.order_id});
    return joined({fill.symbol, "", fill.order_id, std::to_string(fill.time.us / 1'000), fill.price.text(),
                   fill.quantity.text()});
}

AccountFrame parse_account_frame(std::string_view frame, std::uint64_t& unknown_words) {
    const Document document(frame);
    const Value root = document.root();
    if (!root.is_object()) return BrokenFrame{};
    const std::string_view stream = root["stream"].string();
    const Value data = root["data"];
    if (is_of(stream, "account.orderUpdate")) {
        return read_event<OrderEvent>(data, read_order, false, unknown_words);
    }
    if (is_of(stream, "account.positionUpdate")) {
        const bool is_state = data["e"].string().empty();
        return read_event<PositionEvent>(data, read_position, is_state, unknown_words);
    }
    if (is_of(stream, "account.balanceUpdate")) {
        return read_event<BalanceEvent>(data, read_balance, false, unknown_words);
    }
    const Value error = root["error"];
    if (error.is_object()) return read_error(error);
    return OtherFrame{};
}

}  // namespace daypack::core
