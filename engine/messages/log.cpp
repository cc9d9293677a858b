// SPDX-License-Identifier: MIT
#include "engine/messages/log.h"

#include <fmt/format.h>
#include <time.h>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

std::string utc_text(WallTime time) {
    const time_t seconds = time.ns / 1'000'000'000;
    tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time.ns % 1'000'000'000 / 1000);
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
