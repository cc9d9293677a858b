// SPDX-License-Identifier: MIT
#pragma once
#include <string_view>

namespace daypack::core {

// Which daypack this is: its version, and the commit of its sources with a + behind it where they were changed. Empty
// where the build does not tell.
//
// Thread: any.
[[nodiscard]] std::string_view build_version() noexcept;
[[nodiscard]] std::string_view build_commit() noexcept;

}  // namespace daypack::core
