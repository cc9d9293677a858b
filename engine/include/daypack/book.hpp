// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// An order book alone: no engine, no network, no shared memory. Link the target daypack::book.

namespace daypack {

namespace core {  // the inside of the library, which no program needs to know
class OrderBook;
class BookSide;
struct Instrument;
}  // namespace core

enum class Side : std::uint8_t { bid, ask };

// A price and a quantity as whole numbers of the units of their book. Of a change, the quantity 0 deletes the level.
struct Level {
    std::int64_t price = 0;
    std::int64_t quantity = 0;
    bool operator==(const Level&) const = default;
};

// The same as decimals, as the exchange writes them: {"86780.1", "0.5"}.
struct DecimalLevel {
    std::string_view price;
    std::string_view quantity;
};

// mantissa * 10^exponent: a tick of 0.5 is {5, -1}, a step of 10000 is {1, 4}.
struct Unit {
    std::int64_t mantissa = 1;
    std::int8_t exponent = 0;
    bool operator==(const Unit&) const = default;
};

// What the integers of a book count: prices in ticks, quantities in steps. Integers of two books, or of one book before
// and after its market's tick changed, can only be compared where the units are equal.
struct Units {
    Unit tick;
    Unit step;
    bool operator==(const Units&) const = default;

    // The nearest double: 867801 ticks of 0.1 are the same double as the literal 86780.1.
    [[nodiscard]] double price(std::int64_t ticks) const noexcept { return to_double(ticks, tick); }
    [[nodiscard]] double quantity(std::int64_t steps) const noexcept { return to_double(steps, step); }

    // The exact decimal, as an order to the exchange needs it: "86780.1". May allocate.
    [[nodiscard]] std::string price_text(std::int64_t ticks) const;
    [[nodiscard]] std::string quantity_text(std::int64_t steps) const;

    // The inverse; none where the text is no plain decimal, or no whole number of units.
    [[nodiscard]] std::optional<std::int64_t> parse_price(std::string_view text) const noexcept;
    [[nodiscard]] std::optional<std::int64_t> parse_quantity(std::string_view text) const noexcept;

    [[nodiscard]] static double to_double(std::int64_t count, Unit unit) noexcept {
        constexpr double kTens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
        double value = static_cast<double>(count) * static_cast<double>(unit.mantissa);
        int power = unit.exponent < 0 ? -unit.exponent : unit.exponent;
        for (; power > 19; power -= 19) value = unit.exponent < 0 ? value / kTens[19] : value * kTens[19];
        return unit.exponent < 0 ? value / kTens[power] : value * kTens[power];
    }
};

// The levels of one side, best first, to be walked by `for`. Valid until the book changes.
class Levels {
  public:
    class iterator {
      public:
        using value_type = Level;
        using difference_type = std::ptrdiff_t;
        using reference = Level;
        using pointer = void;
        using iterator_category = std::input_iterator_tag;  // for it makes each level as it goes
        using iterator_concept = std::forward_iterator_tag;

        iterator() = default;
        Level operator*() const noexcept { return level_; }
        iterator& operator++() noexcept {
            if (left_ == 0) {
                advance();
            } else {
                --left_;
                at_ -= sizeof(Level);
                std::memcpy(&level_, at_, sizeof(Level));
            }
            return *this;
        }
        iterator operator++(int) noexcept {
            iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.side_ == b.side_ && a.level_.price == b.level_.price;
        }
        friend bool operator==(const iterator& a, std::default_sentinel_t) noexcept { return a.side_ == nullptr; }

      private:
        friend class BookView;
        explicit iterator(const core::BookSide& side) noexcept;
        void advance() noexcept;

        const core::BookSide* side_ = nullptr;  // null: at the end
        const std::byte* at_ = nullptr;         // where the best levels lie in a row, worse ones before
        std::size_t left_ = 0;                  // how many of those follow
        Level level_;
    };

    [[nodiscard]] iterator begin() const noexcept { return begin_; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end(); }

  private:
    friend class BookView;
    explicit Levels(iterator begin) noexcept : begin_(begin) {}

    iterator begin_;
};

// What can be read from an order book. A view owns nothing.
//
// Thread: that of whoever changes the book. Nothing here allocates, but for the texts. Integers are exact; a double is
// made from them in the last step. Only levels that are known are shown: see known_to().
class BookView {
  public:
    [[nodiscard]] Units units() const noexcept;
    [[nodiscard]] double price(std::int64_t ticks) const noexcept { return units().price(ticks); }
    [[nodiscard]] double price(const Level& level) const noexcept { return price(level.price); }
    [[nodiscard]] double quantity(std::int64_t steps) const noexcept { return units().quantity(steps); }
    [[nodiscard]] double quantity(const Level& level) const noexcept { return quantity(level.quantity); }

