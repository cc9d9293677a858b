// SPDX-License-Identifier: MIT
#include "tools/cli/run.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/config/config_accounts.h"
#include "engine/config/config_keys.h"
#include "engine/engine.h"
#include "engine/include/daypack/reader.hpp"
#include "engine/messages/log_writer.h"
#include "engine/shm/segment.h"
#include "net/base/clock.h"
#include "tools/cli/run_log.h"
#include "tools/term/hang_up.h"
#include "tools/term/json_line.h"
#include "tools/term/ladder.h"
#include "tools/term/service_manager.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack::core {
namespace {

Config read_config(const RunOptions& options) {
    return load_config(options.config_path, process_env, options.overrides);
}

void print_tops(const daypack_reader& reader, LogWriter& out) {
    constexpr std::uint32_t kMost = 8;
    const std::uint32_t symbols = daypack_symbols(&reader);
    for (std::uint32_t i = 0; i < std::min(symbols, kMost); ++i) {
        daypack_top top{};
        if (daypack_read_top_here(&reader, static_cast<int>(i), &top) != DAYPACK_OK) continue;
        if (!is_followed(top)) continue;  // of an earlier list
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
std::uint64_t received_in_all(const daypack_reader& reader, std::size_t lines) {
    std::uint64_t received = 0;
    for (unsigned i = 0; i < lines; ++i) received += daypack_line_counter(&reader, i, DAYPACK_LINE_frames);
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        received += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_polls);
    }
    return received;
}

// Returns the same.
std::uint64_t print_summary(const daypack_reader& reader, std::size_t lines, LogWriter& out) {
    std::uint64_t frames = 0, bytes = 0, updates = 0, trades = 0, duplicates = 0, gaps = 0, resyncs = 0, dropped = 0;
    for (unsigned i = 0; i < lines; ++i) {
        frames += daypack_line_counter(&reader, i, DAYPACK_LINE_frames);
        bytes += daypack_line_counter(&reader, i, DAYPACK_LINE_bytes);
        dropped += daypack_line_counter(&reader, i, DAYPACK_LINE_queue_dropped);
    }
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        updates += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_updates);
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
    return received_in_all(reader, lines);
}

// Keys are in this process's memory: no core dump holds them, and no other process of this user reads them there.
void guard_keys(const ExchangeConfig& exchange) {
    if (!exchange.api_key.empty() || !exchange.api_secret.empty() || !exchange.accounts.empty())
        (void)prctl(PR_SET_DUMPABLE, 0);
}

// The list of symbols again, from the same file; one that cannot be read leaves all as it is.
void reload(Engine& engine, const RunOptions& options, RunLog& log) {
    try {
        engine.set_symbols(read_config(options));  // says in the log what that changes
    } catch (const std::exception& error) {
        log.write(error.what());
    }
}

// What stderr gets. A log that a program reads has all in it; journal and person are told how bad a line is.
LogOptions log_options(const RunOptions& options) {
    LogOptions log;
    log.format = options.log_json ? LogFormat::json : LogFormat::text;
    log.to_journal = leads_to_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
    log.every = options.log_level == "debug";
    const std::string level = options.log_level.empty() && options.quiet ? "warning" : options.log_level;
    if (level == "warning") log.least = LogLevel::warning;
    if (level == "error") log.least = LogLevel::error;
    return log;
}

// What this engine itself has. Where it joins beside another one, or another one has taken over from it, readers see
// the books of that one.
bool is_own(const Engine& engine, const daypack_reader& reader) {
    return !engine.is_joining() && daypack_load(&daypack_head(&reader)->writer_pid) == static_cast<unsigned>(getpid());
}
daypack_reader own_of(const Engine& engine, Reader& reader) {
    return is_own(engine, reader.raw()) ? reader.raw() : engine.segment().reader_here();
}

