// SPDX-License-Identifier: MIT
#include "tools/cli/stat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <ostream>

#include "engine/shm_reader.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack {
namespace {

[[nodiscard]] std::uint64_t percentile(ShmReader& reader, const Stage& stage, unsigned per_mille) {
    return daypack_percentile(&reader.raw(), stage.histogram, per_mille);
}

[[nodiscard]] std::uint64_t samples(ShmReader& reader, const Stage& stage) {
    return daypack_histogram_samples(&reader.raw(), stage.histogram);
}

[[nodiscard]] double uptime_s(ShmReader& reader) {
    return static_cast<double>(age_ns(daypack_load(&reader.header().writer_start_ns))) / 1e9;
}

// A counter whose name ends in _ns is a time: beyond 2^53, so a string.
[[nodiscard]] std::string json_counter(std::string_view name, std::uint64_t value) {
    const bool text = name.ends_with("_ns");
    return fmt::format(R"("{}":{}{}{})", name, text ? "\"" : "", value, text ? "\"" : "");
}

template <class Name, class Value>
[[nodiscard]] std::string json_counters(unsigned count, Name name, Value value) {
    std::string json = "{";
    for (unsigned i = 0; i < count; ++i) json.append(i == 0 ? "" : ",").append(json_counter(name(i), value(i)));
    return json + "}";
}

// Of the levels that audits compared, how many were as REST told them, in percent; none: nothing was compared.
[[nodiscard]] std::optional<double> matched_percent(ShmReader& reader, SymbolIndex symbol) {
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
[[nodiscard]] Lead lead_of(ShmReader& reader, unsigned line) {
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

[[nodiscard]] std::string json_symbol(ShmReader& reader, SymbolIndex symbol) {
    const auto names = reader.names(symbol);
    const auto top = reader.top(symbol);
    std::string json = fmt::format(R"({{"symbol":{},"native":{})", json_text(names.symbol), json_text(names.native));
    json += top ? fmt::format(R"(,"state":"{}","reason":"{}","flags":{},"u":{})", daypack_state_name(top->state),
                              daypack_reason_name(top->reason), json_list(flag_names(top->flags)), top->u)
                : std::string(R"(,"state":null)");  // the writer was faster
    const auto matched = matched_percent(reader, symbol);
    json += ",\"audit_matched_percent\":" + (matched ? fmt::format("{:.4f}", *matched) : std::string("null"));
    return json + ",\"counters\":" +
           json_counters(DAYPACK_SYMBOL_COUNTER_COUNT, daypack_symbol_counter_name,
                         [&](unsigned i) { return daypack_symbol_counter(&reader.raw(), symbol, i); }) +
           "}";
}

[[nodiscard]] std::string json_line(ShmReader& reader, unsigned line) {
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), line, &entry);
    const Lead lead = lead_of(reader, line);
    return fmt::format(R"({{"line":{},"host":{},"first_percent":{:.2f},"mean_lead_ns":"{}","counters":)", line,
                       json_text(entry.host), lead.first_percent, lead.ns) +
           json_counters(DAYPACK_LINE_COUNTER_COUNT, daypack_line_counter_name,
                         [&](unsigned i) { return daypack_line_counter(&reader.raw(), line, i); }) +
           "}";
}

[[nodiscard]] std::string json_stage(ShmReader& reader, const Stage& stage) {
    return fmt::format(R"(,"{}":{{"count":{},"p50":{},"p90":{},"p99":{},"p99.9":{},"max":{}}})", stage.key,
                       samples(reader, stage), percentile(reader, stage, 500), percentile(reader, stage, 900),
                       percentile(reader, stage, 990), percentile(reader, stage, 999), percentile(reader, stage, 1000));
}

[[nodiscard]] std::string json_stat(ShmReader& reader) {
    const auto& head = reader.header();
    std::string json = fmt::format(R"({{"instance":{},"pid":{},"writer":"{}","epoch":{},"uptime_s":{:.3f})"
                                   R"(,"depth":{},"max_symbols":{},"ring_events":{})",
                                   json_text(reader.instance()), daypack_load(&head.writer_pid),
                                   writer_text(reader.raw()), daypack_load(&head.epoch), uptime_s(reader),
                                   reader.raw().depth, reader.raw().max_symbols, reader.raw().ring_events);
    const std::uint64_t threads = daypack_load(&head.threads);
    json +=
        fmt::format(R"(,"events":{},"threads":{{"model":"{}","idle":"{}","why":"{}"}})", daypack_cursor(&reader.raw()),
                    daypack_threads_name(threads), daypack_idle_name(threads), daypack_threads_why_name(threads));
    for (const Stage& stage : kStages) json += json_stage(reader, stage);
    json += ",\"engine\":" + json_counters(DAYPACK_ENGINE_COUNTER_COUNT, daypack_engine_counter_name,
                                           [&](unsigned i) { return daypack_engine_counter(&reader.raw(), i); });
    json += ",\"lines\":[";
    for (unsigned i = 0; i < daypack_lines(&reader.raw()); ++i)
        json.append(i == 0 ? "" : ",").append(json_line(reader, i));
    json += "],\"symbols\":[";
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) json.append(i == 0 ? "" : ",").append(json_symbol(reader, i));
    return json + "]}\n";
}

