// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace daypack::core {

// Writes lines of text on a thread of its own, so that whoever has a line to say never waits for whoever reads it.
//
// Lines that nobody takes wait in a queue of kLogLines. One that finds it full is dropped and counted, and so is one
// that is refused, as by a full disk; "N lines dropped" stands in their place once the rest is taken again.
//
// Thread: any may write(); one starts and stops it. Invariant: what was not dropped is written once, in order.
class LogWriter {
  public:
    // Takes bytes from the front of `text` within wait_ms, and returns how many, or PatientOutput::kRefused.
    using Sink = std::function<std::ptrdiff_t(std::string_view text, int wait_ms)>;

    // Makes a line as the others look from one as the engine writes it, for "N lines dropped".
    using Dress = std::function<std::string(const std::string& line)>;

    explicit LogWriter(Sink sink, Dress dress = {});
    ~LogWriter() { stop(); }
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    // Throws std::system_error where there can be no thread more.
    void start();
    // `line`: without its end. What comes before start() waits for it.
    void write(std::string line);
    // Writes what is left, but waits for the reader a fifth of a second in all; the rest is dropped. Waits for a sink
    // that does not return.
    void stop() noexcept;

  private:
    struct Line {
        std::string text;
        std::uint64_t lines = 1;  // how many it stands for
    };

    void run();
    [[nodiscard]] bool put(std::string_view text);
    void tell_dropped();

    Sink sink_;
    Dress dress_;
    std::mutex mutex_;  // of what follows, down to dropped_
    std::condition_variable changed_;
    std::deque<Line> lines_;
    std::uint64_t dropped_ = 0;  // since that was last said
    std::atomic<bool> stopping_{false};
    int last_turns_;  // how often the reader of the last words is still waited for; of the thread
    std::thread thread_;
};

// Where lines go that have no better place.
[[nodiscard]] LogWriter::Sink to_descriptor(int fd);

}  // namespace daypack::core
