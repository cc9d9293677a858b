// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "book/event.h"
#include "book/instrument.h"
#include "book/result.h"
#include "net/backpack/depth_scanner.h"
#include "net/backpack/frame_reader.h"
#include "net/backpack/symbol.h"
#include "net/backpack/symbol_lookup.h"

namespace daypack::core {

enum class FrameKind : std::uint8_t {
    depth,
    trade,
    ticker,
    figures,  // numbers beside the book: mark price, funding, those of a day
    liquidation,
    error,  // the venue refuses a request: `error_code`, `error_message`
    other,  // nothing that this engine follows: `errc` says whether it is the stream or the market
    bad,    // not readable: `errc` says why
};

// What one frame means. Views live as long as the frame's bytes and until the next frame is decoded.
struct Decoded {
    FrameKind kind = FrameKind::other;
    Channel channel = Channel::none;  // what the frame is about; of a bad one, as far as it can be found out
    Errc errc = Errc::ok;
    std::optional<SymbolIndex> symbol;  // as `channel`
    std::span<Event> events;            // what is sent to the book thread
    int error_code = 0;
    std::string_view error_message;  // as it stands in the JSON, escapes included
};

// One WebSocket frame -> the events it means (the table is in book/event.h).
//
// Thread: its net thread; the table may grow meanwhile on another. No allocation after construction.
// Invariants
// 1. A frame's events are delivered all or not at all: each number is read and checked before the first is handed out.
// 2. A depth frame that cannot be read is one event `bad` of its symbol, wherever the bytes still name one, so that
//    this symbol alone is joined again. A bad trade or ticker frame is no event.
// 3. The units that a depth frame would have needed which was refused for being off the grid go to the table.
// 4. Whatever the bytes are, it returns; what it accepts is JSON in which each known key stands once.
class Decoder {
  public:
    // How many readable bytes must stand behind a frame; their content does not matter.
    static constexpr std::size_t kPadding = 64;

    struct Limits {
        std::size_t frame_bytes = 4u << 20;
        std::size_t levels = 16'384;  // in one frame; one with more is bad (too_many)
        bool scan = true;             // false: every frame goes through simdjson, so that the two can be compared
    };

    // `depth`: the batching that this engine has subscribed to; depth frames of another are `other`.
    // REQUIRES: the table outlives this.
    Decoder(const InstrumentTable& table, DepthStream depth, Limits limits);
    Decoder(const InstrumentTable& table, DepthStream depth) : Decoder(table, depth, Limits{}) {}

    // REQUIRES: kPadding readable bytes behind the frame.
    [[nodiscard]] Decoded decode(std::string_view frame, MonoTime receive, LineIndex line) noexcept;

  private:
    struct Target {
        Channel channel = Channel::none;
        std::optional<SymbolIndex> symbol;
    };

    // With simdjson, whatever it is. Not inlined: what it needs on the stack is not the usual frame's business.
    [[nodiscard]] [[gnu::noinline]] Decoded parse(std::string_view frame, MonoTime receive, LineIndex line) noexcept;
    [[nodiscard]] StreamName stream() const noexcept;
    [[nodiscard]] Target find_target(std::string_view frame) noexcept;
    [[nodiscard]] Decoded bad(Errc errc, const Target& target, const Event& frame) noexcept;

    const InstrumentTable& table_;
    DepthStream depth_;
    Limits limits_;
    DepthScanner scanner_;
    FrameReader reader_;
    SymbolLookup lookup_;
    FrameFields text_;
    std::vector<Event> events_;  // room for the events of one frame
};

}  // namespace daypack::core
