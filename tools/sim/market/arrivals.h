// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>

#include "tools/sim/market/random.h"

namespace daypack::core::sim {

// When updates come: in bursts, as on a real market. A Hawkes process: each update makes others likely for a while;
// kBranching of them are such children, so that counts vary about forty times as much as without memory.
//
// Invariant: over a long time the mean is `per_second`.
class Arrivals {
  public:
    explicit Arrivals(double per_second) noexcept
        : base_per_ns_(per_second * (1 - kBranching) * 1e-9),
          decay_per_ns_(per_second > 2000 ? per_second * 1e-10 : 200e-9) {}

    // Nanoseconds since the start; never falls.
    [[nodiscard]] std::int64_t next(Random& random) noexcept {
        for (;;) {  // thinning: the intensity only falls until the next update, so its value now is a bound
            const double bound = base_per_ns_ + excited_per_ns_;
            const double step = random.exponential(1 / bound);
            now_ns_ += step;
            excited_per_ns_ *= std::exp(-decay_per_ns_ * step);
            if (!random.chance((base_per_ns_ + excited_per_ns_) / bound)) continue;
            excited_per_ns_ += kBranching * decay_per_ns_;
            return static_cast<std::int64_t>(now_ns_);
        }
    }

  private:
    static constexpr double kBranching = 0.85;

    double base_per_ns_;
    double decay_per_ns_;  // 5 ms at the usual rates
    double excited_per_ns_ = 0;
    double now_ns_ = 0;
};

}  // namespace daypack::core::sim
