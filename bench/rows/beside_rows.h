// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "bench/report/row.h"
#include "bench/rows/system_rows.h"
#include "bench/system/system_run.h"

namespace daypack::core::bench {

// What an engine's books pay for what is beside them: readers that wait, an account that is followed, and a scrape of
// its metrics each second. All of them throw std::runtime_error.

inline constexpr const char* kWaiting = "system_waiting";
inline constexpr const char* kAccount = "system_account";
inline constexpr const char* kScraped = "system_scraped";

// A market where little happens.
[[nodiscard]] SystemCell quiet_cell();

// What 32 readers that wait cost the engine, round by round in turn.
[[nodiscard]] Row waiting_row(const SystemEffort& effort);
// What a reader that waits costs, and how late it is, where little happens; and what the engine pays for it.
[[nodiscard]] std::vector<Row> waiting_idle_rows(const SystemEffort& effort);
// What an account that is followed costs the engine, round by round in turn.
[[nodiscard]] Row account_row(const SystemEffort& effort);
// What a scrape a second costs the engine, round by round in turn.
[[nodiscard]] Row scraped_row(const SystemEffort& effort);

}  // namespace daypack::core::bench
