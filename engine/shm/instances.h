// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace daypack::core {

// The names of the instances that have a segment on this machine, or left the file on which its readers slept, sorted.
[[nodiscard]] std::vector<std::string> instances_here();

enum class Removal : std::uint8_t { removed, lives, gone };
// Removes the segment of an instance whose writer has ended, and the file on which its readers slept. An engine that
// starts at the same moment has either taken the segment before, and then it lives, or makes a new one afterwards:
// both hold the same guard. Throws std::runtime_error with what to do: no permission, another user's.
[[nodiscard]] Removal remove_instance(const std::string& instance);

}  // namespace daypack::core
