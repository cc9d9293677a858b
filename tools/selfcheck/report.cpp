// SPDX-License-Identifier: MIT
#include "tools/selfcheck/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/shm/build_id.h"
#include "net/base/clock.h"

namespace daypack::core::selfcheck {
namespace {

using Json = nlohmann::ordered_json;

Json percentiles(const Sample& sample) {
    if (sample.count() == 0) return nullptr;
    return {{"count", sample.count()},
            {"p50", sample.at_per_mille(500)},
            {"p90", sample.at_per_mille(900)},
            {"p99", sample.at_per_mille(990)},
            {"max", sample.at_per_mille(1000)}};
}

Json assumptions_json(const Findings& findings, const Scrubber& scrubber) {
    Json list = Json::array();
    for (std::size_t i = 0; i < kAssumptions; ++i) {
        const auto assumption = static_cast<Assumption>(i);
        const Finding& finding = findings[assumption];
        Json examples = Json::array();
        for (const std::string& example : finding.examples) examples.push_back(scrubber.scrubbed(example));
        const char* verdict = finding.broken > 0 ? "BROKEN" : (finding.held > 0 ? "held" : "not seen");
        list.push_back({{"assumption", name_of(assumption)},
                        {"verdict", verdict},
                        {"says", sentence_of(assumption)},
                        {"held", finding.held},
                        {"broken", finding.broken},
                        {"examples", examples}});
    }
    return list;
}

Json symbols_json(const Figures& figures) {
    Json list = Json::array();
    for (const auto& [symbol, of] : figures.symbols) {
        if (symbol.empty()) continue;
        list.push_back({{"symbol", symbol},
                        {"state", of.state},
                        {"depth_messages", of.updates},
                        {"scanned", of.scanned},
                        {"of_many_levels", of.many_levels},
                        {"without_levels", of.without_levels},
                        {"other_messages", of.others},
                        {"receive_less_E_us", percentiles(of.delay_send_us)},
                        {"receive_less_T_us", percentiles(of.delay_match_us)},
                        {"T_back_us_max", of.match_back_us_max},
                        {"audits", of.audits},
                        {"audits_that_differ", of.audits_differ},
                        {"audits_without_end", of.audits_lost},
                        {"levels_compared", of.levels_compared},
                        {"snapshot_bids_max", of.bids_max},
                        {"snapshot_asks_max", of.asks_max},
                        {"snapshot_id_less_stream", percentiles(of.snapshot_ahead)},
                        {"resync_us", percentiles(of.resync_us)}});
    }
    return list;
}

Json lines_json(const Figures& figures, const Scrubber& scrubber) {
    Json list = Json::array();
    for (std::size_t i = 0; i < figures.lines.size(); ++i) {
        const LineFigures& of = figures.lines[i];
        Json ends = Json::array();
        for (const std::string& end : of.ends) ends.push_back(scrubber.scrubbed(end));
        list.push_back({{"line", i},
                        {"frames", of.frames},
                        {"bytes", of.bytes},
                        {"first_of_two_copies", of.firsts},
                        {"lead_us", percentiles(of.lead_us)},
                        {"pong_us", percentiles(of.pong_us)},
                        {"server_pings", of.server_pings},
                        {"connect_us", of.connect_us},
                        {"reconnect_us", of.reconnect_us == 0 ? Json() : Json(of.reconnect_us)},
                        {"close_answered_us", of.close_us == 0 ? Json() : Json(of.close_us)},
                        {"downs", of.downs},
                        {"ends", ends}});
    }
    return list;
}

Json rest_json(const Figures& figures, const Scrubber& scrubber) {
    Json list = Json::array();
    for (const auto& [path, of] : figures.rest) {
        list.push_back({{"path", path},
                        {"answers", of.answers},
                        {"took_us", percentiles(of.took_us)},
                        {"bytes", percentiles(of.bytes)},
                        {"age_s_max", of.age_s_max < 0 ? Json() : Json(of.age_s_max)},
                        {"caching", scrubber.scrubbed(of.caching)}});
    }
    return list;
}

std::string utc(std::int64_t ns) {
    const std::time_t seconds = ns / 1'000'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string ms(const Json& sample, const char* what) {
    return sample.is_null() ? std::string("-") : fmt::format("{:.1f}", sample[what].get<double>() / 1000);
}

std::string examples_text(const Json& examples) {
    std::string text;
    for (const Json& example : examples) text += fmt::format("  - `{}`\n", example.get<std::string>());
    return text;
}

std::size_t count_of(const Json& report, std::string_view verdict) {
    const Json& rows = report["assumptions"];
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [&](const Json& row) { return row["verdict"] == verdict; }));
}

std::string assumptions_text(const Json& report) {
    std::string text = "\n## Assumptions\n\n";
    for (const char* verdict : {"BROKEN", "held", "not seen"}) {
        for (const Json& row : report["assumptions"]) {
            if (row["verdict"] != verdict) continue;
            text += fmt::format("- {} **{}**: {} ({} times held, {} broken)\n", verdict,
                                row["assumption"].get<std::string>(), row["says"].get<std::string>(),
                                row["held"].get<std::uint64_t>(), row["broken"].get<std::uint64_t>());
            text += examples_text(row["examples"]);
        }
    }
    return text;
}

std::string symbols_text(const Json& report) {
    std::string text =
        "\n## Markets\n\nDelays are of the median and the 99th percentile, in ms, by this machine's clock.\n\n"
        "| market | state | depth | scanned | receive - E | receive - T | T back max, us | audits | differ | levels | "
        "resync p50, ms |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
    for (const Json& row : report["symbols"]) {
        text +=
            fmt::format("| {} | {} | {} | {} | {} / {} | {} / {} | {} | {} | {} | {} + {} | {} |\n",
                        row["symbol"].get<std::string>(), row["state"].get<std::string>(), row["depth_messages"].dump(),
                        row["scanned"].dump(), ms(row["receive_less_E_us"], "p50"), ms(row["receive_less_E_us"], "p99"),
                        ms(row["receive_less_T_us"], "p50"), ms(row["receive_less_T_us"], "p99"),
                        row["T_back_us_max"].dump(), row["audits"].dump(), row["audits_that_differ"].dump(),
                        row["snapshot_bids_max"].dump(), row["snapshot_asks_max"].dump(), ms(row["resync_us"], "p50"));
    }
    return text;
}

std::string lines_text(const Json& report) {
    std::string text =
        "\n## Lines\n\n| line | frames | first of two copies | lead p50 / p99, ms | pong p50, ms | connect, ms | "
        "reconnect, ms | pings of the server | went down |\n|---|---|---|---|---|---|---|---|---|\n";
    std::string ends;
    for (const Json& row : report["lines"]) {
        const Json& again = row["reconnect_us"];
        text +=
            fmt::format("| {} | {} | {} | {} / {} | {} | {:.1f} | {} | {} | {} |\n", row["line"].dump(),
                        row["frames"].dump(), row["first_of_two_copies"].dump(), ms(row["lead_us"], "p50"),
                        ms(row["lead_us"], "p99"), ms(row["pong_us"], "p50"), row["connect_us"].get<double>() / 1000,
                        again.is_null() ? "-" : fmt::format("{:.1f}", again.get<double>() / 1000),
                        row["server_pings"].dump(), row["downs"].dump());
        for (const Json& end : row["ends"]) {
            ends += fmt::format("- line {} went down: `{}`\n", row["line"].dump(), end.get<std::string>());
        }
    }
    return text + (ends.empty() ? "" : "\n" + ends);
}

std::string rest_text(const Json& report) {
    std::string text =
        "\n## REST\n\n| path | answers | p50 / p99, ms | bytes p50 | Age max, s | caching "
        "|\n|---|---|---|---|---|---|\n";
    for (const Json& row : report["rest"]) {
        text += fmt::format("| {} | {} | {} / {} | {} | {} | {} |\n", row["path"].get<std::string>(),
                            row["answers"].dump(), ms(row["took_us"], "p50"), ms(row["took_us"], "p99"),
                            row["bytes"].is_null() ? "-" : row["bytes"]["p50"].dump(),
                            row["age_s_max"].is_null() ? "none" : row["age_s_max"].dump(),
                            row["caching"].get<std::string>());
    }
    return text;
}

}  // namespace

