// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/report/report.h"

namespace daypack::core::bench {
namespace {

constexpr const char* kHead = R"h(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>daypack bench</title>
<style>
:root { color-scheme: light dark; --back: #fcfcfb; --card: #ffffff; --text: #1b1f24; --soft: #5f6873; --line: #e3e6ea;
  --yes: #1a7f4b; --no: #c2410c; --unknown: #8a94a0; --a: #2563eb; --b: #c2410c; --c: #7c3aed; --d: #0f766e;
  --e: #a16207; --f: #be185d; --g: #475569; }
@media (prefers-color-scheme: dark) { :root { --back: #0f1216; --card: #171b21; --text: #e6e9ed; --soft: #98a2ae;
  --line: #2a313a; --yes: #4ade80; --no: #fb923c; --unknown: #77818d; --a: #60a5fa; --b: #fb923c; --c: #c4b5fd;
  --d: #5eead4; --e: #facc15; --f: #f9a8d4; --g: #94a3b8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .75rem 1.5rem; margin: 1.25rem 0 0;
  padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--soft); white-space: nowrap; }
th, td { padding: .45rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: .87em/1.4 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
td small { display: block; color: var(--soft); max-width: 30rem; }
.yes { color: var(--yes); } .no { color: var(--no); } .unknown { color: var(--unknown); } b { font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(32rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
figcaption { font-weight: 600; } svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 11px; font-family: inherit; } .grid { stroke: var(--line); }
.bar-back { fill: var(--line); } .mark { stroke: var(--text); stroke-width: 2; }
.key { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; font-size: .85rem; color: var(--soft); margin-top: .4rem; }
.key i { display: inline-block; width: 1.1rem; height: 3px; border-radius: 2px; vertical-align: middle; margin-right: .4rem; }
</style>
)h";

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string duration(double ns) {
    if (ns < 1e3) return fmt::format("{:g} ns", ns);
    if (ns < 1e6) return fmt::format("{:g} µs", ns / 1e3);
    return ns < 1e9 ? fmt::format("{:g} ms", ns / 1e6) : fmt::format("{:g} s", ns / 1e9);
}

const char* met_class(const Row& row) {
    const auto met = row.met();
    return !met ? "unknown" : *met ? "yes" : "no";
}

// What the target is of, in targets: the mark stands at one, in the middle, and the bar ends at two.
std::string bar(const Row& row) {
    if (!row.target || !row.not_measured_because.empty()) return "";
    constexpr double kMiddle = 70;
    const double share = std::clamp(row.ratio.value_or(row.value) / *row.target, 0.0, 2.0);
    return fmt::format(
        R"h(<svg viewBox="0 0 140 16" style="width:140px" role="img" aria-label="{}"><rect class="bar-back" y="5" width="140" height="6" rx="3"/><rect y="5" width="{:.1f}" height="6" rx="3" style="fill:var(--{})"/><line class="mark" x1="{}" x2="{}" y1="1" y2="15"/></svg>)h",
        "against its target", share * kMiddle, met_class(row), kMiddle, kMiddle);
}

std::string table_row(const Row& row) {
    const auto beside = row.reference ? row.reference : row.floor;
    const auto met = row.met();
    const auto or_empty = [](const std::optional<double>& value) { return value ? short_number(*value) : ""; };
    const std::string target = target_text(row, "≥ ", "≤ ");
    const bool has_value = row.not_measured_because.empty() || row.value != 0;
    return fmt::format(
        R"(<tr><td><code>{}</code><small>{}</small></td><td class="n"><b>{}</b> {}</td><td class="n">{}</td><td class="n">{}<small>{}</small></td><td class="n">{}</td><td>{}</td><td class="{}">{}</td></tr>)"
        "\n",
        escaped(row.name), escaped(row.what), has_value ? short_number(row.value) : "–", escaped(row.unit),
        or_empty(beside), or_empty(row.ratio), spread_text(row), target, bar(row), met_class(row),
        !row.target ? ""
        : !met      ? "cannot tell"
        : *met      ? "met"
                    : "missed");
}

// Rows about the same samples share a picture, whose name has no ending of one of them.
std::string chart_name(const Row& row) {
    const std::size_t point = row.name.rfind(".p");
    return point == std::string::npos ? row.name : row.name.substr(0, point);
}

// Percentiles over a scale that gives each further nine the same room.
class Chart {
  public:
    explicit Chart(const Row& row) : row_(row) {
        for (const Curve& curve : row.curves) {
            if (curve.samples.count() == 0) continue;
            nines_ = std::max(nines_, std::log10(static_cast<double>(curve.samples.count())));
            low_ = std::min(low_, std::floor(std::log10(std::max(curve.samples.at(0), 1.0))));
            high_ = std::max(high_, std::ceil(std::log10(std::max(curve.samples.max(), 10.0))));
        }
        if (low_ >= high_) low_ = high_ - 1;
    }
    [[nodiscard]] std::string figure() const {
        std::string out = fmt::format("<figure><figcaption><code>{}</code></figcaption><svg viewBox=\"0 0 {} {}\">\n",
                                      escaped(chart_name(row_)), kWidth, kHeight);
        out += grid();
        std::string key;
        for (std::size_t i = 0; i < row_.curves.size(); ++i) {
            const Curve& curve = row_.curves[i];
            const char colour = static_cast<char>('a' + i % kColours);
            out += line(curve.samples, colour);
            key += fmt::format("<span><i style=\"background:var(--{})\"></i>{}: p50 {}, p99 {}, p99.9 {}</span>",
                               colour, escaped(curve.name), rounded(curve.samples.at(0.5)),
                               rounded(curve.samples.at(0.99)), rounded(curve.samples.at(0.999)));
        }
        return out + "</svg><div class=\"key\">" + key + "</div></figure>\n";
    }

  private:
    static constexpr std::size_t kColours = 7;
    static constexpr double kWidth = 560, kHeight = 280, kLeft = 56, kRight = 28, kTop = 14, kBottom = 26;

    static std::string rounded(double ns) {
        const double digit = std::pow(10, std::floor(std::log10(std::max(ns, 1.0))) - 2);
        return duration(std::round(ns / digit) * digit);
    }
    [[nodiscard]] double x(double nines) const { return kLeft + nines / nines_ * (kWidth - kLeft - kRight); }
    [[nodiscard]] double y(double ns) const {
        const double share = (std::log10(std::max(ns, 1.0)) - low_) / (high_ - low_);
        return kHeight - kBottom - std::clamp(share, 0.0, 1.0) * (kHeight - kTop - kBottom);
    }
    [[nodiscard]] std::string grid() const {
        std::string out;
        for (double power = low_; power <= high_; ++power) {
            const double at = y(std::pow(10, power));
            out += fmt::format(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft,
                               kWidth - kRight, at, at);
            out += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)", kLeft - 7, at + 4,
                               duration(std::pow(10, power)));
        }
        static constexpr std::pair<double, const char*> kTicks[] = {{0.30103, "50 %"}, {1, "90 %"},    {2, "99 %"},
                                                                    {3, "99.9 %"},     {4, "99.99 %"}, {5, "99.999 %"},
                                                                    {6, "99.9999 %"}};
        for (const auto& [nines, name] : kTicks) {
            if (nines > nines_) break;
            out += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)", x(nines), kTop,
                               kHeight - kBottom);
            out +=
                fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", x(nines), kHeight - 8, name);
        }
        return out + "\n";
    }
    [[nodiscard]] std::string line(const Percentiles& samples, char colour) const {
        if (samples.count() == 0) return "";
        const double end = std::log10(static_cast<double>(samples.count()));
        std::string points;
        constexpr int kPoints = 160;
        for (int i = 0; i <= kPoints; ++i) {
            const double nines = end * i / kPoints;
            points += fmt::format("{:.1f},{:.1f} ", x(nines), y(samples.at(1 - std::pow(10, -nines))));
        }
        return fmt::format(
            R"h(<polyline points="{}" fill="none" stroke-width="2" stroke-linejoin="round" style="stroke:var(--{})"/>)h"
            "\n",
            points, colour);
    }

