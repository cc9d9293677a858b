// SPDX-License-Identifier: MIT
#include "bench/report/report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace daypack::core::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Share {
    const char* name;
    double share;
};
constexpr Share kShares[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

std::string met_text(const Row& row, const char* yes, const char* no, const char* unknown) {
    const auto met = row.met();
    return !met ? unknown : *met ? yes : no;
}

// Six digits: more are noise. What is no finite number becomes null, as JSON has none.
Json json_number(double value) {
    return std::stod(fmt::format("{:.6g}", value));
}
Json or_null(const std::optional<double>& value) {
    return value ? json_number(*value) : Json(nullptr);
}
Json json_count(double value) {
    return std::llround(value);
}

Json json_row(const Row& row) {
    const auto met = row.met();
    Json json{{"name", row.name},
              {"value", row.not_measured_because.empty() || row.value != 0 ? json_number(row.value) : Json(nullptr)},
              {"unit", row.unit},
              {"floor", or_null(row.floor)},
              {"reference", or_null(row.reference)},
              {"ratio", or_null(row.ratio)},
              {"target", or_null(row.target)},
              {"bound", row.bound == Row::Bound::least ? "least" : "most"},
              {"met", met ? Json(*met) : Json(nullptr)}};
    if (!row.curves.empty()) {
        const Percentiles& samples = row.curves.front().samples;
        for (const auto& [name, share] : kShares) json[name] = json_count(samples.at(share));
        json["max"] = json_count(samples.max());
        json["samples"] = samples.count();
    }
    if (row.spread) json["spread"] = Json::array({json_number(row.spread->least), json_number(row.spread->most)});
    if (!row.not_measured_because.empty()) json["why"] = row.not_measured_because;
    json["what"] = row.what;
    return json;
}

}  // namespace

std::string short_number(double value) {
    const double size = std::abs(value);
    if (size < 1'000) return fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
    std::string digits = fmt::format("{:.0f}", value);
    for (std::size_t at = digits.size(); at > 3 && digits[at - 4] != '-';) digits.insert(at -= 3, 1, ',');
    return digits;
}

std::string target_text(const Row& row, const char* least, const char* most) {
    if (!row.target) return "";
    const std::string number = *row.target < 1'000 ? fmt::format("{:g}", *row.target) : short_number(*row.target);
    return (row.bound == Row::Bound::least ? least : most) + number;
}

std::string spread_text(const Row& row) {
    return row.spread ? short_number(row.spread->least) + "–" + short_number(row.spread->most) : "";
}

std::string head_text(const Report& report) {
    std::string out;
    for (const auto& [name, fact] : report.machine) out += fmt::format("{:<9}{}\n", name, fact);
    return out +
           fmt::format(
               "{:<9}{}\n{:<9}medians of {} rounds, both ways turn by turn in each; spread: the least and the most of "
               "them\n\n{:<31} {:>10} {:<17} {:>10} {:>6} {:>13} {:>10}  {:<4} {}\n",
               "input", report.input, "method", report.rounds, "row", "value", "unit", "beside", "ratio", "spread",
               "target", "met", "what");
}

std::string row_text(const Row& row) {
    const auto beside = row.reference ? row.reference : row.floor;
    const auto or_empty = [](const std::optional<double>& value) { return value ? short_number(*value) : ""; };
    // What this machine could not measure fairly is no number to show, for somebody would quote it.
    const bool judged = row.not_measured_because.empty();
    std::string why;
    if (!judged && row.what.find(row.not_measured_because) == std::string::npos) {
        why = "; not measured: " + row.not_measured_because;
    }
    std::string out =
        fmt::format("{:<31} {:>10} {:<17} {:>10} {:>6} {:>13} {:>10}  {:<4} {}{}\n", row.name,
                    judged ? short_number(row.value) : "-", row.unit, judged ? or_empty(beside) : "",
                    judged ? or_empty(row.ratio) : "", judged ? spread_text(row) : "", target_text(row, "≥", "≤"),
                    met_text(row, "yes", "no", row.target ? "?" : ""), row.what, why);
    for (const Curve& curve : row.curves) {
        out += fmt::format("    {:<38}", curve.name);
        for (const auto& [name, share] : kShares) out += fmt::format(" {} {:>7.0f}", name, curve.samples.at(share));
        out += fmt::format(" max {:.0f} ns\n", curve.samples.max());
    }
    return out;
}

std::string tail_text(const Report& report) {
    int met = 0, missed = 0, untold = 0;
    for (const Row& row : report.rows) {
        if (!row.target) continue;
        const auto is_met = row.met();
        ++(!is_met ? untold : *is_met ? met : missed);
    }
    return fmt::format("\n{} met, {} missed, {} that this machine cannot tell; {:.0f} s in all\n", met, missed, untold,
                       report.seconds);
}

std::string json(const Report& report) {
    Json json{{"machine", Json::object()},
              {"input", report.input},
              {"rounds", report.rounds},
              {"seconds", std::round(report.seconds * 10) / 10},
              {"rows", Json::array()}};
    for (const auto& [name, fact] : report.machine) {
        json["machine"][name] = name == "cores" ? Json(std::stol(fact)) : Json(fact);
    }
    for (const Row& row : report.rows) json["rows"].push_back(json_row(row));
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace daypack::core::bench
