// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <daypack/book.hpp>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What an engine tells a program that embeds it: books as they change, trades, lines, and what ended it.

namespace daypack {

namespace core {  // the inside of the library, which no program needs to know
struct BookView;
struct Event;
}  // namespace core

struct OrderUpdate;  // these five: <daypack/account.hpp>
struct AccountFill;
struct AccountPosition;
struct AccountBalance;
struct AccountStatus;

// A symbol of an engine: its place in the directory of shared memory, the same for as long as the segment lives.
using SymbolId = std::uint16_t;

// Whether a book may be traded on: only `live` says yes. The numbers are those of <daypack/shm.h>.
enum class State : std::uint8_t { down = 0, syncing = 1, live = 2, stale = 3, polling = 4, invalid = 5, halted = 6 };

// Why a book is in its state; `none` while it is live.
enum class Reason : std::uint8_t {
    none = 0,
    start = 1,
    gap = 2,
    restart = 3,
    audit = 4,
    depth = 5,
    tick = 6,
    bad_frame = 7,
    queue = 8,
    overflow = 9,
    silent = 10,
    line_dead = 11,
    writer_stalled = 12,
    ws_down = 13,
    rest_only = 14,
    crossed = 15,
    closed = 16,
    cancel_only = 17,
    limit_only = 18,
    post_only = 19,
    not_open = 20,
    no_market = 21,
    writer_dead = 22,
    stopped = 23,
    refused = 24,
};

// What qualifies a state.
enum class Flag : std::uint16_t {
    unconfirmed = 1,  // the book is a snapshot that no update has followed yet
    behind = 2,       // a later update is known and waited for
    crossed = 4,      // the best bid is at or above the best ask just now
    partial = 8,      // fewer levels are known than are published
};

// "LIVE", "SYNCING"; "gap", "tick". The texts live for ever.
[[nodiscard]] std::string_view name(State state) noexcept;
[[nodiscard]] std::string_view name(Reason reason) noexcept;

// One level that an update set: the quantity that rests there now, or 0 where the level is gone.
struct Change : Level {
    Side side = Side::bid;
};

// The changes of one update, in the order in which the exchange sent them. Valid during the callback.
class Changes {
  public:
    class iterator {
      public:
        using value_type = Change;
        using difference_type = std::ptrdiff_t;
        using reference = Change;
        using pointer = void;
        using iterator_category = std::input_iterator_tag;  // for it makes each change as it goes
        using iterator_concept = std::forward_iterator_tag;

        iterator() = default;
        Change operator*() const noexcept { return Changes(events_, i_ + 1)[i_]; }
        iterator& operator++() noexcept {
            ++i_;
            return *this;
        }
        iterator operator++(int) noexcept {
            const iterator before = *this;
            ++i_;
            return before;
        }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.i_ == b.i_; }

      private:
        friend class Changes;
        iterator(const core::Event* events, std::size_t i) noexcept : events_(events), i_(i) {}

        const core::Event* events_ = nullptr;
        std::size_t i_ = 0;
    };

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    // REQUIRES: i < size().
    [[nodiscard]] Change operator[](std::size_t i) const noexcept;
    [[nodiscard]] iterator begin() const noexcept { return {events_, 0}; }
    [[nodiscard]] iterator end() const noexcept { return {events_, size_}; }

  private:
    friend class BookUpdate;
    Changes(const core::Event* events, std::size_t size) noexcept : events_(events), size_(size) {}

    const core::Event* events_;
    std::size_t size_;
};

// A book after an update, after it was replaced, or after a change of its state. Valid during the callback alone.
//
// To learn the book: where replaced(), take all of bids() and asks(), and the units(), anew; otherwise apply changes().
// A copy that is kept so equals the book at every callback, within known_to(). While the book is not live, what is
// shown is what is known of it: levels and u() may then be of different moments.
class BookUpdate : public BookView {
  public:
    BookUpdate(const BookUpdate&) = delete;
    BookUpdate& operator=(const BookUpdate&) = delete;

