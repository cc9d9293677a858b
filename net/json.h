#pragma once
#include <simdjson.h>

#include <cstddef>
#include <string_view>

namespace daypack::json {

// The only door to simdjson: the files that read JSON include this, and nobody else does.

namespace ondemand = simdjson::ondemand;

// The text of a scalar, quotes included, without the white space behind it. REQUIRES: the value was not read yet.
[[nodiscard]] inline std::string_view scalar_text(ondemand::value& value) noexcept {
    std::string_view text = value.raw_json_token();
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

[[nodiscard]] inline bool is_quoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}
// REQUIRES: is_quoted(text).
[[nodiscard]] inline std::string_view unquoted(std::string_view text) noexcept {
    return text.substr(1, text.size() - 2);
}

// Reads a value that nobody wants, so that what is accepted is JSON throughout: simdjson alone counts only brackets in
// what it skips. False where it is not JSON, or nested deeper than any message of the venue.
[[nodiscard]] bool skim(ondemand::value value) noexcept;

}  // namespace daypack::json
