// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace daypack::core {

// Names of markets and of streams, as pure functions.
//
// A market has two names that are shown: the venue's (native: BTC_USDC, kBONK_USDC_PERP, AAPL.US_USDC) and the
// normalised one, with dashes. Users may write four spellings; ccxt's SOL/USDC:USDC is the perpetual SOL_USDC_PERP.

// The venue's name of any of the four spellings; nothing where the text is none of them. Case and dots are kept: the
// venue lists kBONK_USDC_PERP and AAPL.US_USDC. Whether it lists the market is not asked here.
[[nodiscard]] std::optional<std::string> native_symbol(std::string_view text);

// BTC_USDC -> BTC-USDC.
[[nodiscard]] std::string normalised_symbol(std::string_view native);

// Could be a market's name: parts of letters and digits, with single dots between these, joined by single underscores,
// and short enough to be published.
[[nodiscard]] bool is_native_symbol(std::string_view text) noexcept;

// A spot market, which has no mark price and no positions: its name is base and quote alone.
[[nodiscard]] bool is_spot(std::string_view native) noexcept;

// What the user may have meant: of the listed native names the nearest to `wanted` (any spelling), a market of the same
// base before all others; nothing where nothing is near.
[[nodiscard]] std::optional<std::string> nearest_symbol(std::string_view wanted, std::span<const std::string> listed);

// The streams that the engine reads. `liquidation` is one stream for all markets.
enum class Channel : std::uint8_t { none, depth, trade, ticker, mark_price, liquidation, day };

// How the venue batches depth updates; the configuration's `depth_stream`.
enum class DepthStream : std::uint8_t { realtime, every_200ms, every_600ms, every_1000ms };

// What happened in so long is one update; 0: each is sent as it happens.
[[nodiscard]] constexpr std::int64_t window_ns(DepthStream depth) noexcept {
    constexpr std::int64_t kMs = 1'000'000;
    switch (depth) {
        case DepthStream::realtime: return 0;
        case DepthStream::every_200ms: return 200 * kMs;
        case DepthStream::every_600ms: return 600 * kMs;
        case DepthStream::every_1000ms: return 1'000 * kMs;
    }
    return 0;
}

// What stands before the market's name: "depth.", "depth.200ms.", "bookTicker.". Empty for Channel::none.
[[nodiscard]] std::string_view stream_prefix(Channel channel, DepthStream depth = DepthStream::realtime) noexcept;

// The stream to subscribe to: depth.SOL_USDC, depth.200ms.SOL_USDC, trade.SOL_USDC, bookTicker.SOL_USDC,
// markPrice.SOL_USDC_PERP, ticker.SOL_USDC; and liquidation, whatever the market.
[[nodiscard]] std::string stream_name(Channel channel, std::string_view native,
                                      DepthStream depth = DepthStream::realtime);

// Whether a stream is one of all markets, whose name holds no market's.
[[nodiscard]] bool is_of_all_markets(std::string_view stream) noexcept;

struct StreamName {
    Channel channel = Channel::none;  // none: not one of ours, or a depth stream of another batching
    std::string_view native;          // empty where the stream is of all markets
};

// The inverse of stream_name. Names of markets hold dots, so only whole known prefixes are taken off.
[[nodiscard]] StreamName split_stream(std::string_view stream, DepthStream depth) noexcept;

}  // namespace daypack::core
