// SPDX-License-Identifier: MIT
#include "book/sync/remembered.h"

namespace daypack::core {

std::optional<UpdateKey> Remembered::find(Sequence last_id) const noexcept {
    if (size_ == 0 || last_id > at(size_ - 1).last_id || last_id < at(0).last_id) return std::nullopt;
    // Ids usually increase by one, so most are found at their distance from the newest.
    const std::uint64_t back = at(size_ - 1).last_id - last_id;
    if (back < size_) {
        const Update& guess = at(size_ - 1 - static_cast<std::size_t>(back));
        if (guess.last_id == last_id) return guess.key;
    }
    std::size_t from = 0;
    std::size_t end = size_;
    while (from < end) {
        const std::size_t middle = from + (end - from) / 2;
        if (at(middle).last_id < last_id) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    if (at(from).last_id != last_id) return std::nullopt;
    return at(from).key;
}

void Remembered::forget_before(Sequence last_id) noexcept {
    std::size_t before = 0;
    while (before < size_ && at(before).last_id < last_id) ++before;
    size_ -= before;
    for (std::size_t i = 0; before > 0 && i < size_; ++i) at(i) = at(i + before);
}

// Inserts an update that came late, before the newer ones.
void Remembered::insert(Update update) noexcept {
    std::size_t place = size_;
    while (place > 0 && at(place - 1).last_id > update.last_id) --place;
    if (place > 0 && at(place - 1).last_id == update.last_id) return;
    if (size_ == kUpdates) {
        if (place == 0) return;  // older than all that is remembered
        first_ = (first_ + 1) % kUpdates;
        --size_;
        --place;
    }
    if (place == size_) return push(update);
    push(at(size_ - 1));
    for (std::size_t i = size_ - 1; i > place; --i) at(i) = at(i - 1);
    at(place) = update;
}

}  // namespace daypack::core
