// SPDX-License-Identifier: MIT
#include "tools/sim/account/notices.h"

#include <fmt/format.h>

namespace daypack::core::sim {
namespace {

// Members of one object, in the order they are given in; the venue's is that of the alphabet, capitals first.
class Members {
  public:
    void raw(std::string_view key, std::string_view value) {
        out_ += fmt::format("{}\"{}\":{}", out_.empty() ? "{" : ",", key, value);
    }
    void text(std::string_view key, std::string_view value) { raw(key, fmt::format("\"{}\"", value)); }
    void number(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
    void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
    [[nodiscard]] std::string done() const { return out_ + "}"; }

  private:
    std::string out_;
};

}  // namespace

const char* name_of(Status status) noexcept {
    switch (status) {
        case Status::New: return "New";
        case Status::PartiallyFilled: return "PartiallyFilled";
        case Status::Filled: return "Filled";
        case Status::Cancelled: return "Cancelled";
        case Status::Expired: return "Expired";
        case Status::TriggerPending: return "TriggerPending";
        case Status::TriggerFailed: return "TriggerFailed";
    }
    return "";
}

std::string_view name_of(PrivateStream stream) noexcept {
    switch (stream) {
        case PrivateStream::order: return "account.orderUpdate";
        case PrivateStream::position: return "account.positionUpdate";
        case PrivateStream::balance: return "account.balanceUpdate";
    }
    return {};
}

Notice order_notice(const Order& order, std::string_view event, const Fill* fill, int price_decimals, Times times) {
    Members members;
    const bool is_waiting = order.status == Status::TriggerPending || order.status == Status::TriggerFailed;
    if (order.trigger_price != 0) members.text("B", "LastPrice");
    members.number("E", times.sent_us);
    if (fill != nullptr) {
        members.text("L", text_of(fill->price, price_decimals));
        members.text("N", fill->fee_symbol);
    }
    members.text("O", "USER");
    if (order.trigger_price != 0) members.text("P", text_of(order.trigger_price, price_decimals));
    const Amount notional = order.is_market ? order.executed_quote : sim::times(order.price, order.quantity);
    members.text("Q", is_waiting ? "0" : text_of(notional, price_decimals));
    if (event == "orderExpired") members.text("R", order.expiry_reason);
    members.text("S", order.bid ? "Bid" : "Ask");
    members.number("T", times.engine_us);
    members.text("V", "RejectTaker");
    members.text("X", name_of(order.status));
    if (order.trigger_price != 0) members.text("Y", text_of(order.quantity));
    members.text("Z", text_of(order.executed_quote));
    if (order.client_id) members.number("c", *order.client_id);
    members.text("e", event);
    members.text("f", order.time_in_force);
    members.text("i", std::to_string(order.id));
    if (fill != nullptr) {
        members.text("l", text_of(fill->quantity));
        members.flag("m", fill->is_maker);
        members.text("n", text_of(fill->fee));
    }
    members.text("o", order.is_market ? "MARKET" : "LIMIT");
    if (!order.is_market) members.text("p", text_of(order.price, price_decimals));
    members.text("q", text_of(order.quantity));
    members.flag("r", order.reduce_only);
    members.text("s", order.symbol);
    members.raw("t", fill == nullptr ? "null" : std::to_string(fill->trade_id));
    if (order.post_only) members.flag("y", true);
    members.text("z", text_of(order.executed));
    return {PrivateStream::order, order.symbol, members.done()};
}

Notice position_notice(const Position& position, std::string_view event, Amount mark, Amount exposure, Times times,
                       Spelling spelling) {
    Members members;
    const bool as_documented = spelling == Spelling::documented;
    const auto decimal = [&](std::string_view key, Amount amount) {
        if (as_documented) return members.raw(key, text_of(amount));
        members.text(key, text_of(amount));
    };
    decimal("B", position.entry_price());
    members.number("E", times.sent_us);
    decimal("M", mark);
    decimal("P", sim::times(position.quantity, mark) - position.cost);
    decimal("Q", exposure);
    members.number("T", times.engine_us);
    decimal("b", position.quantity == 0 ? 0 : ratio(position.cost - position.realized, position.quantity));
    if (!event.empty()) members.text("e", event);
    members.text("f", "0.02");
    if (as_documented) {
        members.text("i", std::to_string(position.id));
    } else {
        members.raw("i", std::to_string(position.id));
    }
    members.text("l", "0");
    members.text("m", "0.0125");
    decimal("n", sim::times(exposure, mark));
    decimal("p", position.realized);
    decimal("q", position.quantity);
    members.text("s", position.symbol);
    return {PrivateStream::position, position.symbol, members.done()};
}

Notice balance_notice(const std::string& asset, const Balance& balance, Times times) {
    Members members;
    members.text("A", text_of(balance.available));
    members.number("E", times.sent_us);
    members.text("L", text_of(balance.locked));
    members.text("S", text_of(balance.staked));
    members.number("T", times.engine_us);
    members.text("a", asset);
    members.text("e", "balanceUpdate");
    return {PrivateStream::balance, {}, members.done()};
}

std::string frame_of(const Notice& notice, bool names_symbol) {
    return fmt::format(R"({{"data":{},"stream":"{}{}{}"}})", notice.data, name_of(notice.stream),
                       names_symbol ? "." : "", names_symbol ? notice.symbol : "");
}

}  // namespace daypack::core::sim
