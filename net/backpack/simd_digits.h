// SPDX-License-Identifier: MIT
#pragma once
#include <smmintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace daypack::core {

// Numbers of up to sixteen characters, read at once: SSE4.1, which every x86-64 of the last fifteen years has. Who
// calls these has asked the CPU, and is compiled for it: DAYPACK_SSE41 stands before each function.
#define DAYPACK_SSE41 __attribute__((target("sse4.1")))

// Sixteen characters of a text.
class TextVector {
  public:
    // REQUIRES: 16 bytes may be read there.
    DAYPACK_SSE41 explicit TextVector(const char* at) noexcept
        : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

    // Where the first such character is; 16 or more: there is none.
    [[nodiscard]] DAYPACK_SSE41 unsigned find(char wanted) const noexcept {
        const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(wanted)));
        return static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(found)));
    }

    // How many digits it begins with, and ends with.
    [[nodiscard]] DAYPACK_SSE41 unsigned digits_first() const noexcept {
        return static_cast<unsigned>(std::countr_one(digits()));
    }
    [[nodiscard]] DAYPACK_SSE41 unsigned digits_last() const noexcept {
        return static_cast<unsigned>(std::countl_one(digits() << 16));
    }

    // The number that the first or last `size` characters are. REQUIRES: they are digits; 0 < size <= 16.
    [[nodiscard]] DAYPACK_SSE41 std::uint64_t number_first(unsigned size) const noexcept {
        return value(_mm_shuffle_epi8(values(), _mm_loadu_si128(reinterpret_cast<const __m128i*>(&kMoves[size]))));
    }
    [[nodiscard]] DAYPACK_SSE41 std::uint64_t number_last(unsigned size) const noexcept {
        const __m128i kept = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&kKept[size]));
        return value(_mm_and_si128(values(), kept));
    }

    // The first `size` characters as a decimal with its point before the last `decimals` of them; without one where
    // they are none. False: they are not. REQUIRES: decimals + 2 <= size <= 16, or 1 <= size <= 16 where they are none.
    [[nodiscard]] DAYPACK_SSE41 bool decimal_first(unsigned size, unsigned decimals,
                                                   std::uint64_t& units) const noexcept {
        // Its characters to the end, those before the point over it.
        const __m128i move = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&kMoves[size]));
        const std::size_t behind = decimals == 0 ? kWidth : decimals;
        const __m128i over_point = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&kOverPoint[behind]));
        const __m128i numbers = _mm_shuffle_epi8(values(), _mm_add_epi8(move, over_point));
        const __m128i bounded = _mm_min_epu8(numbers, _mm_set1_epi8(9));
        units = value(numbers);
        return _mm_movemask_epi8(_mm_cmpeq_epi8(numbers, bounded)) == 0xffff;
    }

  private:
    static constexpr std::size_t kWidth = 16;

    // From an offset of n on: the shuffle that moves the first n characters to the end, and zeros before them.
    static constexpr std::array<std::int8_t, 2 * kWidth> kMoves = [] {
        std::array<std::int8_t, 2 * kWidth> moves{};
        for (std::size_t i = 0; i < 2 * kWidth; ++i) {
            moves[i] = i < kWidth ? std::int8_t{-64} : static_cast<std::int8_t>(i - kWidth);
        }
        return moves;
    }();
    // ... the mask of the last n.
    static constexpr std::array<std::uint8_t, 2 * kWidth> kKept = [] {
        std::array<std::uint8_t, 2 * kWidth> kept{};
        for (std::size_t i = kWidth; i < 2 * kWidth; ++i) kept[i] = 0xff;
        return kept;
    }();
    // ... what is added to a move so that what comes before the last n comes from one character further before.
    static constexpr std::array<std::int8_t, 2 * kWidth> kOverPoint = [] {
        std::array<std::int8_t, 2 * kWidth> over{};
        for (std::size_t i = 0; i < kWidth; ++i) over[i] = -1;
        return over;
    }();

    [[nodiscard]] DAYPACK_SSE41 __m128i values() const noexcept { return _mm_sub_epi8(bytes_, _mm_set1_epi8('0')); }
    [[nodiscard]] DAYPACK_SSE41 std::uint32_t digits() const noexcept {
        const __m128i numbers = values();
        const __m128i bounded = _mm_min_epu8(numbers, _mm_set1_epi8(9));
        return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(numbers, bounded)));
    }
    // Of sixteen digits, the greatest first: neighbours are joined four times over.
    [[nodiscard]] DAYPACK_SSE41 static std::uint64_t value(__m128i digits) noexcept {
        const __m128i twos = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
        const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(0x00010064));
        const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
        const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
        return (both & 0xffffffff) * 100'000'000 + (both >> 32);
    }

    __m128i bytes_;
};

}  // namespace daypack::core
