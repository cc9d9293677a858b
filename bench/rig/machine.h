// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace daypack::core::bench {

// What a reader of the numbers has to know about where they come from: name and fact, in the order in which they are
// shown: also which version of which commit measured, and where. `pinning`, `idle`: how what is measured runs, in
// words.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> this_machine(const std::string& pinning,
                                                                            const std::string& idle);

}  // namespace daypack::core::bench
