// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core::test {

// Small, fast and the same on every machine, so that a seed replays: splitmix64.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    // 0 … n-1. REQUIRES: n > 0.
    std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n)); }
    // True once in n times; never for 0.
    bool once_in(std::int64_t n) { return n > 0 && below(n) == 0; }

  private:
    std::uint64_t state_;
};

}  // namespace daypack::core::test