    [[nodiscard]] SymbolId id() const noexcept { return id_; }
    // "BTC-USDC", and as the exchange writes it: "BTC_USDC".
    [[nodiscard]] std::string_view symbol() const noexcept;
    [[nodiscard]] std::string_view native_symbol() const noexcept;

    // The book equals the exchange's after the update u(). Nothing else may be traded on.
    [[nodiscard]] bool live() const noexcept { return state_ == State::live; }
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] Reason reason() const noexcept { return reason_; }
    [[nodiscard]] std::uint16_t flags() const noexcept;  // of Flag
    [[nodiscard]] bool has(Flag flag) const noexcept { return (flags() & static_cast<std::uint16_t>(flag)) != 0; }

    // The exchange's id of the last update that is in the book; 0: there is none.
    [[nodiscard]] std::uint64_t u() const noexcept { return u_; }
    // The exchange's clock, in microseconds since the Unix epoch: when the engine matched, and when it sent. 0:
    // unknown.
    [[nodiscard]] std::int64_t venue_match_us() const noexcept;
    [[nodiscard]] std::int64_t venue_send_us() const noexcept;
    // CLOCK_MONOTONIC of this machine, in ns: when the frame was in hand, decrypted and complete. 0 after a snapshot.
    [[nodiscard]] std::int64_t receive_mono_ns() const noexcept;

    // The whole book is another one since the last callback of this symbol: after a snapshot, a resync, a change of the
    // tick, a poll of REST, or when the symbol was taken up or dropped. changes() is empty then.
    [[nodiscard]] bool replaced() const noexcept;
    // Exactly what this update changed; empty where a state changed, not a level.
    [[nodiscard]] Changes changes() const noexcept;

    // For the engine, which alone makes them.
    explicit BookUpdate(const core::BookView& view) noexcept;

  private:
    const core::BookView* view_;
    std::uint64_t u_;
    SymbolId id_;
    State state_;
    Reason reason_;
};

// A trade, told once, whichever line brought it first. Valid during the callback.
struct Trade {
    SymbolId id;  // of the symbol
    std::string_view symbol;
    std::uint64_t trade_id;
    std::int64_t price;     // in ticks of `units`
    std::int64_t quantity;  // in steps
    Units units;
    Side aggressor;  // bid: the buyer took
    std::uint64_t buyer_order_id;
    std::uint64_t seller_order_id;
    std::int64_t venue_match_us;   // as in BookUpdate
    std::int64_t venue_send_us;    // 0: unknown, as of a trade that REST told
    std::int64_t receive_mono_ns;  // as in BookUpdate
};

// A line, which is one WebSocket connection, came up or went down. Of a book it says nothing: books have states.
struct LineStatus {
    unsigned line;
    bool up;
    unsigned lines_up;             // now, this one counted
    std::int64_t receive_mono_ns;  // when that was found
};

// A number as the exchange wrote it, where it has no unit of the market's: mantissa * 10^exponent, exactly.
struct Figure {
    std::int64_t mantissa = 0;
    std::int8_t exponent = 0;
    bool operator==(const Figure&) const = default;

    // The nearest double.
    [[nodiscard]] double value() const noexcept { return Units{{1, exponent}, {}}.price(mantissa); }
};

// Of a market with positions: mark and index price, and what is paid between longs and shorts. Told about once a
// second, where the channels have `funding` or `index`.
struct MarkPrice {
    SymbolId id;
    std::string_view symbol;
    Figure mark;
    std::optional<Figure> index;  // none in a prediction market, as the next one
    std::optional<Figure>
        funding_rate;              // of the running interval, as a fraction: 0.0001 is 0.01 %; below 0: shorts pay
    std::int64_t next_funding_us;  // when it is paid, in microseconds since the Unix epoch; 0: unknown
    std::int64_t venue_match_us;   // as in BookUpdate
    std::int64_t venue_send_us;
    std::int64_t receive_mono_ns;
};

