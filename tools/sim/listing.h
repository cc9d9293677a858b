#pragma once
#include <vector>

#include "tools/sim/feed.h"
#include "tools/sim/options.h"

namespace daypack::sim {

// The markets that the options ask for, each with its flow, none begun yet.
// Throws std::runtime_error with a sentence that says what to do.
[[nodiscard]] std::vector<Feed> make_feeds(const SimOptions& options);

}  // namespace daypack::sim
