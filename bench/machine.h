#pragma once
#include <string>
#include <utility>
#include <vector>

namespace daypack::bench {

// What a reader of the numbers has to know about where they come from: name and fact, in the order in which they are
// shown. `pinned`: the measured thread has a core of its own.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> this_machine(bool pinned);

}  // namespace daypack::bench
