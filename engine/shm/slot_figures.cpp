// SPDX-License-Identifier: MIT
#include "engine/shm/slot_figures.h"

#include <span>

#include "engine/shm/atomic_words.h"
#include "engine/shm/seqlock.h"

namespace daypack::core {
namespace {

// A figure of the slot, its word, and the number of its exponent and of its bit in `perp`.
struct Place {
    Figure figure;
    std::int64_t daypack_slot::*word;
    unsigned number;
};
constexpr Place kMark[] = {{Figure::mark_price, &daypack_slot::mark_price, 0},
                           {Figure::index_price, &daypack_slot::index_price, 1},
                           {Figure::funding_rate, &daypack_slot::funding_rate, 2}};
constexpr Place kOpenInterest[] = {{Figure::open_interest, &daypack_slot::open_interest, 3}};
constexpr Place kDay[] = {{Figure::last_price, &daypack_slot::last_price, 4},
                          {Figure::volume, &daypack_slot::volume, 5},
                          {Figure::quote_volume, &daypack_slot::quote_volume, 6}};
constexpr unsigned kKnownBits = 56;  // of `perp`: where the bits begin
static_assert(DAYPACK_PERP_FUNDING == 1 << 2 && DAYPACK_PERP_OPEN_INTEREST == 1 << 3 &&
              DAYPACK_PERP_QUOTE_VOLUME == 1 << 6);

[[nodiscard]] std::uint64_t exponent_at(Decimal value, unsigned number) noexcept {
    return std::uint64_t{static_cast<std::uint8_t>(value.exponent)} << (8 * number);
}

void write_group(daypack_slot& slot, const Figures& figures, std::span<const Place> places) noexcept {
    std::uint64_t perp = load_relaxed(slot.perp);
    for (const Place& place : places) {
        perp &= ~(std::uint64_t{0xff} << (8 * place.number) | std::uint64_t{1} << (kKnownBits + place.number));
        const Decimal value = figures[place.figure];
        store_relaxed(slot.*place.word, value.mantissa);
        if (!figures.has(place.figure)) continue;
        perp |= exponent_at(value, place.number) | std::uint64_t{1} << (kKnownBits + place.number);
    }
    store_relaxed(slot.perp, perp);
}

}  // namespace

void write_figures(daypack_slot& slot, const Figures& figures, std::int64_t receive_ns) noexcept {
    // The venue's time: of a mark price when it was so, as of what REST tells; a day's figures have one time alone.
    const std::int64_t venue_us = figures.match.us;
    const SeqlockWrite write(slot);
    switch (figures.group) {
        case FigureGroup::mark:
            write_group(slot, figures, kMark);
            store_relaxed(slot.next_funding_us, figures[Figure::next_funding_us].mantissa);
            store_relaxed(slot.mark_venue_us, venue_us);
            store_relaxed(slot.mark_receive_ns, receive_ns);
            return;
        case FigureGroup::open_interest:
            write_group(slot, figures, kOpenInterest);
            store_relaxed(slot.open_interest_venue_us, venue_us);
            store_relaxed(slot.open_interest_receive_ns, receive_ns);
            return;
        case FigureGroup::day:
            write_group(slot, figures, kDay);
            store_relaxed(slot.ticker_venue_us, venue_us);
            store_relaxed(slot.ticker_receive_ns, receive_ns);
            return;
    }
}

std::uint64_t exponents_word(Decimal price, Decimal quantity, Decimal price2, Decimal quantity2) noexcept {
    return exponent_at(price, 0) | exponent_at(quantity, 1) | exponent_at(price2, 2) | exponent_at(quantity2, 3);
}

}  // namespace daypack::core
