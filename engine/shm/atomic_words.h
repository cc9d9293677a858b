// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core {

// Atomic access to the 64-bit words of shared memory, for the writer of them; the C header has the reader's half.
//
// Thread: the one that owns the word. Each word has one writer, so no store needs a read-modify-write.
static_assert(sizeof(long long) == 8 && __atomic_always_lock_free(8, nullptr));

// Loads a word that this process wrote itself, or that no writer touches any more: nothing has to be ordered with it.
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
// Stores a value where the word holds another, and returns whether it did. A word that holds it already is left alone,
// because a store takes its cache line away from every reader.
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

}  // namespace daypack::core
