#pragma once
#include "book/types.h"
#include "net/clock.h"

namespace daypack {

// The clocks are read at the edge, by the agents, and handed in from there on.

// Turns monotonic into wall time. Thread: its owner, which refreshes it now and then, so that a step of the wall clock
// is followed.
class WallClock {
  public:
    WallClock() noexcept { refresh(); }
    void refresh() noexcept { offset_ns_ = wall_now().ns - mono_now().ns; }
    [[nodiscard]] WallTime at(MonoTime time) const noexcept { return {time.ns == 0 ? 0 : time.ns + offset_ns_}; }

  private:
    std::int64_t offset_ns_ = 0;
};

}  // namespace daypack
