// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

// The bounds of a segment's sizes, and of its name. The configuration refuses what is outside with file and line; the
// segment checks once more, for programs that make one without a configuration file.

inline constexpr std::int64_t kMaxDepth = 65'536;  // levels a side; a reader refuses more
inline constexpr std::int64_t kMaxSymbols = 65'535;
inline constexpr std::int64_t kMinRingEvents = 16;
inline constexpr std::int64_t kMaxRingEvents = std::int64_t{1} << 24;  // of 128 bytes: 2 GiB
inline constexpr std::int64_t kMaxLines = DAYPACK_MAX_LINES;
inline constexpr std::int64_t kMaxImageLevels = 65'536;  // a side

// Returns "" where `name` can be the name of an instance, else what is wrong with it and what is allowed. The name
// becomes part of a file name in /dev/shm.
[[nodiscard]] std::string instance_fault(std::string_view name);
// Likewise of the name of an account, which has no full stop: in the name of its file that divides it from the
// instance.
[[nodiscard]] std::string account_name_fault(std::string_view name);

// The id of a group of this machine, by its name or, where no name is like that, its number; nothing where it has none.
[[nodiscard]] std::optional<std::uint32_t> find_group(const std::string& name);

}  // namespace daypack::core
