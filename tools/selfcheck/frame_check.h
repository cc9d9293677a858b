// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "book/instrument.h"
#include "net/backpack/depth_scanner.h"
#include "net/backpack/symbol.h"
#include "tools/selfcheck/assumptions.h"

namespace daypack::core::selfcheck {

// What one message says, read from its JSON by a parser that knows nothing of the engine's own.
struct FrameFacts {
    enum class Kind : std::uint8_t {
        unreadable,
        answer,  // to a request: it is of no stream
        depth,
        other,  // of a stream, and no depth
    };
    Kind kind = Kind::unreadable;
    bool sound = false;    // depth: nothing is wrong with it
    bool has_ids = false;  // depth: first_id and last_id are known
    bool has_times = false;
    std::string symbol;
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    std::int64_t send_us = 0;
    std::int64_t match_us = 0;
    std::uint64_t levels = 0;
    bool scanned = false;  // the fast scanner takes it
    std::string content;   // ids, T and levels without padding: equal in equal copies
};

// Holds each message against what daypack takes for granted of its form.
//
// Thread: one. A message that breaks several assumptions breaks each of them, but `frame_shape` only where nothing else
// explains that the scanner refuses it.
class FrameCheck {
  public:
    FrameCheck(const InstrumentTable& table, DepthStream depth, Findings& findings)
        : table_(table), depth_(depth), scanner_(table, depth), findings_(findings), room_(kRoom) {}

    void expect(const std::vector<std::string>& streams) { streams_.insert(streams.begin(), streams.end()); }
    // REQUIRES: Decoder::kPadding readable bytes behind the frame.
    [[nodiscard]] FrameFacts look(std::string_view frame);

  private:
    struct Look;
    static constexpr std::size_t kRoom = 16'384;

    const InstrumentTable& table_;
    DepthStream depth_;
    DepthScanner scanner_;
    Findings& findings_;
    std::vector<Event> room_;
    std::set<std::string, std::less<>> streams_;
};

}  // namespace daypack::core::selfcheck
