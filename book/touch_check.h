// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>

#include "book/order_book.h"
#include "book/types.h"

namespace daypack {

// The best bid and offer as the venue's bookTicker told it last, to hold the book against when both stand at one id.
//
// Where they differ one of the two is wrong, and REST says which: the book is joined again. If the ticker then agrees,
// the book was wrong. If it differs again, REST has told what the book told, and the ticker is not believed for a
// while, ever longer: a stream that is wrong for good costs a snapshot now and then, and no book.
//
// Thread: book. Time is this machine's.
class TouchCheck {
  public:
    static constexpr std::int64_t kDoubt_ns = 60'000'000'000;  // so long what it said is held against the next book
    static constexpr std::int64_t kFirst_ns = 20'000'000'000;  // not believed, for the first time
    static constexpr std::int64_t kMost_ns = 600'000'000'000;

    // A quantity of zero: that side is empty.
    void on_ticker(Sequence id, Level bid, Level ask) noexcept {
        id_ = id;
        bid_ = bid;
        ask_ = ask;
    }
    // The ticker is of this very book, and was not looked at yet. Then it counts as looked at.
    [[nodiscard]] bool take(Sequence id) noexcept {
        if (id_ == 0 || id_ != id) return false;
        id_ = 0;
        return true;
    }
    [[nodiscard]] bool agrees(const OrderBook& book) const noexcept {
        return agrees(book, Side::bid, bid_) && agrees(book, Side::ask, ask_);
    }
    enum class Verdict : std::uint8_t {
        agrees,
        contradicts,   // the book is to be joined again
        disbelieved,   // it did so before, and is not believed from now on
        not_believed,  // still
    };
    // REQUIRES: take() was true of the book's id.
    [[nodiscard]] Verdict judge(const OrderBook& book, MonoTime now) noexcept {
        const bool same = agrees(book);
        if (until_.ns != 0 && now < until_) return same ? Verdict::agrees : Verdict::not_believed;
        const bool again = doubted_.ns != 0 && now - doubted_ < kDoubt_ns;
        doubted_ = {};
        if (same) return Verdict::agrees;
        if (!again) {
            doubted_ = now;
            return Verdict::contradicts;
        }
        const bool lasts = until_.ns != 0 && now - until_ < kMost_ns;
        away_ns_ = lasts ? std::min(2 * away_ns_, kMost_ns) : kFirst_ns;
        until_ = now + away_ns_;
        return Verdict::disbelieved;
    }
    // For how long, when it was last not believed.
    [[nodiscard]] std::int64_t away_ns() const noexcept { return away_ns_; }

  private:
    static bool agrees(const OrderBook& book, Side side, const Level& quoted) noexcept {
        const auto best = book.side(side).best();
        if (!best) return quoted.quantity.steps == 0 || book.side(side).known_to().has_value();
        return *best == quoted;
    }
    Sequence id_ = 0;
    Level bid_, ask_;
    MonoTime doubted_;  // when it contradicted the book before this one; 0: it did not
    MonoTime until_;    // not believed until then; 0: it always was
    std::int64_t away_ns_ = 0;
};

}  // namespace daypack
