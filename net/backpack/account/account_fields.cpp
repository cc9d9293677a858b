// SPDX-License-Identifier: MIT
#include "net/backpack/account/account_fields.h"

#include <algorithm>
#include <chrono>

#include "book/digits.h"
#include "net/backpack/account/account_decoder.h"

namespace daypack::core {
namespace {

constexpr std::size_t kTextMax = 128;  // of an id or a word: the venue's are far shorter

// Takes `size` digits and what follows them, if it is `behind`; '\0': anything.
bool take_digits(std::string_view& text, std::size_t size, char behind, std::uint64_t& number) noexcept {
    if (text.size() < size || !read_digits(text.substr(0, size), number)) return false;
    text.remove_prefix(size);
    if (behind == '\0') return true;
    if (!text.starts_with(behind)) return false;
    text.remove_prefix(1);
    return true;
}

// The fraction of a second as µs; what is finer is dropped.
bool take_fraction(std::string_view& text, std::uint64_t& us) noexcept {
    us = 0;
    if (!text.starts_with('.')) return true;
    text.remove_prefix(1);
    std::size_t size = 0;
    for (; size < text.size() && text[size] >= '0' && text[size] <= '9'; ++size) {
        if (size < 6) us = us * 10 + static_cast<std::uint64_t>(text[size] - '0');
    }
    for (std::size_t i = size; i < 6; ++i) us *= 10;
    text.remove_prefix(size);
    return size > 0 && size <= 9;
}

std::optional<VenueTime> from_iso(std::string_view text) noexcept {
    std::uint64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, us = 0;
    const bool whole = take_digits(text, 4, '-', year) && take_digits(text, 2, '-', month) &&
                       take_digits(text, 2, '\0', day) && (text.starts_with('T') || text.starts_with(' '));
    if (!whole) return std::nullopt;
    text.remove_prefix(1);
    if (!take_digits(text, 2, ':', hour) || !take_digits(text, 2, ':', minute) || !take_digits(text, 2, '\0', second) ||
        !take_fraction(text, us) || (!text.empty() && text != "Z" && text != "+00:00")) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    const auto seconds = std::int64_t{days} * 86'400 + static_cast<std::int64_t>(hour * 3'600 + minute * 60 + second);
    return VenueTime{seconds * 1'000'000 + static_cast<std::int64_t>(us)};
}

}  // namespace

std::optional<VenueTime> parse_account_time(std::string_view text) noexcept {
    std::uint64_t number = 0;
    if (!read_digits(text, number)) return from_iso(text);
    constexpr std::uint64_t kLeastUs = 100'000'000'000'000;  // in 1973, and in ms in 5138
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return VenueTime{static_cast<std::int64_t>(number >= kLeastUs ? number : number * 1'000)};
}

std::optional<std::string_view> RowReader::scalar(const char* key) {
    const json::Value value = row_[key];
    if (value.is_object() || value.is_array()) whole_ = false;
    std::string_view text = value.scalar();
    if (text.empty() || text == "null") return std::nullopt;
    if (json::is_quoted(text)) text = json::unquoted(text);
    // An escape is in no text that the venue sends here, and would not be what it stands for.
    if (text.size() > kTextMax || text.find('\\') != std::string_view::npos) whole_ = false;
    return text;
}

std::string RowReader::optional_id(const char* key) {
    return std::string(scalar(key).value_or(""));
}

std::string RowReader::id(const char* key) {
    std::string id = optional_id(key);
    if (id.empty()) whole_ = false;
    return id;
}

std::string RowReader::needed_text(const char* key) {
    return id(key);
}

std::string RowReader::text(const char* key) {
    return optional_id(key);
}

std::string RowReader::word(const char* key, std::span<const std::string_view> known) {
    std::string word = text(key);
    if (!word.empty() && std::ranges::find(known, word) == known.end()) ++unknown_words_;
    return word;
}

std::optional<Amount> RowReader::optional_amount(const char* key) {
    const auto text = scalar(key);
    if (!text || text->empty()) return std::nullopt;
    const auto amount = Amount::parse(*text);
    if (!amount) whole_ = false;
    return amount;
}

Amount RowReader::amount(const char* key) {
    const auto amount = optional_amount(key);
    if (!amount) whole_ = false;
    return amount.value_or(Amount());
}

bool RowReader::flag(const char* key) {
    const auto text = scalar(key);
    if (text && *text != "true" && *text != "false") whole_ = false;
    return text == "true";
}

VenueTime RowReader::time(const char* key) {
    const auto text = scalar(key);
    const auto time = text ? parse_account_time(*text) : std::nullopt;
    if (text && !time) whole_ = false;
    return time.value_or(VenueTime());
}

}  // namespace daypack::core
