// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include "engine/account/account_news.h"

namespace daypack::core {

// A piece of news as one line of JSON, for who reads the account's ring: decimals are strings, as exact as they came;
// times are microseconds since the Unix epoch. What is not told has no key.
[[nodiscard]] std::string account_json(const AccountReport& report);

}  // namespace daypack::core
