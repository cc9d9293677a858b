// SPDX-License-Identifier: MIT
#include "engine/account/account_news.h"

namespace daypack::core {

const char* account_kind_name(AccountKind kind) noexcept {
    switch (kind) {
        case AccountKind::orders: return "orders";
        case AccountKind::positions: return "positions";
        case AccountKind::balances: return "balances";
        case AccountKind::fills: return "fills";
    }
    return "";
}

AccountKind account_kind_of(const AccountNews& news) noexcept {
    if (std::holds_alternative<OrderNews>(news)) return AccountKind::orders;
    if (std::holds_alternative<PositionNews>(news)) return AccountKind::positions;
    if (std::holds_alternative<BalanceNews>(news)) return AccountKind::balances;
    if (std::holds_alternative<FillNews>(news)) return AccountKind::fills;
    return std::get<AccountStateNews>(news).kind;
}

}  // namespace daypack::core