// How much is open in a market with positions, in the base asset. Told about twice a minute (`open_interest`).
struct OpenInterest {
    SymbolId id;
    std::string_view symbol;
    Figure quantity;
    std::int64_t venue_us;  // the exchange's clock, whole milliseconds
    std::int64_t receive_mono_ns;
};

// Of the last 24 hours. Told about once a second (`ticker`).
struct Ticker {
    SymbolId id;
    std::string_view symbol;
    Figure last;
    std::optional<Figure> open;          // none: not told, as of those that follow
    std::optional<Figure> volume;        // in the base asset
    std::optional<Figure> quote_volume;  // in the quote asset
    std::uint64_t trades;                // 0: not told
    std::int64_t venue_send_us;
    std::int64_t receive_mono_ns;
};

// A position that the exchange closed against its owner's will, told once, whichever line brought it first
// (`liquidations`).
struct Liquidation {
    SymbolId id;
    std::string_view symbol;
    Side side;  // of the order that closed the position
    Figure price;
    Figure quantity;
    std::int64_t venue_match_us;
    std::int64_t venue_send_us;
    std::int64_t receive_mono_ns;
};

// What ends an engine by itself.
enum class ErrorCode : std::uint8_t {
    none,
    callback,       // an exception left a function of the Handler, or the function that takes the log
    no_symbols,     // the exchange lists none of the symbols, or shared memory has room for none
    instance_lost,  // the segment's name was taken by another engine, which was there first
    handed_over,    // another engine asked for the instance (Config::takeover), and goes on with it
};

struct Error {
    ErrorCode code = ErrorCode::none;
    std::string_view text;  // what happened, in words
};

// What a program wants to hear. Overrides may be left out.
//
// Thread: all but those of accounts are called by the engine's book thread, one at a time (with `threads` fused, that
// is the network thread), and never after Engine::stop() has returned. What is done here delays the next update: it
// should not wait, allocate or lock. Each is called after the same thing is in shared memory. Declare overrides
// noexcept. An exception that leaves one that is not ends in on_error(), and in a clean stop of the engine.
class Handler {
  public:
    virtual ~Handler() = default;

    // Each update that is applied, each time a book is replaced, and each change of a state.
    virtual void on_book(const BookUpdate&);
    virtual void on_trade(const Trade&) {}
    // What the exchange tells beside the books, where the channels ask for it. It has no part in a book's state.
    virtual void on_mark(const MarkPrice&) {}
    virtual void on_open_interest(const OpenInterest&) {}
    virtual void on_ticker(const Ticker&) {}
    virtual void on_liquidation(const Liquidation&) {}
    virtual void on_line(const LineStatus&) {}

    // What happens on the accounts whose keys are configured, for the private channels that are asked for: ORDER_INFO,
    // FILLS, POSITIONS, BALANCES. See <daypack/account.hpp>.
    //
    // Thread: not the book thread, but one of each account's own, so these may wait and allocate, and hold up nothing
    // but later news of that account. They may come at the same time as the functions above, and, where there are
    // several accounts, as those of another account. The arguments are valid during the call; copies may be kept.
    virtual void on_order(const OrderUpdate&) {}
    virtual void on_fill(const AccountFill&) {}
    virtual void on_position(const AccountPosition&) {}
    virtual void on_balance(const AccountBalance&) {}
    // Each change, for each of the parts that are asked for. What goes wrong with an account ends no engine and no
    // book: it is told here (DOWN/refused where the exchange refuses the keys), and in words in the log.
    virtual void on_account_state(const AccountStatus&) {}

    // Once at most, and it is the last call: the engine then stops by itself.
    virtual void on_error(const Error&) {}
};

}  // namespace daypack
