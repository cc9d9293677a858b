// SPDX-License-Identifier: MIT
#include "bench/rows/beside_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "bench/rig/cores.h"
#include "bench/system/other_load.h"
#include "bench/system/scraper.h"
#include "bench/system/system_run.h"
#include "bench/system/waiting_readers.h"

namespace daypack::core::bench {
namespace {

constexpr int kRoundsMin = 10;  // with and without in turn
constexpr double kMoreMax = 3;  // percent of the engine's p99
constexpr std::size_t kWaitingReaders = 32;
constexpr double kWaitingIdleMax = 0.5;  // percent of a core
constexpr double kWakeUpMax_us = 200;    // the control thread looks every 100
constexpr int kAccountRate = 20;         // of what the account does a second: a busy strategy's
constexpr int kScrapesMin = 4;           // a round: one a second

// The engine's p99, round by round in turn with what is beside it and without.
struct InTurn {
    std::vector<double> with_it_us, without_us, percents;
    double others = 0;  // cores that programs of others used
};

// `beside`: called with what measures the engine, around which it puts what is beside it.
template <class Beside>
InTurn in_turn(RunningEngine& engine, int rounds, int measure_ms, Beside&& beside) {
    InTurn measured;
    const auto measure = [&](std::vector<double>& to) {
        const Outcome outcome = engine.measure(measure_ms);
        // What is beside it may be processes of its own, which are not told from those of others.
        if (&to == &measured.without_us) measured.others = std::max(measured.others, outcome.others);
        to.push_back(outcome.frame_to_shm_p99_ns / 1e3);
    };
    for (int round = 0; round < rounds; ++round) {
        if (round % 2 == 0) measure(measured.without_us);
        beside([&] { measure(measured.with_it_us); });
        if (round % 2 != 0) measure(measured.without_us);
        measured.percents.push_back((measured.with_it_us.back() / measured.without_us.back() - 1) * 100);
    }
    return measured;
}

// `against`: "32 waiting readers against none".
Row row_of(const char* name, const char* against, const InTurn& measured) {
    const BoundedMedian more = bounded_median(measured.percents);
    Row row;
    row.name = std::string(name) + ".p99";
    row.value = more.most;
    row.unit = "% more at p99";
    row.bound = Row::Bound::most;
    row.target = kMoreMax;
    row.what = fmt::format(
        "upper 95 % bound of the median of {} rounds: frame to shm with {} ({:.1f} against {:.1f} us, median {:+.1f} "
        "%, lower bound {:+.1f} %)",
        measured.percents.size(), against, median(measured.with_it_us), median(measured.without_us), more.value,
        more.least);
    row.not_measured_because = not_measured_since(measured.others);
    if (more.least <= kMoreMax && kMoreMax < more.most && row.not_measured_because.empty()) {
        row.not_measured_because = "the rounds differ too much to tell: take more of them by --rounds";
    }
    row.spread = spread_of(measured.percents);
    return row;
}

// The engine's hot thread has one core and what is beside it another, where there are two: what is put on the engine's
// core takes from it what any program there would.
SystemCell pinned_cell() {
    return {1'000, 10, 2, cores().two() ? cores().main : -1};
}

}  // namespace

SystemCell quiet_cell() {
    return {150, 3, 2};
}

Row waiting_row(const SystemEffort& effort) {
    const SystemCell cell = pinned_cell();
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    RunningEngine engine(cell, venue, "default", folder);
    Percentiles woken;
    const auto measured =
        in_turn(engine, std::max(effort.rounds, kRoundsMin), effort.measure_ms, [&](const auto& measure) {
            WaitingReaders readers(engine.instance(), kWaitingReaders, cores().other);
            readers.start();
            measure();
            woken.add(readers.stop().wake_up);
        });
    Row row = row_of(kWaiting, "32 waiting readers against none", measured);
    row.curves.push_back({"a waiting reader: published until it has it", woken});
    return row;
}

Row scraped_row(const SystemEffort& effort) {
    const std::uint16_t port = free_port();
    SystemCell cell = pinned_cell();
    cell.metrics_listen = fmt::format("127.0.0.1:{}", port);
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    RunningEngine engine(cell, venue, "default", folder);
    Percentiles took;
    const auto measured = in_turn(engine, std::max(effort.rounds, kRoundsMin),
                                  std::max(effort.measure_ms, kScrapesMin * 1'000), [&](const auto& measure) {
                                      Scraper scraper(port, cores().other);
                                      measure();
                                      took.add(scraper.stop());
                                  });
    Row row = row_of(kScraped, "its metrics scraped each second against not", measured);
    row.curves.push_back({"a scrape", took});
    return row;
}

// Each round starts an engine of its own, because whether it follows an account is a matter of its configuration.
Row account_row(const SystemEffort& effort) {
    SystemCell cell{1'000, 10, 2};
    cell.account_rate = kAccountRate;
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    InTurn measured;
    const auto measure = [&](bool follows_account, std::vector<double>& to) {
        cell.follows_account = follows_account;
        const Outcome outcome = run_engine(cell, venue, "default", folder, effort.measure_ms);
        measured.others = std::max(measured.others, outcome.others);
        to.push_back(outcome.frame_to_shm_p99_ns / 1e3);
    };
    for (int round = 0; round < std::max(effort.rounds, kRoundsMin); ++round) {
        if (round % 2 == 0) measure(false, measured.without_us);
        measure(true, measured.with_it_us);
        if (round % 2 != 0) measure(false, measured.without_us);
        measured.percents.push_back((measured.with_it_us.back() / measured.without_us.back() - 1) * 100);
    }
    return row_of(kAccount, "an account of 20 acts a second followed beside the books against none", measured);
}

// What a reader that waits costs, and how late it is, where little happens; and what the engine pays for it.
std::vector<Row> waiting_idle_rows(const SystemEffort& effort) {
    const ScratchFolder folder;
    const SystemCell cell = quiet_cell();
    const Venue venue(cell, folder);
    RunningEngine engine(cell, venue, "default", folder);
    std::vector<double> percents, late_us, engine_percents;
    Percentiles woken;
    double others = 0;
    for (int round = 0; round < effort.rounds; ++round) {
        const Outcome without = engine.measure(effort.measure_ms);
        WaitingReaders readers(engine.instance(), 1, -1);
        readers.start();
        const auto began = std::chrono::steady_clock::now();
        const Outcome with_it = engine.measure(effort.measure_ms);
        const auto outcome = readers.stop();
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
        percents.push_back(outcome.cpu_ns / took.count() * 100);
        late_us.push_back(outcome.wake_up.at(0.5) / 1e3);
        engine_percents.push_back((with_it.cpu_us - without.cpu_us) * cell.rate / 1e4);
        woken.add(outcome.wake_up);
        others = std::max(others, without.others);
    }
    const auto row = [&](const char* suffix, const char* unit, const std::vector<double>& values, const char* what) {
        Row made;
        made.name = std::string(kWaiting) + suffix;
        made.value = median(values);
        made.unit = unit;
        made.bound = Row::Bound::most;
        made.what = what;
        made.not_measured_because = not_measured_since(others);
        made.spread = spread_of(values);
        return made;
    };
    std::vector<Row> rows{
        row(".cpu", "% of a core", percents, "a reader that waits for 3 symbols of 50 updates/s each, and reads them"),
        row(".late", "us published to read", late_us, "the same reader: how late it is, p50"),
        row(".engine", "% of a core", engine_percents, "what its waiting costs the engine's control thread")};
    rows[0].target = kWaitingIdleMax;
    rows[1].target = kWakeUpMax_us;
    rows[1].curves.push_back({"published until a waiting reader has it", woken});
    return rows;
}

}  // namespace daypack::core::bench
