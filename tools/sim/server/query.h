// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daypack::core::sim {

[[nodiscard]] std::string percent_decoded(std::string_view text);

// The pairs behind the question mark, decoded, in the order they came in.
[[nodiscard]] inline std::vector<std::pair<std::string, std::string>> query_of(std::string_view target) {
    std::vector<std::pair<std::string, std::string>> pairs;
    const std::size_t question = target.find('?');
    std::string_view rest = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        pairs.emplace_back(pair.substr(0, equals), percent_decoded(pair.substr(std::min(equals + 1, pair.size()))));
    }
    return pairs;
}

// The first of that name.
[[nodiscard]] inline std::optional<std::string> parameter_of(std::string_view target, std::string_view name) {
    for (auto& [key, value] : query_of(target)) {
        if (key == name) return std::move(value);
    }
    return std::nullopt;
}

template <class Integer>
[[nodiscard]] std::optional<Integer> integer_of(const std::string& text) {
    Integer value{};
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || text.empty()) return std::nullopt;
    return value;
}

}  // namespace daypack::core::sim
