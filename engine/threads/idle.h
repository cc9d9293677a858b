// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/threads/doorbell.h"

namespace daypack::core {

enum class IdleMode : std::uint8_t { spin, backoff };

// What a hot thread does when there was nothing to do: keep its core hot, or look for some microseconds longer and then
// sleep until the doorbell rings.
//
// Thread: its owner, who looks at all that rings the bell in each round.
class Idler {
  public:
    Idler(IdleMode mode, Doorbell& bell) noexcept : mode_(mode), bell_(bell) {}

    // After a round that did so much. `most_ns`: until time itself makes work.
    void operator()(std::size_t work, std::int64_t most_ns) noexcept {
        if (work > 0) {
            rounds_ = 0;
            if (armed_) bell_.disarm();
            armed_ = false;
        } else if (mode_ == IdleMode::spin) {
            // straight on: a pause costs up to 20 ns, and the core is this thread's alone
        } else if (rounds_ < kSpins) {
            ++rounds_;
            relax();
        } else if (!armed_) {
            bell_.arm();  // the round that follows is the look before the sleep
            armed_ = true;
        } else if (bell_.wait(most_ns)) {
            rounds_ = 0;
            armed_ = false;
        }
    }

  private:
    static void relax() noexcept {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

    static constexpr int kSpins = 200;
    IdleMode mode_;
    Doorbell& bell_;
    bool armed_ = false;
    int rounds_ = 0;
};

}  // namespace daypack::core
