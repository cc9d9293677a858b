// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/sim/market/event.h"
#include "tools/sim/market/market.h"
#include "tools/sim/market/truth.h"

namespace daypack::core::sim {

// The venue's texts, byte for byte: key order, padding, which numbers are strings.

// How one market writes its numbers.
struct Notation {
    std::string symbol;
    int price_decimals = 0;  // of the unit that prices are counted in
    int price_padding = 0;   // decimals that are always shown: the tick's, fewer once that has become coarser
    int quantity_decimals = 0;

    explicit Notation(const Market& market)
        : symbol(market.symbol),
          price_decimals(market.price_decimals()),
          price_padding(price_decimals),
          quantity_decimals(market.quantity_decimals()) {}
};

// `window` is empty, or "200ms", "600ms", "1000ms": only the stream's name shows it.
void append_depth_frame(std::string& out, const Notation& notation, const Event& event, std::string_view window = {});
void append_trade_frame(std::string& out, const Notation& notation, const Event& event);

// The best bid and offer after a depth event; quantity 0: that side is empty.
struct Top {
    std::int64_t bid_price = 0;
    std::int64_t bid_quantity = 0;
    std::int64_t ask_price = 0;
    std::int64_t ask_quantity = 0;
    bool operator==(const Top&) const = default;
};
void append_book_ticker_frame(std::string& out, const Notation& notation, const Event& event, const Top& top);

// {"id":null,"error":{…}}
[[nodiscard]] std::string error_frame(int code, std::string_view message);

// Body of /api/v1/depth: both sides ascending, trimmed, at most `levels` a side nearest the touch.
[[nodiscard]] std::string depth_body(const Notation& notation, const Book& book, std::uint64_t u,
                                     std::int64_t timestamp_us, std::size_t levels);

// Body of /_sim/truth: both sides best first, padded.
[[nodiscard]] std::string truth_body(const Notation& notation, const Book& book, std::uint64_t u);

// One row of /api/v1/trades.
void append_trade_row(std::string& out, const Notation& notation, const Trade& trade, std::int64_t timestamp_ms);

}  // namespace daypack::core::sim
