// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/sim/account/account.h"

namespace daypack::core::sim {

// The private streams, as `account.orderUpdate` and its like.
enum class PrivateStream : std::uint8_t { order, position, balance };
inline constexpr std::size_t kPrivateStreams = 3;
[[nodiscard]] std::string_view name_of(PrivateStream stream) noexcept;

// One frame of an account, whoever hears it: what stands behind "data":, keys in the venue's order.
struct Notice {
    PrivateStream stream = PrivateStream::order;
    std::string symbol;  // empty: a balance
    std::string data;
};

// How a frame writes what documentation and wire write differently: as captured, or as documented.
enum class Spelling : std::uint8_t { captured, documented };

struct Times {
    std::int64_t sent_us = 0;    // E
    std::int64_t engine_us = 0;  // T
};

// `event`: orderAccepted and its like. `fill`: null but for orderFill.
[[nodiscard]] Notice order_notice(const Order& order, std::string_view event, const Fill* fill, int price_decimals,
                                  Times times);
// `event`: empty: the state at a subscription. `exposure`: the quantity if every open order were filled.
[[nodiscard]] Notice position_notice(const Position& position, std::string_view event, Amount mark, Amount exposure,
                                     Times times, Spelling spelling);
[[nodiscard]] Notice balance_notice(const std::string& asset, const Balance& balance, Times times);

// {"data":…,"stream":"account.orderUpdate"}; with the market's name where the subscription gave it.
[[nodiscard]] std::string frame_of(const Notice& notice, bool names_symbol);

}  // namespace daypack::core::sim
