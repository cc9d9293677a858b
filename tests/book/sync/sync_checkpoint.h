// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "book/sync/sync.h"
#include "tests/book/sync/state_hash.h"

namespace daypack::core::test {

// Saves the state of a Sync and its pool, so that a search through many paths need not begin each from the start. It
// copies the bytes of both and the memory that they own, which never moves because nothing is allocated after
// construction.
//
// REQUIRES: the book has levels at the named prices only, and Remembered is not full. Invariant: restore() brings back
// what save() saw; the search proves it by repeating some paths from their start.
class SyncCheckpoint {
  public:
    static constexpr std::array<std::int64_t, 5> kBids{40, 50, 51, 52, 100};
    static constexpr std::int64_t kAsk = 200;

    void save(Sync& sync, PendingPool& pool) {
        std::memcpy(sync_.data(), static_cast<const void*>(&sync), sizeof sync);
        std::memcpy(pool_.data(), static_cast<const void*>(&pool), sizeof pool);
        const auto events = pool.memory();
        pending_.assign(events.begin(), events.end());
        for (std::size_t i = 0; i < kBids.size(); ++i) bids_[i] = sync.book().side(Side::bid).at({kBids[i]});
        ask_ = sync.book().side(Side::ask).at({kAsk});
        for (const Side side : {Side::bid, Side::ask}) {
            const auto top = sync.book().side(side).top();
            tops_[static_cast<std::size_t>(side)].assign(top.begin(), top.end());
        }
        const auto remembered = StateHash::remembered_of(sync);
        for (std::size_t i = 0; i < 2; ++i) {
            const auto entries = StateHash::entries_of(*remembered[i]);
            remembered_[i].assign(entries.begin(), entries.end());
        }
    }
    void restore(Sync& sync, PendingPool& pool) const {
        OrderBook& book = StateHash::book_of(sync);
        for (std::size_t i = 0; i < kBids.size(); ++i) book.apply(Side::bid, {kBids[i]}, {0});
        book.apply(Side::ask, {kAsk}, {0});
        for (std::size_t i = 0; i < kBids.size(); ++i) book.apply(Side::bid, {kBids[i]}, bids_[i]);
        book.apply(Side::ask, {kAsk}, ask_);
        std::memcpy(static_cast<void*>(&sync), sync_.data(), sizeof sync);
        std::memcpy(static_cast<void*>(&pool), pool_.data(), sizeof pool);
        std::memcpy(pool.memory().data(), pending_.data(), pending_.size());
        for (const Side side : {Side::bid, Side::ask}) {
            const auto& top = tops_[static_cast<std::size_t>(side)];
            if (top.empty()) continue;
            std::memcpy(static_cast<void*>(const_cast<Level*>(book.side(side).top().data())), top.data(),
                        top.size() * sizeof(Level));
        }
        const auto remembered = StateHash::remembered_of(sync);
        for (std::size_t i = 0; i < 2; ++i) {
            const auto entries = StateHash::entries_of(*remembered[i]);
            std::copy(remembered_[i].begin(), remembered_[i].end(), entries.begin());
        }
    }

  private:
    alignas(Sync) std::array<std::byte, sizeof(Sync)> sync_{};
    alignas(PendingPool) std::array<std::byte, sizeof(PendingPool)> pool_{};
    std::vector<std::byte> pending_;
    std::array<Quantity, kBids.size()> bids_{};
    Quantity ask_;
    std::array<std::vector<Level>, 2> tops_;
    std::array<std::vector<StateHash::Remembering>, 2> remembered_;
};

}  // namespace daypack::core::test
