// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

#include "book/types.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core {

// A record of the ring as one line, without its end. `seen`: when this reader took it.
[[nodiscard]] std::string event_line(const daypack_record& record, const std::string& symbol);
[[nodiscard]] std::string event_json(const daypack_record& record, const std::string& symbol, WallTime seen);

// That `lost` records were not seen.
[[nodiscard]] std::string lost_line(std::uint64_t lost);
[[nodiscard]] std::string lost_json(std::uint64_t lost);

}  // namespace daypack::core
