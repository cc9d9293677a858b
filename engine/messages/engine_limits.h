// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>

namespace daypack::core {

// Limits that the configuration does not set. Reaching one is handled and counted there.

// The most levels a side that a book keeps; the venue's books have at most 5,400. The worst are dropped, and the book
// says so.
inline constexpr std::size_t kMaxLevels = 32'768;
// The most updates of all symbols together that wait for snapshots, as a multiple of the queue. A symbol that needs
// more starts over.
inline constexpr std::size_t kPendingQueues = 4;
// The most records of the log under way from one hot thread.
inline constexpr std::size_t kLogRecords = 1024;
// The most lines of the log that wait for whoever reads it.
inline constexpr std::size_t kLogLines = 4096;

}  // namespace daypack::core
