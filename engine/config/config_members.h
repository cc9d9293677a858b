// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/config/config_keys.h"

namespace daypack::core {

// How the value of a key is read into the member that it belongs to, shown, and, where a program set the member itself,
// held against the key's rules: three functions for each type that a member may have. Only the tables in
// config_keys.cpp include this.

[[nodiscard]] std::string joined(std::span<const std::string_view> words, std::string_view between);
// The index of `word`, or the number of words where it is none of them.
[[nodiscard]] std::size_t place_of(std::string_view word, std::span<const std::string_view> words) noexcept;
// The index of the value among the words of its key.
[[nodiscard]] std::size_t read_word(ConfigSection& in, const ConfigKey& key, std::size_t otherwise);

void read_value(ConfigSection& in, const ConfigKey& key, bool& value);
void read_value(ConfigSection& in, const ConfigKey& key, std::string& value);
void read_value(ConfigSection& in, const ConfigKey& key, std::vector<int>& value);
void read_value(ConfigSection& in, const ConfigKey& key, std::vector<std::string>& value);
void read_value(ConfigSection& in, const ConfigKey& key, std::vector<FeedChannel>& value);

template <std::integral T>
void read_value(ConfigSection& in, const ConfigKey& key, T& value) {
    value = static_cast<T>(in.whole(key.name, static_cast<std::int64_t>(value), key.rules.min, key.rules.max));
    if constexpr (std::unsigned_integral<T>) {
        if (key.rules.power_of_two) value = std::bit_ceil(value);
    }
}

template <class T>
requires std::is_enum_v<T>
void read_value(ConfigSection& in, const ConfigKey& key, T& value) {
    value = static_cast<T>(read_word(in, key, static_cast<std::size_t>(value)));
}

[[nodiscard]] std::string show_value(const ConfigKey& key, bool value);
[[nodiscard]] std::string show_value(const ConfigKey& key, const std::string& value);
[[nodiscard]] std::string show_value(const ConfigKey& key, const std::vector<int>& value);
[[nodiscard]] std::string show_value(const ConfigKey& key, const std::vector<std::string>& value);
[[nodiscard]] std::string show_value(const ConfigKey& key, const std::vector<FeedChannel>& value);

template <std::integral T>
[[nodiscard]] std::string show_value(const ConfigKey&, T value) {
    return std::to_string(value);
}

template <class T>
requires std::is_enum_v<T>
[[nodiscard]] std::string show_value(const ConfigKey& key, T value) {
    return std::string(key.rules.words[static_cast<std::size_t>(value)]);
}

// REQUIRES: the value is not the member's default.
[[nodiscard]] inline std::string value_fault(const ConfigKey&, bool) {
    return {};
}
[[nodiscard]] std::string value_fault(const ConfigKey& key, const std::string& value);
[[nodiscard]] std::string value_fault(const ConfigKey& key, const std::vector<int>& value);
[[nodiscard]] std::string value_fault(const ConfigKey& key, const std::vector<std::string>& value);
[[nodiscard]] std::string value_fault(const ConfigKey& key, const std::vector<FeedChannel>& value);
[[nodiscard]] std::string range_fault(const ConfigKey& key, std::int64_t value);
[[nodiscard]] std::string word_fault(const ConfigKey& key, std::size_t place);

template <std::integral T>
[[nodiscard]] std::string value_fault(const ConfigKey& key, T value) {
    // A number of 64 bits without a sign that is larger than any with one is larger than any bound as well.
    return range_fault(key, std::cmp_greater(value, INT64_MAX) ? INT64_MAX : static_cast<std::int64_t>(value));
}

template <class T>
requires std::is_enum_v<T>
[[nodiscard]] std::string value_fault(const ConfigKey& key, T value) {
    return word_fault(key, static_cast<std::size_t>(value));
}

// The member of whichever section has it.
template <auto member, class AnyConfig>
[[nodiscard]] auto& value_of(AnyConfig& config) noexcept {
    if constexpr (requires { config.exchange.*member; }) {
        return config.exchange.*member;
    } else {
        return config.engine.*member;
    }
}

template <auto member>
[[nodiscard]] constexpr ConfigKey key(const char* name, const char* meaning, ConfigKey::Rules rules = {}) {
    return {name,
            meaning,
            rules,
            [](ConfigSection& in, const ConfigKey& self, Config& out) { read_value(in, self, value_of<member>(out)); },
            [](const ConfigKey& self, const Config& config) { return show_value(self, value_of<member>(config)); },
            [](const ConfigKey& self, const Config& config) {
                const Config defaults;
                const auto& value = value_of<member>(config);
                return value == value_of<member>(defaults) ? std::string() : value_fault(self, value);
            }};
}

// A key that has a single word, and so no member.
[[nodiscard]] constexpr ConfigKey only_word(const char* name, const char* meaning, ConfigKey::Rules rules) {
    return {name,
            meaning,
            rules,
            [](ConfigSection& in, const ConfigKey& self, Config&) { (void)read_word(in, self, 0); },
            [](const ConfigKey& self, const Config&) { return std::string(self.rules.words.front()); },
            [](const ConfigKey&, const Config&) { return std::string(); }};
}

// Keys whose form in the file is not that of their members.
void read_symbols(ConfigSection& in, const ConfigKey& key, Config& out);
[[nodiscard]] std::string show_symbols(const ConfigKey& key, const Config& config);
[[nodiscard]] std::string symbols_fault(const ConfigKey& key, const Config& config);
void read_accounts(ConfigSection& in, const ConfigKey& key, Config& out);
[[nodiscard]] std::string show_accounts(const ConfigKey& key, const Config& config);
[[nodiscard]] std::string accounts_fault(const ConfigKey& key, const Config& config);
void read_shm_mode(ConfigSection& in, const ConfigKey& key, Config& out);
[[nodiscard]] std::string show_shm_mode(const ConfigKey& key, const Config& config);
[[nodiscard]] std::string shm_mode_fault(const ConfigKey& key, const Config& config);

}  // namespace daypack::core
