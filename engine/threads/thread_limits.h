// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core {

// Events that the queue of a network thread holds at most: 256 MiB, all of it touched at the start. A larger queue
// would lie in several blocks, which every question for its size walks.
inline constexpr std::int64_t kMaxQueueEvents = std::int64_t{1} << 22;

}  // namespace daypack::core
