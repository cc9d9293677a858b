// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core {

// How the names of the private segments of an engine's accounts begin, before the instance and a full stop.
inline constexpr const char* kAccountFamily = "daypack-account.";

// The account that has the file `name` of /dev/shm, where it is one of that instance; else empty. No name of an account
// has a full stop, so that of instance `a.b` is none of instance `a`.
[[nodiscard]] std::string_view account_of_file(std::string_view name, std::string_view instance) noexcept;
// The accounts of an instance that have a file, sorted.
[[nodiscard]] std::vector<std::string> accounts_here(const std::string& instance);

// The names of the instances that have a segment on this machine, or left the file on which its readers slept, sorted.
[[nodiscard]] std::vector<std::string> instances_here();

enum class Removal : std::uint8_t { removed, lives, gone };
// Removes the segment of an instance whose writer has ended, those of its accounts, and the file on which its readers
// slept. An engine that starts at the same moment has either taken the segment before, and then it lives, or makes a
// new one afterwards: both hold the same guard. Throws std::runtime_error with what to do: no permission, another
// user's.
[[nodiscard]] Removal remove_instance(const std::string& instance);

}  // namespace daypack::core