// The segment that readers see. Beside another engine it may be away for a moment, where somebody has removed it: that
// engine makes it again. Throws std::runtime_error where it does not come.
std::unique_ptr<Reader> open_reader(const std::string& instance, const Engine& engine) {
    constexpr std::int64_t kPatience_ns = 5'000'000'000;
    const MonoTime start = mono_now();
    for (;;) {
        try {
            return std::make_unique<Reader>(instance, geteuid());
        } catch (const std::runtime_error&) {
            if (engine.failed() || mono_now() - start > kPatience_ns) throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

// Tells once a minute how it goes, and first when all is there, and when all is shown.
class Minutes {
  public:
    Minutes(const RunOptions& options, MonoTime now) : quiet_(options.quiet), told_(now) {}
    void do_work(const daypack_reader& reader, bool joins, RunLog& log, const ServiceManager& manager, MonoTime now) {
        constexpr std::int64_t kMinute_ns = 60'000'000'000;
        started_ = started_ && joins == joins_;
        joins_ = joins;
        if (now - told_ < kMinute_ns && (started_ || !RunStatus::is_all_live(reader))) return;
        const std::uint64_t epoch = daypack_load(&daypack_head(&reader)->epoch);
        const RunStatus::Line line = status_.take(reader, joins, static_cast<double>(now - told_) / 1e9);
        if (daypack_load(&daypack_head(&reader)->epoch) != epoch) return;  // in part it is what another engine has
        started_ = true;
        told_ = now;
        manager.status(line.text);
        const bool is_told = !quiet_;
        log.tell_minute(is_told ? line.level : LogLevel::warning, is_told ? line.text : std::string());
    }

  private:
    bool quiet_;
    bool started_ = false;
    bool joins_ = false;
    MonoTime told_;
    RunStatus status_;
};

// "accounts default, mm2"
std::string accounts_text(const ExchangeConfig& exchange) {
    const std::vector<std::string> names = account_names(exchange);
    if (names.empty()) return "accounts: none, public data alone";
    return fmt::format("accounts: {}{}", fmt::join(names, ", "),
                       has_private_channel(exchange) ? "" : " (no private channel, so public data alone)");
}

}  // namespace

int check_run(const RunOptions& options) {
    using Json = nlohmann::ordered_json;
    try {
        const Config config = read_config(options);
        std::vector<std::string> symbols;
        if (config.exchange.all_symbols) symbols.emplace_back("*");
        for (const auto& symbol : config.exchange.symbols) symbols.push_back(symbol.text);
        const std::vector<std::string> accounts = account_names(config.exchange);
        const std::string key_alone = key_alone_words(config.exchange);
        if (options.json) {
            std::puts(json_line(Json{{"ok", true},
                                     {"instance", config.engine.instance},
                                     {"symbols", symbols},
                                     {"channels", channel_names(config.exchange)},
                                     {"accounts", accounts},
                                     {"warnings", key_alone.empty() ? Json::array() : Json::array({key_alone})},
                                     {"not_built_yet", config.not_built_yet}})
                          .c_str());
            return 0;
        }
        std::puts(fmt::format("{} is in order: instance {}, symbols {}", options.config_path, config.engine.instance,
                              fmt::join(symbols, ", "))
                      .c_str());
        std::puts(accounts_text(config.exchange).c_str());
        if (!key_alone.empty())
            std::fprintf(stderr, "daypack: %s: %s\n", options.config_path.c_str(), key_alone.c_str());
        if (!config.not_built_yet.empty()) {
            std::puts(fmt::format("accepted, without effect in this version: {}", fmt::join(config.not_built_yet, ", "))
                          .c_str());
        }
        return 0;
    } catch (const ConfigError& error) {
        if (!options.json) throw;
        std::puts(json_line(Json{{"ok", false}, {"error", error.what()}}).c_str());
        return 2;
    }
}

int run_engine(const RunOptions& options) {
    constexpr int kTurn_ms = 10;
    (void)std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away ends its pipe, not the engine
    for (const int user : {SIGUSR1, SIGUSR2}) (void)std::signal(user, SIG_IGN);  // as of a rotation of logs
    const Config config = read_config(options);
    guard_keys(config.exchange);
    const bool terminal = isatty(STDOUT_FILENO) != 0 && !options.quiet;
    LogWriter out(to_descriptor(STDOUT_FILENO));  // each waits for its reader by itself: this thread never does
    const LogOptions log_shape = log_options(options);
    LogWriter err(to_descriptor(STDERR_FILENO), [&log_shape](const std::string& line) {
        return shown_log_line(log_parts(line), log_shape, wall_now());
    });
    out.start();
    err.start();
    RunLog log(log_shape, terminal && isatty(STDERR_FILENO) != 0, err);
    const StopSignal stop;
    HangUp hang_up;
    Engine engine(config, {}, [&log](const std::string& line) { log.write(line); });
    engine.start();
    ServiceManager manager;
    manager.ready();

    const std::unique_ptr<Reader> shown = open_reader(config.engine.instance, engine);
    Reader& reader = *shown;
    std::optional<Screen> screen;
    if (terminal) screen.emplace();
    const MonoTime start = mono_now();
    const std::int64_t tick_ns = 200'000'000;
    MonoTime due = start + tick_ns;
    Minutes minutes(options, start);
    bool asked = false;
    while (!asked && !engine.failed()) {
        const MonoTime now = mono_now();
        if (options.duration_s > 0 && static_cast<double>(now - start) >= options.duration_s * 1e9) break;
        if (hang_up.asks_to_reload()) {
            manager.reloading(now);
            reload(engine, options, log);
            manager.ready();
        }
        if (now >= due) {
            due = now + tick_ns;
            (void)daypack_follow(&reader.raw());
            const bool joins = engine.is_joining();
            const daypack_reader own = own_of(engine, reader);
            if (screen) {
                const std::string note = joins ? "this engine joins, unseen yet; above is the one before it\n" : "";
                screen->show(draw_ladder(reader, screen->rows() - (joins ? 6 : 5), screen->columns()) + note +
                             log.text());
            } else {
                minutes.do_work(own, joins, log, manager, now);
            }
            manager.watch(daypack_beat_age_ns(&own), now);
        }
        asked = screen ? screen->pressed('q', kTurn_ms) || stop.asked() : stop.wait_ms(kTurn_ms);
        asked = asked || hang_up.asks_to_end();
    }
    screen.reset();
    manager.stopping();
    (void)daypack_follow(&reader.raw());
    const daypack_reader own = own_of(engine, reader);
    if (!options.quiet && !engine.failed()) print_tops(own, out);
    engine.stop();
    if (engine.failure() == Engine::Failure::handed_over) {
        log.tell(
            LogLevel::info,
            "daypack: another engine asked for the instance, and goes on with it: this one has ended in good order");
        return 0;
    }
    if (engine.failed()) {
        log.tell(LogLevel::error,
                 "daypack: none of the configured symbols can be followed, or another engine has the instance; the log "
                 "above says which");
        return 1;
    }
    const std::uint64_t received =
        options.quiet ? received_in_all(own, config.exchange.lines) : print_summary(own, config.exchange.lines, out);
    if (received == 0 && !asked) {
        log.tell(LogLevel::error, "daypack: nothing was received in all that time; the log above says why");
        return 1;
    }
    return 0;
}

}  // namespace daypack::core
