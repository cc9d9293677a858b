// SPDX-License-Identifier: MIT
#include "engine/api/account_calls.h"

#include <cstdlib>

#include "net/backpack/symbol.h"

namespace daypack {
namespace {

static_assert(static_cast<int>(AccountPart::fills) == static_cast<int>(core::AccountKind::fills));
static_assert(static_cast<int>(AccountPart::positions) == static_cast<int>(core::AccountKind::positions));
static_assert(static_cast<int>(AccountSource::mended) == static_cast<int>(core::AccountSource::mended));

[[nodiscard]] Amount amount_of(const core::Amount& amount) {
    return {amount.text()};
}
[[nodiscard]] std::optional<Amount> amount_of(const std::optional<core::Amount>& amount) {
    return amount ? std::optional(Amount{amount->text()}) : std::nullopt;
}
[[nodiscard]] AccountSource source_of(core::AccountSource source) noexcept {
    return static_cast<AccountSource>(source);
}

[[nodiscard]] OrderUpdate order_of(const std::string& account, const core::OrderNews& news) {
    const core::AccountOrder& order = news.event.order;
    return {.account = account,
            .source = source_of(news.source),
            .kind = news.event.kind,
            .id = order.id,
            .client_id = order.client_id,
            .symbol = core::normalised_symbol(order.symbol),
            .side = order.side,
            .type = order.type,
            .status = order.status,
            .time_in_force = order.time_in_force,
            .expiry_reason = order.expiry_reason,
            .origin = news.event.origin,
            .price = amount_of(order.price),
            .quantity = amount_of(order.quantity),
            .quote_quantity = amount_of(order.quote_quantity),
            .trigger_price = amount_of(order.trigger_price),
            .trigger_quantity = order.trigger_quantity,
            .executed = amount_of(order.executed),
            .executed_quote = amount_of(order.executed_quote),
            .reduce_only = order.reduce_only,
            .post_only = order.post_only,
            .is_late = news.is_late,
            .is_gone = news.is_gone,
            .venue_match_us = news.event.time.us,
            .venue_send_us = news.event.sent.us};
}

[[nodiscard]] AccountFill fill_of(const std::string& account, const core::FillNews& news) {
    const core::AccountFill& fill = news.fill;
    return {.account = account,
            .source = source_of(news.source),
            .trade_id = fill.trade_id,
            .order_id = fill.order_id,
            .client_id = fill.client_id,
            .symbol = core::normalised_symbol(fill.symbol),
            .side = fill.side,
            .system_type = fill.system_type,
            .price = amount_of(fill.price),
            .quantity = amount_of(fill.quantity),
            .fee = amount_of(fill.fee),
            .fee_asset = fill.fee_asset,
            .is_maker = fill.is_maker,
            .venue_match_us = fill.time.us};
}

[[nodiscard]] AccountPosition position_of(const std::string& account, const core::PositionNews& news) {
    const core::AccountPosition& position = news.event.position;
    return {.account = account,
            .source = source_of(news.source),
            .kind = news.event.kind,
            .id = position.id,
            .symbol = core::normalised_symbol(position.symbol),
            .net_quantity = amount_of(position.net_quantity),
            .entry_price = amount_of(position.entry_price),
            .break_even_price = amount_of(position.break_even_price),
            .mark_price = amount_of(position.mark_price),
            .liquidation_price = amount_of(position.liquidation_price),
            .exposure_quantity = amount_of(position.exposure_quantity),
            .realized = amount_of(position.realized),
            .unrealized = amount_of(position.unrealized),
            .is_late = news.is_late,
            .venue_match_us = news.event.time.us,
            .venue_send_us = news.event.sent.us};
}

[[nodiscard]] AccountBalance balance_of(const std::string& account, const core::BalanceNews& news) {
    const core::AccountBalance& balance = news.balance;
    return {.account = account,
            .source = source_of(news.source),
            .asset = balance.asset,
            .available = amount_of(balance.available),
            .locked = amount_of(balance.locked),
            .staked = amount_of(balance.staked),
            .lent = amount_of(balance.lent),
            .borrowed = amount_of(balance.borrowed),
            .is_late = news.is_late,
            .venue_match_us = news.time.us};
}

[[nodiscard]] AccountStatus status_of(const core::AccountReport& report, const core::AccountStateNews& news) {
    return {.account = report.account,
            .part = static_cast<AccountPart>(news.kind),
            .state = static_cast<State>(news.state.state),
            .reason = static_cast<Reason>(news.state.reason),
            .unconfirmed = news.state.unconfirmed,
            .mono_ns = report.time.ns};
}

}  // namespace

double Amount::value() const noexcept {
    return std::strtod(text.c_str(), nullptr);
}

std::string_view name(AccountPart part) noexcept {
    return core::account_kind_name(static_cast<core::AccountKind>(part));
}

void tell_account(Handler& handler, const core::AccountReport& report) {
    const std::string& account = report.account;
    if (const auto* order = std::get_if<core::OrderNews>(&report.news)) handler.on_order(order_of(account, *order));
    if (const auto* fill = std::get_if<core::FillNews>(&report.news)) handler.on_fill(fill_of(account, *fill));
    if (const auto* position = std::get_if<core::PositionNews>(&report.news)) {
        handler.on_position(position_of(account, *position));
    }
    if (const auto* balance = std::get_if<core::BalanceNews>(&report.news)) {
        handler.on_balance(balance_of(account, *balance));
    }
    if (const auto* state = std::get_if<core::AccountStateNews>(&report.news)) {
        handler.on_account_state(status_of(report, *state));
    }
}

const char* account_function(const core::AccountNews& news) noexcept {
    if (std::holds_alternative<core::AccountStateNews>(news)) return "on_account_state";
    switch (core::account_kind_of(news)) {
        case core::AccountKind::orders: return "on_order";
        case core::AccountKind::positions: return "on_position";
        case core::AccountKind::balances: return "on_balance";
        case core::AccountKind::fills: return "on_fill";
    }
    return "a function for accounts";
}

}  // namespace daypack
