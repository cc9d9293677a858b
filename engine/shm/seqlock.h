// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/include/daypack/shm.h"
#include "engine/shm/atomic_words.h"

namespace daypack::core {

// One write of a slot, or of what else has a sequence: from the construction of this object to its end, the sequence is
// odd and readers try again. A slot that a dead writer left odd is written over in the same way and ends even like any
// other.
//
// Thread: the one that writes the slot. Invariant: the sequence only grows, and two writes never have the same one.
template <class Slot = daypack_slot>
class SeqlockWrite {
  public:
    explicit SeqlockWrite(Slot& slot) noexcept : slot_(slot), odd_(load_relaxed(slot.sequence) | 1) {
        store_relaxed(slot_.sequence, odd_);
        // Pairs with the acquire fence at the end of a read: a reader that sees a word of this write also sees that the
        // sequence has changed.
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    ~SeqlockWrite() { store_release(slot_.sequence, odd_ + 1); }  // pairs with the acquire that begins a read
    SeqlockWrite(const SeqlockWrite&) = delete;
    SeqlockWrite& operator=(const SeqlockWrite&) = delete;

  private:
    Slot& slot_;
    std::uint64_t odd_;
};

}  // namespace daypack::core
