// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>

namespace daypack::core::bench {

// When each of a row of frames is due: at a steady pace, whatever became of the frames before. A latency that is
// counted from here counts a stall against every frame that it delayed.
struct Schedule {
    std::uint64_t begin = 0;  // in ticks, of the first
    double gap = 0;           // in ticks, from one to the next

    [[nodiscard]] std::uint64_t due(std::size_t i) const noexcept {
        return begin + static_cast<std::uint64_t>(static_cast<double>(i) * gap);
    }
};

// Calls work(i) for each i below `count` when it is due, or at once where that time has passed. Until then idle(ticks
// that are left), again and again.
template <class Now, class Idle, class Work>
void run_paced(const Schedule& schedule, std::size_t count, Now&& now, Idle&& idle, Work&& work) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t due = schedule.due(i);
        for (std::uint64_t at = now(); at < due; at = now()) idle(due - at);
        work(i);
    }
}

}  // namespace daypack::core::bench
