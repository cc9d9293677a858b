// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "book/decimal.h"
#include "book/result.h"
#include "book/state.h"
#include "book/types.h"

namespace daypack::core {

// The units of which prices and quantities are whole numbers.
struct Grid {
    Unit tick;
    Unit step;
    bool operator==(const Grid&) const = default;
};

// One market as the venue lists it. An instrument never changes: when the venue changes the tick, a new one replaces
// it.
struct Instrument {
    std::string native;            // the venue's name: BTC_USDC, kBONK_USDC_PERP, AAPL.US_USDC
    std::string symbol;            // normalised: BTC-USDC
    Unit tick;                     // the unit of prices: the venue's tick, or a finer one, see venue_grid
    Unit step;                     // the unit of quantities, likewise
    Reason halted = Reason::none;  // why the market is not open; none: it is open
    std::uint8_t units = 0;        // counts changes of tick or step, so that events in old units are recognised
    // The venue's grid, where ours is finer because older orders rest between two of its new, coarser ticks.
    std::optional<Grid> venue_grid{};

    [[nodiscard]] Grid grid() const noexcept { return {tick, step}; }
    [[nodiscard]] Grid listed_grid() const noexcept { return venue_grid.value_or(grid()); }
    // Returns the same market with finer units.
    [[nodiscard]] Instrument refined(const Grid& finer) const {
        Instrument instrument = *this;
        instrument.venue_grid = listed_grid();
        instrument.tick = finer.tick;
        instrument.step = finer.step;
        return instrument;
    }

    // Errors as in parse_units; a price of zero is not_a_number.
    [[nodiscard]] Result<Price> price(std::string_view text) const noexcept {
        const auto ticks = parse_units(text, tick);
        if (!ticks) return ticks.errc();
        if (*ticks == 0) return Errc::not_a_number;
        return Price{*ticks};
    }
    [[nodiscard]] Result<Quantity> quantity(std::string_view text) const noexcept {
        const auto steps = parse_units(text, step);
        if (!steps) return steps.errc();
        return Quantity{*steps};
    }
};

// How fine the units of a market must be for the levels of its depth frames, where the current ones are too coarse.
struct alignas(4) UnitsNeeded {  // so that the compiler knows an atomic of it to be one word
    static constexpr std::int8_t kNone = INT8_MAX;

    std::int8_t price = kNone;     // 10^price is fine enough
    std::int8_t quantity = kNone;  // likewise
    bool price_unfit = false;      // there was a price that no unit can hold
    bool quantity_unfit = false;   // likewise
    bool operator==(const UnitsNeeded&) const = default;

    // Returns the units that satisfy both.
    [[nodiscard]] UnitsNeeded with(const UnitsNeeded& other) const noexcept {
        return {std::min(price, other.price), std::min(quantity, other.quantity), price_unfit || other.price_unfit,
                quantity_unfit || other.quantity_unfit};
    }
};

static_assert(std::atomic<UnitsNeeded>::is_always_lock_free);

// The instruments of one engine. The index of an instrument is that of its slot in shared memory.
//
// Thread: one thread appends and replaces (the control thread), any thread reads below size() and calls need(). A
// reference that was read stays valid. Invariant: size() <= capacity(); an index keeps its symbol.
class InstrumentTable {
  public:
    explicit InstrumentTable(std::size_t capacity)
        : capacity_(capacity),
          now_(std::make_unique<std::atomic<const Instrument*>[]>(capacity)),
          needed_(std::make_unique<std::atomic<UnitsNeeded>[]>(capacity)) {}
    InstrumentTable(const InstrumentTable&) = delete;
    InstrumentTable& operator=(const InstrumentTable&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);  // acquire: pairs with the release in append()
    }
    // REQUIRES: index < size().
    [[nodiscard]] const Instrument& operator[](SymbolIndex index) const noexcept {
        return *now_[index].load(std::memory_order_acquire);  // acquire: pairs with the release in put()
    }

    // Returns false when the table is full. Thread: the one that appends.
    [[nodiscard]] bool append(Instrument instrument) {
        const std::size_t size = size_.load(std::memory_order_relaxed);
        if (size == capacity_) return false;
        put(static_cast<SymbolIndex>(size), std::move(instrument));
        size_.store(size + 1, std::memory_order_release);  // release: pairs with the acquire in size()
        return true;
    }
    // Replaces an instrument by one with other units. REQUIRES: index < size(); the same symbol. Thread: the one that
    // appends.
    void replace(SymbolIndex index, Instrument instrument) {
        instrument.units = static_cast<std::uint8_t>((*this)[index].units + 1);
        put(index, std::move(instrument));
        (void)take_needed(index);  // of the units before
    }
    // Replaces an instrument whose units stay the same, because the venue now lists the grid that was in use already.
    // REQUIRES: as replace(), and the same grid().
    void restate(SymbolIndex index, Instrument instrument) {
        instrument.units = (*this)[index].units;
        put(index, std::move(instrument));
    }

    // Records that a frame brought levels that the units of its market cannot hold. Thread: any. REQUIRES: index <
    // size().
    void need(SymbolIndex index, const UnitsNeeded& needed) const noexcept {
        UnitsNeeded before = needed_[index].load(std::memory_order_relaxed);
        // relaxed: the value is complete in itself, and no other memory is read because of it
        while (!needed_[index].compare_exchange_weak(before, before.with(needed), std::memory_order_relaxed)) {
        }
    }
    // Returns what was needed since the last call. Thread: the one that appends.
    UnitsNeeded take_needed(SymbolIndex index) noexcept {
        return needed_[index].exchange(UnitsNeeded{}, std::memory_order_relaxed);
    }

  private:
    void put(SymbolIndex index, Instrument instrument) {
        const Instrument& kept = all_.emplace_back(std::move(instrument));
        now_[index].store(&kept, std::memory_order_release);  // release: pairs with the acquire in operator[]
    }

    std::size_t capacity_;
    std::deque<Instrument> all_;  // replaced ones stay, because a thread may still read them
    std::unique_ptr<std::atomic<const Instrument*>[]> now_;
    std::unique_ptr<std::atomic<UnitsNeeded>[]> needed_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace daypack::core
