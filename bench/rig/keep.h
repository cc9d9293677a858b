// SPDX-License-Identifier: MIT
#pragma once

namespace daypack::core::bench {

// What was computed counts as used.
template <class Value>
inline void keep(const Value& value) noexcept {
    asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace daypack::core::bench
