// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/sync/update_key.h"
#include "book/types.h"

namespace daypack::core {

// The keys of the last updates of one numbering, with which a possible copy is compared.
//
// There are enough of them for a line that lags by a second in a market with a thousand updates a second. Updates of a
// line that lags further are ignored (Numbering::Relation::old).
//
// Thread: book. Nothing is allocated after construction. Invariant: ids ascend strictly.
class Remembered {
  public:
    static constexpr std::size_t kUpdates = 1'024;

    void clear() noexcept { size_ = 0; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    // The latest id; 0: none.
    [[nodiscard]] Sequence newest() const noexcept { return size_ == 0 ? 0 : at(size_ - 1).last_id; }

    // Inserts an update in the order of its id. When all places are taken, the oldest is removed.
    void add(Sequence last_id, UpdateKey key) noexcept {
        if (size_ == 0 || at(size_ - 1).last_id < last_id) [[likely]]
            return push({last_id, key});
        insert({last_id, key});
    }
    // Removes the updates that ended before `last_id`.
    void forget_before(Sequence last_id) noexcept;
    // Returns the key of the update that ended at `last_id`, or none when it is not known.
    [[nodiscard]] std::optional<UpdateKey> find(Sequence last_id) const noexcept;

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    struct Update {
        Sequence last_id;
        UpdateKey key;
    };
    // By age, the oldest first.
    [[nodiscard]] const Update& at(std::size_t age) const noexcept { return updates_[(first_ + age) % kUpdates]; }
    [[nodiscard]] Update& at(std::size_t age) noexcept { return updates_[(first_ + age) % kUpdates]; }
    void push(Update update) noexcept {
        if (size_ == kUpdates) {
            first_ = (first_ + 1) % kUpdates;
            --size_;
        }
        at(size_++) = update;
    }
    void insert(Update update) noexcept;

    std::vector<Update> updates_ = std::vector<Update>(kUpdates);
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace daypack::core
