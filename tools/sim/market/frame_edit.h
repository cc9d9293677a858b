// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace daypack::core::sim {

// The integer behind `key`, as in "u":123, is another: `change` makes it of the old one. Nothing where there is no such
// key.
template <class Integer, class Change>
void change_number(std::string& frame, std::string_view key, Change change) {
    const std::size_t at = frame.find(key);
    if (at == std::string::npos) return;
    const char* begin = frame.data() + at + key.size();
    Integer value{};
    const auto parsed = std::from_chars(begin, frame.data() + frame.size(), value);
    if (parsed.ec != std::errc{}) return;
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<Integer>(change(value))).ptr;
    frame.replace(at + key.size(), static_cast<std::size_t>(parsed.ptr - begin), digits,
                  static_cast<std::size_t>(end - digits));
}

// The ids of a depth or bookTicker frame, so much further on (modulo 2^64).
inline void shift_ids(std::string& frame, std::uint64_t by) {
    for (const std::string_view key : {"\"U\":", "\"u\":"}) {
        change_number<std::uint64_t>(frame, key, [by](std::uint64_t id) { return id + by; });
    }
}

}  // namespace daypack::core::sim
