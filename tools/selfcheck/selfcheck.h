// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/config.h"

namespace daypack::core::selfcheck {

struct SelfcheckOptions {
    std::string config_path;
    ConfigOverrides overrides;
    double duration_s = 60;
    std::string out = "daypack-selfcheck";  // what the names of both files begin with
    bool json = false;
};

// `daypack selfcheck`: meets the venue and holds it against every assumption that daypack makes of it. Writes
// OUT.report.md (OUT.report.json with --json) and OUT.frames.ndjson.gz, and prints the report. Exit code: 0 all held,
// 1 something is broken, or the venue was not met. Throws ConfigError.
int run_selfcheck(const SelfcheckOptions& options);

// The same without files of its own but the recording; the report. Throws std::runtime_error where the venue was not
// met.
[[nodiscard]] nlohmann::ordered_json check_venue(const Config& config, double duration_s, const std::string& recording,
                                                 const std::function<bool()>& ends);

}  // namespace daypack::core::selfcheck
