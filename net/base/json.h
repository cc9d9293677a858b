// SPDX-License-Identifier: MIT
#pragma once
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace daypack::core::json {

// The only door to simdjson: the files that read JSON include this, and nobody else does.
//
// What is used of simdjson is its first stage, which finds the tokens with SIMD. Its iterators are not: on one of our
// frames they cost three times as much as the walk below, they count only brackets in what they skip, and an object
// that has met an error must not be asked again (3.0.1 follows a null pointer).

namespace ondemand = simdjson::ondemand;

[[nodiscard]] inline bool is_quoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}
// REQUIRES: is_quoted(text).
[[nodiscard]] inline std::string_view unquoted(std::string_view text) noexcept {
    return text.substr(1, text.size() - 2);
}

// What simdjson has found in a text: where each token begins. It has seen to the bytes (UTF-8, control characters, ends
// of strings); the grammar is left to who takes the tokens.
//
// Behind the last of simdjson's offsets stands the length of the text, which no token can begin at: that is the end,
// and gives the last token one too. Beyond it every token is '\0' and nothing is taken.
class Tokens {
  public:
    Tokens() = default;
    // REQUIRES: `found` was made of `bytes`, and nothing of it was taken.
    Tokens(const ondemand::json_iterator& found, std::string_view bytes) noexcept
        : bytes_(bytes.data()), at_(found.position()), size_(static_cast<std::uint32_t>(bytes.size())) {}

    [[nodiscard]] bool at_end() const noexcept { return *at_ == size_; }

    // Where the next token begins; at the end: how long the text is.
    [[nodiscard]] std::size_t offset() const noexcept { return *at_; }

    // The first byte of the next token.
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : bytes_[*at_]; }

    // Takes the next token if it begins so.
    bool take(char first) noexcept {
        if (peek() != first) return false;
        ++at_;
        return true;
    }

    // Takes a scalar, quotes included, without the white space behind it; empty where there is none.
    [[nodiscard]] std::string_view take_text() noexcept {
        if (at_end()) return {};
        std::string_view text(bytes_ + *at_, at_[1] - *at_);
        ++at_;
        while (is_space(text.back())) text.remove_suffix(1);  // the first byte of a token is none
        return text;
    }

  private:
    static constexpr std::uint32_t kNone = 0;  // the one offset of an empty text

    static bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    const char* bytes_ = nullptr;
    const std::uint32_t* at_ = &kNone;
    std::uint32_t size_ = 0;  // of the text
};

// Takes a whole value that nobody wants. False where it is not JSON, or nested deeper than any message of the venue.
[[nodiscard]] bool skim(Tokens& tokens) noexcept;

// The text of one scalar is JSON.
[[nodiscard]] bool is_scalar(std::string_view text) noexcept;

// A value of a text that was found to be JSON throughout, or none. Copied at will; lives as long as its Document.
class Value {
  public:
    Value() = default;
    explicit Value(const Tokens& begin) noexcept : begin_(begin) {}

    [[nodiscard]] bool is_object() const noexcept { return begin_.peek() == '{'; }
    [[nodiscard]] bool is_array() const noexcept { return begin_.peek() == '['; }

    // Its own tokens, and those behind it.
    [[nodiscard]] Tokens tokens() const noexcept { return begin_; }

    // Where it begins in the text.
    [[nodiscard]] std::size_t offset() const noexcept { return begin_.offset(); }

    // The first field of that name; none where this is no object or has none.
    [[nodiscard]] Value operator[](std::string_view key) const noexcept;

    // A scalar as it is written; empty where there is none.
    [[nodiscard]] std::string_view scalar() const noexcept;

    // What a string holds, escapes as they stand; empty where there is no string.
    [[nodiscard]] std::string_view string() const noexcept {
        const std::string_view text = scalar();
        return is_quoted(text) ? unquoted(text) : std::string_view{};
    }

    // Hands over each element until `take` returns false. False then, and where this is no array.
    template <class Take>
    bool each(Take&& take) const {
        Tokens at = begin_;
        if (!at.take('[')) return false;
        if (at.take(']')) return true;
        do {
            if (!take(Value(at)) || !skim(at)) return false;
        } while (at.take(','));
        return true;
    }

  private:
    Tokens begin_;
};

// A text that is not in anybody's buffer with room behind it: copied, and checked as a whole before it is believed.
class Document {
  public:
    explicit Document(std::string_view text);
    Document(const Document&) = delete;  // values point into it
    Document& operator=(const Document&) = delete;

    // None where the text is not JSON.
    [[nodiscard]] Value root() const noexcept { return Value(root_); }
    // Where a text that is not JSON stops to be it, or a token behind; none where its very tokens cannot be told apart.
    [[nodiscard]] std::optional<std::size_t> broken_at() const noexcept { return broken_at_; }

  private:
    std::string text_;  // with padding behind
    ondemand::parser parser_;
    Tokens root_;
    std::optional<std::size_t> broken_at_;
};

}  // namespace daypack::core::json