    // Every known level, best first, however deep.
    [[nodiscard]] Levels levels(Side side) const noexcept;
    [[nodiscard]] Levels bids() const noexcept { return levels(Side::bid); }
    [[nodiscard]] Levels asks() const noexcept { return levels(Side::ask); }
    // None where the side is empty.
    [[nodiscard]] std::optional<Level> best_bid() const noexcept;
    [[nodiscard]] std::optional<Level> best_ask() const noexcept;
    [[nodiscard]] std::optional<Level> best(Side side) const noexcept {
        return side == Side::bid ? best_bid() : best_ask();
    }

    // How many levels of the side are known. Counts them where the side is not known whole.
    [[nodiscard]] std::size_t depth(Side side) const noexcept;
    // At one price; 0 where there is no level.
    [[nodiscard]] std::int64_t quantity_at(Side side, std::int64_t price) const noexcept;
    // Of the best `levels`, or of all where there are fewer. INT64_MAX stands for more.
    [[nodiscard]] std::int64_t cumulative_quantity(Side side, std::size_t levels) const noexcept;
    // Of the levels at that price and better ones.
    [[nodiscard]] std::int64_t quantity_to(Side side, std::int64_t price) const noexcept;
    // The mean price of the best `quantity` of a side, weighted by quantity: what a market order of that size pays on
    // the asks, or gets on the bids. None where the side has less, or for 0.
    [[nodiscard]] std::optional<double> vwap(Side side, std::int64_t quantity) const noexcept;

    // Best ask minus best bid in ticks; less than 0 where the book is crossed. None where a side is empty.
    [[nodiscard]] std::optional<std::int64_t> spread() const noexcept;
    // The mean of best bid and best ask. NaN where a side is empty.
    [[nodiscard]] double mid() const noexcept;
    // The mean of both, each weighted by the quantity of the other: near the ask where more is bid. NaN as in mid().
    [[nodiscard]] double microprice() const noexcept;
    // (bid - asked) / (bid + asked) of the quantities of the best `levels` of each side: 1 where nothing is asked, -1
    // where nothing is bid. NaN where there is neither.
    [[nodiscard]] double imbalance(std::size_t levels) const noexcept;
    [[nodiscard]] bool crossed() const noexcept;

    // The price up to which the side is known, where the exchange cut its snapshot or the side was too long to keep;
    // none where the side is known whole. Behind it there may be levels that nothing told of, so none are shown.
    [[nodiscard]] std::optional<std::int64_t> known_to(Side side) const noexcept;

  protected:
    BookView(const core::OrderBook& book, const core::Instrument& instrument) noexcept
        : book_(&book), instrument_(&instrument) {}
    BookView(const BookView&) = default;
    BookView& operator=(const BookView&) = default;
    ~BookView() = default;

    const core::OrderBook* book_;
    const core::Instrument* instrument_;
};

// An order book that a program fills by itself, from a snapshot and the updates after it.
//
// Thread: one at a time. Memory is taken when it is made, about 2 MB, and none afterwards by apply(). A book that was
// moved from can only be destroyed or assigned to.
class OrderBook : public BookView {
  public:
    static constexpr std::size_t kMaxLevels = 32'768;

    // Each side keeps the best `max_levels`; one that is full drops its worst, and known_to() says from where on.
    // Throws std::invalid_argument where a unit is not positive or max_levels is 0.
    explicit OrderBook(const Units& units, std::size_t max_levels = kMaxLevels);
    // The units as decimals: "0.1", "0.00001". Throws std::invalid_argument where one is no positive decimal.
    OrderBook(std::string_view tick, std::string_view step, std::size_t max_levels = kMaxLevels);
    OrderBook(OrderBook&& other) noexcept;
    OrderBook& operator=(OrderBook&& other) noexcept;
    OrderBook(const OrderBook&) = delete;
    OrderBook& operator=(const OrderBook&) = delete;
    ~OrderBook();

    void clear() noexcept;

    // Replaces the book by a snapshot, its levels in any order; of a price that stands there twice the last one counts,
    // and a quantity of 0 or less is no level. A side of exactly 1000 or 5000 levels is taken for cut, as the exchange
    // cuts its answers there: it is known up to its worst level. Allocates.
    void replace(std::span<const Level> bids, std::span<const Level> asks);
    // The same of decimals. Throws std::invalid_argument, and leaves the book as it was, where one is no number or
    // fits no whole number of units.
    void replace(std::span<const DecimalLevel> bids, std::span<const DecimalLevel> asks);

    // Sets the quantity at a price; 0 or less deletes the level.
    void apply(Side side, std::int64_t price, std::int64_t quantity) noexcept;
    // The same of decimals. Throws as replace().
    void apply(Side side, std::string_view price, std::string_view quantity);

  private:
    struct Parts;
    explicit OrderBook(std::unique_ptr<Parts> parts) noexcept;

    std::unique_ptr<Parts> parts_;
};

}  // namespace daypack
