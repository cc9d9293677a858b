// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string_view>

namespace daypack::core {

// How many characters must be changed, put in, taken out or swapped with their neighbour to make one word of the other,
// for "did you mean". Takes time in proportion to a.size() × b.size(), memory to b.size().
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace daypack::core
