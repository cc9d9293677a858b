#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include "book/event.h"
#include "book/instrument.h"
#include "net/symbol.h"
#include "net/symbol_lookup.h"

namespace daypack {

// The depth frame exactly as the venue writes it, byte for byte, read in one pass without a parser:
//
//   {"data":{"E":1,"T":1,"U":1,"a":[["98.97","22.39"]],"b":[],"e":"depth","s":"SOL_USDC","u":1},"stream":"depth.SOL_USDC"}
//
// It knows nothing of JSON and refuses nothing for good: at the first byte that it does not expect, and at the first
// number that is not right, it gives up, and FrameReader says what the frame is. What it does read, FrameReader and
// make_events() would have read alike; a fuzz target holds the two against each other.
//
// Thread: its net thread. No allocation.
class DepthScanner {
  public:
    // REQUIRES: the table outlives this.
    DepthScanner(const InstrumentTable& table, DepthStream depth);

    // How many events stand in `room`; 0: the frame is not of that shape. `event`, which all events of the frame begin
    // as, is left with its symbol. REQUIRES: room for one; kPadding readable bytes behind the frame.
    [[nodiscard]] std::size_t scan(std::string_view frame, SymbolLookup& lookup, Event& event,
                                   std::span<Event> room) const noexcept;

  private:
    const InstrumentTable& table_;
    std::string_view prefix_;  // of the stream's name
};

}  // namespace daypack
