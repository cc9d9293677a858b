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
#include <vector>

#include "engine/include/daypack/reader.hpp"
#include "tools/term/json_line.h"
#include "tools/term/recent_flow.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::uint64_t percentile(Reader& reader, const Stage& stage, unsigned per_mille) {
    return daypack_percentile(&reader.raw(), stage.histogram, per_mille);
}

[[nodiscard]] std::uint64_t samples(Reader& reader, const Stage& stage) {
    return daypack_histogram_samples(&reader.raw(), stage.histogram);
}

constexpr double kLong_s = 10;  // of which rates and delays are shown, beside those of the last second

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

[[nodiscard]] Json json_percentiles(const RecentFlow::Percentiles& of) {
    if (of.count == 0) return nullptr;
    return {{"count", of.count}, {"p50", of.p50},    {"p90", of.p90},
            {"p99", of.p99},     {"p99.9", of.p999}, {"max", of.max}};
}

[[nodiscard]] Json json_delay(const RecentFlow::Delay& delay) {
    return {{"send", json_percentiles(delay.send)}, {"match", json_percentiles(delay.match)}};
}

[[nodiscard]] Json json_recent(const RecentFlow& recent) {
    Json windows = Json::array();
    for (const double seconds : {1.0, kLong_s}) {
        const RecentFlow::Window window = recent.window(seconds);
        windows.push_back({{"seconds", rounded(window.seconds, 3)},
                           {"updates_per_s", rounded(window.updates_s, 1)},
                           {"trades_per_s", rounded(window.trades_s, 1)},
                           {"frame_to_shm_ns", json_percentiles(window.frame_to_shm)}});
    }
    return windows;
}

[[nodiscard]] Json json_symbol(Reader& reader, const RecentFlow& recent, SymbolIndex symbol) {
    const auto names = reader.names(symbol);
    const auto top = reader.top(symbol);
    Json json{{"symbol", names.symbol}, {"native", names.native}};
    if (top) {
        json["state"] = daypack_state_name(top->state);
        json["reason"] = daypack_reason_name(top->reason);
        json["flags"] = flag_names(top->flags);
        json["followed"] = is_followed(*top);
        json["u"] = top->u;
    } else {
        json["state"] = nullptr;  // the writer was faster
    }
    json["feed_delay_ns"] = json_delay(recent.delay(symbol));
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
    const WriterLife life = writer_life(reader.raw());
    const RecentFlow recent(reader, kLong_s);
    daypack_writer writer;
    daypack_read_writer(&reader.raw(), &writer);
    const std::uint64_t threads = daypack_load(&head.threads);
    Json json{{"instance", reader.instance()},
              {"pid", daypack_load(&head.writer_pid)},
              {"writer", life.word},
              {"last_beat_ns", std::to_string(life.beat_ns)},
              {"epoch", daypack_load(&head.epoch)},
              {"uptime_s", rounded(static_cast<double>(life.up_ns) / 1e9, 3)},
              {"depth", reader.raw().depth},
              {"max_symbols", reader.raw().max_symbols},
              {"ring_events", reader.raw().ring_events},
              {"events", daypack_cursor(&reader.raw())},
              {"threads",
               {{"model", daypack_threads_name(threads)},
                {"idle", daypack_idle_name(threads)},
                {"why", daypack_threads_why_name(threads)}}}};
    json["clock"] = {
        {"state", daypack_clock_name(writer.clock_state)},
        {"offset_ns", writer.clock_offset_ns},
        {"error_ns", writer.clock_state == DAYPACK_CLOCK_SYNCHRONISED ? Json(writer.clock_error_ns) : Json(nullptr)}};
    json["recent"] = json_recent(recent);
    json["feed_delay_ns"] = json_delay(recent.delay());
    for (const Stage& stage : kStages) json[std::string(stage.key)] = json_stage(reader, stage);
    json["engine"] = json_counters(DAYPACK_ENGINE_COUNTER_COUNT, daypack_engine_counter_name,
                                   [&](unsigned i) { return daypack_engine_counter(&reader.raw(), i); });
    Json& lines = json["lines"] = Json::array();
    for (unsigned i = 0; i < daypack_lines(&reader.raw()); ++i) lines.push_back(json_of_line(reader, i));
    Json& symbols = json["symbols"] = Json::array();
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) symbols.push_back(json_symbol(reader, recent, i));
    return json_line(json) + '\n';
}

