#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/fault.h"
#include "tools/sim/feed.h"

namespace daypack::sim {

// How an answer is given.
enum class Manner : std::uint8_t {
    plain,
    silent,      // never
    cut,         // the connection ends in the middle of it
    endless,     // it does not end
    drip,        // a byte now and then
    bad_accept,  // an upgrade with a wrong proof
};

struct Reply {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string header;  // another line of the head: "Retry-After: 3"
    Manner manner = Manner::plain;
    std::int64_t delay_ms = 0;
};

// What the exchange's REST answers from.
struct RestView {
    const std::vector<Feed>& feeds;
    std::int64_t wall_us;    // now
    bool recorded;           // the books' time is the recording's
    std::uint64_t stale_by;  // updates that a depth snapshot shall be late
};

// The answer to GET `target`, such as "/api/v1/depth?symbol=SOL_USDC&limit=20", in the venue's form, errors included.
[[nodiscard]] Reply answer(const RestView& view, std::string_view target);

// The market that a request asks for; empty where it names none.
[[nodiscard]] std::string symbol_of(std::string_view target);
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace daypack::sim
