// SPDX-License-Identifier: MIT
#pragma once
#include "engine/config.h"
#include "engine/include/daypack/config.hpp"

namespace daypack {

// The same configuration as the inside has it. Throws ConfigError, which names the member of Config, where it is not
// one that could run.
[[nodiscard]] core::Config checked_core_config(const Config& config);

// Back again. What a file's lines are is lost: messages about a symbol name the file alone.
[[nodiscard]] Config public_config(const core::Config& config);

}  // namespace daypack
