#pragma once
#include <readerwriterqueue/readerwriterqueue.h>

#include <cstddef>
#include <span>

#include "book/event.h"

namespace daypack {

// A bounded single-producer single-consumer queue; nothing is allocated after construction.
//
// Thread: one pushes, one pops. Invariant: what was pushed comes out, once, in order.
template <class T>
class SpscQueue {
  public:
    explicit SpscQueue(std::size_t capacity) : queue_(capacity) {}

    // At least what was asked for.
    [[nodiscard]] std::size_t capacity() const noexcept { return queue_.max_capacity(); }
    // By the producer: never too small. By the consumer: never too large.
    [[nodiscard]] std::size_t size() const noexcept { return queue_.size_approx(); }
    // Thread: producer. False: full.
    [[nodiscard]] bool push(T&& item) noexcept { return queue_.try_enqueue(std::move(item)); }
    [[nodiscard]] bool push(const T& item) noexcept { return queue_.try_enqueue(item); }
    // Thread: consumer. False: empty.
    [[nodiscard]] bool pop(T& item) noexcept { return queue_.try_dequeue(item); }
    // The oldest item, or null. Thread: consumer; valid until it pops.
    [[nodiscard]] T* front() noexcept { return queue_.peek(); }
    void pop() noexcept { queue_.pop(); }

  private:
    // One block however large: several would be walked by every size().
    static constexpr std::size_t kBlock = std::size_t{1} << 22;
    moodycamel::ReaderWriterQueue<T, kBlock> queue_;
};

// From a network thread to a book thread: whole updates or nothing.
class EventQueue {
  public:
    explicit EventQueue(std::size_t events) : queue_(events) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return queue_.capacity(); }
    [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }

    // All of `events` or none. Thread: producer.
    [[nodiscard]] bool push(std::span<const Event> events) noexcept {
        if (capacity() - size() < events.size()) return false;
        for (const Event& event : events) {
            if (!queue_.push(event)) return false;  // not reached: only the consumer moves, and it makes room
        }
        return true;
    }
    [[nodiscard]] const Event* front() noexcept { return queue_.front(); }
    void pop() noexcept { queue_.pop(); }

  private:
    SpscQueue<Event> queue_;
};

}  // namespace daypack
