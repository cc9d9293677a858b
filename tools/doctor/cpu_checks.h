// SPDX-License-Identifier: MIT
#pragma once
#include "tools/doctor/finding.h"
#include "tools/doctor/machine.h"

namespace daypack::core {

// Everything about the CPUs of a machine that makes latency better or worse, whatever is run on it.
[[nodiscard]] Findings check_cpus(const Machine& machine);

// What to do so that nothing else runs on these.
[[nodiscard]] std::string isolation_fix(const std::vector<int>& cpus);

}  // namespace daypack::core
