// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "book/types.h"
#include "net/backpack/account/amount.h"
#include "net/base/json.h"

namespace daypack::core {

// Words that REST and streams write alike.
inline constexpr std::array<std::string_view, 2> kSides{"Bid", "Ask"};
inline constexpr std::array<std::string_view, 3> kTimesInForce{"GTC", "IOC", "FOK"};

// The fields of one row, in every form that the venue has sent. What is needed and not there, or is of no such form,
// makes the row broken; `null` is as if it were not there.
class RowReader {
  public:
    // `unknown_words` counts words that an enumeration does not have.
    RowReader(const json::Value& row, std::uint64_t& unknown_words) noexcept
        : row_(row), unknown_words_(unknown_words), whole_(row.is_object()) {}

    [[nodiscard]] bool is_whole() const noexcept { return whole_; }

    // A number or a string; ids stay text, since some have more digits than a number may have elsewhere.
    [[nodiscard]] std::string id(const char* key);
    [[nodiscard]] std::string optional_id(const char* key);
    [[nodiscard]] std::string needed_text(const char* key);
    [[nodiscard]] std::string text(const char* key);  // empty where there is none
    [[nodiscard]] std::string word(const char* key, std::span<const std::string_view> known);
    [[nodiscard]] Amount amount(const char* key);
    [[nodiscard]] std::optional<Amount> optional_amount(const char* key);
    [[nodiscard]] bool flag(const char* key);
    [[nodiscard]] VenueTime time(const char* key);

  private:
    // What a scalar holds, without its quotes; none for null and for what is not there.
    [[nodiscard]] std::optional<std::string_view> scalar(const char* key);

    json::Value row_;
    std::uint64_t& unknown_words_;
    bool whole_;
};

// Hands over each field of an object; false where it is none.
template <class Take>
bool each_field(const json::Value& object, Take&& take) {
    json::Tokens at = object.tokens();
    if (!at.take('{')) return false;
    if (at.take('}')) return true;
    do {
        const std::string_view key = at.take_text();
        if (!json::is_quoted(key) || !at.take(':')) return false;
        take(json::unquoted(key), json::Value(at));
        if (!json::skim(at)) return false;
    } while (at.take(','));
    return true;
}

}  // namespace daypack::core
