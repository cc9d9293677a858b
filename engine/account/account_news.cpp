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

}  // namespace daypack::core
