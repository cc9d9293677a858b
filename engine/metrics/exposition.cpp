// SPDX-License-Identifier: MIT
#include "engine/metrics/exposition.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/metrics/page.h"

namespace daypack::core {
namespace {

constexpr double kNs = 1e-9;

std::int64_t wall_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void write_engine(MetricsPage& page, const daypack_reader& reader, std::uint64_t queue_depth) {
    const daypack_header& head = *daypack_head(&reader);
    const auto counter = [&](unsigned which) { return daypack_engine_counter(&reader, which); };
    daypack_writer writer;
    daypack_read_writer(&reader, &writer);
    page.begin("daypack_build_info", "gauge", "Version and commit of the engine; the value is 1.");
    page.sample(
        fmt::format("version=\"{}\",commit=\"{}\"", metrics_label(writer.version), metrics_label(writer.commit)), 1);
    const bool runs = daypack_load(&head.phase) == DAYPACK_PHASE_RUNNING && daypack_beat_is_fresh(&reader) != 0;
    page.only("daypack_running", "gauge", "1 while the book thread beats and has caught up.", runs ? 1 : 0);
    page.only("daypack_beat_age_seconds", "gauge", "Age of the last beat of the book thread.",
              static_cast<double>(std::max<std::int64_t>(daypack_beat_age_ns(&reader), 0)) * kNs);
    page.only("daypack_start_time_seconds", "gauge", "When the engine was started, since the Unix epoch.",
              static_cast<double>(writer.start_ns) * kNs);
    page.only("daypack_clock_synchronised", "gauge", "1 where the kernel says that a time service keeps this clock.",
              writer.clock_state == DAYPACK_CLOCK_SYNCHRONISED ? 1 : 0);
    page.only("daypack_clock_error_seconds", "gauge",
              "Most by which this clock may be wrong, where it is synchronised.",
              static_cast<double>(writer.clock_error_ns) * kNs);
    page.begin("daypack_rest_requests_total", "counter", "Requests to REST, by what came of them.");
    page.sample("status=\"ok\"", counter(DAYPACK_ENGINE_rest_ok));
    page.sample("status=\"refused\"", counter(DAYPACK_ENGINE_rest_refused));
    page.sample("status=\"limited\"", counter(DAYPACK_ENGINE_rest_limited));
    page.sample("status=\"server\"", counter(DAYPACK_ENGINE_rest_server));
    page.sample("status=\"failed\"", counter(DAYPACK_ENGINE_rest_failed));
    page.only("daypack_queue_depth", "gauge", "Events between network threads and book thread now; fused: always 0.",
              queue_depth);
    page.only("daypack_queue_high_water", "gauge", "Most events that were in such a queue.",
              counter(DAYPACK_ENGINE_queue_high_water));
    page.only("daypack_queue_capacity", "gauge", "Events that such a queue has room for.",
              counter(DAYPACK_ENGINE_queue_capacity));
    page.only("daypack_pauses_total", "counter", "Pauses of the engine's own of more than 100 ms.",
              counter(DAYPACK_ENGINE_pauses));
    page.only("daypack_log_dropped_total", "counter", "Records of the log that found no room.",
              counter(DAYPACK_ENGINE_log_dropped));
}

struct Family {
    unsigned counter;
    std::string_view name;
    std::string_view help;
};

constexpr Family kLineFamilies[] = {
    {DAYPACK_LINE_frames, "daypack_frames_total", "Frames received."},
    {DAYPACK_LINE_bytes, "daypack_received_bytes_total", "Payload bytes of these frames."},
    {DAYPACK_LINE_bad_frames, "daypack_bad_frames_total", "Frames that could not be read."},
    {DAYPACK_LINE_unknown_frames, "daypack_unknown_frames_total", "Frames of a kind that is not known."},
    {DAYPACK_LINE_failures, "daypack_connection_failures_total", "Connections that failed or broke."},
    {DAYPACK_LINE_wins, "daypack_first_copies_total", "Updates of which this line brought the first copy."},
    {DAYPACK_LINE_queue_dropped, "daypack_queue_dropped_total", "Updates that found the queue full."},
};

void write_lines(MetricsPage& page, const daypack_reader& reader, std::int64_t now_ns) {
    const unsigned lines = daypack_lines(&reader);
    std::vector<std::string> labels;
    for (unsigned i = 0; i < lines; ++i) {
        daypack_line_entry entry;
        daypack_read_line(&reader, i, &entry);
        labels.push_back(fmt::format("line=\"{}\",host=\"{}\"", i, metrics_label(entry.host)));
    }
    const auto each = [&](auto value) {
        for (unsigned i = 0; i < lines; ++i) page.sample(labels[i], value(i));
    };
    const auto counter = [&](unsigned line, unsigned which) { return daypack_line_counter(&reader, line, which); };
    page.begin("daypack_line_connected", "gauge", "1 while the connection is up and subscribed.");
    each([&](unsigned line) { return counter(line, DAYPACK_LINE_connected); });
    page.begin("daypack_reconnects_total", "counter", "Connections made after the first one.");
    each([&](unsigned line) { return std::max<std::uint64_t>(counter(line, DAYPACK_LINE_connects), 1) - 1; });
    page.begin("daypack_line_last_message_age_seconds", "gauge", "Age of the last bytes; none before the first.");
    for (unsigned i = 0; i < lines; ++i) {
        const auto last_ns = static_cast<std::int64_t>(counter(i, DAYPACK_LINE_last_receive_ns));
        if (last_ns != 0)
            page.sample(labels[i], static_cast<double>(std::max<std::int64_t>(now_ns - last_ns, 0)) * kNs);
    }
    for (const Family& family : kLineFamilies) {
        page.begin(family.name, "counter", family.help);
        each([&](unsigned line) { return counter(line, family.counter); });
    }
}

constexpr Family kSymbolFamilies[] = {
    {DAYPACK_SYMBOL_updates, "daypack_deltas_total", "Updates applied to the book."},
    {DAYPACK_SYMBOL_levels, "daypack_levels_total", "Levels that these changed."},
    {DAYPACK_SYMBOL_trades, "daypack_trades_total", "Trades."},
    {DAYPACK_SYMBOL_duplicates, "daypack_duplicates_total", "Copies of updates that came before."},
    {DAYPACK_SYMBOL_gaps, "daypack_gaps_total", "Updates that no line brought."},
    {DAYPACK_SYMBOL_resyncs, "daypack_resyncs_total", "Times that the book was fetched again, after its first."},
    {DAYPACK_SYMBOL_audits, "daypack_audits_total", "Audits of the book against REST."},
};
constexpr Family kReasons[] = {
    {DAYPACK_SYMBOL_resyncs_gap, "gap", ""},       {DAYPACK_SYMBOL_resyncs_restart, "restart", ""},
    {DAYPACK_SYMBOL_resyncs_audit, "audit", ""},   {DAYPACK_SYMBOL_resyncs_depth, "depth", ""},
    {DAYPACK_SYMBOL_resyncs_tick, "tick", ""},     {DAYPACK_SYMBOL_resyncs_bad_frame, "bad_frame", ""},
    {DAYPACK_SYMBOL_resyncs_queue, "queue", ""},   {DAYPACK_SYMBOL_resyncs_overflow, "overflow", ""},
    {DAYPACK_SYMBOL_resyncs_silent, "silent", ""}, {DAYPACK_SYMBOL_resyncs_crossed, "crossed", ""},
};

// What a scrape tells of one symbol.
struct Symbol {
    unsigned index = 0;
    std::string labels;
    daypack_book book{};
    bool known = false;  // the slot could be read
};

// Those that are followed: one of an earlier list keeps its place in the segment, and says DOWN/stopped there.
std::vector<Symbol> read_symbols(daypack_reader& reader) {
    std::vector<Symbol> symbols;
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        Symbol symbol;
        symbol.index = i;
        symbol.known =
            daypack_read_book(&reader, static_cast<int>(i), &symbol.book, nullptr, 0, nullptr, 0) == DAYPACK_OK;
        const daypack_top& top = symbol.book.top;
        if (symbol.known && top.state == DAYPACK_STATE_DOWN && top.reason == DAYPACK_REASON_stopped) continue;
        daypack_entry entry;
        daypack_read_entry(&reader, i, &entry);
        symbol.labels = fmt::format("symbol=\"{}\"", metrics_label(entry.symbol));
        symbols.push_back(std::move(symbol));
    }
    return symbols;
}

// Receive time less the venue's, of the last update; nothing of what has no time.
void write_delay(MetricsPage& page, const std::vector<Symbol>& symbols, std::int64_t daypack_book::*venue_us) {
    for (const Symbol& symbol : symbols) {
        constexpr std::int64_t kMost_us = INT64_MAX / 2000;
        const std::int64_t told_us = symbol.book.*venue_us;
        const std::int64_t receive_ns = symbol.book.receive_ns;
        if (!symbol.known || told_us <= 0 || told_us > kMost_us || receive_ns <= 0) continue;
        page.sample(symbol.labels, static_cast<double>(receive_ns - told_us * 1000) * kNs);
    }
}

void write_states(MetricsPage& page, const std::vector<Symbol>& symbols) {
    page.begin("daypack_symbol_live", "gauge", "1 while the book is LIVE, the only tradable state.");
    for (const Symbol& symbol : symbols) {
        page.sample(symbol.labels, symbol.known && symbol.book.top.state == DAYPACK_STATE_LIVE ? 1 : 0);
    }
    page.begin("daypack_symbol_state", "gauge", "State and reason of the book as labels; the value is 1.");
    for (const Symbol& symbol : symbols) {
        if (!symbol.known) continue;
        page.sample(fmt::format("{},state=\"{}\",reason=\"{}\"", symbol.labels,
                                daypack_state_name(symbol.book.top.state), daypack_reason_name(symbol.book.top.reason)),
                    1);
    }
}

void write_symbols(MetricsPage& page, daypack_reader& reader, std::int64_t now_ns) {
    const std::vector<Symbol> symbols = read_symbols(reader);
    const auto counter = [&](const Symbol& symbol, unsigned which) {
        return daypack_symbol_counter(&reader, symbol.index, which);
    };
    write_states(page, symbols);
    page.begin("daypack_last_message_age_seconds", "gauge",
               "Age of the last message of the symbol; none before the first.");
    for (const Symbol& symbol : symbols) {
        const auto last_ns = static_cast<std::int64_t>(counter(symbol, DAYPACK_SYMBOL_last_receive_ns));
        if (last_ns == 0) continue;
        page.sample(symbol.labels, static_cast<double>(std::max<std::int64_t>(now_ns - last_ns, 0)) * kNs);
    }
    page.begin("daypack_feed_delay_seconds", "gauge",
               "Of the last update: receive time less the venue's send time (E).");
    write_delay(page, symbols, &daypack_book::venue_send_us);
    page.begin("daypack_match_delay_seconds", "gauge",
               "Of the last update: receive time less the venue's match time (T).");
    write_delay(page, symbols, &daypack_book::venue_match_us);
    for (const Family& family : kSymbolFamilies) {
        page.begin(family.name, "counter", family.help);
        for (const Symbol& symbol : symbols) page.sample(symbol.labels, counter(symbol, family.counter));
    }
    page.begin("daypack_audit_mismatches_total", "counter", "Levels that audits found other than REST had them.");
    for (const Symbol& symbol : symbols) {
        page.sample(symbol.labels, counter(symbol, DAYPACK_SYMBOL_audit_ghosts) +
                                       counter(symbol, DAYPACK_SYMBOL_audit_missing) +
                                       counter(symbol, DAYPACK_SYMBOL_audit_wrong));
    }
    page.begin("daypack_resync_reasons_total", "counter", "Resyncs of all symbols, by reason.");
    for (const Family& reason : kReasons) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
            sum += daypack_symbol_counter(&reader, i, reason.counter);  // also those that are not followed any more
        }
        page.sample(fmt::format("reason=\"{}\"", reason.name), sum);
    }
}

