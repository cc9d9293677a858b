// SPDX-License-Identifier: MIT
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/selfcheck/assumptions.h"
#include "tools/selfcheck/figures.h"
#include "tools/selfcheck/scrubber.h"

namespace daypack::core::selfcheck {

struct ReportInput {
    const Findings& findings;
    const Figures& figures;
    const std::vector<std::string>& skipped;
    const Scrubber& scrubber;
    std::string depth_stream;
};

// All that was found, with nothing in it that must not be told: fit for an issue that anybody reads.
[[nodiscard]] nlohmann::ordered_json report_json(const ReportInput& input);
// The same for people, as Markdown.
[[nodiscard]] std::string report_text(const nlohmann::ordered_json& report);

}  // namespace daypack::core::selfcheck
