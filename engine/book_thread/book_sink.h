// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <limits>
#include <span>

#include "engine/book_thread/book_agent.h"
#include "engine/messages/event_sink.h"

namespace daypack::core {

// The books of the network thread's own thread, which take every update at once.
//
// Thread: the one that runs both agents.
class BookSink final : public EventSink {
  public:
    explicit BookSink(BookAgent& books) noexcept : books_(books) {}

    [[nodiscard]] bool take(std::span<const Event> events, MonoTime now) noexcept override {
        books_.take(events, now);
        return true;
    }
    [[nodiscard]] std::size_t capacity() const noexcept override { return std::numeric_limits<std::size_t>::max(); }

  private:
    BookAgent& books_;
};

}  // namespace daypack::core
