// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "bench/rig/cores.h"

namespace daypack::core::bench {

// The least and the most of the rounds.
struct Spread {
    double least = 0, most = 0;
};
[[nodiscard]] inline Spread spread_of(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return {*least, *most};
}

[[nodiscard]] inline double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

// The median of values of which each comes from a round of its own, and where the true one lies: above `least` with
// 95 %, and below `most` with 95 %. Whatever the values' distribution: as many of n values lie below the true median as
// a coin shows heads in n throws. With fewer than five values nothing is known, and both are infinite.
struct BoundedMedian {
    double value = 0, least = 0, most = 0;
};
[[nodiscard]] inline BoundedMedian bounded_median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    BoundedMedian result{median(values), -kInfinity, kInfinity};
    double tail = 0, term = std::pow(0.5, static_cast<double>(n));  // the chance of `heads` heads at most
    for (std::size_t heads = 0; heads < n && (tail += term) <= 0.05; ++heads) {
        result.least = values[heads];
        result.most = values[n - 1 - heads];
        term *= static_cast<double>(n - heads) / static_cast<double>(heads + 1);
    }
    return result;
}

// How much CPU time of this thread `work` took, in ns an item, of which it returns the count: whoever else runs on the
// core is not in it, but for what it does to the caches.
template <class Work>
[[nodiscard]] double ns_each(Work&& work) {
    const double began = thread_cpu_ns();
    const std::size_t items = work();
    return (thread_cpu_ns() - began) / static_cast<double>(std::max<std::size_t>(items, 1));
}

// How long it took by the clock on the wall. It means something only where the core was not shared: see
// CoreShare.
template <class Work>
[[nodiscard]] double wall_ns_each(Work&& work) {
    const auto began = std::chrono::steady_clock::now();
    const std::size_t items = work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    return took.count() / static_cast<double>(std::max<std::size_t>(items, 1));
}

// Two ways of the same, turn by turn, so that what slows this machine slows both.
struct Pair {
    double ours = 0, other = 0;
    double other_to_ours = 0;  // the median of the rounds' ratios, not the ratio of the medians
    Spread ratios{};           // of other to ours
    [[nodiscard]] Spread inverse() const noexcept { return {1 / ratios.most, 1 / ratios.least}; }
};
template <class Ours, class Other>
[[nodiscard]] Pair compare(int rounds, Ours&& ours, Other&& other) {
    std::vector<double> a, b, ratios;
    (void)ours(), (void)other();  // once for the caches and the branch predictor
    for (int round = 0; round < rounds; ++round) {
        a.push_back(ours());
        b.push_back(other());
        ratios.push_back(b.back() / a.back());
    }
    return {median(a), median(b), median(ratios), spread_of(ratios)};
}

}  // namespace daypack::core::bench
