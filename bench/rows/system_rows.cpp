// SPDX-License-Identifier: MIT
#include "bench/rows/system_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "bench/rows/beside_rows.h"
#include "bench/system/other_load.h"
#include "bench/system/system_run.h"

namespace daypack::core::bench {
namespace {

constexpr double kDefaultMax = 1.2;  // of the better mode
constexpr double kFloorMax = 1.25;   // of the bare line: most of both is the wake-up
// Of few updates a second it takes longer to see enough: of 200, two runs of one mode differ by half in their
// percentiles.
constexpr int kSlowRate = 1'000;
constexpr int kLongerIfSlow = 4;
constexpr std::array<const char*, 3> kModes{"default", "pipeline", "fused"};

// A cell's rounds, all modes and the floor in turn.
struct Measured {
    std::vector<std::array<Outcome, kModes.size()>> rounds;
    std::vector<Outcome> floors;
};

Measured measure_cell(const SystemCell& cell, const SystemEffort& effort) {
    Measured measured;
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    const int measure_ms = effort.measure_ms * (cell.rate < kSlowRate ? kLongerIfSlow : 1);
    for (int round = 0; round < effort.rounds; ++round) {
        measured.floors.push_back(run_floor(cell, venue, measure_ms));
        auto& modes = measured.rounds.emplace_back();
        for (std::size_t i = 0; i < kModes.size(); ++i) {  // each is first in its turn
            const std::size_t mode = (i + static_cast<std::size_t>(round)) % kModes.size();
            modes[mode] = run_engine(cell, venue, kModes[mode], folder, measure_ms);
        }
    }
    return measured;
}

// What a figure of the modes is in the median of the rounds, and how the default's stands to the better mode: that
// whose median is less. The lesser of each round would be less than either mode, by chance alone.
template <class Figure>
void tell(Row& row, const Measured& measured, Figure&& figure) {
    std::array<std::vector<double>, kModes.size()> values;
    for (const auto& modes : measured.rounds) {
        for (std::size_t mode = 0; mode < kModes.size(); ++mode) values[mode].push_back(figure(modes[mode]));
    }
    const auto& better = median(values[1]) < median(values[2]) ? values[1] : values[2];
    std::vector<double> ratios;
    for (std::size_t i = 0; i < better.size(); ++i) ratios.push_back(values[0][i] / better[i]);
    row.value = median(values[0]);
    row.reference = median(better);
    row.ratio = median(ratios);
    row.spread = spread_of(ratios);
    std::vector<double> floors;
    for (const auto& floor : measured.floors) floors.push_back(figure(floor));
    if (median(floors) > 0) row.floor = median(floors);  // the bare line has no shared memory to take a frame to
}

void tell_against_floor(Row& row, const Measured& measured) {
    std::vector<double> values, floors, ratios;
    for (std::size_t i = 0; i < measured.rounds.size(); ++i) {
        values.push_back(measured.rounds[i][0].visible.at(0.5) / 1e3);
        floors.push_back(measured.floors[i].visible.at(0.5) / 1e3);
        ratios.push_back(values.back() / floors.back());
    }
    row.value = median(values);
    row.floor = median(floors);
    row.ratio = median(ratios);
    row.target = kFloorMax;
    row.spread = spread_of(ratios);
}

double most_of_others(const Measured& measured) {
    double most = 0;
    for (const auto& floor : measured.floors) most = std::max(most, floor.others);
    for (const auto& modes : measured.rounds) {
        for (const auto& outcome : modes) most = std::max(most, outcome.others);
    }
    return most;
}

std::vector<Row> rows_of(const SystemCell& cell, const Measured& measured) {
    const auto of_mode = [&](std::size_t mode, auto&& part) {
        Percentiles all;
        for (const auto& modes : measured.rounds) all.add(part(modes[mode]));
        return all;
    };
    const auto visible = [](const Outcome& outcome) -> const Percentiles& { return outcome.visible; };
    const auto in_hand = [](const Outcome& outcome) -> const Percentiles& { return outcome.frame_to_shm; };
    const std::string untold = not_measured_since(most_of_others(measured));
    const std::string& chosen = measured.rounds.front()[0].chosen;
    const auto row = [&](const std::string& suffix, const std::string& unit, std::string what) {
        Row made;
        made.name = cell.name() + suffix;
        made.unit = unit;
        made.bound = Row::Bound::most;
        made.target = kDefaultMax;
        made.what = std::move(what);
        made.not_measured_because = untold;
        return made;
    };
    std::vector<Row> rows;
    rows.push_back(row(".p50", "us due to visible",
                       fmt::format("{} updates/s in all, {} symbols, {} lines; the default ({}) against the better "
                                   "mode; floor: a bare line",
                                   cell.rate, cell.symbols, cell.lines, chosen)));
    tell(rows.back(), measured, [](const Outcome& outcome) { return outcome.visible.at(0.5) / 1e3; });
    for (std::size_t mode = 0; mode < kModes.size(); ++mode) {
        rows.back().curves.push_back({fmt::format("{}: due to visible", kModes[mode]), of_mode(mode, visible)});
    }
    Percentiles floor;
    for (const auto& outcome : measured.floors) floor.add(outcome.visible);
    rows.back().curves.push_back({"floor: due to visible", std::move(floor)});
    for (std::size_t mode = 0; mode < kModes.size(); ++mode) {
        rows.back().curves.push_back({fmt::format("{}: frame to shm", kModes[mode]), of_mode(mode, in_hand)});
    }
    rows.push_back(row(".p99", "us due to visible", "the same at p99"));
    tell(rows.back(), measured, [](const Outcome& outcome) { return outcome.visible.at(0.99) / 1e3; });
    // The engine's own part of it: without what the exchange's timer and the wake-ups of three processes add.
    rows.push_back(row(".shm_p50", "us frame to shm", "the engine's own part: frame in hand to visible, at p50"));
    tell(rows.back(), measured, [](const Outcome& outcome) { return outcome.frame_to_shm.at(0.5) / 1e3; });
    rows.push_back(row(".shm_p99", "us frame to shm", "the same at p99"));
    tell(rows.back(), measured, [](const Outcome& outcome) { return outcome.frame_to_shm.at(0.99) / 1e3; });
    rows.push_back(row(".cpu", "us CPU an update", "of the engine, all its threads"));
    tell(rows.back(), measured, [](const Outcome& outcome) { return outcome.cpu_us; });
    rows.push_back(row(".floor", "us due to visible", "the default at p50 against a bare line: no decoding, no book"));
    tell_against_floor(rows.back(), measured);
    return rows;
}

std::vector<SystemCell> cells() {
    std::vector<SystemCell> all;
    for (const int rate : {100, 1'000, 10'000}) {
        for (const int symbols : {1, 10, 100}) {
            for (const int lines : {1, 2}) all.push_back({rate, symbols, lines});
        }
    }
    return all;
}

constexpr const char* kLines = "system_lines";
constexpr const char* kIdle = "system_idle";
constexpr double kLinesMax = 1.3;  // four lines against one
constexpr double kIdleMax = 4;     // percent of a core

// What four lines cost against one, round by round in turn.
std::vector<Row> lines_rows(const SystemEffort& effort) {
    SystemCell cell{1'000, 10, 1};
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    std::array<std::vector<Outcome>, 2> outcomes;
    double others = 0;
    for (int round = 0; round < effort.rounds; ++round) {
        for (const std::size_t which : {0, 1}) {
            cell.lines = which == 0 ? 1 : 4;
            outcomes[which].push_back(run_engine(cell, venue, "default", folder, effort.measure_ms));
            others = std::max(others, outcomes[which].back().others);
        }
    }
    const auto row = [&](const char* suffix, const char* unit, const char* what, auto&& figure) {
        std::vector<double> one, four, ratios;
        for (std::size_t i = 0; i < outcomes[0].size(); ++i) {
            one.push_back(figure(outcomes[0][i]));
            four.push_back(figure(outcomes[1][i]));
            ratios.push_back(four.back() / one.back());
        }
        Row made;
        made.name = std::string(kLines) + suffix;
        made.value = median(four);
        made.unit = unit;
        made.reference = median(one);
        made.ratio = median(ratios);
        made.bound = Row::Bound::most;
        made.what = what;
        made.not_measured_because = not_measured_since(others);
        made.spread = spread_of(ratios);
        return made;
    };
    std::vector<Row> rows;
    rows.push_back(row(".p50", "us frame to shm", "four lines of 10 symbols, 1000 updates/s in all, against one",
                       [](const Outcome& outcome) { return outcome.frame_to_shm.at(0.5) / 1e3; }));
    rows.push_back(row(".p99", "us frame to shm", "the same at p99",
                       [](const Outcome& outcome) { return outcome.frame_to_shm.at(0.99) / 1e3; }));
    for (Row& judged : rows) judged.target = kLinesMax;
    rows.push_back(row(".cpu", "us CPU an update", "each line decrypts all of it: more lines are more work",
                       [](const Outcome& outcome) { return outcome.cpu_us; }));
    return rows;
}

// What an engine costs where little happens.
Row idle_row(const SystemEffort& effort) {
    const ScratchFolder folder;
    const SystemCell cell = quiet_cell();
    const Venue venue(cell, folder);
    std::vector<double> percents;
    double others = 0;
    for (int round = 0; round < effort.rounds; ++round) {
        const Outcome outcome = run_engine(cell, venue, "default", folder, effort.measure_ms);
        percents.push_back(outcome.cpu_us * cell.rate / 1e4);
        others = std::max(others, outcome.others);
    }
    Row row;
    row.name = std::string(kIdle) + ".cpu";
    row.value = median(percents);
    row.unit = "% of a core";
    row.bound = Row::Bound::most;
    row.target = kIdleMax;
    row.what = "3 symbols, 50 updates/s each, 2 lines, the default";
    row.not_measured_because = not_measured_since(others);
    row.spread = spread_of(percents);
    return row;
}

}  // namespace

std::vector<std::string> system_row_names() {
    std::vector<std::string> names;
    for (const SystemCell& cell : cells()) names.push_back(cell.name());
    names.emplace_back(kLines);
    names.emplace_back(kIdle);
    names.emplace_back(kWaiting);
    names.emplace_back(kAccount);
    names.emplace_back(kScraped);
    return names;
}

std::vector<Row> system_rows(const std::vector<std::string>& rows, const SystemEffort& effort,
                             const std::function<void(const Row&)>& on_row) {
    std::vector<Row> all;
    const auto wanted = [&](const std::string& name) {
        return rows.empty() || std::find(rows.begin(), rows.end(), name) != rows.end();
    };
    const auto add = [&](std::vector<Row> some) {
        for (Row& row : some) {
            on_row(row);
            all.push_back(std::move(row));
        }
    };
    for (const SystemCell& cell : cells()) {
        if (wanted(cell.name())) add(rows_of(cell, measure_cell(cell, effort)));
    }
    if (wanted(kLines)) add(lines_rows(effort));
    if (wanted(kIdle)) add({idle_row(effort)});
    if (wanted(kWaiting)) add(waiting_idle_rows(effort)), add({waiting_row(effort)});
    if (wanted(kAccount)) add({account_row(effort)});
    if (wanted(kScraped)) add({scraped_row(effort)});
    return all;
}

}  // namespace daypack::core::bench
