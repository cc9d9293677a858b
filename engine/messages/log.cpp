// SPDX-License-Identifier: MIT
#include "engine/messages/log.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

std::string utc_text(WallTime time) {
    const time_t seconds = time.ns / 1'000'000'000;
    tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time.ns % 1'000'000'000 / 1000);
}

LogLevel level_of(std::string_view line) noexcept {
    const auto has = [&line](std::string_view words) { return line.find(words) != std::string_view::npos; };
    if (line.starts_with("daypack: ")) return LogLevel::warning;    // of a line of the configuration
    line.remove_prefix(std::min(line.size(), line.find(' ') + 1));  // the time
    const auto begins = [&line](std::string_view words) { return line.starts_with(words); };
    if (begins("audit ") || begins("contradiction ") || begins("touch ")) return LogLevel::error;
    if (begins("instance ") || (begins("segment ") && has("is not there for new readers"))) return LogLevel::error;
    if (begins("state ")) {
        const bool usual = has(" state=LIVE ") || has(" reason=start ") || has(" reason=stopped ");
        return usual ? LogLevel::info : LogLevel::warning;
    }
    if (begins("line_down ")) return has("why=\"stopped\"") ? LogLevel::info : LogLevel::warning;
    constexpr std::string_view kWarnings[] = {"warning: ", "resync ",        "refetch ",       "lost ",
                                              "symbol ",   "venue_error ",   "polling begins", "subscribes ",
                                              "log ",      "market skipped", "segment ",       "thread ",
                                              "memory ",   "no huge ",       "frames ",        "status maintenance=1"};
    for (const std::string_view words : kWarnings) {
        if (begins(words)) return LogLevel::warning;
    }
    return has(" failed") || has(" refused=") || has("not_built_yet=") ? LogLevel::warning : LogLevel::info;
}

std::string log_line(const LogRecord& record, WallTime time, const InstrumentTable& instruments) {
    const std::string when = utc_text(time);
    const std::string symbol = record.symbol < instruments.size() ? instruments[record.symbol].native : "?";
    const char* const words = record.words.data();
    const char* const reason = daypack_reason_name(static_cast<unsigned>(record.reason));
    switch (record.kind) {
        case LogKind::text: return fmt::format("{} {}", when, words);
        case LogKind::line_up: return fmt::format("{} line_up line={} host={}", when, record.line, words);
        case LogKind::line_down: return fmt::format("{} line_down line={} why=\"{}\"", when, record.line, words);
        case LogKind::venue_error:
            return fmt::format("{} venue_error line={} code={} message=\"{}\"", when, record.line, record.got, words);
        case LogKind::state:
            return fmt::format("{} state symbol={} state={} reason={} u={}", when, symbol,
                               daypack_state_name(static_cast<unsigned>(record.state)), reason, record.have);
        case LogKind::gap:
            return fmt::format("{} resync symbol={} reason={} have={} got={} line={}", when, symbol, reason,
                               record.have, record.got, record.line);
        case LogKind::refetch:
            return fmt::format("{} refetch symbol={} snapshot={} have={}", when, symbol, record.got, record.have);
        case LogKind::audit:
            return fmt::format("{} audit symbol={} levels={} mismatches={} (the book is fetched again)", when, symbol,
                               record.have, record.got);
        case LogKind::touch:
            return fmt::format(
                "{} touch symbol={} u={} disbelieved_s={} why=\"the bookTicker contradicts a book that REST "
                "confirmed\"",
                when, symbol, record.have, record.got);
        case LogKind::contradiction:
            return fmt::format(
                "{} contradiction symbol={} count={} foreign={} why=\"two lines bring other levels under "
                "the same ids\"",
                when, symbol, record.have, record.got);
        case LogKind::lost:
            return fmt::format("{} lost line={} updates={} why=\"{}\"", when, record.line, record.have, words);
    }
    return when;
}

}  // namespace daypack::core
