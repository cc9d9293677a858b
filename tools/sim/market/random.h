// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>

namespace daypack::core::sim {

// Random numbers that are the same for the same seed with every compiler (SplitMix64).
class Random {
  public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    [[nodiscard]] std::uint64_t bits() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    // In (0, 1].
    [[nodiscard]] double unit() noexcept { return (static_cast<double>(bits() >> 11) + 1.0) * 0x1.0p-53; }
    [[nodiscard]] bool chance(double probability) noexcept { return unit() <= probability; }
    // In [0, bound). REQUIRES: bound > 0.
    [[nodiscard]] std::int64_t below(std::int64_t bound) noexcept {
        return static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(bound));
    }
    // Exponentially distributed with this mean.
    [[nodiscard]] double exponential(double mean) noexcept { return -mean * std::log(unit()); }

  private:
    std::uint64_t state_;
};

}  // namespace daypack::core::sim
