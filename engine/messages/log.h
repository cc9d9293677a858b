// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "book/instrument.h"
#include "book/state.h"
#include "book/types.h"
#include "engine/threads/event_queue.h"

namespace daypack::core {

enum class LogKind : std::uint8_t {
    text,
    line_up,
    line_down,
    venue_error,
    state,
    gap,
    refetch,
    lost,
    audit,
    touch,
    contradiction
};

// One event for the log, of fixed size: hot threads fill it in, and the control thread makes text of it.
struct LogRecord {
    MonoTime time;
    std::uint64_t have = 0;  // gap: the last id; lost: how many updates; audit: levels compared;
                             // contradiction: how many there were
    std::uint64_t got = 0;   // gap: the first id of what came, or the last of any line where nothing came; audit:
                             // levels that were wrong; touch: seconds; contradiction: updates of lines that did not
                             // count
    SymbolIndex symbol = 0;
    LineIndex line = 0;
    LogKind kind = LogKind::text;
    State state = State::down;
    Reason reason = Reason::none;
    std::array<char, 222> words{};  // zero-terminated, cut when longer

    void say(std::string_view text) noexcept {
        const std::size_t size = text.size() < words.size() - 1 ? text.size() : words.size() - 1;
        text.copy(words.data(), size);
        words[size] = '\0';
    }
};

// Leads from one hot thread to the control thread. A record that does not fit is counted, not waited for; the control
// thread publishes the count (`log_dropped`).
//
// Thread: one pushes, one pops; any reads dropped().
class LogQueue {
  public:
    explicit LogQueue(std::size_t records) : queue_(records) {}

    void push(const LogRecord& record) noexcept {
        if (queue_.push(record)) return;
        dropped_.store(dropped_.load(std::memory_order_relaxed) + 1,
                       std::memory_order_relaxed);  // one thread writes it
    }
    [[nodiscard]] bool pop(LogRecord& record) noexcept { return queue_.pop(record); }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

  private:
    SpscQueue<LogRecord> queue_;
    std::atomic<std::uint64_t> dropped_{0};
};

// "2026-11-22T22:31:05.123456Z"
[[nodiscard]] std::string utc_text(WallTime time);

// How much a line of the log matters, as its first words tell.
enum class LogLevel : std::uint8_t {
    info,     // as it should be: lines up, books live, what is planned
    warning,  // made good by the engine itself: a gap, a line that is down, a market that is not listed
    error,    // something was wrong that should never be, or the engine cannot go on
};
[[nodiscard]] LogLevel level_of(std::string_view line) noexcept;

// Makes a line of the log from a record, without the end of line.
[[nodiscard]] std::string log_line(const LogRecord& record, WallTime time, const InstrumentTable& instruments);

}  // namespace daypack::core
