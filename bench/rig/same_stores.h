// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "bench/rig/scratch_segment.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/seqlock.h"

namespace daypack::core::bench {

// The stores that publishing one update takes, found out by looking at what it leaves behind; and a loop that does them
// again, with the same order and fences, and nothing else. What is stored over an equal value in the slot's head is not
// found and so not done here, which is to our disadvantage.
//
// Thread: the one that publishes.
class SameStores {
  public:
    // `publish(i)` publishes into `from` once, the i-th time with other numbers; `to` is written by run().
    template <class Publish>
    SameStores(ScratchSegment& from, ScratchSegment& to, Publish&& publish) : to_(to) {
        publish(0);
        const Segment& segment = from.segment();
        auto* const slot = reinterpret_cast<std::uint64_t*>(&segment.slot(0));
        const std::size_t slot_words = segment.layout().slot_bytes / 8;
        const std::uint64_t position = load_relaxed(segment.header().claimed);
        auto* const ring = reinterpret_cast<std::uint64_t*>(segment.ring());
        const std::size_t ring_words = segment.layout().ring_events * kRecordWords;
        const std::vector<std::uint64_t> kept(slot, slot + slot_words);
        // Words that no update holds, but by which publishing sees whether anything has changed.
        for (std::size_t i = kHeadWords; i < slot_words; ++i) store_relaxed(slot[i], kUnheardOf + i);
        for (std::size_t i = 0; i < kLookedAt * kRecordWords; ++i) {
            store_relaxed(ring[(position * kRecordWords + i) % ring_words], kUnheardOf + i);
        }
        const std::vector<std::uint64_t> before(slot, slot + slot_words);
        publish(1);
        for (std::size_t i = 1; i < slot_words; ++i) {  // the sequence is stored anyway
            if (load_relaxed(slot[i]) != before[i]) {
                slot_stores_.push_back(i);
            } else {
                store_relaxed(slot[i], kept[i]);
            }
        }
        records_ = load_relaxed(segment.header().claimed) - position;
        for (std::size_t i = 0; i < records_ * kRecordWords; ++i) {
            const std::uint64_t word = load_relaxed(ring[(position * kRecordWords + i) % ring_words]);
            if (word != kUnheardOf + i) record_stores_.push_back(i);
        }
    }

    // So many stores an update: the sequence twice, the slot's words, the ring's, and its two cursors.
    [[nodiscard]] std::size_t count() const noexcept {
        return 2 + slot_stores_.size() + record_stores_.size() + records_ + 1;
    }

    // `value`: what is stored.
    void run(std::uint64_t value) noexcept {
        const Segment& segment = to_.segment();
        daypack_slot& slot = segment.slot(0);
        {
            const SeqlockWrite write(slot);
            auto* const words = reinterpret_cast<std::uint64_t*>(&slot);
            for (const std::size_t at : slot_stores_) store_relaxed(words[at], value);
        }
        daypack_header& head = segment.header();
        auto* const ring = reinterpret_cast<std::uint64_t*>(segment.ring());
        const std::size_t mask = segment.layout().ring_events * kRecordWords - 1;
        const std::size_t from = (position_ * kRecordWords) & mask;
        for (std::size_t i = 0; i < records_; ++i) store_relaxed(head.claimed, ++position_);
        __atomic_thread_fence(__ATOMIC_RELEASE);  // pairs with the acquire fence in daypack_read_record
        for (const std::size_t at : record_stores_) store_relaxed(ring[(from + at) & mask], value);
        store_release(head.published, position_);  // pairs with the acquire in daypack_read_record
    }

  private:
    static constexpr std::size_t kRecordWords = sizeof(daypack_record) / 8;
    static constexpr std::size_t kHeadWords = sizeof(daypack_slot) / 8;
    static constexpr std::size_t kLookedAt = 8;  // records of one update, at most
    static constexpr std::uint64_t kUnheardOf = 0x5a5a5a5a'00000000ull;

    ScratchSegment& to_;
    std::vector<std::size_t> slot_stores_;    // in words of the slot
    std::vector<std::size_t> record_stores_;  // in words from the first record of the update
    std::uint64_t records_ = 0;
    std::uint64_t position_ = 0;
};

}  // namespace daypack::core::bench
