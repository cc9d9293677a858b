// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/faults/fault.h"
#include "tools/sim/market/feed.h"
#include "tools/sim/venue_clock.h"

namespace daypack::core::sim {

// How an answer is given.
enum class Manner : std::uint8_t {
    plain,
    silent,      // never
    cut,         // the connection ends in the middle of it
    endless,     // it does not end
    drip,        // a byte now and then
    twice,       // and once more, which nobody asked for
    bad_accept,  // an upgrade with a wrong proof
};

struct Reply {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  // more of the head's lines
    std::string interim;                                       // bytes of answers before the final one
    Manner manner = Manner::plain;
    std::int64_t delay_ms = 0;
};

// What the exchange's REST answers from.
struct RestView {
    const std::vector<Feed>& feeds;
    VenueClock& clock;           // what REST's shows
    std::int64_t wall_us = 0;    // now
    bool recorded = false;       // the books' time is the recording's
    std::optional<Fault> stale;  // how old a depth snapshot is to be; nothing: as it is now
    std::string_view omitted{};  // the market that the list lacks
    bool maintenance = false;    // what /status says
};

// The answer to GET `target`, such as "/api/v1/depth?symbol=SOL_USDC&limit=20", in the venue's form, errors included.
[[nodiscard]] Reply answer(const RestView& view, std::string_view target);

// The same request for another market.
[[nodiscard]] std::string with_symbol(std::string_view target, std::string_view symbol);
// The market that a request asks for; empty where it names none.
[[nodiscard]] std::string symbol_of(std::string_view target);

}  // namespace daypack::core::sim
