// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/rig/measure.h"
#include "bench/rig/percentiles.h"

namespace daypack::core::bench {

// One line of `daypack bench`: what was measured, and what it was measured against in the same run.
struct Row {
    enum class Bound : std::uint8_t { least, most };

    std::string name{};
    double value = 0;  // the median of the rounds
    std::string unit{};
    std::optional<double> floor{};      // what the same machine takes for the least that must be done
    std::optional<double> reference{};  // ... for the same by the other way
    std::optional<double> ratio{};
    Bound bound = Bound::least;
    std::optional<double> target{};  // of the ratio; of the value where there is none
    std::string what{};              // in words
    // The first is this row's own; the others stand beside it. Empty: percentiles are not what it is about.
    std::vector<Curve> curves{};
    std::string not_measured_because{};  // why the numbers mean nothing on this machine; empty: they mean something
    std::optional<Spread> spread{};  // of the rounds, of what is judged: the ratio, or the value where there is none

    // None: it was not measured fairly, or nothing is wanted of it.
    [[nodiscard]] std::optional<bool> met() const {
        if (!not_measured_because.empty() || !target) return std::nullopt;
        const double judged = ratio.value_or(value);
        return bound == Bound::least ? judged >= *target : judged <= *target;
    }
};

// A row that was not measured, and why.
[[nodiscard]] inline Row unmeasured_row(std::string name, std::string unit, Row::Bound bound, double target,
                                        std::string why) {
    Row row;
    row.name = std::move(name);
    row.unit = std::move(unit);
    row.bound = bound;
    row.target = target;
    row.what = "not measured: " + why;
    row.not_measured_because = std::move(why);
    return row;
}

}  // namespace daypack::core::bench
