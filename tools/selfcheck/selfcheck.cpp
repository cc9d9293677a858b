// SPDX-License-Identifier: MIT
#include "tools/selfcheck/selfcheck.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/selfcheck/meeting.h"
#include "tools/selfcheck/report.h"
#include "tools/term/json_line.h"
#include "tools/term/terminal.h"

namespace daypack::core::selfcheck {
namespace {

const char* name_of_stream(DepthStream depth) {
    switch (depth) {
        case DepthStream::realtime: return "realtime";
        case DepthStream::every_200ms: return "200ms";
        case DepthStream::every_600ms: return "600ms";
        case DepthStream::every_1000ms: return "1000ms";
    }
    return "";
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    if (!(file << text).flush()) throw std::runtime_error("cannot write " + path + "; name another with --out");
}

}  // namespace

nlohmann::ordered_json check_venue(const Config& config, double duration_s, const std::string& recording,
                                   const std::function<bool()>& ends) {
    const Scrubber scrubber(config);
    RecordingFile file(recording);
    Meeting meeting(config, duration_s, scrubber, file, ends);
    meeting.run();
    file.finish();
    return report_json({meeting.findings(), meeting.figures(), meeting.skipped(), scrubber,
                        name_of_stream(config.exchange.depth_stream)});
}

int run_selfcheck(const SelfcheckOptions& options) {
    (void)std::signal(SIGPIPE, SIG_IGN);
    Config config = load_config(options.config_path, process_env, options.overrides);
    const std::string recording = options.out + ".frames.ndjson.gz";
    const std::string page = options.out + (options.json ? ".report.json" : ".report.md");
    const StopSignal stop;
    std::fputs(
        fmt::format("daypack: meeting the venue for {:.0f} s; Ctrl-C ends it early\n", options.duration_s).c_str(),
        stderr);
    const auto report = check_venue(config, options.duration_s, recording, [&stop] { return stop.asked(); });
    const std::string text = options.json ? json_line(report) + "\n" : report_text(report);
    write_file(page, text);
    std::fputs(text.c_str(), stdout);
    std::fputs(fmt::format("daypack: written: {} (fit for an issue) and {} (the frames; `daypack sim --replay` plays "
                           "them)\n",
                           page, recording)
                   .c_str(),
               stderr);
    return report["broken"] == 0 ? 0 : 1;
}

}  // namespace daypack::core::selfcheck
