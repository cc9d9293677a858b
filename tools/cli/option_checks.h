// SPDX-License-Identifier: MIT
#pragma once
#include <arpa/inet.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/config_values.h"
#include "engine/include/daypack/shm.h"
#include "net/backpack/symbol.h"

namespace daypack::core {

// Checks of options, so that a wrong one is exit 2 before anything starts. Thread: main.

// A check of config_values.h, which returns "" or what is wrong and what was meant.
template <class Check>
CLI::Validator checked(Check fault_of) {
    return CLI::Validator(
        [fault_of](std::string& value) {
            const std::string fault = fault_of(value);
            return fault.empty() ? std::string() : shown(value) + " " + fault;
        },
        "");
}

template <class Number>
CLI::Validator in_range(Number min, Number max, const char* kind) {
    return checked([min, max, kind](const std::string& text) -> std::string {
        Number value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max) return {};
        return fmt::format("is no {} from {} to {}", kind, min, max);
    });
}

inline CLI::Validator number() {
    return in_range(0.0, 1e9, "number");
}
inline CLI::Validator whole(std::int64_t max) {
    return in_range<std::int64_t>(0, max, "whole number");
}

// `kind`: what the words are, as in "row". Tells the nearest one where there is one, else all of them.
inline CLI::Validator one_of(std::vector<std::string> words, const char* kind) {
    return checked([words = std::move(words), kind](const std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end()) return {};
        const std::string near = nearest_word(text, words);
        if (!near.empty()) return fmt::format("is no {}, did you mean `{}`?", kind, near);
        return fmt::format("is no {}; there are {}", kind, fmt::join(words, ", "));
    });
}

// For transform(): a pace; "max" becomes 0, as the simulator has it.
inline CLI::Validator pace() {
    return CLI::Validator(
        [](std::string& value) {
            if (value == "max") value = "0";
            return number()(value);
        },
        "");
}

// For transform(): a time as in 500ms, 2s, 1m or 50us becomes its ns.
inline CLI::Validator to_nanoseconds() {
    return CLI::Validator(
        [](std::string& value) {
            constexpr std::pair<const char*, std::int64_t> kUnits[] = {
                {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}};
            std::int64_t number = 0;
            const char* const end = value.data() + value.size();
            const auto [rest, error] = std::from_chars(value.data(), end, number);
            for (const auto& [name, unit] : kUnits) {
                constexpr std::int64_t kMost_ns = 86'400'000'000'000;
                if (error != std::errc{} || std::string(rest, end) != name) continue;
                if (number < 1 || number > kMost_ns / unit) break;
                value = std::to_string(number * unit);
                return std::string();
            }
            return shown(value) + " is no time; write it as in 500ms, 2s or 1m, a day at most";
        },
        "");
}

// For transform(): a user of this machine becomes its number.
inline CLI::Validator to_user_id() {
    return CLI::Validator(
        [](std::string& value) {
            const std::uint32_t id = daypack_user_id(value.c_str());
            if (id == DAYPACK_NO_OWNER) {
                return shown(value) +
                       " is no user of this machine; give, by --owner or DAYPACK_OWNER, the name or number of who runs "
                       "the engine";
            }
            value = std::to_string(id);
            return std::string();
        },
        "");
}

inline CLI::Validator ip_address() {
    return checked([](const std::string& text) -> std::string {
        in6_addr address;
        if (inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1)
            return {};
        return "is no address; write one as in 127.0.0.1 or ::1, or 0.0.0.0 for all of this machine";
    });
}

// For transform(): the name of a host, or an address, in small letters.
inline CLI::Validator to_host_name() {
    return CLI::Validator(
        [](std::string& value) {
            constexpr std::size_t kLongest = 253;
            bool is_name = !value.empty() && value.size() <= kLongest;
            for (char& c : value) {
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
                const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
                is_name = is_name && (is_letter || c == '-' || c == '.' || c == '_' || c == ':');
            }
            return is_name ? std::string() : shown(value) + " is no name of a host";
        },
        "");
}

// For transform(): any spelling becomes the venue's.
inline CLI::Validator to_native_symbol() {
    return CLI::Validator(
        [](std::string& value) {
            const auto native = native_symbol(value);
            if (!native) return shown(value) + " " + symbol_fault(value);
            value = *native;
            return std::string();
        },
        "");
}

}  // namespace daypack::core
