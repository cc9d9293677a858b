// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "book/types.h"

namespace daypack::core {

// Measures how long the book has been crossed, and remembers whether the venue's own book is crossed.
//
// One event of the matching engine may span several frames, so a book may be crossed for a moment. The book contradicts
// itself when it is still crossed at an update 100 ms later, or after 1 s without one. A snapshot that is crossed as
// well shows that orders rest crossed at the venue, as in an auction; another snapshot would show the same.
//
// Thread: book. Time is this machine's.
class CrossedWatch {
  public:
    static constexpr std::int64_t kWithUpdates_ns = 100'000'000;
    static constexpr std::int64_t kAlone_ns = 1'000'000'000;

    [[nodiscard]] bool crossed() const noexcept { return crossed_; }
    // True when the venue's own book is crossed.
    [[nodiscard]] bool at_venue() const noexcept { return at_venue_; }

    void on_uncrossed() noexcept { crossed_ = at_venue_ = false; }
    // Call it after an update that left the book crossed. Returns true when it has been crossed for too long.
    [[nodiscard]] bool on_update(MonoTime now) noexcept {
        if (!crossed_) {
            crossed_ = true;
            since_ = now;
            return false;
        }
        return !at_venue_ && now - since_ >= kWithUpdates_ns;
    }
    [[nodiscard]] bool on_time(MonoTime now) const noexcept {
        return crossed_ && !at_venue_ && now - since_ >= kAlone_ns;
    }
    // The snapshot that was fetched because the book was crossed is crossed as well.
    void on_venue_crossed() noexcept { at_venue_ = true; }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    bool crossed_ = false;
    bool at_venue_ = false;
    MonoTime since_;
};

}  // namespace daypack::core
