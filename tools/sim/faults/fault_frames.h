// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

#include "tools/sim/faults/fault.h"

namespace daypack::core::sim {

// A depth frame as `frame:how=…` wants it. What is sent as it is (binary, fragments) comes back unchanged.
[[nodiscard]] std::string mutated(std::string frame, const Fault& fault);

// A text message as two WebSocket frames, as a server may send it.
[[nodiscard]] std::string fragmented(std::string_view text);

// The bytes of `violate:how=…`.
[[nodiscard]] std::string violation(std::string_view how);

// A bookTicker frame whose best bid has another quantity.
[[nodiscard]] std::string with_other_touch(std::string frame);

}  // namespace daypack::core::sim
