// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "book/event.h"
#include "book/figures.h"
#include "book/instrument.h"
#include "book/order_book.h"
#include "book/state.h"
#include "book/types.h"

namespace daypack::core {

struct AccountReport;  // engine/account/account_news.h

// A book as an application in this process sees it, valid during the callback only.
struct BookView {
    SymbolIndex symbol;
    const Instrument& instrument;
    const OrderBook& book;
    State state;  // only live is tradable
    Reason reason;
    std::uint16_t flags;
    Sequence u;
    VenueTime match;
    VenueTime send;    // 0 after a snapshot alone
    MonoTime receive;  // 0 after a snapshot alone
    // The update's `delta` events; none where a state changed, or the book was replaced.
    std::span<const Event> changes;
    bool replaced;  // the book is another one since the last call: with it, changes say nothing

    // Best of a side; none: the side is empty.
    [[nodiscard]] std::optional<Level> best(Side side) const noexcept { return book.side(side).best(); }
};

struct Trade {
    SymbolIndex symbol;
    const Instrument& instrument;
    std::uint64_t id;
    Price price;
    Quantity quantity;
    Side aggressor;  // bid: the buyer took
    std::uint64_t buyer_order_id;
    std::uint64_t seller_order_id;
    VenueTime match;
    VenueTime send;
    MonoTime receive;
};

// What the venue tells of a market beside its book, valid during the callback only.
struct FiguresView {
    SymbolIndex symbol;
    const Instrument& instrument;
    const Figures& figures;
};

// A position that the venue closed against its owner's will; price and quantity are as fine as the venue wrote them.
struct Liquidation {
    SymbolIndex symbol;
    const Instrument& instrument;
    Decimal price;
    Decimal quantity;
    Side side;  // of the order that closed it
    VenueTime match;
    VenueTime send;
    MonoTime receive;
};

// A line came up or went down.
struct LineChange {
    LineIndex line;
    bool up;
    unsigned lines_up;  // after it
    MonoTime at;
};

// Called on the book thread, after the same thing is in shared memory: what is done here delays the next update. They
// must not throw.
struct Callbacks {
    // Each applied update, each book that was replaced, and each change of state.
    std::function<void(const BookView&)> on_book{};
    std::function<void(const Trade&)> on_trade{};
    std::function<void(const FiguresView&)> on_figures{};  // each of its groups, where its newest copy came
    std::function<void(const Liquidation&)> on_liquidation{};
    std::function<void(const LineChange&)> on_line{};
    std::function<void()> on_round{};  // every 10 ms, between two updates
    // What is new of an account. On the account's own thread: those of two accounts may come at the same time.
    std::function<void(const AccountReport&)> on_account{};
};

}  // namespace daypack::core
