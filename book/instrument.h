#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "book/decimal.h"
#include "book/result.h"
#include "book/state.h"
#include "book/types.h"

namespace daypack {

// One market as the venue lists it. Never changes once it stands in a table.
struct Instrument {
    std::string native;            // the venue's name: BTC_USDC, kBONK_USDC_PERP, AAPL.US_USDC
    std::string symbol;            // normalised: BTC-USDC
    Unit tick;                     // of prices
    Unit step;                     // of quantities
    Reason halted = Reason::none;  // why the market is not open; none: it is
    bool listed = true;            // false: configured, but unknown to the venue

    // Errors as in parse_units; a price of zero is not_a_number.
    [[nodiscard]] Result<Price> price(std::string_view text) const noexcept {
        const auto units = parse_units(text, tick);
        if (!units) return units.errc();
        if (*units == 0) return Errc::not_a_number;
        return Price{*units};
    }
    [[nodiscard]] Result<Quantity> quantity(std::string_view text) const noexcept {
        const auto units = parse_units(text, step);
        if (!units) return units.errc();
        return Quantity{*units};
    }
};

// The symbols of one engine; the index of an instrument is its slot in shared memory.
//
// Thread: one appends (the cold thread), any reads below size(). Only grows; what is there never moves or changes.
// Invariant: size() <= capacity().
class InstrumentTable {
  public:
    explicit InstrumentTable(std::size_t capacity) { instruments_.reserve(capacity); }
    InstrumentTable(const InstrumentTable&) = delete;
    InstrumentTable& operator=(const InstrumentTable&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return instruments_.capacity(); }
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);  // acquire: pairs with the release in append()
    }
    // REQUIRES: index < size().
    [[nodiscard]] const Instrument& operator[](SymbolIndex index) const noexcept { return instruments_.data()[index]; }

    // False when the table is full. Thread: the one that appends.
    [[nodiscard]] bool append(Instrument instrument) {
        if (instruments_.size() == instruments_.capacity()) return false;
        instruments_.push_back(std::move(instrument));
        size_.store(instruments_.size(), std::memory_order_release);  // release: pairs with the acquire in size()
        return true;
    }

  private:
    std::vector<Instrument> instruments_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace daypack
