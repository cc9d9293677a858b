// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

// Makes the text that Prometheus scrapes (text format 0.0.4) of what a segment holds: base units, counters that end in
// _total, a HELP and a TYPE for each name, histograms with their buckets. Reads as any reader does, and so disturbs no
// writer. `queue_depth`: events under way from the network threads to the book thread, which no segment holds.
[[nodiscard]] std::string metrics_text(daypack_reader& reader, std::uint64_t queue_depth);

}  // namespace daypack::core
