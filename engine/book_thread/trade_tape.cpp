// SPDX-License-Identifier: MIT
#include "engine/book_thread/trade_tape.h"

#include <array>
#include <cstdint>

#include "engine/shm/shm_limits.h"

namespace daypack::core {

// A configuration has kMaxLines lines at most. Sync has room for each bit of a LineSet, so that no shift is out of
// range.
static_assert(TradeFilter::kLines == kMaxLines && Sync::kMaxLines >= kMaxLines);

void TradeTape::on_trade(TrackedBook& book, std::span<const Event> events, WallTime kernel) noexcept {
    const Event& trade = events.front();
    const Event& orders = events.back();
    TradeFilter& filter = filters_[book.symbol];
    const std::uint64_t content = trade_content(trade.price, trade.quantity, trade.side, *book.instrument);
    const bool first = trade.first_id != 0
                           ? filter.is_first(trade.line, trade.first_id, content)
                           : filter.is_first_without_id(
                                 trade.line, trade_content(content, orders.first_id, orders.last_id), trade.receive);
    if (first) return reporter_.publish_trade(book, events, kernel);
    segment_.symbol_counters(book.symbol).add(DAYPACK_SYMBOL_trade_duplicates);
}

void TradeTape::on_page(TrackedBook& book, const PolledTrades& page) noexcept {
    const Trades& trades = *page.trades;
    const auto at = [&](std::size_t i) {
        const RestTrade& row = trades[i];
        return TradeFilter::TradeIdentity{row.id,
                                          trade_content(row.price, row.quantity, row.aggressor, *book.instrument)};
    };
    filters_[book.symbol].on_page(trades.size(), at, page.opens, [&](std::size_t i) {
        const RestTrade& row = trades[i];
        std::array<Event, 2> events;
        for (Event& event : events) {
            event.symbol = book.symbol;
            event.match = row.time;
            event.send_after_match_us = Event::kNoSendTime;
            event.receive = mono_now();
        }
        events[0].kind = EventKind::trade;
        events[0].first_id = row.id;
        events[0].price = row.price;
        events[0].quantity = row.quantity;
        events[0].side = row.aggressor;
        events[1].kind = EventKind::trade_orders;  // REST does not tell the orders
        reporter_.publish_trade(book, events, {});
    });
}

}  // namespace daypack::core
