// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace daypack::core {

// Text that a stranger sent, as it may stand in a log: printable ASCII, all else as '?', and no longer than `size_max`.
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t size_max = 128) {
    std::string result(text.substr(0, size_max));
    for (char& c : result) {
        if (c < ' ' || c > '~') c = '?';
    }
    if (text.size() > size_max) result += "...";
    return result;
}

}  // namespace daypack::core
