#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace daypack {

// Whole numbers and plain text, eight bytes at a time: half of a frame's bytes are the digits of ids and times.
//
// REQUIRES, of all here: eight readable bytes behind the text, as frames have.

namespace digits_detail {

inline constexpr std::uint64_t kZeros = 0x3030303030303030ull;

[[nodiscard]] inline std::uint64_t load(const char* text) noexcept {
    std::uint64_t bytes;
    std::memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

// The first `count` bytes of the text, behind as many '0' as make eight. REQUIRES: 1 <= count <= 8.
[[nodiscard]] inline std::uint64_t load_padded(const char* text, std::size_t count) noexcept {
    const std::uint64_t empty_bits = 64 - 8 * count;
    const std::uint64_t zeros = empty_bits == 0 ? 0 : kZeros >> (64 - empty_bits);
    return load(text) << empty_bits | zeros;
}

[[nodiscard]] inline bool are_digits(std::uint64_t bytes) noexcept {
    return ((bytes & 0xf0f0f0f0f0f0f0f0ull) | ((bytes + 0x0606060606060606ull) & 0xf0f0f0f0f0f0f0f0ull) >> 4) ==
           0x3333333333333333ull;
}

// Eight digits, the first in the lowest byte: neighbours are joined three times over.
[[nodiscard]] inline std::uint64_t value(std::uint64_t bytes) noexcept {
    bytes -= kZeros;
    bytes = bytes * 10 + (bytes >> 8);
    return ((bytes & 0x000000ff000000ffull) * 0x000f424000000064ull +
            (bytes >> 16 & 0x000000ff000000ffull) * 0x0000271000000001ull) >>
           32;
}

}  // namespace digits_detail

[[nodiscard]] inline bool all_digits(std::string_view text) noexcept {
    using namespace digits_detail;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 8; at += 8, left -= 8) {
        if (!are_digits(load(at))) return false;
    }
    return left != 0 && are_digits(load_padded(at, left));
}

// Digits alone, fewer than 20 or no larger than fits: false for anything else.
[[nodiscard]] inline bool read_digits(std::string_view text, std::uint64_t& number) noexcept {
    using namespace digits_detail;
    const char* at = text.data();
    std::size_t left = text.size();
    if (left == 0 || left > 20) return false;
    const std::size_t head = (left - 1) % 8 + 1;
    std::uint64_t bytes = load_padded(at, head);
    if (!are_digits(bytes)) return false;
    number = value(bytes);
    for (at += head, left -= head; left != 0; at += 8, left -= 8) {
        bytes = load(at);
        if (!are_digits(bytes)) return false;
        if (__builtin_mul_overflow(number, std::uint64_t{100'000'000}, &number) ||
            __builtin_add_overflow(number, value(bytes), &number)) {
            return false;
        }
    }
    return true;
}

[[nodiscard]] inline bool has_backslash(std::string_view text) noexcept {
    using namespace digits_detail;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (; at < end; at += 8) {
        const std::uint64_t bytes = load(at) ^ 0x5c5c5c5c5c5c5c5cull;  // a backslash becomes zero
        const std::uint64_t zeros = (bytes - 0x0101010101010101ull) & ~bytes & 0x8080808080808080ull;
        // The lowest mark is exact; only those before the end count.
        if (zeros != 0 && at + __builtin_ctzll(zeros) / 8 < end) return true;
    }
    return false;
}

}  // namespace daypack
