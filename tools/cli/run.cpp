// SPDX-License-Identifier: MIT
#include "tools/cli/run.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>

#include "engine/engine.h"
#include "engine/include/daypack/reader.hpp"
#include "engine/messages/log_writer.h"
#include "net/base/clock.h"
#include "tools/term/hang_up.h"
#include "tools/term/ladder.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack::core {
namespace {

Config read_config(const RunOptions& options) {
    return load_config(options.config_path, process_env, options.overrides);
}

// The log goes to stderr, unless a ladder is drawn on the same terminal: then its last lines stand below that.
//
// Thread: any. Neither way waits for a reader.
class LogView {
  public:
    LogView(bool keep, LogWriter& err) : keep_(keep), err_(err) {}
    void write(const std::string& line) {
        if (!keep_) {
            err_.write(line);
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
    LogWriter& err_;
    std::mutex mutex_;
    std::deque<std::string> lines_;
};

void print_tops(daypack_reader& reader, LogWriter& out) {
    constexpr std::uint32_t kMost = 8;
    const std::uint32_t symbols = daypack_symbols(&reader);
    for (std::uint32_t i = 0; i < std::min(symbols, kMost); ++i) {
        daypack_top top{};
        if (daypack_read_top(&reader, static_cast<int>(i), &top) != DAYPACK_OK) continue;
        daypack_entry names;
        daypack_read_entry(&reader, i, &names);
        out.write(fmt::format("{:<16} {:<8} {:<10} u={:<12} {:>14} x {:<14} {:>14} x {}", escaped(names.symbol),
                              daypack_state_name(top.state), top.reason == 0 ? "" : daypack_reason_name(top.reason),
                              top.u, quantity_text(top.bid_quantity, top), price_text(top.bid_price, top),
                              price_text(top.ask_price, top), quantity_text(top.ask_quantity, top)));
    }
    if (symbols > kMost) out.write(fmt::format("… and {} more: daypack stat", symbols - kMost));
}

// Returns how much came: frames, and answers of REST where that stood in.
std::uint64_t print_summary(const daypack_reader& reader, std::size_t lines, LogWriter& out) {
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
    out.write(fmt::format(
        "saw: {} frames ({:.1f} MB) on {} lines, {} updates, {} trades, {} duplicates, {} gaps, {} resyncs, "
        "{} dropped",
        frames, static_cast<double>(bytes) / 1e6, lines, updates, trades, duplicates, gaps, resyncs, dropped));
    if (updates > 0) {
        out.write(
            fmt::format("frame in hand to visible in shared memory: p50 {:.1f} us, p99 {:.1f} us, p99.9 {:.1f} us",
                        us(500), us(990), us(999)));
    }
    return frames + polls;
}

// Keys are in this process's memory: no core dump holds them, and no other process of this user reads them there.
void guard_keys(const ExchangeConfig& exchange) {
    if (!exchange.api_key.empty() || !exchange.api_secret.empty() || !exchange.accounts.empty())
        (void)prctl(PR_SET_DUMPABLE, 0);
}

// The list of symbols again, from the same file; one that cannot be read leaves all as it is.
void reload(Engine& engine, const RunOptions& options, LogView& log) {
    try {
        engine.set_symbols(read_config(options));  // says in the log what that changes
    } catch (const std::exception& error) {
        log.write(error.what());
    }
}

}  // namespace

int run_engine(const RunOptions& options) {
    constexpr int kTurn_ms = 10;
    (void)std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away ends its pipe, not the engine
    for (const int user : {SIGUSR1, SIGUSR2}) (void)std::signal(user, SIG_IGN);  // as of a rotation of logs
    const Config config = read_config(options);
    guard_keys(config.exchange);
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    LogWriter out(to_descriptor(STDOUT_FILENO));  // each waits for its reader by itself: this thread never does
    LogWriter err(to_descriptor(STDERR_FILENO));
    out.start();
    err.start();
    LogView log(terminal && isatty(STDERR_FILENO) != 0, err);
    const StopSignal stop;
    HangUp hang_up;
    Engine engine(config, {}, [&log](const std::string& line) { log.write(line); });
    engine.start();

    Reader reader(config.engine.instance, geteuid());
    std::optional<Screen> screen;
    if (terminal) screen.emplace();
    const MonoTime start = mono_now();
    const std::int64_t tick_ns = terminal ? 200'000'000 : 1'000'000'000;
    MonoTime due = start + tick_ns;
    bool asked = false;
    while (!asked && !engine.failed()) {
        const MonoTime now = mono_now();
        if (options.duration_s > 0 && static_cast<double>(now - start) >= options.duration_s * 1e9) break;
        if (hang_up.asks_to_reload()) reload(engine, options, log);
        if (now >= due) {
            due = now + tick_ns;
            if (screen) {
                screen->show(draw_ladder(reader, screen->rows() - 5, screen->columns()) + log.text());
            } else {
                print_tops(reader.raw(), out);
            }
        }
        asked = screen ? screen->pressed('q', kTurn_ms) || stop.asked() : stop.wait_ms(kTurn_ms);
        asked = asked || hang_up.asks_to_end();
    }
    screen.reset();
    engine.stop();
    if (engine.failed()) {
        err.write(
            "daypack: none of the configured symbols can be followed, or another engine has the instance; the log "
            "above says which");
        return 1;
    }
    if (print_summary(reader.raw(), config.exchange.lines, out) == 0 && !asked) {
        err.write("daypack: nothing was received in all that time; the log above says why");
        return 1;
    }
    return 0;
}

}  // namespace daypack::core
