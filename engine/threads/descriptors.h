// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string>

namespace daypack::core {

// Returns "" where this process may open that many files and sockets more, else what to do about it. Opens none.
[[nodiscard]] std::string descriptors_fault(std::size_t needed);

}  // namespace daypack::core
