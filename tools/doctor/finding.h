// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

namespace daypack::core {

enum class Verdict : unsigned char { ok, warn, fail, unknown };

// What one check of `daypack doctor` came to.
struct Finding {
    std::string check;   // its name, for scripts: "governor"
    Verdict verdict;     // fail: what is wanted does not work; warn: it works, slower or less evenly
    std::string found;   // what is there
    std::string fix{};   // the command or the configuration key; empty: nothing to do
    bool asked = false;  // the configuration asks for it
};

using Findings = std::vector<Finding>;

}  // namespace daypack::core