// Four buckets an octave, from 63 ns on, of the 32 that the segment has: a bound is the largest value that counts.
void write_histogram(MetricsPage& page, const daypack_reader& reader, unsigned histogram, std::string_view stage) {
    constexpr unsigned kStep = 8;
    constexpr unsigned kFirst = 63;  // the last bucket below 64 ns
    constexpr unsigned kLast = 927;  // and below 2^34 ns, 17 s
    std::uint64_t count = 0;
    double sum_ns = 0;
    unsigned bound = kFirst;
    for (unsigned bucket = 0; bucket < DAYPACK_HISTOGRAM_BUCKETS; ++bucket) {
        const std::uint64_t here = daypack_histogram_count(&reader, histogram, bucket);
        const double from = bucket == 0 ? 0 : static_cast<double>(daypack_histogram_value(bucket - 1)) + 1;
        count += here;
        sum_ns += static_cast<double>(here) * (from + static_cast<double>(daypack_histogram_value(bucket))) / 2;
        if (bucket != bound || bound > kLast) continue;
        page.sample("_bucket",
                    fmt::format("stage=\"{}\",le=\"{:.9f}\"", stage,
                                static_cast<double>(daypack_histogram_value(bucket)) * kNs),
                    count);
        bound += kStep;
    }
    page.sample("_bucket", fmt::format("stage=\"{}\",le=\"+Inf\"", stage), count);
    page.sample("_sum", fmt::format("stage=\"{}\"", stage), sum_ns * kNs);
    page.sample("_count", fmt::format("stage=\"{}\"", stage), count);
}

}  // namespace