Json report_json(const ReportInput& input) {
    const Figures& figures = input.figures;
    Json skipped = Json::array();
    for (const std::string& words : input.skipped) skipped.push_back(words);
    Json clock;
    if (figures.has_clock) {
        clock = {{"venue_less_ours_us", figures.clock_offset_us}, {"within_us", figures.clock_bound_us}};
    }
    return {{"daypack", std::string(build_version()) + " (" + std::string(build_commit()) + ")"},
            {"ended", utc(wall_now().ns)},
            {"seconds", figures.seconds},
            {"depth_stream", input.depth_stream},
            {"addresses", figures.addresses},
            {"broken", input.findings.count_broken()},
            {"assumptions", assumptions_json(input.findings, input.scrubber)},
            {"clock", clock},
            {"copies", figures.copies},
            {"copies_cut_otherwise", figures.copies_cut_otherwise},
            {"lines", lines_json(figures, input.scrubber)},
            {"symbols", symbols_json(figures)},
            {"skipped", skipped},
            {"rest", rest_json(figures, input.scrubber)}};
}

std::string report_text(const Json& report) {
    std::string text = fmt::format(
        "# daypack selfcheck\n\ndaypack {}, {}, {:.1f} s, depth stream {}, {} address(es) of the stream's host\n\n"
        "Of {} assumptions {} held, {} are broken, and {} were not seen.\n",
        report["daypack"].get<std::string>(), report["ended"].get<std::string>(), report["seconds"].get<double>(),
        report["depth_stream"].get<std::string>(), report["addresses"].dump(), kAssumptions, count_of(report, "held"),
        count_of(report, "BROKEN"), count_of(report, "not seen"));
    const Json& clock = report["clock"];
    if (!clock.is_null()) {
        text += fmt::format("The venue's clock is ahead of this machine's by {:.1f} ms, give or take {:.1f} ms.\n",
                            clock["venue_less_ours_us"].get<double>() / 1000, clock["within_us"].get<double>() / 1000);
    }
    text += fmt::format("Copies of updates held against each other: {}; cut otherwise: {}.\n", report["copies"].dump(),
                        report["copies_cut_otherwise"].dump());
    for (const Json& words : report["skipped"]) text += "Not followed: " + words.get<std::string>() + "\n";
    return text + assumptions_text(report) + symbols_text(report) + lines_text(report) + rest_text(report);
}

}  // namespace daypack::core::selfcheck
