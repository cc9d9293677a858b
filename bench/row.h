#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/cores.h"
#include "bench/percentiles.h"

namespace daypack::bench {

// The least and the most of the rounds.
struct Spread {
    double least = 0, most = 0;
};
[[nodiscard]] inline Spread spread_of(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return {*least, *most};
}

// One line of `daypack bench`: what was measured, and what it was measured against in the same run.
struct Row {
    enum class Bound : std::uint8_t { least, most };

    std::string name;
    double value = 0;  // the median of the rounds
    std::string unit;
    std::optional<double> floor;      // what the same machine takes for the least that must be done
    std::optional<double> reference;  // ... for the same by the other way
    std::optional<double> ratio;
    Bound bound = Bound::least;
    std::optional<double> target;  // of the ratio; of the value where there is none
    std::string what;              // in words
    // The first is this row's own; the others stand beside it. Empty: percentiles are not what it is about.
    std::vector<Curve> curves{};
    std::string untold{};            // why this machine cannot tell; empty: it can
    std::optional<Spread> spread{};  // of the rounds, of what is judged: the ratio, or the value where there is none

    // None: this machine cannot tell, or nothing is wanted of it.
    [[nodiscard]] std::optional<bool> met() const {
        if (!untold.empty() || !target) return std::nullopt;
        const double told = ratio.value_or(value);
        return bound == Bound::least ? told >= *target : told <= *target;
    }
};

// A row that was not measured, and why.
[[nodiscard]] inline Row untold_row(std::string name, std::string unit, Row::Bound bound, double target,
                                    std::string why) {
    Row row;
    row.name = std::move(name);
    row.unit = std::move(unit);
    row.bound = bound;
    row.target = target;
    row.what = "not measured: " + why;
    row.untold = std::move(why);
    return row;
}

[[nodiscard]] inline double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

// How much CPU time of this thread `work` took, in ns an item, of which it returns the count: whoever else runs on the
// core is not in it, but for what it does to the caches.
template <class Work>
[[nodiscard]] double ns_each(Work&& work) {
    const double began = thread_cpu_ns();
    const std::size_t items = work();
    return (thread_cpu_ns() - began) / static_cast<double>(std::max<std::size_t>(items, 1));
}

// How long it took by the clock on the wall. What is told of it holds only where the core was not shared: see
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

}  // namespace daypack::bench
