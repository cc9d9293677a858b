// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "book/decimal.h"
#include "book/event.h"
#include "book/types.h"

namespace daypack::core {

// Figures that come together, and are published together: each group has a source of its own.
enum class FigureGroup : std::uint8_t {
    mark,           // markPrice: mark and index price, funding rate, next funding
    open_interest,  // REST
    day,            // ticker: the last 24 hours
};
inline constexpr std::size_t kFigureGroups = 3;

[[nodiscard]] constexpr FigureGroup group_of(Figure figure) noexcept {
    if (figure < Figure::open_interest) return FigureGroup::mark;
    return figure == Figure::open_interest ? FigureGroup::open_interest : FigureGroup::day;
}

// What one frame of the venue, or one answer of REST, tells of a market beside its book.
//
// Thread: any; plain values.
class Figures {
  public:
    void set(Figure figure, Decimal value) noexcept {
        values_[index(figure)] = value;
        known_ |= 1u << index(figure);
    }
    [[nodiscard]] bool has(Figure figure) const noexcept { return (known_ >> index(figure) & 1) != 0; }
    // Zero where it was not told.
    [[nodiscard]] Decimal operator[](Figure figure) const noexcept { return values_[index(figure)]; }

    FigureGroup group = FigureGroup::mark;
    VenueTime match;  // when it was so; of a day's figures, when they were sent
    VenueTime send;   // 0: REST does not tell
    MonoTime receive;

  private:
    static constexpr std::size_t index(Figure figure) noexcept { return static_cast<std::size_t>(figure); }

    std::array<Decimal, kFigures> values_{};
    std::uint32_t known_ = 0;
};

}  // namespace daypack::core
