// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/decimal.h"
#include "book/instrument.h"
#include "book/result.h"
#include "book/state.h"

namespace daypack::core {

// Bodies of REST answers -> values. Nothing here believes that a body is JSON, or complete.
//
// Thread: any; each call stands alone and may allocate.

// A row of /api/v1/markets.
struct Market {
    std::string native;
    Unit tick;
    Unit step;
    Reason halted = Reason::none;  // why its book is not open; none: it is
    bool visible = true;
    std::string market_type;  // SPOT, PERP, … and what the venue adds
};

struct MarketList {
    std::vector<Market> markets;
    std::vector<std::string> skipped;  // a sentence for each row that cannot be used, or for the body as a whole
};

// One unreadable row costs that row. A single market's body is a list of one.
[[nodiscard]] MarketList parse_markets(std::string_view body);

// /api/v1/market?symbol=`native`: its row. Else in `why` what stands there instead, as another market's row.
[[nodiscard]] std::optional<Market> parse_market(std::string_view body, std::string_view native, std::string& why);

// The venue says that it has no such market, by the code in its own JSON: a 404 of whoever stands in front of it says
// nothing of a market, nor does an error about anything else.
[[nodiscard]] bool denies_market(int status, std::string_view body);

// A row of /api/v1/trades.
struct RestTrade {
    std::uint64_t id = 0;  // 0: none was sent
    Price price;
    Quantity quantity;
    Side aggressor = Side::bid;
    VenueTime time;  // whole milliseconds
};

// Newest first, as the venue sends them.
[[nodiscard]] Errc parse_trades(std::string_view body, const Instrument& instrument, std::vector<RestTrade>& trades);

// Why an answer of another status than 200 is none, in words for a log that say what to do.
[[nodiscard]] std::string refusal(int status, std::string_view body);

struct VenueStatus {
    bool maintenance = false;  // anything but "Ok"
    std::string message;       // empty: none
};
[[nodiscard]] Result<VenueStatus> parse_status(std::string_view body);

// A row of /api/v1/openInterest.
struct OpenInterest {
    std::string native;
    Decimal quantity;  // in the base asset
    VenueTime time;    // whole milliseconds
};
// One unreadable row costs that row; false: the body as a whole is no list.
[[nodiscard]] bool parse_open_interest(std::string_view body, std::vector<OpenInterest>& rows);

// /api/v1/time: milliseconds as plain text.
[[nodiscard]] Result<VenueTime> parse_time(std::string_view body) noexcept;

// What an answer that is no success says, in one short line: the venue's code and message, or the first words of
// whatever stands there (the edge in front of the venue answers in plain text and HTML). Printable ASCII, never empty.
[[nodiscard]] std::string parse_error(std::string_view body);

}  // namespace daypack::core
