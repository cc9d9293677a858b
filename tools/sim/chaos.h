#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/random.h"

namespace daypack::sim {

// An endless list of faults, the same for the same seed: each is one that a client has to survive, with every book
// right again a little later.
//
// Thread: any one at a time.
class Chaos {
  public:
    explicit Chaos(std::uint64_t seed) : random_(seed) {}

    // As Fault::parse takes it. `lines`: the connections there are now.
    [[nodiscard]] std::string next(const std::vector<std::uint64_t>& lines) {
        static constexpr std::array kFaults{
            "drop",
            "drop:line=%",
            "drop:times=3",
            "duplicate:times=5",
            "duplicate:line=%",
            "reorder",
            "reorder:line=%",
            "frame:how=truncated",
            "frame:how=malformed,line=%",
            "frame:how=exponent",
            "frame:how=decimals",
            "frame:how=negative",
            "frame:how=zero_price",
            "frame:how=overflow",
            "frame:how=number",
            "frame:how=text_id",
            "frame:how=duplicate_price",
            "frame:how=backwards",
            "frame:how=unknown_field",
            "frame:how=unknown_stream",
            "frame:how=fragments",
            "frame:how=binary",
            "frame:how=not_utf8",
            "mute:line=%,for_ms=300",
            "restart",
            "close:line=%",
            "close",
            "reset:line=%",
            "stall:line=%,for_ms=700",
            "stall:line=%,how=deaf,for_ms=400",
            "violate:how=masked,line=%",
            "violate:how=lone_continuation,line=%",
            "violate:how=length,line=%",
            "away:for_ms=300",
            "upgrade:how=503",
            "connect:how=refuse",
            "connect:how=slow,for_ms=300",
            "rest:how=503,path=depth,times=2",
            "rest:how=cut,path=depth",
            "rest:how=html,path=depth",
            "rest:how=delayed,path=depth,for_ms=400",
            "stale:by=20",
        };
        const auto which = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(kFaults.size())));
        std::string text = kFaults[which];
        if (const std::size_t at = text.find('%'); at != std::string::npos) {
            const std::uint64_t draw = random_.bits();
            text.replace(at, 1, std::to_string(lines.empty() ? 1 : lines[draw % lines.size()]));
        }
        return text;
    }

  private:
    Random random_;
};

}  // namespace daypack::sim
