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

namespace daypack::core {

// Compares the book of one symbol with a fresh REST snapshot. A shadow book is seeded from the snapshot and follows the
// same updates. Once both books are at the same id they are compared level by level, as far as both are complete. The
// comparison is done in slices so that no update waits for it; updates in between change both books alike.
//
// The shadow book is needed because on a `200ms` stream most snapshots have an id inside an update, at which the book
// itself never stands.
//
// Thread: book. Nothing is allocated after construction. One symbol at a time.
class Audit {
  public:
    struct Result {
        std::uint64_t levels = 0;   // in either of the two books
        std::uint64_t ghosts = 0;   // in the book, but not at the venue
        std::uint64_t missing = 0;  // at the venue, but not in the book
        std::uint64_t wrong = 0;    // in both, with different quantities

        [[nodiscard]] std::uint64_t mismatches() const noexcept { return ghosts + missing + wrong; }
    };
    enum class Phase : std::uint8_t {
        idle,
        asked,      // the snapshot is in flight, and updates are buffered
        comparing,  // the shadow book is seeded; both books may not be at the same id yet
    };

    Audit(std::size_t max_levels, PendingPool& pool) : shadow_(max_levels, 0), buffered_(pool) {}

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] SymbolIndex symbol() const noexcept { return symbol_; }
    // REQUIRES: the audit is idle; the snapshot is requested after this call; the book of `symbol` is at `id`.
    void begin(SymbolIndex symbol, Sequence id) noexcept;
    void cancel() noexcept;

    // An update was applied to the book of symbol().
    void on_update(std::span<const Event> update) noexcept;
    // Returns false when the snapshot is older than the buffered updates, which ends the audit.
    bool on_snapshot(const Snapshot& snapshot) noexcept;

    // True when both books are at the same id, so that compare() has an effect.
    [[nodiscard]] bool ready(Sequence id) const noexcept { return phase_ == Phase::comparing && id == id_; }
    // Compares one slice if both books are at the same id. Returns the result after the last slice, and is idle then.
    [[nodiscard]] std::optional<Result> compare(const OrderBook& book, Sequence id) noexcept;

    static constexpr std::size_t kSlice = 256;  // levels of a side at once

  private:
    [[nodiscard]] bool compare_side(const OrderBook& book, Side side) noexcept;

    OrderBook shadow_;
    Pending buffered_;
    Phase phase_ = Phase::idle;
    SymbolIndex symbol_ = 0;
    Sequence id_ = 0;  // of the shadow book; while asked: of the book when the audit began
    Side side_ = Side::bid;
    std::optional<Price> compared_to_;  // the last price of side_ that was compared, from the best on
    Result result_;
};

}  // namespace daypack::core
