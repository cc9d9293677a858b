// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "book/types.h"

namespace daypack {

// What REST told of the last id of a book that follows its lines, where the two disagree.
//
// An answer counts only where no update was applied since it was asked for: else it is older or younger than the book,
// and nobody can tell. A later id: the lines may have lost an update. An earlier one: REST may trail, or the venue may
// number anew; in a quiet market nobody can tell which.
//
// Thread: book. Time is this machine's.
class RestCheck {
  public:
    // An update that REST knows and no line brings for so long was lost with its subscription.
    static constexpr std::int64_t kSilence_ns = 1'000'000'000;

    void clear() noexcept { later_id_ = 0, earlier_since_ = {}, applied_ = {}; }

    // The book stands at `last_id`.
    void on_applied(Sequence last_id, MonoTime now) noexcept {
        applied_ = now;
        earlier_since_ = {};
        if (later_id_ == 0) [[likely]]
            return;
        // Lines that are alive, and in a second do not get there, tell another book than that answer did.
        if (later_id_ <= last_id || now - later_answered_ >= kSilence_ns) later_id_ = 0;
        later_since_ = now;
    }
    // True: REST tells what the book tells.
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
    // REST told an earlier id, and no line has spoken for the book since.
    [[nodiscard]] bool contradicts(MonoTime now) const noexcept {
        return earlier_since_.ns != 0 && now - earlier_since_ >= kSilence_ns;
    }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    Sequence later_id_ = 0;  // 0: none
    MonoTime later_answered_;
    MonoTime later_since_;    // then, or when an update was applied since
    MonoTime earlier_since_;  // 0: none
    MonoTime applied_;        // when an update was applied last; 0: none
};

}  // namespace daypack
