// SPDX-License-Identifier: MIT
#include "bench/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "bench/rig/cores.h"
#include "bench/rig/machine.h"
#include "bench/rows/rows.h"
#include "bench/rows/system_rows.h"

namespace daypack::core::bench {
namespace {

struct Measured {
    const char* name;
    std::vector<Row> (*rows)(const Input&);
};
// Those that leave memory behind in the allocator stand last.
constexpr Measured kMeasured[] = {{"decode_apply", decode_apply},
                                  {"decode_apply_floor", decode_apply_floor},
                                  {"book_recorded", book_recorded},
                                  {"publish", publish},
                                  {"frame_to_reader_fused", frame_to_reader_fused},
                                  {"frame_to_publish_pipeline", frame_to_publish_pipeline},
                                  {"wss_one_way", wss_one_way},
                                  {"socket_frames", socket_frames},
                                  {"hot_thread_clean", hot_thread_clean},
                                  {"replay_frames", replay_frames},
                                  {"timing_cost", timing_cost},
                                  {"callback_cost", callback_cost},
                                  {"symbols_100", symbols_100}};

bool is_wanted(const std::vector<std::string>& rows, const std::string& name) {
    return rows.empty() || std::find(rows.begin(), rows.end(), name) != rows.end();
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

}  // namespace

std::vector<std::string> row_names(bool system) {
    if (system) return system_row_names();
    std::vector<std::string> names;
    for (const Measured& measured : kMeasured) names.emplace_back(measured.name);
    return names;
}

Report measure(const Input& input, const std::vector<std::string>& rows, const Watcher& watcher) {
    const auto began = std::chrono::steady_clock::now();
    const Pinned pinned;
    Report report;
    report.machine = this_machine(pinning_in_words(pinned.worked()), "spin");
    report.input = fmt::format("{}; {} depth frames", input.words, input.frames.size());
    report.rounds = input.effort.rounds;
    if (watcher.begun) watcher.begun(report);
    for (const Measured& measured : kMeasured) {
        if (!is_wanted(rows, measured.name)) continue;
        for (Row& row : measured.rows(input)) {
            if (watcher.on_row) watcher.on_row(row);
            report.rows.push_back(std::move(row));
        }
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return report;
}

namespace {

Report measure_system(const BenchOptions& options, const Watcher& watcher) {
    const auto began = std::chrono::steady_clock::now();
    SystemEffort effort;
    if (options.rounds > 0) effort.rounds = options.rounds;
    Report report;
    report.machine = this_machine("the kernel's choice", "as the engine chooses: see each row");
    report.input =
        "generated, of the simulated exchange over TLS on loopback; exchange, engine and reader are processes";
    report.rounds = effort.rounds;
    if (watcher.begun) watcher.begun(report);
    report.rows = system_rows(options.rows, effort, [&](const Row& row) {
        if (watcher.on_row) watcher.on_row(row);
    });
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return report;
}

Report measure_parts(const BenchOptions& options, const Watcher& watcher) {
    Effort effort;
    if (options.rounds > 0) effort.rounds = options.rounds;
    Input input;
    read_input(options.input, input, effort);
    return measure(input, options.rows, watcher);
}

}  // namespace

int run_bench(const BenchOptions& options) {
    std::ofstream page;
    if (!options.html.empty()) {
        page.open(options.html);
        if (!page) throw std::runtime_error(options.html + ": cannot be written");
    }
    Watcher watcher;
    if (!options.json) {
        watcher.begun = [](const Report& report) { print(head_text(report)); };
        watcher.on_row = [](const Row& row) { print(row_text(row)); };
    }
    const Report report = options.system ? measure_system(options, watcher) : measure_parts(options, watcher);
    print(options.json ? json(report) : tail_text(report));
    if (page.is_open()) {
        page << html(report);
        if (!page.flush()) throw std::runtime_error(options.html + ": cannot be written; is the disk full?");
    }
    return 0;
}

}  // namespace daypack::core::bench
