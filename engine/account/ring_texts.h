// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

// Puts the texts of an account's ring together again, of the records that they were written over.
//
// Thread: the reader's, which outlives this.
class RingTexts {
  public:
    static constexpr std::size_t kTextMax = 8'192;  // the longest that an engine writes is shorter

    // From the end of the ring on: what comes is new.
    explicit RingTexts(daypack_reader& reader) : RingTexts(reader, daypack_cursor(&reader)) {}
    // From a position on; where the ring does not have it any more, from the oldest record that is left.
    RingTexts(daypack_reader& reader, std::uint64_t cursor) : reader_(reader), cursor_(cursor) {}

    // The next text; none: there is no more for now. `lost` grows by the records that were written over unread.
    [[nodiscard]] std::optional<std::string> next(std::uint64_t& lost);

  private:
    daypack_reader& reader_;
    std::uint64_t cursor_;
    std::string text_;
    bool is_whole_ = false;
};

}  // namespace daypack::core
