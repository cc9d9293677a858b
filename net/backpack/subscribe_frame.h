// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core {

inline constexpr std::size_t kStreamsAFrame = 100;

// {"method":"SUBSCRIBE","params":["depth.SOL_USDC","trade.SOL_USDC"]}, for up to kStreamsAFrame streams a frame.
// A stream without a market's name (liquidation) has a frame of its own, in front: the venue's documents disagree about
// it, and where a request names a stream that does not exist, the other streams of that request may be refused with it.
// `method`: SUBSCRIBE or UNSUBSCRIBE. The venue acknowledges neither.
[[nodiscard]] std::vector<std::string> subscribe_frames(std::string_view method, std::span<const std::string> streams);

}  // namespace daypack::core
