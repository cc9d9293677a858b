// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/daypack_shm.h"

namespace daypack {

// The writer's half of what the C header reads: 64-bit words of shared memory, stored atomically.
//
// Thread: the one that owns the word; each word has one writer.
static_assert(sizeof(long long) == 8 && __atomic_always_lock_free(8, nullptr));

// What this process wrote itself, or what no writer touches any more.
template <class Word>
[[nodiscard]] inline Word load_relaxed(const Word& word) noexcept {
    static_assert(sizeof(Word) == 8);
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}
template <class Word>
inline void store_relaxed(Word& word, std::uint64_t value) noexcept {
    static_assert(sizeof(Word) == 8);
    __atomic_store_n(&word, static_cast<Word>(value), __ATOMIC_RELAXED);
}
template <class Word>
inline void store_relaxed(Word& word, std::int64_t value) noexcept {
    store_relaxed(word, static_cast<std::uint64_t>(value));
}
// A word that says so already is left alone: a store takes the line away from every reader. True: it was another.
template <class Word, class Value>
inline bool store_changed(Word& word, Value value) noexcept {
    if (load_relaxed(word) == static_cast<Word>(value)) return false;
    store_relaxed(word, value);
    return true;
}
template <class Word>
inline void store_release(Word& word, std::uint64_t value) noexcept {
    static_assert(sizeof(Word) == 8);
    __atomic_store_n(&word, static_cast<Word>(value), __ATOMIC_RELEASE);
}

// One write of a slot: from here to the end of the scope its sequence is odd.
//
// A slot that a dead writer left odd is taken up as it stands, and ends even like any other.
class SlotWrite {
  public:
    explicit SlotWrite(daypack_slot& slot) noexcept : slot_(slot), odd_(load_relaxed(slot.sequence) | 1) {
        store_relaxed(slot_.sequence, odd_);
        __atomic_thread_fence(__ATOMIC_RELEASE);  // pairs with the acquire fence at the end of a read: who sees a word
                                                  // of this write also sees that the sequence is not what it was
    }
    ~SlotWrite() { store_release(slot_.sequence, odd_ + 1); }  // pairs with the acquire that begins a read
    SlotWrite(const SlotWrite&) = delete;
    SlotWrite& operator=(const SlotWrite&) = delete;

  private:
    daypack_slot& slot_;
    std::uint64_t odd_;
};

// daypack_slot.status and daypack_record.status.
[[nodiscard]] constexpr std::uint64_t status_word(std::uint64_t epoch, unsigned state, unsigned reason,
                                                  unsigned flags) noexcept {
    return (epoch & 0xffffffff) | static_cast<std::uint64_t>(state & 0xff) << 32 |
           static_cast<std::uint64_t>(reason & 0xff) << 40 | static_cast<std::uint64_t>(flags & 0xffff) << 48;
}

}  // namespace daypack
