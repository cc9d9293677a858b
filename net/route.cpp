#include "net/route.h"

#include <array>

#include "net/symbol.h"

namespace daypack {
namespace {

// Longest first where one begins another.
constexpr std::array<std::string_view, 4> kDepthStreams = {"depth.200ms.", "depth.600ms.", "depth.1000ms.",
                                                           kDepthStream};

}  // namespace

Route Router::of_stream(std::string_view stream) const noexcept {
    if (stream.starts_with(kTradeStream)) return {FrameKind::trade, stream.substr(kTradeStream.size())};
    if (stream.starts_with(kTickerStream)) return {FrameKind::ticker, stream.substr(kTickerStream.size())};
    for (const std::string_view prefix : kDepthStreams) {
        if (!stream.starts_with(prefix)) continue;
        return prefix == depth_stream_ ? Route{FrameKind::depth, stream.substr(prefix.size())} : Route{};
    }
    return {};
}

Route Router::of_event(std::string_view event, std::string_view native) noexcept {
    for (const FrameKind channel : {FrameKind::depth, FrameKind::trade, FrameKind::ticker}) {
        if (event == event_name(channel)) return {channel, native};
    }
    return {};
}

std::string_view Router::event_name(FrameKind channel) noexcept {
    switch (channel) {
        case FrameKind::depth: return "depth";
        case FrameKind::trade: return "trade";
        case FrameKind::ticker: return "bookTicker";
        case FrameKind::error:
        case FrameKind::other:
        case FrameKind::bad: break;
    }
    return {};
}

}  // namespace daypack
