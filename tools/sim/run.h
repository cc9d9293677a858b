// SPDX-License-Identifier: MIT
#pragma once
#include "tools/sim/options.h"

namespace daypack::core::sim {

// The verb `daypack sim`: prints {"listening":PORT} on stdout and runs until SIGINT or SIGTERM. Returns the exit code:
// 0 done, 2 when the options cannot be carried out, which one line on stderr explains. Call it before the process has
// other threads: they would get the signals.
[[nodiscard]] int run_sim(const SimOptions& options);

}  // namespace daypack::core::sim
