// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/market/feed.h"

namespace daypack::core::sim {

// Bodies of what others than daypack ask before they follow a book; keys and forms as clients of the venue record them.

// What the 24 hours' figures of a market are made of: the trades that are kept, or the touch where there were none.
struct Day {
    static constexpr int kQuoteDecimals = 2;
    std::int64_t first = 0, last = 0, high = 0, low = 0;
    std::int64_t volume = 0;
    std::int64_t quote_volume = 0;  // in units of 10^-kQuoteDecimals
    std::int64_t trades = 0;
};
[[nodiscard]] Day day_of(const Feed& feed);

// The middle of the touch, 0 where a side is empty: the mark price and the index.
[[nodiscard]] std::int64_t middle_price(const Feed& feed);
inline constexpr std::string_view kFundingRate = "0.0000125";
[[nodiscard]] std::int64_t next_funding_ms(std::int64_t now_ms);
// A prediction market has no funding and no index.
[[nodiscard]] bool has_funding_rate(const Market& market);

// /api/v1/assets: every base and quote of what is listed.
[[nodiscard]] std::string assets_body(const std::vector<Feed>& feeds);

// One row of /api/v1/tickers, or /api/v1/ticker's whole body.
void append_ticker(std::string& out, const Feed& feed);
// One row of /api/v1/markPrices.
void append_mark_price(std::string& out, const Feed& feed, std::int64_t now_ms);
// One row of /api/v1/openInterest.
void append_open_interest(std::string& out, const Feed& feed, std::int64_t now_ms);
// One row of /api/v1/securities, where what trades by requests for quotes stands. Its form is not recorded: this has
// the keys that a market's row has too.
void append_security(std::string& out, const Market& market);

}  // namespace daypack::core::sim
