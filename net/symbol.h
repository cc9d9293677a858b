#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace daypack {

// Names of markets and of streams, as pure functions.
//
// A market has two names that are shown: the venue's (native: BTC_USDC, kBONK_USDC_PERP, AAPL.US_USDC) and the
// normalised one, with dashes. Users may write four spellings; ccxt's SOL/USDC:USDC is the perpetual SOL_USDC_PERP.

// The venue's name of any of the four spellings; nothing where the text is none of them. Case and dots are kept: the
// venue lists kBONK_USDC_PERP and AAPL.US_USDC. Whether it lists the market is not asked here.
[[nodiscard]] std::optional<std::string> native_symbol(std::string_view text);

// BTC_USDC -> BTC-USDC.
[[nodiscard]] std::string normalised_symbol(std::string_view native);

// Could be a market's name: parts of letters, digits and dots between single underscores, short enough to be published.
[[nodiscard]] bool is_native_symbol(std::string_view text) noexcept;

// What the user may have meant: of the listed native names the nearest to `wanted` (any spelling), a market of the same
// base before all others; nothing where nothing is near.
[[nodiscard]] std::optional<std::string> nearest_symbol(std::string_view wanted, std::span<const std::string> listed);

// What stands before a market's name in the streams that the engine reads. Batched depth has prefixes of its own
// (depth.200ms. and the like), one of which an engine may use in place of the first.
inline constexpr std::string_view kDepthStream = "depth.";
inline constexpr std::string_view kTradeStream = "trade.";
inline constexpr std::string_view kTickerStream = "bookTicker.";

// The stream to subscribe to: kDepthStream, SOL_USDC -> depth.SOL_USDC.
[[nodiscard]] std::string stream_name(std::string_view prefix, std::string_view native);

}  // namespace daypack
