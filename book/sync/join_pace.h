// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>

#include "book/state.h"
#include "book/types.h"

namespace daypack {

// When a book that is being joined may ask for its next snapshot: at once where there is hope, and ever more rarely
// where the last ones did not help, or where the book broke again for the same reason soon after it was joined.
//
// Thread: book. Time is this machine's.
class JoinPace {
  public:
    // A book that stood for so long was right; what breaks it then is news.
    static constexpr std::int64_t kStood_ns = 10'000'000'000;
    static constexpr std::int64_t kFirst_ns = 100'000'000;
    static constexpr std::int64_t kMost_ns = 10'000'000'000;
    // Losses for the same reason that are mended at once, and the longest pause behind them.
    static constexpr std::uint32_t kLosses = 4;
    static constexpr std::int64_t kLossMost_ns = 1'000'000'000;
    // Between two snapshots of a market whose lines tell several numberings.
    static constexpr std::int64_t kRestarts_ns = 1'000'000'000;

    // The book is gone, or what was kept for it is.
    void on_break(Reason reason, MonoTime now) noexcept {
        const bool stood = joined_.ns != 0 && now - joined_ >= kStood_ns;
        repeats_ = reason == reason_ && !stood ? repeats_ + 1 : 0;
        reason_ = reason;
        rejections_ = 0;
        due_ = now;
        // What is lost now and then is fetched at once. Frames that cannot be read come in bursts, and a market that
        // contradicts itself does so again.
        const bool is_gap = reason == Reason::gap || reason == Reason::depth;
        const std::uint32_t free = is_gap ? kLosses : 0;
        if (repeats_ > free)
            due_ = std::max(due_, asked_ + std::min(backoff_ns(repeats_ - free - 1, 2), most_ns(reason)));
        if (repeats_ > 0 && reason == Reason::restart) due_ = std::max(due_, asked_ + kRestarts_ns);
    }
    // An answer did not help. REST trails the socket by some updates, so the next is soon: each waits for a quarter
    // longer than the one before, so that a market which is right again is found within a fifth of the time it was not.
    void on_rejected(MonoTime now) noexcept { due_ = now + backoff_ns(rejections_++, 1.25); }
    // A line told something for the first time since it came up. It may be what the answers were rejected for.
    void on_first_word(MonoTime now) noexcept {
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
    // It has been in vain so often that other markets go first.
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
    std::uint32_t repeats_ = 0;     // breaks in a row for it
    std::uint32_t rejections_ = 0;  // answers in a row that did not help
    MonoTime due_;
    MonoTime asked_;
    MonoTime joined_;  // 0: never
};

}  // namespace daypack
