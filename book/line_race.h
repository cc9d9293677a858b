// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "book/event.h"
#include "book/types.h"

namespace daypack::core {

// Measures which of the lines that carry one symbol brings an update first, and by how much. It serves the counters
// alone; Sync decides which update applies.
//
// Thread: book.
class LineRace {
  public:
    struct Lead {
        LineIndex winner;
        std::int64_t ns;  // by which it was ahead of this copy
    };

    void prefetch(const Event& update) const noexcept { __builtin_prefetch(&firsts_[update.last_id % kFirsts], 1); }

    // The update is the first copy, and was applied.
    void note_first(const Event& update) noexcept {
        firsts_[update.last_id % kFirsts] = {update.last_id, update.receive, update.line};
    }
    // Returns how far the first copy was ahead of this one. None: both came over one line, or the first is too old or
    // covers other ids.
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
    static constexpr std::size_t kFirsts = 64;  // a line that is more updates behind is not measured
    std::array<First, kFirsts> firsts_{};
};

}  // namespace daypack::core
