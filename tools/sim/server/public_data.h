// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/market/feed.h"

namespace daypack::core::sim {

// Bodies of what others than daypack ask before they follow a book; keys and forms as clients of the venue record them.

// /api/v1/assets: every base and quote of what is listed.
[[nodiscard]] std::string assets_body(const std::vector<Feed>& feeds);

// One row of /api/v1/tickers, or /api/v1/ticker's whole body: of the trades that are kept, or of the touch where there
// were none.
void append_ticker(std::string& out, const Feed& feed);
// One row of /api/v1/markPrices: the middle of the touch. A prediction market has no funding and no index.
void append_mark_price(std::string& out, const Feed& feed, std::int64_t now_ms);
// One row of /api/v1/openInterest.
void append_open_interest(std::string& out, const Feed& feed, std::int64_t now_ms);
// One row of /api/v1/securities, where what trades by requests for quotes stands. Its form is not recorded: this has
// the keys that a market's row has too.
void append_security(std::string& out, const Market& market);

}  // namespace daypack::core::sim
