#pragma once
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace daypack::json {

// The only door to simdjson: the files that read JSON include this, and nobody else does.

namespace ondemand = simdjson::ondemand;

[[nodiscard]] inline bool is_quoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}
// REQUIRES: is_quoted(text).
[[nodiscard]] inline std::string_view unquoted(std::string_view text) noexcept {
    return text.substr(1, text.size() - 2);
}

// What simdjson has found in a text: where each token begins. It has seen to the bytes (UTF-8, control characters, ends
// of strings); the grammar is left to who takes the tokens. simdjson's own iterators cost three times as much on a
// frame, and count only brackets in what they skip.
//
// Beyond the end every token is '\0' and nothing is taken.
class Tokens {
  public:
    Tokens(ondemand::json_iterator&& found, std::string_view bytes) noexcept
        : bytes_(bytes.data()), at_(found.position()), end_(End(std::move(found)).end_position()) {}

    [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }

    // The first byte of the next token.
    [[nodiscard]] char peek() const noexcept { return at_ == end_ ? '\0' : bytes_[*at_]; }

    // Takes the next token if it begins so.
    bool take(char first) noexcept {
        if (peek() != first) return false;
        ++at_;
        return true;
    }

    // Takes a scalar, quotes included, without the white space behind it; empty where there is none.
    [[nodiscard]] std::string_view take_text() noexcept {
        if (at_ == end_) return {};
        std::string_view text(bytes_ + *at_, at_[1] - *at_);
        ++at_;
        while (is_space(text.back())) text.remove_suffix(1);  // the first byte of a token is none
        return text;
    }

  private:
    struct End : ondemand::json_iterator {
        explicit End(json_iterator&& found) noexcept : json_iterator(std::move(found)) {}
        using json_iterator::end_position;
    };
    static bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    const char* bytes_;
    const std::uint32_t* at_;
    const std::uint32_t* end_;  // behind it stands the length of the text, so that the last token has an end too
};

// Takes a whole value that nobody wants. False where it is not JSON, or nested deeper than any message of the venue.
[[nodiscard]] bool skim(Tokens& tokens) noexcept;

// The text of one scalar is JSON.
[[nodiscard]] bool is_scalar(std::string_view text) noexcept;

}  // namespace daypack::json
