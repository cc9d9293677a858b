// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "book/decimal.h"
#include "book/types.h"

namespace daypack::core {

// A network thread sends events to a book thread, one cache line each.
//
// An update of N levels is N `delta` events that share U, u and the times; only the final one has `last`. An update
// without levels is one `advance` event, which is `last`. The table has the other kinds:
//
// clang-format off
// kind            first_id                 last_id            price, quantity         events
// delta           U                        u                  level; 0 deletes        one a level
// advance         U                        u                  -                       1
// trade           trade id `t`             0                  price, size; `side` is  2, the second is
//                                                             the aggressor's         trade_orders
// trade_orders    buyer's order id         seller's order id  -                       with its trade
// ticker          u                        u                  best of `side`; 0, 0    2, bid then ask
//                                                             where it is empty
// bad             0                        0                  -                       1: a frame of this symbol
//                                                                                     could not be read; resync it
// line_up         -                        -                  -                       1, of every symbol of `line`;
// line_down                                                                           `symbol` is unused
// kernel_receive  ns since the Unix epoch  0                  -                       1, before the others of its
//                                                                                     frame; never `last`
// lost            0                        0                  -                       1: a full queue cost this
//                                                                                     symbol updates; sent where it
//                                                                                     is known
// figure          a Figure                 0                  price: its value;       one a number of the frame
//                                                             `units`: exponent
// liquidation     0                        -                  both; `units`: exponent 1; the liquidated order's side
//                                                             of the price, last_id:
//                                                             of the quantity
// clang-format on
enum class EventKind : std::uint8_t {
    delta,
    advance,
    trade,
    trade_orders,
    ticker,
    bad,
    line_up,
    line_down,
    kernel_receive,
    lost,
    figure,
    liquidation
};

// A number that the venue tells of a market beside its book. Frames of one stream tell several.
enum class Figure : std::uint8_t {
    mark_price,
    index_price,
    funding_rate,     // of the running interval; negative: shorts pay
    next_funding_us,  // when it is paid, in µs since the Unix epoch
    open_interest,    // in the base asset
    last_price,       // of the last 24 hours, as all that follow
    open_price,
    volume,        // in the base asset
    quote_volume,  // in the quote asset
    trade_count,
};
inline constexpr std::size_t kFigures = 10;

struct alignas(64) Event {
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    VenueTime match;   // `T`: the matching engine
    MonoTime receive;  // the frame was in hand, decrypted and complete
    Price price;
    Quantity quantity;
    std::int32_t send_after_match_us = 0;  // `E` - `T`, saturated; kNoSendTime where the venue sent no `E`
    SymbolIndex symbol = 0;
    LineIndex line = 0;
    EventKind kind = EventKind::delta;
    Side side = Side::bid;
    bool last = false;
    std::uint8_t units = 0;       // of price and quantity: the instrument's of that count, or an exponent (see above)
    std::uint32_t decode_ns = 0;  // of the last event: how long after `receive` the frame was decoded; 0: unknown

    // Of a figure or a liquidation, which may be finer than the instrument's tick and step.
    [[nodiscard]] Decimal value() const noexcept { return {price.ticks, static_cast<std::int8_t>(units)}; }
    [[nodiscard]] Decimal size() const noexcept { return {quantity.steps, static_cast<std::int8_t>(last_id)}; }

    static constexpr std::int32_t kNoSendTime = INT32_MIN;
    // `E`, or 0 where the venue sent none.
    [[nodiscard]] VenueTime send() const noexcept {
        return send_after_match_us == kNoSendTime ? VenueTime{} : VenueTime{match.us + send_after_match_us};
    }
};
static_assert(sizeof(Event) == 64 && std::is_trivially_copyable_v<Event>);

}  // namespace daypack::core
