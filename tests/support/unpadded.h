// SPDX-License-Identifier: MIT
#pragma once
#include <string>

namespace daypack::core {

// "1.50" as "1.5": a market whose tick has become finer, or that once had a level off its grid, is kept in finer
// units, and so padded otherwise than the exchange pads it.
inline std::string unpadded(const std::string& text) {
    std::string out;
    bool fraction = false;
    for (const char c : text) {
        if (c == '"' && fraction) {
            out.erase(out.find_last_not_of('0') + 1);
            if (out.back() == '.') out.pop_back();
        }
        fraction = c == '.' || (fraction && c != '"');
        out += c;
    }
    return out;
}

}  // namespace daypack::core
