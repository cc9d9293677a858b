// SPDX-License-Identifier: MIT
#include "tools/cli/run_log.h"

#include <fmt/format.h>

#include <optional>
#include <thread>

#include "net/base/clock.h"
#include "tools/term/shm_text.h"

namespace daypack::core {
namespace {

// None where the writer was faster, again and again.
std::optional<daypack_top> top_of(const daypack_reader& reader, SymbolIndex symbol) {
    daypack_top top{};
    int result = DAYPACK_BUSY;
    for (int i = 0; i < Reader::kTries && result == DAYPACK_BUSY; ++i) {
        if (i != 0) std::this_thread::yield();
        result = daypack_read_top_here(&reader, symbol, &top);
    }
    return result == DAYPACK_OK ? std::optional(top) : std::nullopt;
}

}  // namespace

// REQUIRES: the mutex is held.
void RunLog::put(const LogParts& parts) {
    std::string line = shown_log_line(parts, options_, wall_now());
    if (!below_ladder_) {
        err_.write(std::move(line));
        return;
    }
    lines_.push_back(std::move(line));
    if (lines_.size() > kLines) lines_.pop_front();
}

void RunLog::write(const std::string& line) {
    const LogParts parts = log_parts(line);
    if (parts.level < options_.least) return;
    const std::scoped_lock lock(mutex_);
    if (options_.every || sieve_.takes(parts, mono_now())) put(parts);
}

void RunLog::tell(LogLevel level, const std::string& text) {
    const std::string time = utc_text(wall_now());
    const std::scoped_lock lock(mutex_);
    put({time, level, text});
}

void RunLog::tell_minute(LogLevel level, const std::string& text) {
    const std::string time = utc_text(wall_now());
    const std::scoped_lock lock(mutex_);
    const std::string more = sieve_.take_more(options_.least);
    std::string line = text;
    if (!more.empty()) line += fmt::format("{}more_in_60_s=\"{}\"", text.empty() ? "repeated " : " ", more);
    if (!line.empty()) put({time, level, line});
}

std::string RunLog::text() {
    const std::scoped_lock lock(mutex_);
    std::string text;
    for (const auto& line : lines_) text += line + "\n";
    return text;
}

RunStatus::Sums RunStatus::sums_of(const daypack_reader& reader) {
    Sums sums;
    for (unsigned i = 0; i < daypack_lines(&reader); ++i) {
        sums.frames += daypack_line_counter(&reader, i, DAYPACK_LINE_frames);
        sums.bytes += daypack_line_counter(&reader, i, DAYPACK_LINE_bytes);
    }
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        sums.updates += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_updates);
        sums.gaps += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_gaps);
        sums.resyncs += daypack_symbol_counter(&reader, i, DAYPACK_SYMBOL_resyncs);
    }
    return sums;
}

bool RunStatus::is_settled(const daypack_reader& reader) {
    bool any = false;
    for (SymbolIndex i = 0; i < daypack_symbols(&reader); ++i) {
        const auto top = top_of(reader, i);
        const bool stands = top && (top->state == DAYPACK_STATE_LIVE || top->state == DAYPACK_STATE_HALTED);
        if (!top || (is_followed(*top) && !stands)) return false;
        any = any || top->state == DAYPACK_STATE_LIVE;
    }
    return any;
}

RunStatus::Line RunStatus::take(const daypack_reader& reader, bool joins, double seconds) {
    constexpr std::size_t kNamed = 3;
    std::size_t followed = 0;
    std::size_t live = 0;
    std::size_t halted = 0;
    std::string others;
    for (SymbolIndex i = 0; i < daypack_symbols(&reader); ++i) {
        const auto top = top_of(reader, i);
        if (top && !is_followed(*top)) continue;
        ++followed;
        halted += top && top->state == DAYPACK_STATE_HALTED;
        if (top && top->state == DAYPACK_STATE_LIVE) {
            ++live;
        } else if (followed - live <= kNamed) {
            daypack_entry names;
            daypack_read_entry(&reader, i, &names);
            others += fmt::format("{}{} {}", others.empty() ? "" : ", ", escaped(names.symbol),
                                  top ? state_text(top->state, top->reason) : "busy");
        } else if (followed - live == kNamed + 1) {
            others += ", …";
        }
    }
    unsigned up = 0;
    const unsigned lines = daypack_lines(&reader);
    for (unsigned i = 0; i < lines; ++i) up += daypack_line_counter(&reader, i, DAYPACK_LINE_connected) != 0;
    const Sums sums = sums_of(reader);
    const auto rate = [seconds](std::uint64_t now, std::uint64_t before) {
        return seconds > 0 && now >= before ? static_cast<double>(now - before) / seconds : 0.0;
    };
    Line line;
    line.text =
        fmt::format("status live={}/{} lines={}/{} frames_s={:.1f} updates_s={:.1f} gaps={} resyncs={} p99_us={:.1f}",
                    live, followed, up, lines, rate(sums.frames, before_.frames), rate(sums.updates, before_.updates),
                    sums.gaps - before_.gaps, sums.resyncs - before_.resyncs,
                    static_cast<double>(daypack_percentile(&reader, DAYPACK_HISTOGRAM_FRAME_TO_SHM, 990)) / 1e3);
    if (joins) line.text += " joining=1 (no reader sees these books yet)";
    if (!others.empty()) line.text += fmt::format(" not_live=\"{}\"", others);
    if (live + halted != followed || live == 0 || up != lines) line.level = LogLevel::warning;
    before_ = sums;
    return line;
}

}  // namespace daypack::core
