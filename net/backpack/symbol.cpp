// SPDX-License-Identifier: MIT
#include "net/backpack/symbol.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "net/base/edit_distance.h"
#include "net/base/lower_case.h"

namespace daypack::core {
namespace {

constexpr std::size_t kMaxSymbolBytes = 63;  // shared memory keeps 64 with the final zero
constexpr int kMaxParts = 4;                 // base, quote, kind, and one that the venue may add

bool is_letter_or_digit(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Two to four names between single separators, and nothing else. A dot stands within a name (AAPL.US), between two of
// its letters or digits, so that no path is a symbol.
bool is_joined_by(std::string_view text, char separator) noexcept {
    int parts = 1;
    bool open = true;  // a letter or digit has to come next
    for (const char c : text) {
        if (is_letter_or_digit(c)) {
            open = false;
        } else if (!open && (c == separator || c == '.')) {
            parts += c == separator ? 1 : 0;
            open = true;
        } else {
            return false;
        }
    }
    return !open && parts >= 2 && parts <= kMaxParts;
}

std::string joined(std::string_view text, char from, char to) {
    std::string result(text);
    std::replace(result.begin(), result.end(), from, to);
    return result;
}

std::string_view base_of(std::string_view native) noexcept {
    return native.substr(0, native.find('_'));
}

constexpr std::string_view kDepth = "depth.";
constexpr std::string_view kTrade = "trade.";
constexpr std::string_view kTicker = "bookTicker.";
constexpr std::string_view kMarkPrice = "markPrice.";
constexpr std::string_view kDay = "ticker.";
constexpr std::string_view kLiquidation = "liquidation";
struct Batched {
    DepthStream depth;
    std::string_view prefix;
};
constexpr std::array kBatched = {Batched{DepthStream::every_200ms, "depth.200ms."},
                                 Batched{DepthStream::every_600ms, "depth.600ms."},
                                 Batched{DepthStream::every_1000ms, "depth.1000ms."}};

}  // namespace

bool is_native_symbol(std::string_view text) noexcept {
    return text.size() <= kMaxSymbolBytes && is_joined_by(text, '_');
}

std::optional<std::string> native_symbol(std::string_view text) {
    std::string native;
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        const std::string_view pair = text.substr(0, colon);
        const std::string_view settle = text.substr(colon + 1);
        const auto slash = pair.find('/');
        // Only settlement in the quote is a perpetual of this venue; BTC/USD:BTC and dated futures are other contracts.
        if (slash == std::string_view::npos || pair.substr(slash + 1) != settle) return std::nullopt;
        if (!is_joined_by(pair, '/')) return std::nullopt;
        native = joined(pair, '/', '_') + "_PERP";
    } else if (is_joined_by(text, '-')) {
        native = joined(text, '-', '_');
    } else if (is_joined_by(text, '/') && std::count(text.begin(), text.end(), '/') == 1) {
        native = joined(text, '/', '_');
    } else {
        native = text;
    }
    if (!is_native_symbol(native)) return std::nullopt;
    return native;
}

std::string normalised_symbol(std::string_view native) {
    return joined(native, '_', '-');
}

std::optional<std::string> nearest_symbol(std::string_view wanted, std::span<const std::string> listed) {
    const std::string target = lower_case(native_symbol(wanted).value_or(std::string(wanted)));
    // Nearest first; of equals the shorter, then the first of the alphabet, so that the answer never wavers.
    using Rank = std::tuple<bool, std::size_t, std::size_t, std::string_view>;
    std::optional<Rank> best;
    for (const std::string& native : listed) {
        const std::string candidate = lower_case(native);
        const bool other_base = base_of(candidate) != base_of(target);
        const std::size_t distance = edit_distance(target, candidate);
        if (other_base && distance > 1 + target.size() / 4) continue;
        const Rank rank{other_base, distance, native.size(), native};
        if (!best || rank < *best) best = rank;
    }
    if (!best) return std::nullopt;
    return std::string(std::get<std::string_view>(*best));
}

bool is_spot(std::string_view native) noexcept {
    return std::count(native.begin(), native.end(), '_') == 1;
}

std::string_view stream_prefix(Channel channel, DepthStream depth) noexcept {
    switch (channel) {
        case Channel::none: return {};
        case Channel::trade: return kTrade;
        case Channel::ticker: return kTicker;
        case Channel::mark_price: return kMarkPrice;
        case Channel::day: return kDay;
        case Channel::liquidation: return kLiquidation;
        case Channel::depth: break;
    }
    for (const Batched& batched : kBatched) {
        if (batched.depth == depth) return batched.prefix;
    }
    return kDepth;
}

std::string stream_name(Channel channel, std::string_view native, DepthStream depth) {
    std::string name(stream_prefix(channel, depth));
    return channel == Channel::liquidation ? name : name.append(native);
}

bool is_of_all_markets(std::string_view stream) noexcept {
    return stream == kLiquidation;
}

StreamName split_stream(std::string_view stream, DepthStream depth) noexcept {
    if (stream.starts_with(kDepth)) {
        for (const Batched& batched : kBatched) {
            if (!stream.starts_with(batched.prefix)) continue;
            return batched.depth == depth ? StreamName{Channel::depth, stream.substr(batched.prefix.size())}
                                          : StreamName{};
        }
        return depth == DepthStream::realtime ? StreamName{Channel::depth, stream.substr(kDepth.size())} : StreamName{};
    }
    if (stream.starts_with(kTrade)) return {Channel::trade, stream.substr(kTrade.size())};
    if (stream.starts_with(kTicker)) return {Channel::ticker, stream.substr(kTicker.size())};
    if (stream.starts_with(kMarkPrice)) return {Channel::mark_price, stream.substr(kMarkPrice.size())};
    if (stream.starts_with(kDay)) return {Channel::day, stream.substr(kDay.size())};
    if (is_of_all_markets(stream)) return {Channel::liquidation, {}};
    return {};
}

}  // namespace daypack::core
