#pragma once
#include <chrono>

#include "book/types.h"

namespace daypack {

// The one place of net/ that reads the clock; all else is handed the time.
[[nodiscard]] inline MonoTime mono_now() noexcept {
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
                .count()};
}

}  // namespace daypack
