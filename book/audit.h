// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "book/event.h"
#include "book/order_book.h"
#include "book/snapshot.h"
#include "book/sync/pending.h"

namespace daypack {

// Compares the book of one symbol with what REST says of it: a shadow book is seeded from a fresh snapshot, follows the
// same updates, and once both stand at the same id they are compared level by level, inside what both know. The
// comparison comes in slices, so that no update waits behind it; updates in between change both books alike.
//
// (A book has no past that a snapshot could be compared with: on a `200ms` stream most snapshots fall inside an
// update.)
//
// Thread: book. Nothing is allocated after construction. One symbol at a time.
class Audit {
  public:
    struct Result {
        std::uint64_t levels = 0;   // in either of the books
        std::uint64_t ghosts = 0;   // in the book, and not at the venue
        std::uint64_t missing = 0;  // the reverse
        std::uint64_t wrong = 0;    // with another quantity

        [[nodiscard]] std::uint64_t mismatches() const noexcept { return ghosts + missing + wrong; }
    };
    enum class Phase : std::uint8_t {
        idle,
        asked,      // the snapshot is under way, updates are kept
        comparing,  // or still waiting for both to stand at the same id
    };

    Audit(std::size_t max_levels, PendingPool& pool) : shadow_(max_levels, 0), buffered_(pool) {}

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] SymbolIndex symbol() const noexcept { return symbol_; }
    // REQUIRES: idle; a snapshot is asked for from here on; the book of `symbol` stands at `id`.
    void begin(SymbolIndex symbol, Sequence id) noexcept;
    void cancel() noexcept;

    // An update was applied to the book of symbol().
    void on_update(std::span<const Event> update) noexcept;
    // False: it is older than the updates that were kept, and of no use; the audit is over.
    bool on_snapshot(const Snapshot& snapshot) noexcept;

    // Both books stand at the same id. Until then there is nothing to do but to wait.
    [[nodiscard]] bool ready(Sequence id) const noexcept { return phase_ == Phase::comparing && id == id_; }
    // Compares some levels, where the books stand at the same id. The result, when it was the last slice; then it is
    // idle.
    [[nodiscard]] std::optional<Result> compare(const OrderBook& book, Sequence id) noexcept;

    static constexpr std::size_t kSlice = 256;  // levels of a side at once

  private:
    [[nodiscard]] bool compare_side(const OrderBook& book, Side side) noexcept;

    OrderBook shadow_;
    Pending buffered_;
    Phase phase_ = Phase::idle;
    SymbolIndex symbol_ = 0;
    Sequence id_ = 0;  // of the shadow; while asked: of the book when it began
    Side side_ = Side::bid;
    std::optional<Price> compared_to_;  // on this side, from the best
    Result result_;
};

}  // namespace daypack
