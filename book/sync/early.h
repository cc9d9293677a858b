// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>

#include "book/event.h"
#include "book/sync/pending.h"
#include "book/sync/remembered.h"
#include "book/types.h"

namespace daypack::core {

// The consecutive updates that one line has sent beyond the book before it was trusted. They are kept because the line
// is often the prompt one, which has reconnected: once a later line brings an update that it has sent, the book goes on
// with all of them, rather than at the pace of the later line.
//
// Thread: book. Invariant: it holds whole updates of one line, and their ids are consecutive.
class Early {
  public:
    // What one symbol may take of a pool that all share.
    static constexpr std::size_t kMaxEvents = 4'096;

    explicit Early(PendingPool& pool) noexcept : updates_(pool) {}

    [[nodiscard]] bool empty() const noexcept { return updates_.empty(); }
    // REQUIRES: !empty().
    [[nodiscard]] LineIndex line() const noexcept { return updates_.front().line; }
    // The last id that is kept. REQUIRES: !empty().
    [[nodiscard]] Sequence newest() const noexcept { return newest_; }

    // Keeps an update of a line that is not trusted, unless it is of no use or those of another line are kept.
    // `tip`: the id that the book has reached; what is kept up to there is dropped.
    void keep(std::span<const Event> update, Sequence tip) noexcept {
        while (!empty() && updates_.front().last_id <= tip) (void)updates_.pop_update();
        const Event& first = update.front();
        if (!empty() && line() != first.line) return;
        if (!empty() && first.first_id != newest_ + 1) clear();
        // Nothing further away can become the chain's (Numbering::note_foreign).
        if (first.last_id <= tip || first.last_id - tip > Remembered::kUpdates) return;
        if (updates_.size() + update.size() > kMaxEvents) return clear();
        newest_ = first.last_id;
        for (const Event& event : update) {
            if (!updates_.push(event)) return clear();
        }
    }
    // Removes and returns the first update, which is valid until the next one of any symbol is popped. REQUIRES:
    // !empty().
    [[nodiscard]] std::span<const Event> pop_update() noexcept { return updates_.pop_update(); }
    void clear() noexcept { updates_.clear(); }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    Pending updates_;
    Sequence newest_ = 0;
};

}  // namespace daypack::core