[[nodiscard]] std::string age_text(std::uint64_t then_ns) {
    return then_ns == 0 ? "never" : duration_text(age_ns(then_ns)) + " ago";
}

[[nodiscard]] std::string signed_text(std::int64_t ns) {
    return ns < 0 ? "-" + duration_text(std::uint64_t{0} - static_cast<std::uint64_t>(ns))
                  : duration_text(static_cast<std::uint64_t>(ns));
}

[[nodiscard]] std::string text_recent(const RecentFlow& recent) {
    std::string text;
    for (const double seconds : {1.0, kLong_s}) {
        const RecentFlow::Window window = recent.window(seconds);
        const auto& stage = window.frame_to_shm;
        text +=
            fmt::format("{:<14}p50 {:<9} p99 {:<9} p99.9 {:<9} max {:<9} ({:.1f} updates/s, {:.1f} trades/s)\n",
                        fmt::format("last {:.3g} s:", window.seconds), signed_text(stage.p50), signed_text(stage.p99),
                        signed_text(stage.p999), signed_text(stage.max), window.updates_s, window.trades_s);
    }
    return text;
}

// How long an update was under way. What that is worth depends on this machine's clock; of the venue's nobody tells.
[[nodiscard]] std::string text_delay(Reader& reader, const RecentFlow& recent) {
    daypack_writer writer;
    daypack_read_writer(&reader.raw(), &writer);
    const RecentFlow::Delay delay = recent.delay();
    std::string text =
        fmt::format("{:<14}since E p50 {} p99 {}, since T p50 {} p99 {}; ", "feed delay:", signed_text(delay.send.p50),
                    signed_text(delay.send.p99), signed_text(delay.match.p50), signed_text(delay.match.p99));
    if (delay.match.count == 0) text = fmt::format("{:<14}no update in the last {:.0f} s; ", "feed delay:", kLong_s);
    if (writer.clock_state != DAYPACK_CLOCK_SYNCHRONISED) return text + "no time service keeps this clock\n";
    return text + "this clock is right to within " + duration_text(writer.clock_error_ns) + "\n";
}

