#include "net/json.h"

namespace daypack::json {
namespace {

constexpr int kMaxDepth = 32;

bool digits(const char*& at, const char* end) noexcept {
    const char* const begin = at;
    while (at != end && *at >= '0' && *at <= '9') ++at;
    return at != begin;
}

bool is_number(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    if (at != end && *at == '-') ++at;
    if (at != end && *at == '0') {
        ++at;
    } else if (!digits(at, end)) {
        return false;
    }
    if (at != end && *at == '.' && (++at, !digits(at, end))) return false;
    if (at != end && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at != end && (*at == '+' || *at == '-')) ++at;
        if (!digits(at, end)) return false;
    }
    return at == end;
}

bool skim_object(ondemand::value& value, int depth) noexcept;
bool skim_array(ondemand::value& value, int depth) noexcept;

bool skim_value(ondemand::value& value, int depth) noexcept {
    if (depth > kMaxDepth) return false;
    const std::string_view text = scalar_text(value);
    if (text.empty()) return false;
    switch (text.front()) {
        case '{': return skim_object(value, depth);
        case '[': return skim_array(value, depth);
        case '"': return is_quoted(text) && value.get_string().error() == simdjson::SUCCESS;
        case 't': return text == "true";
        case 'f': return text == "false";
        case 'n': return text == "null";
        default: return is_number(text);
    }
}

bool skim_object(ondemand::value& value, int depth) noexcept {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return false;
        if (field.unescaped_key().error() != simdjson::SUCCESS || !skim_value(field.value(), depth + 1)) return false;
    }
    return true;
}

bool skim_array(ondemand::value& value, int depth) noexcept {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
        ondemand::value element;
        if (std::move(item).get(element) != simdjson::SUCCESS || !skim_value(element, depth + 1)) return false;
    }
    return true;
}

}  // namespace

bool skim(ondemand::value value) noexcept { return skim_value(value, 0); }

}  // namespace daypack::json
