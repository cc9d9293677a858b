// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>

#include "book/state.h"
#include "book/types.h"

namespace daypack::core {

// Decides when a book that is being joined may request its next snapshot: at once after a single break, and after ever
// longer pauses when the last snapshots did not fit, or when the book breaks for the same reason again and again.
//
// Thread: book. Time is this machine's.
class JoinPace {
  public:
    // A book that lived for this long was right, so its next break is not counted as a repetition.
    static constexpr std::int64_t kStood_ns = 10'000'000'000;
    static constexpr std::int64_t kFirst_ns = 100'000'000;
    static constexpr std::int64_t kMost_ns = 10'000'000'000;
    // After a loss of updates the book is joined at once, up to kLosses times in a row; then the pause grows up to
    // kLossMost_ns.
    static constexpr std::uint32_t kLosses = 4;
    static constexpr std::int64_t kLossMost_ns = 1'000'000'000;
    // The least pause between two snapshots of a market whose lines send several numberings.
    static constexpr std::int64_t kRestarts_ns = 1'000'000'000;

    // The book broke, or the updates that were buffered for it are lost.
    void on_break(Reason reason, MonoTime now) noexcept {
        const bool stood = joined_.ns != 0 && now - joined_ >= kStood_ns;
        repeats_ = reason == reason_ && !stood ? repeats_ + 1 : 0;
        reason_ = reason;
        rejections_ = 0;
        due_ = now;
        // A gap now and then is mended at once. Unreadable frames come in bursts, and a market that contradicts itself
        // does so again.
        const bool is_gap = reason == Reason::gap || reason == Reason::depth;
        const std::uint32_t free = is_gap ? kLosses : 0;
        if (repeats_ > free)
            due_ = std::max(due_, asked_ + std::min(backoff_ns(repeats_ - free - 1, 2), most_ns(reason)));
        if (repeats_ > 0 && reason == Reason::restart) due_ = std::max(due_, asked_ + kRestarts_ns);
    }
    // A snapshot did not fit. REST trails the stream by some updates, so the first pauses are short. Each pause is a
    // quarter longer than the last, so that a market that is right again is found within a fifth of the time that it
    // was wrong.
    void on_rejected(MonoTime now) noexcept { due_ = now + backoff_ns(rejections_++, 1.25); }
    // A line sent its first update since it came up. It may be the one that the snapshots were rejected for want of.
    void on_first_update(MonoTime now) noexcept {
        if (rejections_ == 0) return;
        rejections_ = 0;
        due_ = std::min(due_, now + kFirst_ns);
    }
    void on_joined(MonoTime now) noexcept {
        joined_ = now;
        rejections_ = 0;
    }
    void on_asked(MonoTime now) noexcept { asked_ = now; }

    [[nodiscard]] bool may_ask(MonoTime now) const noexcept { return now >= due_; }
    // True when so many snapshots did not help that other markets go first.
    [[nodiscard]] bool in_vain() const noexcept { return repeats_ + rejections_ >= kPatience; }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    static constexpr std::uint32_t kPatience = 8;

    [[nodiscard]] static bool is_contradiction(Reason reason) noexcept {
        return reason == Reason::restart || reason == Reason::crossed || reason == Reason::audit;
    }
    [[nodiscard]] static std::int64_t most_ns(Reason reason) noexcept {
        return is_contradiction(reason) ? kMost_ns : kLossMost_ns;
    }
    [[nodiscard]] static std::int64_t backoff_ns(std::uint32_t times, double by) noexcept {
        double wait_ns = kFirst_ns;
        for (; times > 0 && wait_ns < kMost_ns; --times) wait_ns *= by;
        return std::min(static_cast<std::int64_t>(wait_ns), kMost_ns);
    }

    Reason reason_ = Reason::none;  // of the last break
    std::uint32_t repeats_ = 0;     // breaks in a row for that reason
    std::uint32_t rejections_ = 0;  // snapshots in a row that did not fit
    MonoTime due_;
    MonoTime asked_;
    MonoTime joined_;  // 0: never
};

}  // namespace daypack::core
