// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace daypack::core {

// Reads whole numbers from text, eight digits at a time: half of the bytes that the venue sends are digits, and a loop
// over them costs a multiplication each and a mispredicted branch at the end.

// Up to eight characters in one word, right-aligned and padded with '0': the last one is in the highest byte.
class Digits8 {
  public:
    // REQUIRES: text.size() <= 8.
    explicit Digits8(std::string_view text) noexcept : bytes_(load(text)) {}
    // The first `size` bytes of a word as it stands in memory. REQUIRES: 0 < size <= 8.
    Digits8(std::uint64_t text, std::size_t size) noexcept
        : bytes_(text << (64 - 8 * size) | (size == 8 ? 0 : kZeros >> 8 * size)) {}

    // How many digits a word begins with, in the order of memory.
    [[nodiscard]] static std::size_t count(std::uint64_t text) noexcept {
        const std::uint64_t others = ((text & 0xf0f0f0f0f0f0f0f0ull) ^ kZeros) |
                                     (((text + 0x0606060606060606ull) & 0xf0f0f0f0f0f0f0f0ull) ^ kZeros);
        return others == 0 ? 8 : static_cast<std::size_t>(__builtin_ctzll(others)) / 8;
    }

    [[nodiscard]] bool are_digits() const noexcept {
        return ((bytes_ & 0xf0f0f0f0f0f0f0f0ull) | ((bytes_ + 0x0606060606060606ull) & 0xf0f0f0f0f0f0f0f0ull) >> 4) ==
               0x3333333333333333ull;
    }

    // REQUIRES: are_digits(). Neighbours are joined three times over.
    [[nodiscard]] std::uint64_t value() const noexcept {
        std::uint64_t pairs = bytes_ - kZeros;
        pairs = pairs * 10 + (pairs >> 8);
        return ((pairs & 0x000000ff000000ffull) * 0x000f424000000064ull +
                (pairs >> 16 & 0x000000ff000000ffull) * 0x0000271000000001ull) >>
               32;
    }

    // How many characters follow the last decimal point; 8 or more when there is none.
    [[nodiscard]] unsigned behind_point() const noexcept {
        const std::uint64_t points = bytes_ ^ 0x2e2e2e2e2e2e2e2eull;  // a point becomes zero
        const std::uint64_t marks = ((points & 0x7f7f7f7f7f7f7f7full) + 0x7f7f7f7f7f7f7f7full) | points;
        const std::uint64_t found = ~marks & 0x8080808080808080ull;
        return found == 0 ? 8 : static_cast<unsigned>(__builtin_clzll(found)) / 8;
    }

    // Removes the character that `behind` others follow: those before it move up, and `in` becomes the first.
    // REQUIRES: behind < 8.
    void close_up(unsigned behind, char in) noexcept {
        const unsigned at = 8 * (7 - behind);
        const std::uint64_t before = bytes_ & ((std::uint64_t{1} << at) - 1);
        const std::uint64_t kept = at == 56 ? 0 : bytes_ >> (at + 8) << (at + 8);
        bytes_ = kept | before << 8 | static_cast<unsigned char>(in);
    }

    // The character that `behind` others follow. REQUIRES: behind < 8.
    [[nodiscard]] char at(unsigned behind) const noexcept { return static_cast<char>(bytes_ >> 8 * (7 - behind)); }
    [[nodiscard]] char last() const noexcept { return static_cast<char>(bytes_ >> 56); }

  private:
    static constexpr std::uint64_t kZeros = 0x3030303030303030ull;

    template <class Word>
    static std::uint64_t word(const char* text) noexcept {
        Word bytes;
        std::memcpy(&bytes, text, sizeof bytes);
        return bytes;
    }

    static std::uint64_t load(std::string_view text) noexcept {
        const std::size_t size = text.size();
        const char* const end = text.data() + size;
        if (size == 8) return word<std::uint64_t>(text.data());
        const std::uint64_t zeros = kZeros >> 8 * size;
        const std::size_t empty = 64 - 8 * size;
        if (size >= 4) {  // two words that overlap, where they do, in the same characters
            return zeros | word<std::uint32_t>(text.data()) << empty | word<std::uint32_t>(end - 4) << 32;
        }
        if (size == 0) return zeros;
        return zeros | std::uint64_t{static_cast<unsigned char>(text.front())} << empty |
               std::uint64_t{static_cast<unsigned char>(text[size / 2])} << (empty + 8 * (size / 2)) |
               std::uint64_t{static_cast<unsigned char>(text.back())} << 56;
    }

    std::uint64_t bytes_;
};

// Digits and nothing else.
[[nodiscard]] inline bool all_digits(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (; text.size() > 8; text.remove_prefix(8)) {
        if (!Digits8(text.substr(0, 8)).are_digits()) return false;
    }
    return Digits8(text).are_digits();
}

// A whole number, at most 20 digits: false for anything else, and for what does not fit.
[[nodiscard]] inline bool read_digits(std::string_view text, std::uint64_t& number) noexcept {
    if (text.empty() || text.size() > 20) return false;
    number = 0;
    for (std::size_t size = (text.size() - 1) % 8 + 1; !text.empty(); text.remove_prefix(size), size = 8) {
        const Digits8 digits(text.substr(0, size));
        if (!digits.are_digits() || __builtin_mul_overflow(number, std::uint64_t{100'000'000}, &number) ||
            __builtin_add_overflow(number, digits.value(), &number)) {
            return false;
        }
    }
    return true;
}

}  // namespace daypack::core
