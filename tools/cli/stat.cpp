// SPDX-License-Identifier: MIT
#include "tools/cli/stat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "engine/include/daypack/reader.hpp"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::uint64_t percentile(Reader& reader, const Stage& stage, unsigned per_mille) {
    return daypack_percentile(&reader.raw(), stage.histogram, per_mille);
}

[[nodiscard]] std::uint64_t samples(Reader& reader, const Stage& stage) {
    return daypack_histogram_samples(&reader.raw(), stage.histogram);
}

[[nodiscard]] double uptime_s(Reader& reader) {
    return static_cast<double>(age_ns(daypack_load(&reader.header().writer_start_ns))) / 1e9;
}

template <class Name, class Value>
[[nodiscard]] Json json_counters(unsigned count, Name name, Value value) {
    Json json = Json::object();
    for (unsigned i = 0; i < count; ++i) {
        const std::string key = name(i);
        const std::uint64_t counter = value(i);
        // A counter whose name ends in _ns is a time: beyond 2^53, so a string.
        json[key] = key.ends_with("_ns") ? Json(std::to_string(counter)) : Json(counter);
    }
    return json;
}

// Of the levels that audits compared, how many were as REST has them, in percent; none: nothing was compared.
[[nodiscard]] std::optional<double> matched_percent(Reader& reader, SymbolIndex symbol) {
    const auto counter = [&](unsigned i) {
        return static_cast<double>(daypack_symbol_counter(&reader.raw(), symbol, i));
    };
    const double levels = counter(DAYPACK_SYMBOL_audit_levels);
    if (levels == 0) return std::nullopt;
    const double wrong = counter(DAYPACK_SYMBOL_audit_ghosts) + counter(DAYPACK_SYMBOL_audit_missing) +
                         counter(DAYPACK_SYMBOL_audit_wrong);
    return 100 * std::max(levels - wrong, 0.0) / levels;
}

// How often a line brought the first copy of an update, of all lines, in percent, and how much earlier in the mean.
struct Lead {
    double first_percent = 0;
    std::uint64_t ns = 0;
};
[[nodiscard]] Lead lead_of(Reader& reader, unsigned line) {
    const auto counter = [&](unsigned of, unsigned i) { return daypack_line_counter(&reader.raw(), of, i); };
    std::uint64_t wins = 0;
    for (unsigned i = 0; i < daypack_lines(&reader.raw()); ++i) wins += counter(i, DAYPACK_LINE_wins);
    const std::uint64_t leads = counter(line, DAYPACK_LINE_leads);
    Lead lead;
    if (wins != 0) {
        lead.first_percent = 100 * static_cast<double>(counter(line, DAYPACK_LINE_wins)) / static_cast<double>(wins);
    }
    if (leads != 0) lead.ns = counter(line, DAYPACK_LINE_lead_ns) / leads;
    return lead;
}

// With as many decimals as mean something.
[[nodiscard]] double rounded(double value, double decimals) {
    const double scale = std::pow(10, decimals);
    return std::round(value * scale) / scale;
}

[[nodiscard]] Json json_symbol(Reader& reader, SymbolIndex symbol) {
    const auto names = reader.names(symbol);
    const auto top = reader.top(symbol);
    Json json{{"symbol", names.symbol}, {"native", names.native}};
    if (top) {
        json["state"] = daypack_state_name(top->state);
        json["reason"] = daypack_reason_name(top->reason);
        json["flags"] = flag_names(top->flags);
        json["u"] = top->u;
    } else {
        json["state"] = nullptr;  // the writer was faster
    }
    const auto matched = matched_percent(reader, symbol);
    json["audit_matched_percent"] = matched ? Json(rounded(*matched, 4)) : Json(nullptr);
    json["counters"] = json_counters(DAYPACK_SYMBOL_COUNTER_COUNT, daypack_symbol_counter_name,
                                     [&](unsigned i) { return daypack_symbol_counter(&reader.raw(), symbol, i); });
    return json;
}

[[nodiscard]] Json json_of_line(Reader& reader, unsigned line) {
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), line, &entry);
    const Lead lead = lead_of(reader, line);
    return {{"line", line},
            {"host", std::string(entry.host)},
            {"first_percent", rounded(lead.first_percent, 2)},
            {"mean_lead_ns", std::to_string(lead.ns)},
            {"counters", json_counters(DAYPACK_LINE_COUNTER_COUNT, daypack_line_counter_name,
                                       [&](unsigned i) { return daypack_line_counter(&reader.raw(), line, i); })}};
}

[[nodiscard]] Json json_stage(Reader& reader, const Stage& stage) {
    return {{"count", samples(reader, stage)},         {"p50", percentile(reader, stage, 500)},
            {"p90", percentile(reader, stage, 900)},   {"p99", percentile(reader, stage, 990)},
            {"p99.9", percentile(reader, stage, 999)}, {"max", percentile(reader, stage, 1000)}};
}

