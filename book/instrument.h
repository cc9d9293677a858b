#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "book/decimal.h"
#include "book/result.h"
#include "book/state.h"
#include "book/types.h"

namespace daypack {

// One market as the venue lists it. Never changes: where the venue changes its tick, another takes its place.
struct Instrument {
    std::string native;            // the venue's name: BTC_USDC, kBONK_USDC_PERP, AAPL.US_USDC
    std::string symbol;            // normalised: BTC-USDC
    Unit tick;                     // of prices
    Unit step;                     // of quantities
    Reason halted = Reason::none;  // why the market is not open; none: it is
    std::uint8_t units = 0;        // counts changes of tick or step: events in other units mean nothing

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

// The symbols of one engine; the index of an instrument is its slot in shared memory.
//
// Thread: one appends and replaces (the cold thread), any reads below size(). What was read stays valid.
// Invariant: size() <= capacity(); an index keeps its symbol.
class InstrumentTable {
  public:
    explicit InstrumentTable(std::size_t capacity)
        : capacity_(capacity), now_(std::make_unique<std::atomic<const Instrument*>[]>(capacity)) {}
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

    // False when the table is full. Thread: the one that appends.
    [[nodiscard]] bool append(Instrument instrument) {
        const std::size_t size = size_.load(std::memory_order_relaxed);
        if (size == capacity_) return false;
        put(static_cast<SymbolIndex>(size), std::move(instrument));
        size_.store(size + 1, std::memory_order_release);  // release: pairs with the acquire in size()
        return true;
    }
    // From now on other units. REQUIRES: index < size(); the same symbol. Thread: the one that appends.
    void replace(SymbolIndex index, Instrument instrument) {
        instrument.units = static_cast<std::uint8_t>((*this)[index].units + 1);
        put(index, std::move(instrument));
    }

  private:
    void put(SymbolIndex index, Instrument instrument) {
        const Instrument& kept = all_.emplace_back(std::move(instrument));
        now_[index].store(&kept, std::memory_order_release);  // release: pairs with the acquire in operator[]
    }

    std::size_t capacity_;
    std::deque<Instrument> all_;  // those that were replaced too: somebody may still read them
    std::unique_ptr<std::atomic<const Instrument*>[]> now_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace daypack
