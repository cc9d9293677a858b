// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>

namespace daypack {

// Limits that are no matter of configuration. Each is handled where it is reached, and counted.

// Levels a side that a book keeps; the venue's books have at most 5,400. The worst are dropped, and the book says so.
inline constexpr std::size_t kMaxLevels = 32'768;
// Updates that wait for snapshots, of all symbols together, as a multiple of the queue. A symbol that needs more starts
// over.
inline constexpr std::size_t kPendingQueues = 4;
// Records of the log under way from one hot thread.
inline constexpr std::size_t kLogRecords = 1024;

}  // namespace daypack
