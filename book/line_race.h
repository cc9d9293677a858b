// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "book/event.h"
#include "book/types.h"

namespace daypack {

// Which of the lines that carry one symbol brings an update first, and by how much. For the counters alone: what
// applies, Sync decides.
//
// Thread: book.
class LineRace {
  public:
    struct Lead {
        LineIndex winner;
        std::int64_t ns;  // by which it was ahead of this copy
    };

    void prefetch(const Event& update) const noexcept { __builtin_prefetch(&firsts_[update.last_id % kFirsts], 1); }

    // This update was applied, and is the first copy.
    void note_first(const Event& update) noexcept {
        firsts_[update.last_id % kFirsts] = {update.last_id, update.receive, update.line};
    }
    // This update was a duplicate. None: of the same line, or of an update too old, or cut differently.
    [[nodiscard]] std::optional<Lead> lead_over(const Event& update) const noexcept {
        const First& first = firsts_[update.last_id % kFirsts];
        if (first.id != update.last_id || first.line == update.line) return std::nullopt;
        return Lead{first.line, update.receive - first.receive};
    }

  private:
    struct First {
        Sequence id = 0;
        MonoTime receive;
        LineIndex line = 0;
    };
    static constexpr std::size_t kFirsts = 64;  // updates that a line may be behind by and still be measured
    std::array<First, kFirsts> firsts_{};
};

}  // namespace daypack
