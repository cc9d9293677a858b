// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "book/event.h"

namespace daypack::core {

// The most events that one update may have. The decoder allows fewer levels a frame than that.
inline constexpr std::size_t kMaxUpdateEvents = 16'384;

// Memory for the buffered updates of all symbols of a book thread, in chunks: a symbol that waits long may use what the
// others do not need, and nothing is allocated while running.
//
// Thread: book.
class PendingPool {
  public:
    explicit PendingPool(std::size_t events)
        : chunks_((events + kChunkEvents - 1) / kChunkEvents),
          chunk_(std::make_unique<Chunk[]>(chunks_)),  // touched here, so that no push meets a page for the first time
          update_(kMaxUpdateEvents) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return chunks_ * kChunkEvents; }
    // All of the pool's memory, for set-up and tests.
    [[nodiscard]] std::span<std::byte> memory() noexcept {
        return std::as_writable_bytes(std::span(chunk_.get(), chunks_));
    }

  private:
    friend class Pending;
    static constexpr std::size_t kChunkEvents = 63;
    static constexpr std::uint32_t kNone = UINT32_MAX;
    struct Chunk {
        std::array<Event, kChunkEvents> events;
        std::uint32_t next;
    };

    // Returns a free chunk, or kNone when the pool has none.
    [[nodiscard]] std::uint32_t take() noexcept {
        if (free_ == kNone) return fresh_ < chunks_ ? static_cast<std::uint32_t>(fresh_++) : kNone;
        const std::uint32_t chunk = free_;
        free_ = chunk_[chunk].next;
        return chunk;
    }
    void give_back(std::uint32_t chunk) noexcept {
        chunk_[chunk].next = free_;
        free_ = chunk;
    }

    std::size_t chunks_;
    std::unique_ptr<Chunk[]> chunk_;
    std::size_t fresh_ = 0;  // chunks from here on were never used
    std::uint32_t free_ = kNone;
    std::vector<Event> update_;  // the one that was popped last
};

// The queue of one symbol's buffered events, in a pool.
//
// Thread: book. Invariant: it holds whole updates only, if its user pushes and pops whole ones.
class Pending {
  public:
    explicit Pending(PendingPool& pool) noexcept : pool_(&pool) {}
    Pending(Pending&& other) noexcept
        : pool_(other.pool_), head_(other.head_), tail_(other.tail_), first_(other.first_), size_(other.size_) {
        other.size_ = 0;
        other.head_ = other.tail_ = PendingPool::kNone;
    }
    Pending& operator=(Pending&&) = delete;
    ~Pending() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // REQUIRES: !empty().
    [[nodiscard]] const Event& front() const noexcept { return pool_->chunk_[head_].events[first_]; }

    // Returns false when the pool has no room.
    [[nodiscard]] bool push(const Event& event) noexcept;
    // REQUIRES: !empty().
    void pop() noexcept;
    // Removes and returns a whole update, which is valid until the next one of any symbol is popped. REQUIRES:
    // !empty().
    [[nodiscard]] std::span<const Event> pop_update() noexcept;
    void clear() noexcept {
        while (!empty()) pop();
    }
    // Visits the events from the first to the last.
    template <class Visit>
    void for_each(Visit&& visit) const noexcept {
        std::uint32_t chunk = head_;
        for (std::size_t i = 0, at = first_; i < size_; ++i, ++at) {
            if (at == PendingPool::kChunkEvents) {
                chunk = pool_->chunk_[chunk].next;
                at = 0;
            }
            visit(pool_->chunk_[chunk].events[at]);
        }
    }

  private:
    PendingPool* pool_;
    std::uint32_t head_ = PendingPool::kNone;
    std::uint32_t tail_ = PendingPool::kNone;
    std::size_t first_ = 0;  // of the head chunk
    std::size_t size_ = 0;
};

}  // namespace daypack::core
