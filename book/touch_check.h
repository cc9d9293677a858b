// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>

#include "book/order_book.h"
#include "book/types.h"

namespace daypack::core {

// Compares the last best bid and offer of the venue's bookTicker with the book when both are at one id.
//
// Where they differ one of the two is wrong, and a new snapshot decides which. If the ticker agrees with the new book,
// the old book was wrong. If it differs again, REST agrees with the book, and the ticker is not believed for a while,
// each time for longer: a ticker stream that stays wrong costs a snapshot now and then, but no book.
//
// Thread: book. Time is this machine's.
class TouchCheck {
  public:
    // A second difference within this time counts as a repetition of the first.
    static constexpr std::int64_t kDoubt_ns = 60'000'000'000;
    // How long the ticker is not believed, the first time and at most.
    static constexpr std::int64_t kFirst_ns = 20'000'000'000;
    static constexpr std::int64_t kMost_ns = 600'000'000'000;

    // Takes a ticker. A quantity of zero means that the side is empty.
    void on_ticker(Sequence id, Level bid, Level ask) noexcept {
        id_ = id;
        bid_ = bid;
        ask_ = ask;
    }
    // Returns true, once for each ticker, when the ticker has the id of the book.
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
        contradicts,   // the ticker differs: the book is to be joined again
        disbelieved,   // the ticker differs again, and is not believed from now on
        not_believed,  // the ticker differs, and was not believed already
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
    // How long the ticker is not believed, as of the last verdict `disbelieved`.
    [[nodiscard]] std::int64_t away_ns() const noexcept { return away_ns_; }

  private:
    static bool agrees(const OrderBook& book, Side side, const Level& quoted) noexcept {
        const auto best = book.side(side).best();
        if (!best) return quoted.quantity.steps == 0 || book.side(side).known_to().has_value();
        return *best == quoted;
    }
    Sequence id_ = 0;
    Level bid_, ask_;
    MonoTime doubted_;  // when it contradicted the previous book; 0: it did not
    MonoTime until_;    // it is not believed before this time; 0: it was always believed
    std::int64_t away_ns_ = 0;
};

}  // namespace daypack::core
