// SPDX-License-Identifier: MIT
#pragma once
#include "engine/account/account_news.h"
#include "engine/include/daypack/account.hpp"

namespace daypack {

// Calls the one function of the handler that hears of such news. Thread: that of the account. What the handler throws
// leaves it.
void tell_account(Handler& handler, const core::AccountReport& report);

// The function's name, for who says what it threw.
[[nodiscard]] const char* account_function(const core::AccountNews& news) noexcept;

}  // namespace daypack
