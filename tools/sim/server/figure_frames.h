// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

#include "tools/sim/market/event.h"
#include "tools/sim/market/feed.h"

namespace daypack::core::sim {

// Frames of the streams that tell of a market beside its book, as the venue sends them: `markPrice` and `ticker` once a
// second, `liquidation` when one happens.

// The mark price and the index are the middle of the touch. A prediction market has no funding and no index.
[[nodiscard]] std::string mark_price_frame(const Feed& feed, std::int64_t match_us);
// Of the trades that are kept, or of the touch where there were none.
[[nodiscard]] std::string day_frame(const Feed& feed, std::int64_t send_us);
// Whether the trade closed somebody's position against that one's will: one of so many, in markets with positions.
[[nodiscard]] bool is_liquidation(const Market& market, const Trade& trade);
[[nodiscard]] std::string liquidation_frame(const Notation& notation, const Event& trade);

}  // namespace daypack::core::sim
