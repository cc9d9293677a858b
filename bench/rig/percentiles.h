// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/include/daypack/shm.h"

namespace daypack::core::bench {

// Collects durations; the buckets are those of the histograms in shared memory (3 % wide, exact below 32 ns).
//
// Thread: its owner. Invariant: the largest is kept exactly.
class Percentiles {
  public:
    void record(std::int64_t ns) noexcept { record_many(ns, 1); }
    // The same duration so many times.
    void record_many(std::int64_t ns, std::uint64_t times) noexcept {
        if (times == 0) return;
        const auto counted = ns < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(ns);
        buckets_[daypack_histogram_bucket(counted)] += times;
        count_ += times;
        max_ = std::max(max_, counted);
    }
    void add(const Percentiles& other) noexcept {
        for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
        count_ += other.count_;
        max_ = std::max(max_, other.max_);
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] double max() const noexcept { return static_cast<double>(max_); }

    // The duration that `share` of all (0..1) do not pass, up to the width of its bucket; 0 of none.
    [[nodiscard]] double at(double share) const noexcept {
        const auto rank = std::max<std::uint64_t>(
            1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_) - 1e-6)));
        std::uint64_t seen = 0;
        for (unsigned i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen >= rank) return static_cast<double>(std::min(daypack_histogram_value(i), max_));
        }
        return max();
    }

  private:
    std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>(DAYPACK_HISTOGRAM_BUCKETS);
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

// One line of a picture: percentiles, from the median to the last that there are samples enough for.
struct Curve {
    std::string name;
    Percentiles samples;
};

}  // namespace daypack::core::bench
