// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <sstream>
#include <string>
#include <string_view>

#include "net/backpack/decoder.h"
#include "tests/net/backpack/frames.h"
#include "tests/net/backpack/slow_decoder.h"

namespace daypack::core {

// A decoder beside a slow and obvious one, which judges every answer of it.

inline constexpr MonoTime kReceive{123'456'789};
inline constexpr LineIndex kLine = 3;

inline const char* const kDepth =
    R"({"data":{"E":1790915525103070,"T":1790915525102951,"U":6904947650,"a":[],"b":[["86640.8","1.32076"]],"e":"depth","s":"BTC_USDC_PERP","u":6904947650},"stream":"depth.BTC_USDC_PERP"})";
inline const char* const kManyLevels =
    R"({"stream":"depth.AAPL.US_USDC_PERP","data":{"u":9,"U":7,"T":20,"E":10,"s":"AAPL.US_USDC_PERP","e":"depth","b":[["340.32","0.00"],["340.3","12"],["340.31","0.50"]],"a":[["341.00","7.25"]]}})";
inline const char* const kTrade =
    R"({"data":{"E":1736186248745457,"T":1736186248744398,"a":"113782701997686784","b":"113782700596854784","e":"trade","m":true,"p":"218.50","q":"0.07","s":"SOL_USDC","t":341399899},"stream":"trade.SOL_USDC"})";
inline const char* const kTicker =
    R"({"data":{"A":"7.76096","B":"1.60813","E":1790915525118154,"T":1790915525118046,"a":"86645.3","b":"86645.2","e":"bookTicker","s":"BTC_USDC_PERP","u":6904947654},"stream":"bookTicker.BTC_USDC_PERP"})";

inline const char* const kMark =
    R"({"data":{"E":1790915525641071,"T":1790915525640379,"e":"markPrice","f":"0.0000125","i":"86657.21727129","n":1790917200000,"p":"86661.9","s":"BTC_USDC_PERP"},"stream":"markPrice.BTC_USDC_PERP"})";
inline const char* const kDay =
    R"({"data":{"E":1790134358087727,"V":"154927125.41812","c":"86625","e":"ticker","h":"86812.4","l":"85075.4","n":32259,"o":"85486.3","s":"BTC_USDC_PERP","v":"1801.83549"},"stream":"ticker.BTC_USDC_PERP"})";
inline const char* const kLiquidation =
    R"({"data":{"E":1790134358087727,"S":"Ask","T":1790134358087000,"e":"liquidation","p":"86600.1","q":"0.0150","s":"BTC_USDC_PERP"},"stream":"liquidation"})";

// The text with one occurrence of `what` replaced.
inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

inline std::string text_of(const Event& event) {
    std::ostringstream text;
    text << "kind=" << int(event.kind) << " first=" << event.first_id << " last_id=" << event.last_id
         << " match=" << event.match.us << " receive=" << event.receive.ns << " price=" << event.price.ticks
         << " quantity=" << event.quantity.steps << " send_after=" << event.send_after_match_us
         << " symbol=" << event.symbol << " line=" << int(event.line) << " side=" << int(event.side)
         << " units=" << int(event.units) << " last=" << event.last << "\n";
    return text.str();
}

template <class Events>
std::string text_of_all(const Events& events) {
    std::string text;
    for (const Event& event : events) text += text_of(event);
    return text;
}

inline bool is_update(const Decoded& decoded) {
    return decoded.kind != FrameKind::error && decoded.kind != FrameKind::other && decoded.kind != FrameKind::bad;
}

class DecoderTest : public testing::Test {
  protected:
    DecoderTest() { add_captured_markets(table_); }

    Decoded decode(std::string_view frame, char behind = '\0') {
        frames_.emplace_back(frame, behind);
        return decoder_.decode(frames_.back().view(), kReceive, kLine);
    }

    // What the slow decoder holds against the fast one's answer; empty: nothing.
    std::string judge(std::string_view frame, const Decoded& decoded) {
        const auto slow = slow_.decode(frame, kReceive, kLine);
        if (!is_update(decoded)) return slow ? "refused, but it means\n" + text_of_all(*slow) : std::string();
        const std::string fast = text_of_all(decoded.events);
        if (!slow) return "taken, but it means nothing:\n" + fast;
        return fast == text_of_all(*slow) ? std::string() : fast + "instead of\n" + text_of_all(*slow);
    }

    // Decodes a frame that both must read alike.
    Decoded agreed(std::string_view frame) {
        const Decoded decoded = decode(frame);
        EXPECT_EQ(judge(frame, decoded), "") << frame;
        return decoded;
    }

    // A depth frame of a known market that cannot be read.
    void expect_bad_depth(const std::string& frame, Errc errc, SymbolIndex symbol) {
        const Decoded decoded = agreed(frame);
        EXPECT_EQ(decoded.kind, FrameKind::bad) << frame;
        EXPECT_EQ(decoded.channel, Channel::depth) << frame;
        EXPECT_EQ(decoded.errc, errc) << frame << ": " << errc_name(decoded.errc);
        EXPECT_EQ(decoded.symbol, symbol) << frame;
        Event bad;
        bad.kind = EventKind::bad;
        bad.receive = kReceive;
        bad.line = kLine;
        bad.symbol = symbol;
        bad.last = true;
        EXPECT_EQ(text_of_all(decoded.events), text_of(bad)) << frame;
    }

    InstrumentTable table_{16};
    Decoder decoder_{table_, DepthStream::realtime, {1u << 20, 64}};
    slow::SlowDecoder slow_{table_};
    std::deque<PaddedFrame> frames_;
};

}  // namespace daypack::core
