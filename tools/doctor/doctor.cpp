// SPDX-License-Identifier: MIT
#include "tools/doctor/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "tools/doctor/config_checks.h"
#include "tools/doctor/cpu_checks.h"
#include "tools/doctor/memory_checks.h"
#include "tools/doctor/network_checks.h"
#include "tools/term/json_line.h"

namespace daypack::core {
namespace {

const char* name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok: return "ok";
        case Verdict::warn: return "warn";
        case Verdict::fail: return "fail";
        case Verdict::unknown: return "unknown";
    }
    return "";
}

void print_json(const Finding& finding, std::ostream& out) {
    out << json_line({{"check", finding.check},
                      {"verdict", name_of(finding.verdict)},
                      {"asked", finding.asked},
                      {"found", finding.found},
                      {"fix", finding.fix}})
        << '\n';
}

void print_row(const Finding& finding, std::ostream& out) {
    out << fmt::format("{:<8} {:<19} {}\n", name_of(finding.verdict), finding.check, finding.found);
    if (!finding.fix.empty()) out << fmt::format("{:28} fix: {}\n", "", finding.fix);
}

}  // namespace

int show_doctor(const DoctorOptions& options, std::ostream& out) {
    const Machine machine(options.root);
    Findings findings;
    if (!options.config_path.empty()) {
        const Config config = load_config(options.config_path);
        findings = check_config(machine, config);
        if (options.root.empty()) {
            for (const auto& more : {check_clock_and_card(machine), check_venue(config)}) {
                findings.insert(findings.end(), more.begin(), more.end());
            }
        }
    }
    for (const auto check : {check_cpus, check_memory}) {
        const Findings more = check(machine);
        findings.insert(findings.end(), more.begin(), more.end());
    }
    for (const Finding& finding : findings) options.json ? print_json(finding, out) : print_row(finding, out);
    out.flush();
    const bool cannot = std::any_of(findings.begin(), findings.end(),
                                    [](const Finding& f) { return f.asked && f.verdict == Verdict::fail; });
    return cannot ? 1 : 0;
}

}  // namespace daypack::core