[[nodiscard]] std::string json_stat(Reader& reader) {
    const auto& head = reader.header();
    const std::uint64_t threads = daypack_load(&head.threads);
    Json json{{"instance", reader.instance()},
              {"pid", daypack_load(&head.writer_pid)},
              {"writer", writer_text(reader.raw())},
              {"epoch", daypack_load(&head.epoch)},
              {"uptime_s", rounded(uptime_s(reader), 3)},
              {"depth", reader.raw().depth},
              {"max_symbols", reader.raw().max_symbols},
              {"ring_events", reader.raw().ring_events},
              {"events", daypack_cursor(&reader.raw())},
              {"threads",
               {{"model", daypack_threads_name(threads)},
                {"idle", daypack_idle_name(threads)},
                {"why", daypack_threads_why_name(threads)}}}};
    for (const Stage& stage : kStages) json[std::string(stage.key)] = json_stage(reader, stage);
    json["engine"] = json_counters(DAYPACK_ENGINE_COUNTER_COUNT, daypack_engine_counter_name,
                                   [&](unsigned i) { return daypack_engine_counter(&reader.raw(), i); });
    Json& lines = json["lines"] = Json::array();
    for (unsigned i = 0; i < daypack_lines(&reader.raw()); ++i) lines.push_back(json_of_line(reader, i));
    Json& symbols = json["symbols"] = Json::array();
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) symbols.push_back(json_symbol(reader, i));
    return json_line(json) + '\n';
}

[[nodiscard]] std::string age_text(std::uint64_t then_ns) {
    return then_ns == 0 ? "never" : duration_text(age_ns(then_ns)) + " ago";
}

[[nodiscard]] std::string text_symbol(Reader& reader, SymbolIndex symbol) {
    const auto top = reader.top(symbol);
    const auto counter = [&](unsigned i) { return daypack_symbol_counter(&reader.raw(), symbol, i); };
    const auto matched = matched_percent(reader, symbol);
    return fmt::format("{:<18} {:<16} u={:<14} updates {:<9} trades {:<7} gaps {:<4} resyncs {:<4}{} last {}{}\n",
                       escaped(reader.names(symbol).symbol), top ? state_text(top->state, top->reason) : "busy",
                       top ? top->u : 0, counter(DAYPACK_SYMBOL_updates), counter(DAYPACK_SYMBOL_trades),
                       counter(DAYPACK_SYMBOL_gaps), counter(DAYPACK_SYMBOL_resyncs),
                       matched ? fmt::format(" audits {:.2f} %", *matched) : std::string(),
                       age_text(counter(DAYPACK_SYMBOL_last_receive_ns)), top ? flags_text(top->flags) : "");
}

[[nodiscard]] std::string text_line(Reader& reader, unsigned line) {
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), line, &entry);
    const auto counter = [&](unsigned i) { return daypack_line_counter(&reader.raw(), line, i); };
    std::string text =
        fmt::format("line {} {} {}:", line, escaped(entry.host), counter(DAYPACK_LINE_connected) != 0 ? "up" : "down");
    for (unsigned i = DAYPACK_LINE_connects; i < DAYPACK_LINE_last_receive_ns; ++i) {
        text += fmt::format(" {} {}", daypack_line_counter_name(i), counter(i));
    }
    const Lead lead = lead_of(reader, line);
    text += fmt::format(", first with {:.1f} % of the updates, by {} in the mean", lead.first_percent,
                        duration_text(lead.ns));
    return text + ", last " + age_text(counter(DAYPACK_LINE_last_receive_ns)) + "\n";
}

[[nodiscard]] std::string text_stage(Reader& reader, const Stage& stage) {
    const std::uint64_t count = samples(reader, stage);
    if (count == 0 && stage.histogram != DAYPACK_HISTOGRAM_FRAME_TO_SHM) return {};
    const auto at = [&](unsigned per_mille) { return duration_text(percentile(reader, stage, per_mille)); };
    const std::string name = std::string(stage.name) + ":";
    return fmt::format("{:<14}p50 {:<9} p99 {:<9} p99.9 {:<9} max {:<9} ({} updates)\n", name, at(500), at(990),
                       at(999), at(1000), count);
}

[[nodiscard]] std::string text_stat(Reader& reader) {
    const auto& head = reader.header();
    std::string text =
        fmt::format("instance {}  pid {}  {}  up {:.0f} s  epoch {}  depth {}  events {}\n", reader.instance(),
                    daypack_load(&head.writer_pid), writer_text(reader.raw()), uptime_s(reader),
                    daypack_load(&head.epoch), reader.raw().depth, daypack_cursor(&reader.raw()));
    const std::uint64_t threads = daypack_load(&head.threads);
    text += fmt::format("threads {}  idle {}  because {}\n", daypack_threads_name(threads), daypack_idle_name(threads),
                        daypack_threads_why_name(threads));
    for (const Stage& stage : kStages) text += text_stage(reader, stage);
    text += "engine:";
    for (unsigned i = 0; i < DAYPACK_ENGINE_COUNTER_COUNT; ++i) {
        text += fmt::format(" {} {}", daypack_engine_counter_name(i), daypack_engine_counter(&reader.raw(), i));
    }
    text += "\n";
    for (unsigned i = 0; i < daypack_lines(&reader.raw()); ++i) text += text_line(reader, i);
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) text += text_symbol(reader, i);
    return text;
}

}  // namespace

int show_stat(const StatOptions& options, std::ostream& out) {
    constexpr int kWatch_ms = 1000;
    Reader reader(options.instance, options.owner);
    const StopSignal stop;
    const bool wipe = options.watch && !options.json && &out == &std::cout && isatty(STDOUT_FILENO) != 0;
    do {
        daypack_follow(&reader.raw());
        out << (wipe ? "\x1b[H\x1b[2J" : "") << (options.json ? json_stat(reader) : text_stat(reader));
        out.flush();
    } while (options.watch && out && !stop.wait_ms(kWatch_ms));
    return 0;
}

}  // namespace daypack::core
