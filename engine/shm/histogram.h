// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/shm/atomic_words.h"

namespace daypack {

// A log-linear histogram of durations in shared memory; the C header tells bucket and percentile.
//
// Thread: one writes, any reads.
class Histogram {
  public:
    // REQUIRES: DAYPACK_HISTOGRAM_BUCKETS words, for as long as this lives.
    explicit Histogram(std::uint64_t* buckets) noexcept : buckets_(buckets) {}

    // A negative duration (two clocks that disagree) counts as zero.
    void record(std::int64_t ns) noexcept {
        auto& bucket = buckets_[daypack_histogram_bucket(ns < 0 ? 0 : static_cast<std::uint64_t>(ns))];
        store_relaxed(bucket, load_relaxed(bucket) + 1);
    }

  private:
    std::uint64_t* buckets_;
};

}  // namespace daypack
