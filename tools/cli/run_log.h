// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

#include "engine/include/daypack/reader.hpp"
#include "engine/messages/log_writer.h"
#include "tools/term/log_output.h"

namespace daypack::core {

// The log of `daypack run`. It goes to stderr, unless a ladder is drawn on the same terminal: then its last lines stand
// below that. Lines of which there are many are counted instead, and the count is in the status line of the minute.
//
// Thread: any. Neither way waits for a reader.
class RunLog {
  public:
    RunLog(const LogOptions& options, bool below_ladder, LogWriter& err)
        : options_(options), below_ladder_(below_ladder), err_(err) {}

    // A line of the engine.
    void write(const std::string& line);
    // A line of the program itself, which is always shown. `text`: without time.
    void tell(LogLevel level, const std::string& text);
    // The status line of the last minute, with what was counted meanwhile behind it. Without a text (`--quiet`) only
    // what was counted is told, if there is any.
    void tell_minute(LogLevel level, const std::string& text);
    // The lines that stand below the ladder.
    [[nodiscard]] std::string text();

  private:
    static constexpr std::size_t kLines = 4;

    void put(const LogParts& parts);

    LogOptions options_;
    bool below_ladder_;
    LogWriter& err_;
    std::mutex mutex_;
    LogSieve sieve_;
    std::deque<std::string> lines_;
};

// What the engine did in the last minute, in one line.
//
// Thread: one.
class RunStatus {
  public:
    struct Line {
        LogLevel level = LogLevel::info;  // info: all is as it should be
        std::string text;
    };
    // `reader`: the segment of this engine, as it is mapped. `joins`: no reader sees that yet. `seconds`: since the
    // last call.
    [[nodiscard]] Line take(const daypack_reader& reader, bool joins, double seconds);
    // Whether a symbol is LIVE, and each other one that is followed is so too, or was halted by the exchange, which is
    // as far as it comes.
    [[nodiscard]] static bool is_settled(const daypack_reader& reader);

  private:
    struct Sums {
        std::uint64_t frames = 0, bytes = 0, updates = 0, gaps = 0, resyncs = 0;
    };
    [[nodiscard]] static Sums sums_of(const daypack_reader& reader);

    Sums before_;
};

}  // namespace daypack::core
