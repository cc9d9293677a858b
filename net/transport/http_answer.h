// SPDX-License-Identifier: MIT
#pragma once
#include <boost/beast/http/fields.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/base/clock.h"
#include "net/base/retry_after.h"

namespace daypack::core {

// What REST requests and WebSocket upgrades both ask of the answer to them.

inline constexpr std::uint32_t kHttpHeaderBytesMax = 65'536;
inline constexpr int kInterimAnswersMax = 16;  // answers of 1xx before the final one

// A header's value; empty where there is none.
[[nodiscard]] inline std::string_view header_text(const boost::beast::http::fields& fields,
                                                  boost::beast::http::field field) {
    const auto text = fields[field];
    return {text.data(), text.size()};
}

// How long the server asks to be left alone; none: it does not say.
[[nodiscard]] inline std::optional<int> retry_after_s(const boost::beast::http::fields& fields) {
    using boost::beast::http::field;
    return parse_retry_after(header_text(fields, field::retry_after), header_text(fields, field::date), wall_now());
}

}  // namespace daypack::core