std::string metrics_text(daypack_reader& reader, std::uint64_t queue_depth) {
    constexpr std::size_t kOfEngine = 64 << 10;
    constexpr std::size_t kOfSymbol = 1 << 10;
    (void)daypack_follow(&reader);
    MetricsPage page(kOfEngine + kOfSymbol * daypack_symbols(&reader));
    const std::int64_t now_ns = wall_ns();
    write_engine(page, reader, queue_depth);
    write_lines(page, reader, now_ns);
    write_symbols(page, reader, now_ns);
    page.begin("daypack_stage_seconds", "histogram",
               "Duration of each stage of an update; frame_to_shm is the whole way.");
    write_histogram(page, reader, DAYPACK_HISTOGRAM_FRAME_TO_SHM, "frame_to_shm");
    write_histogram(page, reader, DAYPACK_HISTOGRAM_DECODE, "decode");
    write_histogram(page, reader, DAYPACK_HISTOGRAM_QUEUE, "queue");
    write_histogram(page, reader, DAYPACK_HISTOGRAM_APPLY, "apply");
    write_histogram(page, reader, DAYPACK_HISTOGRAM_PUBLISH, "publish");
    write_histogram(page, reader, DAYPACK_HISTOGRAM_KERNEL, "kernel");
    return page.take();
}

}  // namespace daypack::core
