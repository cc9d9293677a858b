// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daypack::core::slow {

// JSON by recursive descent, strict and slow, to judge the fast readers by. It is the grammar of RFC 8259 written down;
// UTF-8 is not looked at.
struct Json {
    enum class Kind { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string text;               // of a number or boolean as written; of a string unescaped (\u as '?')
    std::vector<Json> elements;     // of an array; of an object, the values
    std::vector<std::string> keys;  // of an object, one a value
    bool escaped_key = false;       // somewhere in a key of this object

    [[nodiscard]] std::vector<const Json*> all(std::string_view key) const {
        std::vector<const Json*> found;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i] == key) found.push_back(&elements[i]);
        }
        return found;
    }
    // Nothing where it is not there exactly once.
    [[nodiscard]] const Json* one(std::string_view key) const {
        const auto found = all(key);
        return found.size() == 1 ? found.front() : nullptr;
    }
};

class JsonReader {
  public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    // False: not JSON, or deeper than anybody needs.
    [[nodiscard]] bool read(Json& json) {
        space();
        if (!value(json, 0)) return false;
        space();
        return text_.empty();
    }

  private:
    bool value(Json& json, int depth) {
        if (text_.empty() || depth > 100) return false;
        switch (text_.front()) {
            case '{': return object(json, depth);
            case '[': return array(json, depth);
            case '"': {
                bool escaped = false;
                json.kind = Json::Kind::string;
                return string(json.text, escaped);
            }
            default: return word(json);
        }
    }

    bool object(Json& json, int depth) {
        json.kind = Json::Kind::object;
        take("{");
        space();
        if (take("}")) return true;
        do {
            space();
            std::string key;
            if (!string(key, json.escaped_key)) return false;
            space();
            if (!take(":")) return false;
            space();
            Json field;
            if (!value(field, depth + 1)) return false;
            json.keys.push_back(std::move(key));
            json.elements.push_back(std::move(field));
            space();
        } while (take(","));
        return take("}");
    }

    bool array(Json& json, int depth) {
        json.kind = Json::Kind::array;
        take("[");
        space();
        if (take("]")) return true;
        do {
            space();
            Json element;
            if (!value(element, depth + 1)) return false;
            json.elements.push_back(std::move(element));
            space();
        } while (take(","));
        return take("]");
    }

    bool string(std::string& text, bool& escaped) {
        if (!take("\"")) return false;
        while (!text_.empty()) {
            const char c = text_.front();
            text_.remove_prefix(1);
            if (c == '"') return true;
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c != '\\') {
                text += c;
                continue;
            }
            escaped = true;
            if (text_.empty()) return false;
            const char kind = text_.front();
            text_.remove_prefix(1);
            if (kind == 'u') {
                for (int i = 0; i < 4; ++i) {
                    if (text_.empty() || std::string_view("0123456789abcdefABCDEF").find(text_.front()) == text_.npos) {
                        return false;
                    }
                    text_.remove_prefix(1);
                }
                text += '?';
            } else if (std::string_view("\"\\/bfnrt").find(kind) == text_.npos) {
                return false;
            } else {
                text += kind;
            }
        }
        return false;
    }

    bool word(Json& json) {
        const std::size_t size = std::min(text_.find_first_of(" \t\r\n,:[]{}\""), text_.size());
        json.text = text_.substr(0, size);
        text_.remove_prefix(size);
        json.kind = json.text == "null" ? Json::Kind::null : Json::Kind::boolean;
        if (json.text == "null" || json.text == "true" || json.text == "false") return true;
        json.kind = Json::Kind::number;
        return is_number(json.text);
    }

    static bool is_number(std::string_view text) {
        const auto digits = [&text] {
            const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
            text.remove_prefix(count);
            return count;
        };
        if (text.starts_with('-')) text.remove_prefix(1);
        const bool zero = text.starts_with('0');
        const std::size_t whole = digits();
        if (whole == 0 || (zero && whole > 1)) return false;
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            if (digits() == 0) return false;
        }
        if (text.starts_with('e') || text.starts_with('E')) {
            text.remove_prefix(1);
            if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
            if (digits() == 0) return false;
        }
        return text.empty();
    }

    bool take(std::string_view token) {
        if (!text_.starts_with(token)) return false;
        text_.remove_prefix(token.size());
        return true;
    }
    void space() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size())); }

    std::string_view text_;
};

}  // namespace daypack::core::slow
