// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/include/daypack/shm.h"
#include "engine/shm/atomic_words.h"

namespace daypack::core {

// A log-linear histogram of durations in shared memory; the C header computes buckets and percentiles.
//
// Thread: one thread writes each histogram, and any thread or process may read it. Ownership: the words belong to the
// Segment.
class Histogram {
  public:
    // REQUIRES: `buckets` has DAYPACK_HISTOGRAM_BUCKETS words, and outlives this object.
    explicit Histogram(std::uint64_t* buckets) noexcept : buckets_(buckets) {}

    // Counts a duration. A negative one, of two clocks that disagree, counts as zero.
    void record(std::int64_t ns) noexcept {
        auto& bucket = buckets_[daypack_histogram_bucket(ns < 0 ? 0 : static_cast<std::uint64_t>(ns))];
        store_relaxed(bucket, load_relaxed(bucket) + 1);
    }

  private:
    std::uint64_t* buckets_;
};

}  // namespace daypack::core
