// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "book/types.h"
#include "engine/messages/log.h"

namespace daypack::core {

// How the program shows the lines of the engine's log: as text, as JSON, or as the journal of systemd takes them.

enum class LogFormat : std::uint8_t { text, json };

struct LogOptions {
    LogLevel least = LogLevel::info;  // lines of less are not shown
    bool every = false;               // each line is shown, however often its like comes
    LogFormat format = LogFormat::text;
    bool to_journal = false;  // a priority stands before each line, and the journal puts the time there itself
};

// A line of the log in its parts.
struct LogParts {
    std::string_view time;  // empty where the line has none, as one that names a line of the configuration
    LogLevel level = LogLevel::info;
    std::string_view text;
};
// Splits what the engine writes; the parts point into `line`.
[[nodiscard]] LogParts log_parts(std::string_view line) noexcept;

// Makes the line as it is shown, without its end: time, level and text; in JSON also the event and its fields.
[[nodiscard]] std::string shown_log_line(const LogParts& parts, const LogOptions& options, WallTime now);

// Whether this descriptor leads to the journal, by what systemd says in JOURNAL_STREAM (`journal_stream`; null: it says
// nothing).
[[nodiscard]] bool leads_to_journal(int fd, const char* journal_stream) noexcept;

// Keeps the log short where a thing happens over and over: of each kind of line a few are shown, the others are
// counted, and the count is told once a minute. A kind is shown again by and by, an error sooner.
//
// Thread: one at a time. Time is handed in.
class LogSieve {
  public:
    // Whether this line is shown; else it counts.
    [[nodiscard]] bool takes(const LogParts& parts, MonoTime now);
    // What was counted since the last call, as "warning: resync 37; info: state 240"; empty: nothing. Of lines of that
    // level and more.
    [[nodiscard]] std::string take_more(LogLevel least);

  private:
    struct Kind {
        std::int64_t credit_ns;  // a line costs the time in which its kind earns one
        MonoTime seen;
        std::uint64_t more = 0;  // lines that were not shown
        LogLevel level = LogLevel::info;
    };

    std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace daypack::core
