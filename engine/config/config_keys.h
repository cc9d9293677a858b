// SPDX-License-Identifier: MIT
#pragma once
#include "engine/config/config_section.h"

namespace daypack {

// Every key of the two sections: its type, its range, its form. Each throws ConfigError and leaves the absent alone.
void read_exchange(ConfigSection& in, ExchangeConfig& out);
void read_engine(ConfigSection& in, EngineConfig& out);

// Needs api_key and api_secret.
[[nodiscard]] inline bool is_private(FeedChannel channel) noexcept {
    return channel >= FeedChannel::order_info;
}

}  // namespace daypack
