// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "engine/config.h"

namespace daypack::core {

// The accounts of a configuration: the one of api_key and api_secret, by the name `default`, and those of `accounts`.

[[nodiscard]] std::vector<std::string> account_names(const ExchangeConfig& exchange);

[[nodiscard]] bool has_private_channel(const ExchangeConfig& exchange);

// Which of api_key and api_secret stands alone, and what to do; empty where both are set, or none.
[[nodiscard]] std::string key_alone_words(const ExchangeConfig& exchange);

// What the start says of them, once: which there are, or that there is none, or which key stands alone.
[[nodiscard]] std::string account_words(const ExchangeConfig& exchange);

}  // namespace daypack::core
