// SPDX-License-Identifier: MIT
#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "book/decimal.h"
#include "book/instrument.h"
#include "book/order_book.h"
#include "book/snapshot.h"
#include "engine/include/daypack/book.hpp"

namespace daypack {
namespace {

constexpr std::size_t kOrdered = 64;  // levels a side that lie in a row, best first

core::Unit checked_unit(Unit unit, const char* what) {
    if (unit.mantissa > 0) return {unit.mantissa, unit.exponent};
    throw std::invalid_argument(std::string(what) + " must be positive");
}

Unit unit_of(std::string_view text, const char* what) {
    const auto unit = core::parse_unit(text);
    if (unit) return {unit->mantissa, unit->exponent};
    throw std::invalid_argument(std::string(what) + " \"" + std::string(text) +
                                "\" is no positive decimal, as 0.01 is");
}

std::size_t checked_levels(std::size_t max_levels) {
    if (max_levels > 0) return max_levels;
    throw std::invalid_argument("an order book keeps one level a side at least");
}

std::int64_t count_of(std::string_view text, core::Unit unit, const char* what, const char* of) {
    const auto count = core::parse_units(text, unit);
    if (count) return *count;
    throw std::invalid_argument(std::string(what) + " \"" + std::string(text) + "\" is no whole number of " + of +
                                "s of " + core::format_unit(unit));
}

Level level_of(const core::Instrument& instrument, std::string_view price, std::string_view quantity) {
    return {count_of(price, instrument.tick, "price", "tick"), count_of(quantity, instrument.step, "quantity", "step")};
}

std::vector<Level> levels_of(const core::Instrument& instrument, std::span<const DecimalLevel> decimals) {
    std::vector<Level> levels;
    levels.reserve(decimals.size());
    for (const DecimalLevel& level : decimals) levels.push_back(level_of(instrument, level.price, level.quantity));
    return levels;
}

// As a snapshot has it: ascending, each price once, no quantity of zero.
std::vector<core::Level> ascending(std::span<const Level> levels) {
    std::vector<Level> sorted(levels.begin(), levels.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const Level& a, const Level& b) { return a.price < b.price; });
    std::vector<core::Level> side;
    side.reserve(sorted.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const bool is_last = i + 1 == sorted.size() || sorted[i + 1].price != sorted[i].price;
        if (is_last && sorted[i].quantity > 0) side.push_back({{sorted[i].price}, {sorted[i].quantity}});
    }
    return side;
}

}  // namespace

struct OrderBook::Parts {
    Parts(const Units& units, std::size_t max_levels) : book(checked_levels(max_levels), kOrdered) {
        instrument.tick = checked_unit(units.tick, "the tick");
        instrument.step = checked_unit(units.step, "the step");
    }
    core::OrderBook book;
    core::Instrument instrument;
};

OrderBook::OrderBook(std::unique_ptr<Parts> parts) noexcept
    : BookView(parts->book, parts->instrument), parts_(std::move(parts)) {}

OrderBook::OrderBook(const Units& units, std::size_t max_levels)
    : OrderBook(std::make_unique<Parts>(units, max_levels)) {}

OrderBook::OrderBook(std::string_view tick, std::string_view step, std::size_t max_levels)
    : OrderBook(Units{unit_of(tick, "the tick"), unit_of(step, "the step")}, max_levels) {}

OrderBook::OrderBook(OrderBook&& other) noexcept = default;
OrderBook& OrderBook::operator=(OrderBook&& other) noexcept = default;
OrderBook::~OrderBook() = default;

void OrderBook::clear() noexcept {
    parts_->book.clear();
}

void OrderBook::replace(std::span<const Level> bids, std::span<const Level> asks) {
    core::Snapshot snapshot;
    snapshot.bids = ascending(bids);
    snapshot.asks = ascending(asks);
    parts_->book.seed(snapshot);
}

void OrderBook::replace(std::span<const DecimalLevel> bids, std::span<const DecimalLevel> asks) {
    replace(levels_of(parts_->instrument, bids), levels_of(parts_->instrument, asks));
}

void OrderBook::apply(Side side, std::int64_t price, std::int64_t quantity) noexcept {
    parts_->book.apply(side == Side::bid ? core::Side::bid : core::Side::ask, {price}, {quantity > 0 ? quantity : 0});
}

void OrderBook::apply(Side side, std::string_view price, std::string_view quantity) {
    const Level level = level_of(parts_->instrument, price, quantity);
    apply(side, level.price, level.quantity);
}

}  // namespace daypack
