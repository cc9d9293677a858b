// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/instrument.h"
#include "book/result.h"
#include "net/backpack/frame_fields.h"
#include "net/backpack/symbol.h"

namespace daypack::core {

// Ids that one update can stand for. Under load the venue aggregates at most a second; who claims more lies, or was
// mutilated on the way.
inline constexpr Sequence kUpdateIdsMax = 1'000'000;

// Figures that one frame tells at most: `ticker` has five that anybody is shown.
inline constexpr std::size_t kFiguresAFrame = 5;

// `U` and `u` of an update that can be.
[[nodiscard]] constexpr bool are_update_ids(Sequence first_id, Sequence last_id) noexcept {
    return first_id != 0 && last_id >= first_id && last_id - first_id < kUpdateIdsMax;
}

// `E` - `T`, as an event has it.
[[nodiscard]] constexpr std::int32_t send_after_match(std::int64_t send_us, VenueTime match) noexcept {
    // INT32_MIN itself means that there is no time.
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(send_us - match.us, INT32_MIN + 1, INT32_MAX));
}

// The text of one frame -> its events (the table is in book/event.h). Pure; it knows numbers and nothing of JSON.
//
// `frame` is what all events of the frame share: symbol, line, time of receipt. Returns how many events stand in
// `room`, or why there are none: malformed, and the errors of parse_units. On an error the content of `room` means
// nothing. REQUIRES: room for the frame's levels, and for kFiguresAFrame.
[[nodiscard]] Result<std::size_t> build_events(Channel channel, const FrameFields& text, const Instrument& instrument,
                                               const Event& frame, std::span<Event> room) noexcept;

}  // namespace daypack::core