[[nodiscard]] std::string text_symbol(Reader& reader, const RecentFlow& recent, SymbolIndex symbol) {
    const auto top = reader.top(symbol);
    const auto counter = [&](unsigned i) { return daypack_symbol_counter(&reader.raw(), symbol, i); };
    const auto matched = matched_percent(reader, symbol);
    const RecentFlow::Delay delay = recent.delay(symbol);
    const std::string delayed = delay.send.count == 0 ? std::string()
                                                      : fmt::format(" delay E {} T {}", signed_text(delay.send.p50),
                                                                    signed_text(delay.match.p50));
    return fmt::format("{:<18} {:<16} u={:<14} updates {:<9} trades {:<7} gaps {:<4} resyncs {:<4}{}{} last {}{}\n",
                       escaped(reader.names(symbol).symbol), top ? state_text(top->state, top->reason) : "busy",
                       top ? top->u : 0, counter(DAYPACK_SYMBOL_updates), counter(DAYPACK_SYMBOL_trades),
                       counter(DAYPACK_SYMBOL_gaps), counter(DAYPACK_SYMBOL_resyncs),
                       matched ? fmt::format(" audits {:.2f} %", *matched) : std::string(), delayed,
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

[[nodiscard]] std::string text_symbols(Reader& reader, const RecentFlow& recent, bool worst_first) {
    std::vector<SymbolIndex> order = followed_symbols(reader);
    std::string others;  // of earlier lists
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) {
        if (std::binary_search(order.begin(), order.end(), i)) continue;
        others += (others.empty() ? "" : " ") + escaped(reader.names(i).symbol);
    }
    if (worst_first) {
        std::stable_partition(order.begin(), order.end(), [&](SymbolIndex symbol) {
            const auto top = reader.top(symbol);
            return !top || top->state != DAYPACK_STATE_LIVE;
        });
    }
    std::string text;
    for (const SymbolIndex symbol : order) text += text_symbol(reader, recent, symbol);
    if (!others.empty()) text += fmt::format("not followed any more (each keeps its place): {}\n", others);
    return text;
}

[[nodiscard]] std::string text_stat(Reader& reader, bool worst_first = false) {
    const auto& head = reader.header();
    const RecentFlow recent(reader, kLong_s);
    std::string text = fmt::format("instance {}  pid {}  {}  epoch {}  depth {}  events {}\n", reader.instance(),
                                   daypack_load(&head.writer_pid), life_text(writer_life(reader.raw())),
                                   daypack_load(&head.epoch), reader.raw().depth, daypack_cursor(&reader.raw()));
    const std::uint64_t threads = daypack_load(&head.threads);
    text += fmt::format("threads {}  idle {}  because {}\n", daypack_threads_name(threads), daypack_idle_name(threads),
                        daypack_threads_why_name(threads));
    for (const Stage& stage : kStages) text += text_stage(reader, stage);
    text += text_recent(recent) + text_delay(reader, recent);
    text += "engine:";
    for (unsigned i = 0; i < DAYPACK_ENGINE_COUNTER_COUNT; ++i) {
        text += fmt::format(" {} {}", daypack_engine_counter_name(i), daypack_engine_counter(&reader.raw(), i));
    }
    text += "\n";
    for (unsigned i = 0; i < daypack_lines(&reader.raw()); ++i) text += text_line(reader, i);
    return text + text_symbols(reader, recent, worst_first);
}

// As much of a text as a window has room for; what is left out is counted in its last row.
[[nodiscard]] std::string fitted(const std::string& text, int rows, int columns) {
    const auto lines = std::count(text.begin(), text.end(), '\n');
    const auto shown = lines <= rows ? lines : std::max(rows - 1, 0);
    std::string picture;
    std::size_t from = 0;
    for (auto i = shown; i > 0; --i) {
        const std::size_t end = text.find('\n', from);
        picture += text.substr(from, std::min<std::size_t>(end - from, static_cast<std::size_t>(columns))) + "\n";
        from = end + 1;
    }
    if (shown < lines) picture += fmt::format("{} lines more: a larger window, or daypack stat", lines - shown);
    return picture;
}

// In place, until q or a signal.
void watch_on_screen(Reader& reader, int every_ms) {
    const StopSignal stop;
    Screen screen;
    do {
        daypack_follow(&reader.raw());
        screen.show(fitted(text_stat(reader, true), screen.rows(), screen.columns()));
    } while (!screen.pressed('q', every_ms) && !stop.asked());
}

void watch_as_text(Reader& reader, const StatOptions& options, int every_ms, std::ostream& out) {
    const StopSignal stop;
    do {
        daypack_follow(&reader.raw());
        out << (options.json ? json_stat(reader) : text_stat(reader));
        out.flush();
    } while (options.watch && out && !stop.wait_ms(every_ms));
}

}  // namespace

int show_stat(const StatOptions& options, std::ostream& out) {
    constexpr int kWatch_ms = 1000;
    Reader reader(options.instance, options.owner);
    if (options.watch && !options.json && &out == &std::cout && isatty(STDOUT_FILENO) != 0) {
        watch_on_screen(reader, kWatch_ms);
    } else {
        watch_as_text(reader, options, kWatch_ms, out);
    }
    return exit_code_of(reader);
}

}  // namespace daypack::core
