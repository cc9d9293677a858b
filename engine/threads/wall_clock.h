// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "book/types.h"
#include "net/base/clock.h"

namespace daypack::core {

// The clocks are read at the edge, by the agents, and handed in from there on.

// Turns monotonic into wall time. Thread: its owner, which refreshes it now and then, so that a step of the wall clock
// is followed.
class WallClock {
  public:
    WallClock() noexcept { refresh(); }
    void refresh() noexcept {
        std::int64_t least = INT64_MAX;
        for (int i = 0; i < 3; ++i) {  // any may be interrupted between the two clocks
            const MonoTime before = mono_now();
            const WallTime wall = wall_now();
            const std::int64_t took = mono_now() - before;
            if (took >= least) continue;
            least = took;
            offset_ns_ = wall.ns - before.ns - took / 2;
        }
    }
    [[nodiscard]] WallTime at(MonoTime time) const noexcept { return {time.ns == 0 ? 0 : time.ns + offset_ns_}; }

  private:
    std::int64_t offset_ns_ = 0;
};

}  // namespace daypack::core
