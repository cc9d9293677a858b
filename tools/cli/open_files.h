// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>

#include "engine/threads/descriptors.h"

namespace daypack::core {

// Of the verbs that have sockets, but for `run`, whose engine knows how many it needs: throws std::runtime_error where
// this process may not open as many, so that none fails later by the kernel's words alone.
inline void expect_descriptors(const std::string& verb) {
    constexpr std::size_t kNeeded = 32;
    const std::string with_sockets = " sim markets doctor selfcheck account bench ";
    if (with_sockets.find(" " + verb + " ") == std::string::npos) return;
    const std::string fault = descriptors_fault(kNeeded, "daypack " + verb);
    if (!fault.empty()) throw std::runtime_error(fault);
}

}  // namespace daypack::core
