#pragma once
#include <cstddef>
#include <span>

#include "book/event.h"
#include "book/instrument.h"
#include "book/result.h"
#include "net/frame_text.h"
#include "net/symbol.h"

namespace daypack {

// Ids that one update can stand for. Under load the venue aggregates at most a second; who claims more lies, or was
// mutilated on the way.
inline constexpr Sequence kUpdateIdsMax = 1'000'000;

// The text of one frame -> its events (the table is in book/event.h). Pure; it knows numbers and nothing of JSON.
//
// `frame` is what all events of the frame share: symbol, line, time of receipt. Returns how many events stand in
// `room`, or why there are none: malformed, and the errors of parse_units. On an error the content of `room` means
// nothing. REQUIRES: room for the frame's levels, and for two.
[[nodiscard]] Result<std::size_t> make_events(Channel channel, const FrameText& text, const Instrument& instrument,
                                              const Event& frame, std::span<Event> room) noexcept;

}  // namespace daypack
