#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/fault.h"
#include "tools/sim/feed.h"

namespace daypack::sim {

struct Reply {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
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

// The market that a depth request asks for; empty for any other request.
[[nodiscard]] std::string depth_symbol(std::string_view target);

}  // namespace daypack::sim
