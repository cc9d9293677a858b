// SPDX-License-Identifier: MIT
#pragma once
#include <string_view>

namespace daypack::core {

// Whether the text is UTF-8 as Unicode has it: shortest forms alone, no surrogates, nothing beyond U+10FFFF. Text in
// ASCII, which is what the venue sends, is seen to be so eight bytes at a time.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace daypack::core
