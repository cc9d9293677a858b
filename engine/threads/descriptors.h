// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string>

namespace daypack::core {

// Returns "" where this process may open that many files and sockets more, else what to do about it. Opens none. `who`:
// the one that needs them, for the words.
[[nodiscard]] std::string descriptors_fault(std::size_t needed, const std::string& who = "the engine");

}  // namespace daypack::core
