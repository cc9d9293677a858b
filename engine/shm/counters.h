// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/shm/atomic_words.h"

namespace daypack {

// One block of counters in shared memory: the engine's, a line's or a symbol's. Counters are named by the C header, as
// in DAYPACK_LINE_frames.
//
// Thread: each counter has one that writes it; any may read. No read-modify-write is needed, so an add costs a store.
class Counters {
  public:
    // REQUIRES: as many words as the header lists counters of that kind, for as long as this lives.
    explicit Counters(std::uint64_t* words) noexcept : words_(words) {}

    void add(unsigned counter, std::uint64_t n = 1) noexcept { set(counter, get(counter) + n); }
    void set(unsigned counter, std::uint64_t value) noexcept { store_relaxed(words_[counter], value); }
    void raise(unsigned counter, std::uint64_t value) noexcept {
        if (value > get(counter)) set(counter, value);
    }
    void prefetch(unsigned counter) const noexcept { __builtin_prefetch(&words_[counter], 1); }
    [[nodiscard]] std::uint64_t get(unsigned counter) const noexcept { return load_relaxed(words_[counter]); }

  private:
    std::uint64_t* words_;
};

}  // namespace daypack
