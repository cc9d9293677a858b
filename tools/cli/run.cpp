// SPDX-License-Identifier: MIT
#include "tools/cli/run.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>

#include "engine/engine.h"
#include "engine/messages/log.h"
#include "engine/shm_reader.h"
#include "engine/threads/wall_clock.h"
#include "tools/term/ladder.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack {
namespace {

Config read_config(const RunOptions& options) {
    return load_config(options.config_path, process_env, options.overrides);
}

// The log goes to stderr, unless a ladder is drawn on the same terminal: then its last lines stand below that.
class LogView {
  public:
    explicit LogView(bool keep) : keep_(keep) {}
    void write(const std::string& line) {
        if (!keep_) {
            std::fputs((line + "\n").c_str(), stderr);
            return;
        }
        const std::scoped_lock lock(mutex_);
        lines_.push_back(line);
        if (lines_.size() > kLines) lines_.pop_front();
    }
    [[nodiscard]] std::string text() {
        const std::scoped_lock lock(mutex_);
        std::string text;
        for (const auto& line : lines_) text += line + "\n";
        return text;
    }

  private:
    static constexpr std::size_t kLines = 4;
    bool keep_;
    std::mutex mutex_;
    std::deque<std::string> lines_;
};

void print_tops(daypack_reader& reader) {
    constexpr std::uint32_t kMost = 8;
    const std::uint32_t symbols = daypack_symbols(&reader);
    for (std::uint32_t i = 0; i < std::min(symbols, kMost); ++i) {
        daypack_top top{};
        if (daypack_read_top(&reader, static_cast<int>(i), &top) != DAYPACK_OK) continue;
        daypack_entry names;
        daypack_read_entry(&reader, i, &names);
        fmt::print("{:<16} {:<8} {:<10} u={:<12} {:>14} x {:<14} {:>14} x {}\n", escaped(names.symbol),
                   daypack_state_name(top.state), top.reason == 0 ? "" : daypack_reason_name(top.reason), top.u,
                   quantity_text(top.bid_quantity, top), price_text(top.bid_price, top), price_text(top.ask_price, top),
                   quantity_text(top.ask_quantity, top));
    }
    if (symbols > kMost) fmt::print("… and {} more: daypack stat\n", symbols - kMost);
    std::fflush(stdout);
}

// Returns how much came: frames, and answers of REST where that stood in.
std::uint64_t print_summary(const daypack_reader& reader, std::size_t lines) {
    std::uint64_t polls = 0, frames = 0, bytes = 0, updates = 0, trades = 0, duplicates = 0, gaps = 0, resyncs = 0,
                  dropped = 0;
    for (unsigned i = 0; i < lines; ++i) {
        frames += daypack_line_counter(&reader, i, DAYPACK_LINE_frames);
        bytes += daypack_line_counter(&reader, i, DAYPACK_LINE_bytes);
        dropped += daypack_line_counter(&reader, i, DAYPACK_LINE_queue_dropped);
    }
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        updates += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_updates);
        polls += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_polls);
        trades += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_trades);
        duplicates += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_duplicates);
        gaps += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_gaps);
        resyncs += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_resyncs);
    }
    const auto us = [&](unsigned per_mille) {
        return static_cast<double>(daypack_percentile(&reader, DAYPACK_HISTOGRAM_FRAME_TO_SHM, per_mille)) / 1000;
    };
    fmt::print(
        "saw: {} frames ({:.1f} MB) on {} lines, {} updates, {} trades, {} duplicates, {} gaps, {} resyncs, "
        "{} dropped\n",
        frames, static_cast<double>(bytes) / 1e6, lines, updates, trades, duplicates, gaps, resyncs, dropped);
    if (updates > 0) {
        fmt::print("frame in hand to visible in shared memory: p50 {:.1f} us, p99 {:.1f} us, p99.9 {:.1f} us\n",
                   us(500), us(990), us(999));
    }
    std::fflush(stdout);
    return frames + polls;
}

// The list of symbols again, from the same file; one that cannot be read leaves all as it is.
void reload(Engine& engine, const RunOptions& options, LogView& log) {
    try {
        engine.set_symbols(read_config(options));
        log.write(utc_text(wall_now()) + " reload symbols from " + options.config_path);
    } catch (const std::exception& error) {
        log.write(error.what());
    }
}

}  // namespace

int run_engine(const RunOptions& options) {
    constexpr int kTurn_ms = 10;
    const Config config = read_config(options);
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    LogView log(terminal && isatty(STDERR_FILENO) != 0);
    const StopSignal stop;
    SignalWatch hang_up({SIGHUP});
    Engine engine(config, {}, [&log](const std::string& line) { log.write(line); });
    engine.start();

    ShmReader reader(config.engine.instance, geteuid());
    std::optional<Screen> screen;
    if (terminal) screen.emplace();
    const MonoTime start = mono_now();
    const std::int64_t tick_ns = terminal ? 200'000'000 : 1'000'000'000;
    MonoTime due = start + tick_ns;
    bool asked = false;
    while (!asked && !engine.failed()) {
        const MonoTime now = mono_now();
        if (options.duration_s > 0 && static_cast<double>(now - start) >= options.duration_s * 1e9) break;
        if (hang_up.take()) reload(engine, options, log);
        if (now >= due) {
            due = now + tick_ns;
            if (screen) {
                screen->show(draw_ladder(reader, screen->rows() - 5, screen->columns()) + log.text());
            } else {
                print_tops(reader.raw());
            }
        }
        asked = screen ? screen->pressed('q', kTurn_ms) || stop.asked() : stop.wait_ms(kTurn_ms);
    }
    screen.reset();
    engine.stop();
    if (engine.failed()) {
        std::fputs("daypack: none of the configured symbols can be followed; the log above says why\n", stderr);
        return 1;
    }
    if (print_summary(reader.raw(), config.exchange.lines) == 0 && !asked) {
        std::fputs("daypack: nothing was received in all that time; the log above says why\n", stderr);
        return 1;
    }
    return 0;
}

}  // namespace daypack
