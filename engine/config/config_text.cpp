// SPDX-License-Identifier: MIT
#include "engine/config/config_text.h"

#include <algorithm>
#include <charconv>

namespace daypack::core {
namespace {

constexpr const char* kTrue[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"};
constexpr const char* kFalse[] = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"};

bool among(const char* const (&words)[9], const std::string& text) {
    return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

// Quotes say that it is text, unless the environment fills them.
bool only_text(const ConfigText& text) {
    return text.quoted && !text.expanded;
}

bool name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool name_part(char c) {
    return name_start(c) || (c >= '0' && c <= '9');
}

}  // namespace

void fail_at(const std::string& path, int line, const std::string& wrong_and_meant) {
    const std::string place = line > 0 ? path + ":" + std::to_string(line) : path;
    throw ConfigError("daypack: " + place + ": " + wrong_and_meant);
}

ConfigText expand(const std::string& path, const YamlNode& scalar, const EnvLookup& env) {
    ConfigText out;
    out.written = scalar.text;
    out.line = scalar.line;
    out.quoted = scalar.quoted;
    std::size_t from = 0;
    for (std::size_t open = scalar.text.find("${"); open != std::string::npos; open = scalar.text.find("${", from)) {
        std::size_t end = open + 2;
        while (end < scalar.text.size() && name_part(scalar.text[end])) ++end;
        const std::string name = scalar.text.substr(open + 2, end - open - 2);
        if (name.empty() || !name_start(name[0]) || end == scalar.text.size() || scalar.text[end] != '}') {
            fail_at(path, scalar.line, "`${` begins no variable here; write it as in `${BACKPACK_KEY}`");
        }
        const auto value = env(name);
        if (!value && out.unset.empty()) out.unset = name;
        out.text += scalar.text.substr(from, open - from) + value.value_or("");
        out.expanded = true;
        from = end + 1;
    }
    out.text += scalar.text.substr(from);
    return out;
}

Number read_whole(const ConfigText& text, std::int64_t& value) {
    const std::string& digits = text.text;
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    const bool octal = digits.size() > first + 1 && digits[first] == '0';
    if (only_text(text) || octal) return Number::none;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) return Number::none;
    return error == std::errc::result_out_of_range ? Number::too_large : Number::whole;
}

std::optional<bool> read_flag(const ConfigText& text) {
    if (only_text(text)) return std::nullopt;
    if (among(kTrue, text.text)) return true;
    if (among(kFalse, text.text)) return false;
    return std::nullopt;
}

std::string other_type(const ConfigText& text) {
    if (text.quoted || text.expanded) return "";
    if (read_flag(text)) return "a flag";
    const std::string& digits = text.text;
    if (digits.find_first_not_of("0123456789+-.eE") != std::string::npos) return "";
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error != std::errc::invalid_argument && end == digits.data() + digits.size() ? "a number" : "";
}

}  // namespace daypack::core
