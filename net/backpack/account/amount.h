// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daypack::core {

// An exact decimal of an account: mantissa × 10^-scale, of up to 38 digits and 30 decimals. Those of a book fit 63
// bits; a value that the venue computed, as a net equity, may have more digits than that.
//
// Invariant: canonical, so that equal values are equal: a fraction does not end in zeros.
class Amount {
  public:
    Amount() = default;
    // "12.50", "-0.1", "1E-8"; none where it is no decimal, or has more digits than fit.
    [[nodiscard]] static std::optional<Amount> parse(std::string_view text) noexcept;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] int sign() const noexcept { return mantissa_ > 0 ? 1 : mantissa_ < 0 ? -1 : 0; }
    [[nodiscard]] Amount negated() const noexcept;
    // None where the sum has more digits than fit.
    [[nodiscard]] static std::optional<Amount> sum(const Amount& one, const Amount& other) noexcept;
    bool operator==(const Amount&) const = default;

  private:
    __extension__ using Wide = __int128;

    void shorten() noexcept;

    Wide mantissa_ = 0;
    int scale_ = 0;
};

}  // namespace daypack::core
