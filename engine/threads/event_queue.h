// SPDX-License-Identifier: MIT
#pragma once
#include <readerwriterqueue/readerwriterqueue.h>

#include <cstddef>
#include <span>

#include "book/event.h"
#include "engine/threads/doorbell.h"
#include "engine/threads/thread_limits.h"

namespace daypack::core {

// A bounded single-producer single-consumer queue; nothing is allocated after construction.
//
// Thread: one pushes, one pops. Invariant: what was pushed comes out, once, in order.
template <class T>
class SpscQueue {
  public:
    // Touches all of its memory, so that no push meets a page for the first time.
    explicit SpscQueue(std::size_t capacity) : queue_(capacity) {
        while (queue_.try_enqueue(T{})) {
        }
        first_ = last_ = queue_.peek();
        for (T* item = first_; item != nullptr; item = queue_.peek()) {
            if (item == last_ + 1) last_ = item;
            queue_.pop();
        }
    }

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
    // Where the items lie; of a huge queue the first block alone. For set-up.
    [[nodiscard]] std::span<std::byte> memory() noexcept {
        return std::as_writable_bytes(std::span(first_, last_ + 1));
    }

  private:
    // One block however large: several would be walked by every size().
    static constexpr std::size_t kBlock = kMaxQueueEvents;
    moodycamel::ReaderWriterQueue<T, kBlock> queue_;
    T* first_ = nullptr;
    T* last_ = nullptr;
};

// From a network thread to a book thread: whole updates or nothing.
class EventQueue {
  public:
    // `bell`: rung after each push, where the consumer may sleep.
    explicit EventQueue(std::size_t events, Doorbell* bell = nullptr) : queue_(events), bell_(bell) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return queue_.capacity(); }
    [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }

    // All of `events` or none. Thread: producer.
    [[nodiscard]] bool push(std::span<const Event> events) noexcept {
        if (capacity() - size() < events.size()) return false;
        for (const Event& event : events) {
            if (!queue_.push(event)) return false;  // not reached: only the consumer moves, and it makes room
        }
        if (bell_ != nullptr) bell_->ring();
        return true;
    }
    [[nodiscard]] const Event* front() noexcept { return queue_.front(); }
    void pop() noexcept { queue_.pop(); }
    [[nodiscard]] std::span<std::byte> memory() noexcept { return queue_.memory(); }

  private:
    SpscQueue<Event> queue_;
    Doorbell* bell_;
};

}  // namespace daypack::core
