// SPDX-License-Identifier: MIT
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace daypack::core {

// How a thread that found its queues empty sleeps until something is pushed, without a system call of the pusher as
// long as nobody sleeps.
//
//     sleeper                              pusher
//     bell.arm();                          queue.push(item);
//     if (queue is empty)                  bell.ring();
//         bell.wait(1'000'000);
//
// Thread: one sleeps; any number ring.
// Invariant: no wake-up is lost. The three changes of the word are read-modify-writes, so each sees the one before. A
// ring that comes before arm() is acquired by it, and the look at the queue that follows sees what was pushed; one that
// comes after finds the bell armed, and wakes.
class Doorbell {
  public:
    Doorbell() = default;
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    // The sleeper looks at all its queues between this and wait().
    void arm() noexcept {
        // acquire: pairs with the release in ring(); acq_rel keeps the chain through a disarm() whole
        word_.exchange(kArmed, std::memory_order_acq_rel);
    }
    // The look found something: nobody needs to wake us.
    void disarm() noexcept { word_.exchange(kAwake, std::memory_order_acq_rel); }
    // Sleeps until it rings, for `most_ns` at most. True: it rang, and is no longer armed. False: the time is over, or
    // a signal came; it is still armed. REQUIRES: arm().
    [[nodiscard]] bool wait(std::int64_t most_ns) noexcept {
        if (most_ns > 0) {
            const timespec most{most_ns / 1'000'000'000, most_ns % 1'000'000'000};
            syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, kArmed, &most, nullptr, 0);
        }
        return word_.load(std::memory_order_relaxed) == kAwake;  // relaxed: what was pushed is the queue's to order
    }

    // After a push. Thread: any.
    void ring() noexcept {
        // release: pairs with the acquire in arm()
        if (word_.exchange(kAwake, std::memory_order_acq_rel) == kAwake) return;
        syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }

  private:
    static constexpr std::uint32_t kAwake = 0;
    static constexpr std::uint32_t kArmed = 1;
    static_assert(std::atomic<std::uint32_t>::is_always_lock_free && sizeof(std::atomic<std::uint32_t>) == 4);

    alignas(64) std::atomic<std::uint32_t> word_{kAwake};
};

}  // namespace daypack::core
