// SPDX-License-Identifier: MIT
#include "engine/messages/log_writer.h"

#include <pthread.h>

#include <memory>
#include <utility>

#include "engine/messages/engine_limits.h"
#include "engine/messages/log.h"
#include "engine/messages/patient_output.h"
#include "engine/threads/signal_guard.h"
#include "engine/threads/wall_clock.h"

namespace daypack::core {
namespace {

constexpr int kTurn_ms = 20;    // how long a sink waits for its reader, until it is asked again
constexpr int kLastTurns = 10;  // turns that waited, not time: a thread that got no core has waited for no reader

}  // namespace

LogWriter::LogWriter(Sink sink, Dress dress)
    : sink_(std::move(sink)), dress_(std::move(dress)), last_turns_(kLastTurns) {}

void LogWriter::start() {
    const SignalGuard guard;
    thread_ = std::thread([this] { run(); });
}

void LogWriter::write(std::string line) {
    const std::scoped_lock lock(mutex_);
    const std::size_t places = dropped_ > 0 ? 2 : 1;  // what was dropped is said where it is missing
    if (lines_.size() + places > kLogLines) {
        ++dropped_;
        return;
    }
    if (dropped_ > 0) tell_dropped();
    lines_.push_back({std::move(line) + "\n"});
    changed_.notify_all();
}

void LogWriter::stop() noexcept {
    if (!thread_.joinable()) return;
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

void LogWriter::run() {
    pthread_setname_np(pthread_self(), "daypack-log");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
        if (lines_.empty()) break;
        const Line line = std::move(lines_.front());
        lines_.pop_front();
        lock.unlock();
        const bool taken = put(line.text);
        lock.lock();
        if (!taken) dropped_ += line.lines;
        if (taken && dropped_ > 0 && lines_.empty()) tell_dropped();
    }
}

// False: it was refused, or there is no time left for it.
bool LogWriter::put(std::string_view text) {
    while (!text.empty()) {
        if (last_turns_ == 0) return false;
        const std::ptrdiff_t taken = sink_(text, kTurn_ms);
        if (taken < 0) return false;
        if (taken == 0 && stopping_) --last_turns_;
        text.remove_prefix(static_cast<std::size_t>(taken));
    }
    return true;
}

// REQUIRES: the mutex is held, and the queue has room.
void LogWriter::tell_dropped() {
    const std::uint64_t lines = std::exchange(dropped_, 0);
    const std::string line = utc_text(wall_now()) + " log " + std::to_string(lines) +
                             (lines == 1 ? " line" : " lines") + " dropped: not read in time, or refused";
    lines_.push_back({(dress_ ? dress_(line) : line) + "\n", lines});
}

LogWriter::Sink to_descriptor(int fd) {
    return [output = std::make_shared<PatientOutput>(fd)](std::string_view text, int wait_ms) {
        return output->write(text, wait_ms);
    };
}

}  // namespace daypack::core
