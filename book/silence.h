// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "book/sync/sync.h"
#include "book/types.h"

namespace daypack::core {

// Watches one symbol for silence: it decides when REST is asked whether the market is really quiet, and names the lines
// that do not bring the updates that others bring. A market may be quiet for minutes, and the venue neither
// acknowledges a subscription nor rejects one that it does not know, so only REST can tell.
//
// Thread: book. It is called now and then, not for each update.
class Silence {
  public:
    // The pauses before the first three checks of a quiet market: the first since the last update, the others since the
    // check before. From then on REST is asked every `stale_after_ns`. No pause is longer than that, or shorter than a
    // second.
    static constexpr std::array<std::int64_t, 3> kPauses_ns{1'000'000'000, 4'000'000'000, 25'000'000'000};
    // A line that brings none of the updates of others for this long has lost its subscription.
    static constexpr std::int64_t kLag_ns = 3'000'000'000;

    explicit Silence(std::int64_t stale_after_ns) noexcept : stale_after_ns_(std::max(stale_after_ns, kPauses_ns[0])) {}

    // Returns true when REST is to be asked now; then the next pause begins.
    [[nodiscard]] bool should_ask_rest(const Sync& sync, MonoTime now) noexcept {
        if (!sync.following() || sync.last_id() != id_) {
            id_ = sync.following() ? sync.last_id() : 0;
            since_ = now;
            asked_ = 0;
            pause_since_ = now;
            return false;
        }
        const std::int64_t pause_ns =
            asked_ < kPauses_ns.size() ? std::min(kPauses_ns[asked_], stale_after_ns_) : stale_after_ns_;
        if (now - pause_since_ < pause_ns) return false;
        pause_since_ = now;
        ++asked_;
        return true;
    }

    // When the book was last seen to change, or to be joined.
    [[nodiscard]] MonoTime quiet_since() const noexcept { return since_; }

    // Returns the lines of `up` that are to subscribe again. It compares them every kLag_ns.
    [[nodiscard]] Sync::LineSet lagging(const Sync& sync, Sync::LineSet up, MonoTime now) noexcept {
        if (now - marked_at_ < kLag_ns) return 0;
        Sync::LineSet lagging = 0;
        bool brought = false;  // by a line: a snapshot that brought the book on says nothing of the lines
        // Updates came between the last two marks, and a line that was up before has sent none of them yet.
        if (sync.following() && mark_ > before_mark_ && before_mark_ != 0) {
            for (LineIndex line = 0; line < Sync::kMaxLines; ++line) {
                const Sync::LineSet bit = Sync::LineSet{1} << line;
                brought |= (up & bit) != 0 && sync.last_id_from(line) > before_mark_;
                if ((up & marked_up_ & bit) != 0 && sync.last_id_from(line) <= before_mark_) lagging |= bit;
            }
        }
        const bool goes_on = sync.following() && sync.last_id() >= mark_;
        before_mark_ = goes_on ? mark_ : 0;
        mark_ = goes_on ? sync.last_id() : 0;
        marked_up_ = up & (goes_on ? up_at_mark_ : 0);
        up_at_mark_ = up;
        marked_at_ = now;
        return brought ? lagging : 0;
    }

  private:
    std::int64_t stale_after_ns_;
    Sequence id_ = 0;
    MonoTime since_;
    std::size_t asked_ = 0;  // since the last update
    MonoTime pause_since_;   // since the last update, or since REST was asked last

    MonoTime marked_at_;
    Sequence mark_ = 0, before_mark_ = 0;  // the book's last id at the last two comparisons; 0: it did not follow
    Sync::LineSet marked_up_ = 0;          // lines that were up at both
    Sync::LineSet up_at_mark_ = 0;
};

}  // namespace daypack::core
