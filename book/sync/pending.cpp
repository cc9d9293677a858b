// SPDX-License-Identifier: MIT
#include "book/sync/pending.h"

namespace daypack::core {

bool Pending::push(const Event& event) noexcept {
    const std::size_t at = (first_ + size_) % PendingPool::kChunkEvents;
    if (size_ == 0 || at == 0) {
        const std::uint32_t chunk = pool_->take();
        if (chunk == PendingPool::kNone) return false;
        if (size_ == 0) {
            head_ = chunk;
            first_ = 0;
        } else {
            pool_->chunk_[tail_].next = chunk;
        }
        tail_ = chunk;
        pool_->chunk_[chunk].events[0] = event;
    } else {
        pool_->chunk_[tail_].events[at] = event;
    }
    ++size_;
    return true;
}

void Pending::pop() noexcept {
    --size_;
    ++first_;
    if (size_ > 0 && first_ < PendingPool::kChunkEvents) return;
    const std::uint32_t chunk = head_;
    head_ = size_ > 0 ? pool_->chunk_[chunk].next : PendingPool::kNone;
    first_ = 0;
    pool_->give_back(chunk);
}

std::span<const Event> Pending::pop_update() noexcept {
    std::vector<Event>& update = pool_->update_;
    update.clear();
    bool last = false;
    while (!last && !empty()) {
        update.push_back(front());
        last = front().last;
        pop();
    }
    return update;
}

}  // namespace daypack::core
