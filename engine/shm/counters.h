// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/shm/atomic_words.h"

namespace daypack::core {

// One block of counters in shared memory: the engine's, a line's or a symbol's. The C header names the counters, as in
// DAYPACK_LINE_frames.
//
// Thread: one thread writes each counter, and any thread or process may read it. So an add needs no read-modify-write:
// it costs a load and a store. Ownership: the words belong to the Segment.
class Counters {
  public:
    // REQUIRES: `words` has one word for each counter of that kind, and outlives this object.
    explicit Counters(std::uint64_t* words) noexcept : words_(words) {}

    void add(unsigned counter, std::uint64_t n = 1) noexcept { set(counter, get(counter) + n); }
    void set(unsigned counter, std::uint64_t value) noexcept { store_relaxed(words_[counter], value); }
    // Sets a high-water mark.
    void raise(unsigned counter, std::uint64_t value) noexcept {
        if (value > get(counter)) set(counter, value);
    }
    // Fetches the counter's cache line, because the counter will be written in a moment.
    void prefetch(unsigned counter) const noexcept { __builtin_prefetch(&words_[counter], 1); }
    [[nodiscard]] std::uint64_t get(unsigned counter) const noexcept { return load_relaxed(words_[counter]); }

  private:
    std::uint64_t* words_;
};

}  // namespace daypack::core
