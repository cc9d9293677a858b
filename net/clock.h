#pragma once
#include <time.h>

#include <chrono>

#include "book/types.h"

namespace daypack {

// The one place of net/ that reads the clocks; all else is handed the time.
[[nodiscard]] inline MonoTime mono_now() noexcept {
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
                .count()};
}

[[nodiscard]] inline WallTime wall_now() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return {now.tv_sec * 1'000'000'000 + now.tv_nsec};
}

}  // namespace daypack
