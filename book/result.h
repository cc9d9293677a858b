// SPDX-License-Identifier: MIT
#pragma once
#include <cassert>
#include <cstdint>
#include <utility>

namespace daypack::core {

// Errors of running code; zero is success. Set-up code throws instead, with a sentence for the user.
enum class Errc : std::uint8_t {
    ok,
    malformed,       // not JSON, or not the shape that the venue sends
    not_a_number,    // a decimal was due: exponent, sign or stray byte
    off_tick,        // more decimals than the instrument has, or between two ticks or steps
    overflow,        // does not fit 63 bits
    unknown_symbol,  // a symbol that is not subscribed
    unknown_kind,    // a stream or event type that we do not use
    too_many,        // more levels than one frame or book may have
};

[[nodiscard]] const char* errc_name(Errc errc) noexcept;

// A value or the reason why there is none; `T` must be default-constructible.
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) noexcept : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): returns read plainly
    Result(Errc errc) noexcept : errc_(errc) { assert(errc != Errc::ok); }  // NOLINT(google-explicit-constructor)

    [[nodiscard]] explicit operator bool() const noexcept { return errc_ == Errc::ok; }
    [[nodiscard]] Errc errc() const noexcept { return errc_; }
    // REQUIRES: *this holds a value.
    [[nodiscard]] const T& operator*() const noexcept { return value_; }
    [[nodiscard]] const T* operator->() const noexcept { return &value_; }

  private:
    T value_{};
    Errc errc_ = Errc::ok;
};

}  // namespace daypack::core
