// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/rig/input.h"
#include "bench/rig/percentiles.h"
#include "bench/rig/reader_process.h"
#include "bench/rig/schedule.h"
#include "bench/rig/ticks.h"
#include "net/backpack/decoder.h"

namespace daypack::core::bench {

// How long each of the input's first `count` frames took from its stamp until `seen` was at its `u` or beyond. The
// first tenth is the warm-up, and not counted; what was never seen counts as seen at the end.
template <class StampOf>
[[nodiscard]] Percentiles latencies(const Input& input, std::size_t count, const std::vector<Seen>& seen,
                                    StampOf&& stamp_of) {
    Percentiles result;
    if (seen.empty()) return result;
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
        while (at + 1 < seen.size() && seen[at].u < input.id(i)) ++at;
        if (i >= count / 10) result.record(ns_between(stamp_of(i), seen[at].ticks));
    }
    return result;
}

// A frame as a line has it in hand: freshly written, where every frame is written.
class FrameBuffer {
  public:
    void take(std::string_view frame) {
        if (bytes_.size() < frame.size() + Decoder::kPadding) bytes_.resize(2 * (frame.size() + Decoder::kPadding));
        frame.copy(bytes_.data(), frame.size());
        size_ = frame.size();
    }
    [[nodiscard]] std::string_view frame() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::string bytes_;
    std::size_t size_ = 0;
};

// So many frames a second in the paced rows.
inline constexpr double kPace = 100'000;
// While there is time left for it, `breathe`; close to the due time nothing but the clock.
template <class Breathe>
[[nodiscard]] auto when_free(Breathe breathe) {
    constexpr double kFree_ns = 2'000;
    return [breathe, free = static_cast<std::uint64_t>(kFree_ns / ns_per_tick())](std::uint64_t left) {
        if (left > free) {
            breathe();
        } else {
            relax();
        }
    };
}

[[nodiscard]] inline Schedule schedule_from_now() noexcept {
    constexpr double kLead_ns = 200'000;
    return {ticks() + static_cast<std::uint64_t>(kLead_ns / ns_per_tick()), 1e9 / kPace / ns_per_tick()};
}

}  // namespace daypack::core::bench
