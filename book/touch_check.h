#pragma once
#include "book/order_book.h"
#include "book/types.h"

namespace daypack {

// The best bid and offer as the venue's bookTicker told it last, to hold the book against when both stand at one id.
//
// Thread: book.
class TouchCheck {
  public:
    // A quantity of zero: that side is empty.
    void told(Sequence id, Level bid, Level ask) noexcept {
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

  private:
    static bool agrees(const OrderBook& book, Side side, const Level& told) noexcept {
        const auto best = book.side(side).best();
        if (!best) return told.quantity.steps == 0 || book.side(side).known_to().has_value();
        return *best == told;
    }
    Sequence id_ = 0;
    Level bid_, ask_;
};

}  // namespace daypack
