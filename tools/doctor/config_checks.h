// SPDX-License-Identifier: MIT
#pragma once
#include "engine/config.h"
#include "tools/doctor/finding.h"
#include "tools/doctor/machine.h"

namespace daypack::core {

// Whether a machine can do what a configuration asks for. Each finding has `asked`; `fail` means that it cannot.
[[nodiscard]] Findings check_config(const Machine& machine, const Config& config);

}  // namespace daypack::core
