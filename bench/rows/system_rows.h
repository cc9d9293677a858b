// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bench/report/report.h"

namespace daypack::core::bench {

// `daypack bench --system`: the product as a user starts it. Simulated exchange, engine and reader are processes of
// their own over TLS on loopback, nobody is pinned, and the engine has the default configuration but for its mode,
// which is each in turn.

struct SystemEffort {
    int rounds = 3;
    int measure_ms = 2'000;
};

// Names that `rows` may have.
[[nodiscard]] std::vector<std::string> system_row_names();

// Measures the cells that `rows` names, all where it is empty; `on_row` is called with each row as it comes. Throws
// std::runtime_error.
[[nodiscard]] std::vector<Row> system_rows(const std::vector<std::string>& rows, const SystemEffort& effort,
                                           const std::function<void(const Row&)>& on_row);

}  // namespace daypack::core::bench
