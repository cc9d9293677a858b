// SPDX-License-Identifier: MIT
#pragma once
#include "tools/sim/options.h"

namespace daypack::core::sim {

// The verb `daypack sim`: prints {"listening":PORT} on stdout and runs until SIGINT or SIGTERM. Returns the exit code:
// 0 done, 2 where nobody could carry the options out, which one line on stderr explains. Throws std::runtime_error
// where this machine does not let it, as with a port that is taken. Call it before the process has other threads: they
// would get the signals.
[[nodiscard]] int run_sim(const SimOptions& options);

}  // namespace daypack::core::sim
