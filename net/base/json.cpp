// SPDX-License-Identifier: MIT
#include "net/base/json.h"

namespace daypack::core::json {
namespace {

constexpr int kMaxDepth = 32;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool take_digits(std::string_view& text) noexcept {
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return true;
}

bool take(std::string_view& text, std::string_view any_of) noexcept {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

bool is_number(std::string_view text) noexcept {
    take(text, "-");
    if (!take(text, "0") && !take_digits(text)) return false;
    if (take(text, ".") && !take_digits(text)) return false;
    if (take(text, "eE")) {
        take(text, "+-");
        if (!take_digits(text)) return false;
    }
    return text.empty();
}

// simdjson has checked all but what is escaped. REQUIRES: is_quoted(text).
bool is_string(std::string_view text) noexcept {
    text = unquoted(text);
    for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
        text.remove_prefix(at + 1);
        at = 0;
        if (take(text, "u")) {
            for (int i = 0; i < 4; ++i) {
                if (text.empty() || !is_hex(text.front())) return false;
                text.remove_prefix(1);
            }
        } else if (!take(text, "\"\\/bfnrt")) {
            return false;
        }
    }
    return true;
}

bool skim_value(Tokens& tokens, int depth) noexcept {
    if (depth > kMaxDepth) return false;
    if (tokens.take('{')) {
        if (tokens.take('}')) return true;
        do {
            const std::string_view key = tokens.take_text();
            if (!is_quoted(key) || !is_string(key) || !tokens.take(':') || !skim_value(tokens, depth + 1)) return false;
        } while (tokens.take(','));
        return tokens.take('}');
    }
    if (tokens.take('[')) {
        if (tokens.take(']')) return true;
        do {
            if (!skim_value(tokens, depth + 1)) return false;
        } while (tokens.take(','));
        return tokens.take(']');
    }
    return is_scalar(tokens.take_text());
}

}  // namespace

bool is_scalar(std::string_view text) noexcept {
    if (is_quoted(text)) return is_string(text);
    return text == "null" || text == "true" || text == "false" || is_number(text);
}

bool skim(Tokens& tokens) noexcept {
    return skim_value(tokens, 0);
}

Value Value::operator[](std::string_view key) const noexcept {
    Tokens at = begin_;
    if (!at.take('{') || at.take('}')) return {};
    do {
        const std::string_view found = at.take_text();
        if (!is_quoted(found) || !at.take(':')) return {};
        if (unquoted(found) == key) return Value(at);
    } while (skim(at) && at.take(','));
    return {};
}

std::string_view Value::scalar() const noexcept {
    Tokens at = begin_;
    return is_object() || is_array() ? std::string_view{} : at.take_text();
}

Document::Document(std::string_view text) {
    if (text.empty()) return;
    text_.append(text).append(simdjson::SIMDJSON_PADDING, '\0');
    ondemand::json_iterator found;
    const simdjson::padded_string_view padded(text_.data(), text.size(), text_.size());
    if (parser_.iterate_raw(padded).get(found) != simdjson::SUCCESS) return;
    const Tokens begin(found, {text_.data(), text.size()});
    Tokens end = begin;
    if (skim(end) && end.at_end()) {
        root_ = begin;
    } else {
        broken_at_ = end.offset();
    }
}

}  // namespace daypack::core::json