[[nodiscard]] std::string age_text(std::uint64_t then_ns) {
    return then_ns == 0 ? "never" : duration_text(age_ns(then_ns)) + " ago";
}

[[nodiscard]] std::string text_symbol(ShmReader& reader, SymbolIndex symbol) {
    const auto top = reader.top(symbol);
    const auto counter = [&](unsigned i) { return daypack_symbol_counter(&reader.raw(), symbol, i); };
    const auto matched = matched_percent(reader, symbol);
    return fmt::format("{:<18} {:<16} u={:<14} updates {:<9} trades {:<7} gaps {:<4} resyncs {:<4}{} last {}{}\n",
                       reader.names(symbol).symbol, top ? state_text(top->state, top->reason) : "busy",
                       top ? top->u : 0, counter(DAYPACK_SYMBOL_updates), counter(DAYPACK_SYMBOL_trades),
                       counter(DAYPACK_SYMBOL_gaps), counter(DAYPACK_SYMBOL_resyncs),
                       matched ? fmt::format(" audits {:.2f} %", *matched) : std::string(),
                       age_text(counter(DAYPACK_SYMBOL_last_receive_ns)), top ? flags_text(top->flags) : "");
}

[[nodiscard]] std::string text_line(ShmReader& reader, unsigned line) {
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), line, &entry);
    const auto counter = [&](unsigned i) { return daypack_line_counter(&reader.raw(), line, i); };
    std::string text =
        fmt::format("line {} {} {}:", line, entry.host, counter(DAYPACK_LINE_connected) != 0 ? "up" : "down");
    for (unsigned i = DAYPACK_LINE_connects; i < DAYPACK_LINE_last_receive_ns; ++i) {
        text += fmt::format(" {} {}", daypack_line_counter_name(i), counter(i));
    }
    const Lead lead = lead_of(reader, line);
    text += fmt::format(", first with {:.1f} % of the updates, by {} in the mean", lead.first_percent,
                        duration_text(lead.ns));
    return text + ", last " + age_text(counter(DAYPACK_LINE_last_receive_ns)) + "\n";
}

[[nodiscard]] std::string text_stage(ShmReader& reader, const Stage& stage) {
    const std::uint64_t count = samples(reader, stage);
    if (count == 0 && stage.histogram != DAYPACK_HISTOGRAM_FRAME_TO_SHM) return {};
    const auto at = [&](unsigned per_mille) { return duration_text(percentile(reader, stage, per_mille)); };
    const std::string name = std::string(stage.name) + ":";
    return fmt::format("{:<14}p50 {:<9} p99 {:<9} p99.9 {:<9} max {:<9} ({} updates)\n", name, at(500), at(990),
                       at(999), at(1000), count);
}

[[nodiscard]] std::string text_stat(ShmReader& reader) {
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
    ShmReader reader(options.instance);
    const StopSignal stop;
    const bool wipe = options.watch && !options.json && &out == &std::cout && isatty(STDOUT_FILENO) != 0;
    do {
        daypack_follow(&reader.raw());
        out << (wipe ? "\x1b[H\x1b[2J" : "") << (options.json ? json_stat(reader) : text_stat(reader));
        out.flush();
    } while (options.watch && out && !stop.wait_ms(kWatch_ms));
    return 0;
}

}  // namespace daypack
