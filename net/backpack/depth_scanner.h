// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include "book/event.h"
#include "book/instrument.h"
#include "net/backpack/depth_trailers.h"
#include "net/backpack/symbol.h"

namespace daypack::core {

// The depth frame exactly as the venue writes it, byte for byte, read in one pass without a parser:
//
//   {"data":{"E":1,"T":1,"U":1,"a":[["98.97","22.39"]],"b":[],"e":"depth","s":"SOL_USDC","u":1},"stream":"depth.SOL_USDC"}
//
// It knows nothing of JSON and refuses nothing for good: at the first byte that it does not expect, and at the first
// number that is not right, it gives up, and FrameReader says what the frame is. What it does read, FrameReader and
// build_events() would have read alike; a fuzz target holds the two against each other.
//
// The end is read first: it names the market, whose numbers are then read as it pads them.
//
// Thread: its net thread. No allocation after construction.
class DepthScanner {
  public:
    // REQUIRES: the table outlives this.
    DepthScanner(const InstrumentTable& table, DepthStream depth) : ends_(table, depth), supported_(cpu_can()) {}

    // How many events stand in `room`; 0: the frame is not of that shape. REQUIRES: room for one; Decoder::kPadding
    // readable bytes behind the frame.
    [[nodiscard]] std::size_t scan(std::string_view frame, MonoTime receive, LineIndex line,
                                   std::span<Event> room) noexcept {
        return supported_ ? scan_usual(frame, receive, line, room) : 0;
    }

  private:
    [[nodiscard]] static bool cpu_can() noexcept;
    [[nodiscard]] std::size_t scan_usual(std::string_view frame, MonoTime receive, LineIndex line,
                                         std::span<Event> room) noexcept;

    DepthTrailers ends_;
    bool supported_;  // the CPU has what it takes, SSE4.1; else all is left to the parser
};

}  // namespace daypack::core
