// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>

#include "book/event.h"
#include "engine/threads/event_queue.h"

namespace daypack::core {

// What a network thread writes the events of its lines to: the queue to a book thread, or the books of its own thread.
//
// Thread: the network thread's. One call a frame: what it costs is an indirect jump that is always the same.
class EventSink {
  public:
    // Takes all of `events`, a whole update whose last event has `last`, or none of it. False: there is no room now.
    [[nodiscard]] virtual bool take(std::span<const Event> events, MonoTime now) noexcept = 0;
    // The longest update that there can ever be room for.
    [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;

  protected:
    ~EventSink() = default;
};

// The queue to a book thread, which has room or not.
class QueueSink final : public EventSink {
  public:
    explicit QueueSink(EventQueue& queue) noexcept : queue_(queue) {}

    [[nodiscard]] bool take(std::span<const Event> events, MonoTime) noexcept override { return queue_.push(events); }
    [[nodiscard]] std::size_t capacity() const noexcept override { return queue_.capacity(); }

  private:
    EventQueue& queue_;
};

}  // namespace daypack::core