    const Row& row_;
    double nines_ = 1;
    double low_ = 9, high_ = 1;  // powers of ten, of ns
};

}  // namespace

std::string html(const Report& report) {
    std::string out = kHead;
    int met = 0, missed = 0, unknown = 0;
    for (const Row& row : report.rows) {
        if (!row.target) continue;
        const auto is_met = row.met();
        ++(!is_met ? unknown : *is_met ? met : missed);
    }
    out += fmt::format(
        "<h1>daypack bench</h1>\n<p>{} targets met, {} missed, {} that this machine cannot tell.</p>\n"
        "<p class=\"soft\">Medians of {} rounds; what stands beside a row was measured in the same run, turn by turn. "
        "{:.0f} s in all.</p>\n<dl>\n",
        met, missed, unknown, report.rounds, report.seconds);
    for (const auto& [name, fact] : report.machine) {
        out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), escaped(fact));
    }
    out += fmt::format("<div><dt>input</dt><dd>{}</dd></div>\n</dl>\n", escaped(report.input));
    out +=
        "<h2>Rows</h2>\n<div class=\"wide\"><table><thead><tr><th>row</th><th class=\"n\">value</th><th class=\"n\">"
        "beside</th><th class=\"n\">ratio</th><th class=\"n\">target</th><th>against the target</th><th>met</th></tr>"
        "</thead><tbody>\n";
    for (const Row& row : report.rows) out += table_row(row);
    out +=
        "</tbody></table></div>\n<h2>Percentiles</h2>\n<p class=\"soft\">Each further nine of the share has the same "
        "room; time is logarithmic.</p>\n<div class=\"charts\">\n";
    const Row* before = nullptr;
    for (const Row& row : report.rows) {
        if (row.curves.empty()) continue;
        const bool again = before != nullptr && row.curves.front().name == before->curves.front().name &&
                           chart_name(row) == chart_name(*before);
        if (again) continue;
        out += Chart(row).figure();
        before = &row;
    }
    return out + "</div>\n</html>\n";
}

}  // namespace daypack::core::bench
