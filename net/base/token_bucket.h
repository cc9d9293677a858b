// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>

#include "book/types.h"
#include "net/base/time_units.h"

namespace daypack::core {

// How many requests may go out now, so that a budget per minute is never passed.
//
// Thread: the one that owns it; no locking. Time is handed in, so a test can run an hour in a microsecond.
// Invariant: 0 <= tokens <= burst. A clock that stands still or steps back adds nothing.
// What comes after a burst trickles in at the rest of the budget: burst and trickle of any one minute are within it.
class TokenBucket {
  public:
    // REQUIRES: 0 < burst <= per_minute <= 1,000,000.
    TokenBucket(std::int64_t per_minute, std::int64_t burst, MonoTime now) noexcept
        : trickle_per_minute_(per_minute - burst + 1), burst_(burst), tokens_(burst), filled_(now) {}

    // Takes one token if there is one. Never waits: the caller decides what else to do with its time.
    [[nodiscard]] bool try_take(MonoTime now) noexcept {
        refill(now);
        if (tokens_ == 0) return false;
        --tokens_;
        return true;
    }

    [[nodiscard]] std::int64_t tokens(MonoTime now) noexcept {
        refill(now);
        return tokens_;
    }

    // When the next token will be there; `now` itself if one is.
    [[nodiscard]] MonoTime next(MonoTime now) noexcept {
        refill(now);
        return tokens_ > 0 ? now : filled_ + ns_of(1);
    }

  private:
    static constexpr std::int64_t kMinute_ns = s_to_ns(60);

    // How long `tokens` take to trickle in; rounded up, so that no rounding ever passes the budget.
    [[nodiscard]] std::int64_t ns_of(std::int64_t tokens) const noexcept {
        return (tokens * kMinute_ns + trickle_per_minute_ - 1) / trickle_per_minute_;
    }

    void refill(MonoTime now) noexcept {
        const std::int64_t missing = burst_ - tokens_;
        const std::int64_t elapsed_ns = now - filled_;
        if (elapsed_ns <= 0) return;
        if (elapsed_ns >= ns_of(missing)) {
            tokens_ = burst_;
            filled_ = now;  // a full bucket saves nothing up
            return;
        }
        const std::int64_t come = elapsed_ns * trickle_per_minute_ / kMinute_ns;
        tokens_ += come;
        filled_ = filled_ + ns_of(come);
    }

    std::int64_t trickle_per_minute_;
    std::int64_t burst_;
    std::int64_t tokens_;
    MonoTime filled_;  // up to here the time has been turned into tokens; the remainder stays for the next call
};

}  // namespace daypack::core
