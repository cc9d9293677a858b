// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bench/report/report.h"
#include "bench/rig/input.h"

namespace daypack::core::bench {

struct BenchOptions {
    bool json = false;
    std::string html;               // where a page of it goes; empty: nowhere
    std::string input;              // recorded flow; empty: generated
    bool system = false;            // the product as it is started, instead of its parts
    int rounds = 0;                 // of each row; 0: as many as a run that somebody quotes has
    std::vector<std::string> rows;  // names, or what stands before their point; empty: all
};

// Names that `rows` may have, of the parts or of the system.
[[nodiscard]] std::vector<std::string> row_names(bool system = false);

// Measures what `rows` names into the report; `begun` is called before the first row, `on_row` with each as it comes.
// Throws std::runtime_error.
struct Watcher {
    std::function<void(const Report&)> begun;
    std::function<void(const Row&)> on_row;
};
[[nodiscard]] Report measure(const Input& input, const std::vector<std::string>& rows, const Watcher& watcher = {});

// Runs the rows and prints them. The exit code: 0, whether targets are met or not. Throws std::runtime_error.
[[nodiscard]] int run_bench(const BenchOptions& options);

}  // namespace daypack::core::bench
