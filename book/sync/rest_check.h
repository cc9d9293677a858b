// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "book/types.h"

namespace daypack::core {

// Compares the last id that REST reports with that of a book that follows its lines.
//
// An answer is used only if no update was applied since its request; otherwise it is unknown whether the answer or the
// book is the older one. After a later id the lines may have lost an update. After an earlier id REST may be a stale
// replica, or the venue may have restarted its numbering; in a quiet market nothing tells which.
//
// Thread: book. Time is this machine's.
class RestCheck {
  public:
    // When REST reports an update and no line brings it for this long, the subscription was lost.
    static constexpr std::int64_t kSilence_ns = 1'000'000'000;

    void clear() noexcept { later_id_ = 0, earlier_since_ = {}, applied_ = {}; }

    // An update was applied, and the book is at `last_id`.
    void on_applied(Sequence last_id, MonoTime now) noexcept {
        applied_ = now;
        earlier_since_ = {};
        if (later_id_ == 0) [[likely]]
            return;
        // Lines that send updates but do not reach the reported id within a second have another book than REST.
        if (later_id_ <= last_id || now - later_answered_ >= kSilence_ns) later_id_ = 0;
        later_since_ = now;
    }
    // Takes an answer that was requested at `asked`. Returns true when REST reports the book's own id.
    bool on_answer(Sequence rest_id, Sequence last_id, MonoTime asked, MonoTime now) noexcept {
        if (applied_.ns != 0 && applied_ >= asked) return rest_id == last_id;
        if (rest_id == last_id) {
            later_id_ = 0;
            earlier_since_ = {};
            return true;
        }
        if (rest_id < last_id) {
            if (earlier_since_.ns == 0) earlier_since_ = now;
        } else if (later_id_ == 0) {
            later_id_ = rest_id;
            later_answered_ = later_since_ = now;
        }
        return false;
    }

    [[nodiscard]] bool knows_later() const noexcept { return later_id_ != 0; }
    [[nodiscard]] bool knows_later_for(std::int64_t ns, MonoTime now) const noexcept {
        return later_id_ != 0 && now - later_since_ >= ns;
    }
    // True when REST reported an earlier id kSilence_ns and a window of the stream ago, and no line has sent an update
    // since.
    [[nodiscard]] bool contradicts(MonoTime now, std::int64_t window_ns = 0) const noexcept {
        return earlier_since_.ns != 0 && now - earlier_since_ >= kSilence_ns + window_ns;
    }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    Sequence later_id_ = 0;  // 0: none
    MonoTime later_answered_;
    MonoTime later_since_;    // the later of later_answered_ and the last applied update
    MonoTime earlier_since_;  // 0: none
    MonoTime applied_;        // when an update was applied last; 0: none
};

}  // namespace daypack::core
