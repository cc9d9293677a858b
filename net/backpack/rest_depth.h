// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "book/instrument.h"
#include "book/snapshot.h"

namespace daypack::core {

// The body of /api/v1/depth -> a snapshot, or why it is none. Nothing here believes that a body is JSON, or complete.
//
// Thread: any; each call stands alone and may allocate.

// What can be wrong with such a body.
enum class DepthFault : std::uint8_t {
    none,
    byte_order_mark,  // before the JSON, which knows none
    not_json,         // cut short, empty, or text of somebody before the venue
    no_book,          // JSON, and no id or no levels: what the venue says instead of a book, for one
    level_shape,      // a level that is no pair of strings
    not_a_price,      // a level whose text is no plain decimal above zero
    off_grid,         // a level between two ticks or steps: finer units would hold it
    unfit,            // a level that no units hold together with the others
    same_price,       // a price that stands twice
};
inline constexpr std::size_t kDepthFaults = 9;
[[nodiscard]] const char* depth_fault_name(DepthFault fault) noexcept;

// It is how the venue writes this book, and not an accident on the way: asked again, it will come again.
[[nodiscard]] constexpr bool lasts(DepthFault fault) noexcept {
    return fault != DepthFault::none && fault != DepthFault::not_json && fault != DepthFault::no_book;
}

struct DepthRefusal {
    DepthFault fault = DepthFault::none;
    std::string words;  // with side, level and byte: `asks[17] "103.7" at byte 4211: the same price twice`

    // It was refused.
    [[nodiscard]] explicit operator bool() const noexcept { return fault != DepthFault::none; }
};

// In the instrument's units. Where it is refused, `snapshot` holds nothing of use.
[[nodiscard]] DepthRefusal parse_depth(std::string_view body, const Instrument& instrument, Snapshot& snapshot);

// What a body's levels have to be counted in: the instrument's own grid, made as fine as they need.
struct DepthGrid {
    Grid grid;
    std::string why;  // the level that needs the finest, in words; empty: the instrument's own will do
};
// Of levels that can be read. A body that parse_depth() refuses for anything else gets the instrument's own.
[[nodiscard]] DepthGrid depth_grid(std::string_view body, const Instrument& instrument);

}  // namespace daypack::core
