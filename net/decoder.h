#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "book/event.h"
#include "book/instrument.h"
#include "book/result.h"
#include "net/frame_reader.h"
#include "net/route.h"
#include "net/symbol_lookup.h"

namespace daypack {

// What one frame means. Views live as long as the frame's bytes and until the next frame is decoded.
struct Decoded {
    FrameKind kind = FrameKind::other;
    FrameKind channel = FrameKind::other;  // depth, trade or ticker: what the frame is about, also a bad one if it shows
    Errc errc = Errc::ok;                  // why a frame is `bad` or `other`
    std::optional<SymbolIndex> symbol;     // as `channel`; a bad depth frame of a known symbol: join that one anew
    std::span<const Event> events;         // of depth, trade and ticker frames: all of the update
    int error_code = 0;
    std::string_view error_message;        // as it stands in the JSON, escapes included
};

// One WebSocket frame -> the events it means (the table is in book/event.h).
//
// Thread: its net thread; the table may grow meanwhile on another. No allocation after construction.
// Invariants
// 1. A frame's events are delivered all or not at all: each number is read and checked before the first is handed out.
// 2. A frame that cannot be read names its symbol wherever the bytes do, so that no other symbol has to suffer.
// 3. Whatever the bytes are, it returns; what it accepts is JSON in which each known key stands once.
class Decoder {
  public:
    // How many readable bytes must stand behind a frame; their content does not matter.
    static constexpr std::size_t kPadding = 64;

    struct Limits {
        std::size_t frame_bytes = 4u << 20;
        std::size_t levels = 16'384;  // in one frame; one with more is bad (too_many)
    };

    // `depth_stream`: the prefix of the depth streams that this engine has subscribed to, kDepthStream or one of the
    // batched; the other depth streams are `other`. REQUIRES: the table outlives this.
    Decoder(const InstrumentTable& table, std::string_view depth_stream, Limits limits);
    Decoder(const InstrumentTable& table, std::string_view depth_stream) : Decoder(table, depth_stream, Limits{}) {}

    // REQUIRES: kPadding readable bytes behind the frame.
    [[nodiscard]] Decoded decode(std::string_view frame, MonoTime receive, LineIndex line) noexcept;

  private:
    struct Target {
        FrameKind channel = FrameKind::other;
        std::optional<SymbolIndex> symbol;
    };

    [[nodiscard]] Route route() const noexcept;
    [[nodiscard]] Target find_target(std::string_view frame) noexcept;
    [[nodiscard]] Errc make_events(FrameKind channel, const Instrument& instrument, const Event& frame) noexcept;
    [[nodiscard]] Errc make_depth(const Instrument& instrument, const Event& frame) noexcept;
    [[nodiscard]] Errc make_trade(const Instrument& instrument, const Event& frame) noexcept;
    [[nodiscard]] Errc make_ticker(const Instrument& instrument, const Event& frame) noexcept;

    const InstrumentTable& table_;
    Router router_;
    FrameReader reader_;
    SymbolLookup lookup_;
    FrameText text_;
    std::vector<Event> events_;  // room for the events of one frame
    std::size_t count_ = 0;
};

}  // namespace daypack
