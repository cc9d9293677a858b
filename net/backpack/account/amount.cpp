// SPDX-License-Identifier: MIT
#include "net/backpack/account/amount.h"

#include <algorithm>

#include "book/digits.h"

namespace daypack::core {
namespace {

constexpr int kDigitsMax = 38;
constexpr int kScaleMax = 30;

// Takes what stands behind an `e`: at most two digits, which any decimal that fits can be written with.
std::optional<int> take_exponent(std::string_view& text) noexcept {
    const std::size_t at = text.find_first_of("eE");
    if (at == std::string_view::npos) return 0;
    std::string_view digits = text.substr(at + 1);
    text = text.substr(0, at);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    std::uint64_t exponent = 0;
    if (digits.size() > 2 || !read_digits(digits, exponent)) return std::nullopt;
    return negative ? -static_cast<int>(exponent) : static_cast<int>(exponent);
}

}  // namespace

std::optional<Amount> Amount::parse(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    Amount amount;
    int digits = 0;
    int decimals = 0;
    bool point = false;
    bool any = false;
    for (const char c : text) {
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        any = true;
        if (amount.mantissa_ != 0 || c != '0') ++digits;
        if (digits > kDigitsMax) return std::nullopt;
        amount.mantissa_ = amount.mantissa_ * 10 + (c - '0');
        if (point) ++decimals;
    }
    if (!any || text.ends_with('.') || text.starts_with('.')) return std::nullopt;
    amount.scale_ = decimals - *exponent;
    amount.shorten();
    for (; amount.scale_ < 0; ++amount.scale_) {
        if (++digits > kDigitsMax) return std::nullopt;
        amount.mantissa_ *= 10;
    }
    if (amount.scale_ > kScaleMax) return std::nullopt;
    if (negative) amount.mantissa_ = -amount.mantissa_;
    return amount;
}

void Amount::shorten() noexcept {
    if (mantissa_ == 0) scale_ = 0;
    for (; scale_ > 0 && mantissa_ % 10 == 0; --scale_) mantissa_ /= 10;
}

Amount Amount::negated() const noexcept {
    Amount amount = *this;
    amount.mantissa_ = -mantissa_;
    return amount;
}

std::optional<Amount> Amount::sum(const Amount& one, const Amount& other) noexcept {
    Amount a = one;
    Amount b = other;
    if (a.scale_ > b.scale_) std::swap(a, b);
    for (; a.scale_ < b.scale_; ++a.scale_) {
        if (__builtin_mul_overflow(a.mantissa_, Wide{10}, &a.mantissa_)) return std::nullopt;
    }
    if (__builtin_add_overflow(a.mantissa_, b.mantissa_, &a.mantissa_)) return std::nullopt;
    a.shorten();
    return a;
}

std::string Amount::text() const {
    std::string digits;  // the last one first
    int written = 0;
    Wide left = mantissa_ < 0 ? -mantissa_ : mantissa_;
    for (; left != 0 || written <= scale_; left /= 10) {
        digits += static_cast<char>('0' + static_cast<int>(left % 10));
        if (++written == scale_) digits += '.';
    }
    if (mantissa_ < 0) digits += '-';
    std::ranges::reverse(digits);
    return digits;
}

}  // namespace daypack::core
