#pragma once
#include <sched.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

namespace daypack {

enum class IdleMode : std::uint8_t { spin, backoff };

// What a hot thread does when there was nothing to do: keep its core hot, or give it back step by step.
//
// Thread: its owner.
class Idler {
  public:
    explicit Idler(IdleMode mode) noexcept : mode_(mode) {}

    void operator()(std::size_t work) noexcept {
        if (work > 0) {
            rounds_ = 0;
        } else if (mode_ == IdleMode::spin || rounds_ < kSpins) {
            ++rounds_;
            relax();
        } else if (rounds_ < kSpins + kYields) {
            ++rounds_;
            sched_yield();
        } else {
            const timespec pause{0, kSleep_ns};
            nanosleep(&pause, nullptr);
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
    static constexpr int kYields = 20;
    static constexpr long kSleep_ns = 50'000;
    IdleMode mode_;
    int rounds_ = 0;
};

}  // namespace daypack
