// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/types.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Benches turn timing off to measure its cost.
enum class Timing : std::uint8_t { off, on };

// Notes in the last event that the frame of these events is decoded by now. REQUIRES: `events` is not empty.
inline void stamp_decoded(std::span<Event> events, MonoTime now) noexcept {
    Event& last = events.back();
    last.decode_ns = static_cast<std::uint32_t>(std::clamp<std::int64_t>(now - last.receive, 1, UINT32_MAX));
}

// Counts how long each stage of an update took, in the histograms of the segment, which must outlive this object.
//
// Thread: the book thread, after the update was published, so that readers do not wait for the counting.
class StageTimes {
  public:
    explicit StageTimes(const Segment& segment) noexcept
        : kernel_(segment.histogram(DAYPACK_HISTOGRAM_KERNEL)),
          frame_to_shm_(segment.histogram(DAYPACK_HISTOGRAM_FRAME_TO_SHM)),
          decode_(segment.histogram(DAYPACK_HISTOGRAM_DECODE)),
          queue_(segment.histogram(DAYPACK_HISTOGRAM_QUEUE)),
          apply_(segment.histogram(DAYPACK_HISTOGRAM_APPLY)),
          publish_(segment.histogram(DAYPACK_HISTOGRAM_PUBLISH)) {}

    // Counts the time from the kernel's receive time to ours. The kernel's is wall-clock time, so both are.
    void kernel(WallTime kernel, WallTime receive) noexcept { kernel_.record(receive.ns - kernel.ns); }
    // Counts an update that waited for others to come first: its stages would say how long it waited.
    void late(MonoTime receive, MonoTime published) noexcept { frame_to_shm_.record(published - receive); }
    // Counts an update that was applied as it came. `last` is its last event; `queued` says that it came through a
    // queue.
    void record(const Event& last, bool queued, MonoTime taken, MonoTime applied, MonoTime published) noexcept {
        frame_to_shm_.record(published - last.receive);
        if (last.decode_ns != 0) {
            decode_.record(last.decode_ns);
            if (queued) queue_.record(taken - last.receive - last.decode_ns);
        }
        apply_.record(applied - taken);
        publish_.record(published - applied);
    }

  private:
    Histogram kernel_, frame_to_shm_, decode_, queue_, apply_, publish_;
};

}  // namespace daypack::core
