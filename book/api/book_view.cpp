// SPDX-License-Identifier: MIT
#include <array>
#include <limits>

#include "book/decimal.h"
#include "book/instrument.h"
#include "book/order_book.h"
#include "engine/include/daypack/book.hpp"

namespace daypack {
namespace {

// A level is copied from the book's own memory, worse ones before it.
static_assert(sizeof(Level) == sizeof(core::Level) && offsetof(core::Level, price) == offsetof(Level, price) &&
              offsetof(core::Level, quantity) == offsetof(Level, quantity) && sizeof(core::Price) == 8 &&
              std::is_trivially_copyable_v<core::Level>);

__extension__ using Wide = __int128;  // the sum of any number of products of two 63-bit numbers that memory can hold

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

[[nodiscard]] core::Side core_side(Side side) noexcept {
    return side == Side::bid ? core::Side::bid : core::Side::ask;
}

[[nodiscard]] Level level_of(const core::Level& level) noexcept {
    return {level.price.ticks, level.quantity.steps};
}

[[nodiscard]] std::optional<Level> best_of(const core::BookSide& side) noexcept {
    const auto best = side.best();
    return best ? std::optional(level_of(*best)) : std::nullopt;
}

[[nodiscard]] core::Unit core_unit(Unit unit) noexcept {
    return {unit.mantissa, unit.exponent};
}

[[nodiscard]] std::int64_t saturated(Wide sum) noexcept {
    return sum > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(sum);
}

[[nodiscard]] std::optional<std::int64_t> parsed(std::string_view text, Unit unit) noexcept {
    const auto count = core::parse_units(text, core_unit(unit));
    return count ? std::optional(*count) : std::nullopt;
}

}  // namespace

std::string Units::price_text(std::int64_t ticks) const {
    return core::format_units(ticks, core_unit(tick));
}

std::string Units::quantity_text(std::int64_t steps) const {
    return core::format_units(steps, core_unit(step));
}

std::optional<std::int64_t> Units::parse_price(std::string_view text) const noexcept {
    return parsed(text, tick);
}

std::optional<std::int64_t> Units::parse_quantity(std::string_view text) const noexcept {
    return parsed(text, step);
}

Levels::iterator::iterator(const core::BookSide& side) noexcept {
    const auto top = side.known_top();
    if (top.empty()) return;
    side_ = &side;
    at_ = reinterpret_cast<const std::byte*>(&top.back());
    left_ = top.size() - 1;
    level_ = level_of(top.back());
}

// Behind the levels that lie in a row.
void Levels::iterator::advance() noexcept {
    const auto next = side_->next_worse(core::Price{level_.price});
    if (next && side_->is_known(next->price)) {
        level_ = level_of(*next);
    } else {
        *this = {};
    }
}

Units BookView::units() const noexcept {
    return {{instrument_->tick.mantissa, instrument_->tick.exponent},
            {instrument_->step.mantissa, instrument_->step.exponent}};
}

Levels BookView::levels(Side side) const noexcept {
    return Levels(Levels::iterator(book_->side(core_side(side))));
}

std::optional<Level> BookView::best_bid() const noexcept {
    return best_of(book_->side(core::Side::bid));
}

std::optional<Level> BookView::best_ask() const noexcept {
    return best_of(book_->side(core::Side::ask));
}

std::size_t BookView::depth(Side side) const noexcept {
    const core::BookSide& half = book_->side(core_side(side));
    if (!half.known_to()) return half.size();
    std::size_t count = 0;
    for (auto at = levels(side).begin(); at != std::default_sentinel; ++at) ++count;
    return count;
}

std::int64_t BookView::quantity_at(Side side, std::int64_t price) const noexcept {
    const core::BookSide& half = book_->side(core_side(side));
    return half.is_known({price}) ? half.at({price}).steps : 0;
}

std::int64_t BookView::cumulative_quantity(Side side, std::size_t levels) const noexcept {
    Wide sum = 0;
    for (auto at = this->levels(side).begin(); levels > 0 && at != std::default_sentinel; ++at, --levels) {
        sum += (*at).quantity;
    }
    return saturated(sum);
}

std::int64_t BookView::quantity_to(Side side, std::int64_t price) const noexcept {
    Wide sum = 0;
    for (const Level level : levels(side)) {
        if (side == Side::bid ? level.price < price : level.price > price) break;
        sum += level.quantity;
    }
    return saturated(sum);
}

std::optional<double> BookView::vwap(Side side, std::int64_t quantity) const noexcept {
    if (quantity <= 0) return std::nullopt;
    // Distances from the best price: a product of two 63-bit numbers each, and the sum of the quantities has 63 bits.
    const auto all = levels(side);
    if (all.empty()) return std::nullopt;
    const std::int64_t best = (*all.begin()).price;
    std::int64_t left = quantity;
    Wide paid = 0;
    for (const Level level : all) {
        const std::int64_t taken = level.quantity < left ? level.quantity : left;
        paid += (static_cast<Wide>(level.price) - best) * taken;
        left -= taken;
        if (left != 0) continue;
        const Units in = units();
        return in.price(best) + static_cast<double>(paid) / static_cast<double>(quantity) * in.price(1);
    }
    return std::nullopt;
}

std::optional<std::int64_t> BookView::spread() const noexcept {
    const auto bid = best_bid(), ask = best_ask();
    return bid && ask ? std::optional(ask->price - bid->price) : std::nullopt;
}

double BookView::mid() const noexcept {
    const auto bid = best_bid(), ask = best_ask();
    if (!bid || !ask) return kNone;
    const Units in = units();
    return (in.price(bid->price) + in.price(ask->price)) / 2;
}

double BookView::microprice() const noexcept {
    const auto bid = best_bid(), ask = best_ask();
    if (!bid || !ask) return kNone;
    const Units in = units();
    const auto bids = static_cast<double>(bid->quantity), asks = static_cast<double>(ask->quantity);
    return (in.price(bid->price) * asks + in.price(ask->price) * bids) / (bids + asks);
}

double BookView::imbalance(std::size_t levels) const noexcept {
    const auto bids = static_cast<double>(cumulative_quantity(Side::bid, levels));
    const auto asks = static_cast<double>(cumulative_quantity(Side::ask, levels));
    return bids + asks > 0 ? (bids - asks) / (bids + asks) : kNone;
}

bool BookView::crossed() const noexcept {
    return book_->crossed();
}

std::optional<std::int64_t> BookView::known_to(Side side) const noexcept {
    const auto known = book_->side(core_side(side)).known_to();
    return known ? std::optional(known->ticks) : std::nullopt;
}

}  // namespace daypack
