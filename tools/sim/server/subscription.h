// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/account/notices.h"

namespace daypack::core::sim {

// The streams that this exchange serves, as indices into a market's lists of subscribers.
enum class StreamKind : std::uint8_t {
    depth,
    depth_200ms,
    depth_600ms,
    depth_1000ms,
    trade,
    book_ticker,
    mark_price,
    day,         // `ticker`
    liquidation  // of every market at once
};
inline constexpr std::size_t kStreamKinds = 9;

struct StreamName {
    StreamKind kind = StreamKind::depth;
    std::string symbol;  // empty: every market
};

// A stream of the account that signed.
struct PrivateName {
    PrivateStream stream = PrivateStream::order;
    std::string symbol;  // empty: every market
};

// What one text frame of a client asks for. Names of streams that the venue has and this exchange does not serve are
// left out: they are as quiet as an unknown market.
struct Request {
    bool subscribe = true;
    std::vector<StreamName> streams;
    std::vector<PrivateName> private_names;
    std::vector<std::string> signature;  // verifying key, signature, timestamp, window; checked by nobody yet
    std::vector<std::string> errors;     // frames to answer with, in the venue's form
};

[[nodiscard]] Request parse_request(std::string_view text);

}  // namespace daypack::core::sim
