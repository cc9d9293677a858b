// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "bench/report/row.h"

namespace daypack::core::bench {

// One run, as it is shown.
struct Report {
    std::vector<std::pair<std::string, std::string>> machine;  // name, fact
    std::string input;
    int rounds = 0;
    double seconds = 0;  // of the whole run
    std::vector<Row> rows;
};

// For people, row by row while the run goes on.
[[nodiscard]] std::string head_text(const Report& report);
[[nodiscard]] std::string row_text(const Row& row);
[[nodiscard]] std::string tail_text(const Report& report);

// One object, as the contract has it: `p50`, `p90`, `p99`, `p99.9` and `max`, in ns, where percentiles apply.
[[nodiscard]] std::string json(const Report& report);

// A page that needs no network: the machine, the rows with their ratios, and the percentile curves.
[[nodiscard]] std::string html(const Report& report);

// "1,234", "12.3", "0.57": as many digits as mean something.
[[nodiscard]] std::string short_number(double value);
// "1.32–1.41"; empty: there are no rounds.
[[nodiscard]] std::string spread_text(const Row& row);
// What is wanted, behind one of two signs; empty: nothing is.
[[nodiscard]] std::string target_text(const Row& row, const char* least, const char* most);

}  // namespace daypack::core::bench
