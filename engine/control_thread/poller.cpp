// SPDX-License-Identifier: MIT
#include "engine/control_thread/poller.h"

#include <algorithm>
#include <utility>

#include "book/trade_filter.h"
#include "engine/threads/wall_clock.h"
#include "net/backpack/rest_decoder.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::uint32_t kPagesKept = 20;     // a cache may show an older page again
constexpr std::int64_t kTradesAMinute = 20;  // over all symbols: the venue allows 30, and strategies may ask too

}  // namespace

Poller::Poller(Options options, RestApi& rest, Wiring wiring)
    : options_(options),
      rest_(rest),
      wiring_(std::move(wiring)),
      instruments_(*wiring_.instruments),
      polled_(instruments_.capacity()) {}

// REST stands in where no line is up and each has failed often enough, or where none was wanted.
Reason Poller::why_to_poll() const noexcept {
    if (wiring_.lines.empty()) return Reason::rest_only;
    for (const LineHealth* line : wiring_.lines) {
        if (line->up.load(std::memory_order_relaxed)) return Reason::none;
        if (line->failures.load(std::memory_order_relaxed) < options_.failures_before_polling) return Reason::none;
    }
    return Reason::ws_down;
}

void Poller::change_to(Reason why) {
    if (why == Reason::ws_down) wiring_.log("polling begins: no line to the exchange can be held; REST stands in");
    if (why == Reason::rest_only) wiring_.log("polling begins: no WebSocket, as configured");
    if (why == Reason::none) wiring_.log("polling ends: a line is up");
    if (why_ == Reason::none) {
        for (Polled& polled : polled_) polled.pages = 0;
    }
    why_ = why;
}

void Poller::do_work(MonoTime now) {
    if (const Reason why = why_to_poll(); why != why_) change_to(why);
    if (why_ == Reason::none) return;
    const Subscriptions& subscriptions = *wiring_.subscriptions;
    std::int64_t symbols = 0;
    for (SymbolIndex i = 0; i < instruments_.size(); ++i) symbols += subscriptions.wanted(i) ? 1 : 0;
    // A tenth of the budget is left for the rest of what has to be asked.
    const std::int64_t depth_ms =
        std::max(options_.interval_ms, symbols * kMinuteMs * 10 / 9 / std::int64_t{options_.requests_per_minute});
    const std::int64_t trades_ms = std::max(options_.interval_ms, symbols * kMinuteMs / kTradesAMinute);
    // Questions about many symbols are spread out in time.
    const auto soon = [this, now](std::int64_t interval_ms) {
        const double share = std::uniform_real_distribution<>(0.9, 1.0)(random_);
        return now + static_cast<std::int64_t>(share * static_cast<double>(ms_to_ns(interval_ms)));
    };
    for (SymbolIndex i = 0; i < instruments_.size(); ++i) {
        if (!subscriptions.wanted(i)) continue;
        Polled& polled = polled_[i];
        if (!polled.depth_asked && polled.depth_due <= now) {
            polled.depth_due = soon(depth_ms);
            poll_depth(i);
        }
        if (options_.trades && !polled.trades_asked && polled.trades_due <= now) {
            polled.trades_due = soon(trades_ms);
            poll_trades(i);
        }
    }
}

void Poller::poll_depth(SymbolIndex symbol) {
    polled_[symbol].depth_asked = true;
    rest_.depth(instruments_[symbol].native, [this, symbol](const RestAnswer& answer) { on_depth(symbol, answer); });
}

void Poller::on_depth(SymbolIndex symbol, const RestAnswer& answer) {
    polled_[symbol].depth_asked = false;
    if (why_ == Reason::none || answer.status != 200) return;
    PolledSnapshot polled{symbol, why_, std::make_unique<Snapshot>()};
    const MonoTime now = mono_now();
    const auto read = wiring_.reader->read(symbol, answer.body, *polled.snapshot, now);
    switch (read.what) {
        case DepthReader::Answer::What::snapshot: return wiring_.send(std::move(polled));
        case DepthReader::Answer::What::finer:
            polled_[symbol].depth_due = now;  // what came is of no use, and the next will be
            return wiring_.reader->refine(symbol, read.grid);
        case DepthReader::Answer::What::refused: polled_[symbol].depth_due = now + ms_to_ns(read.retry_ms); return;
        case DepthReader::Answer::What::garbled: return;  // the next poll is soon enough
    }
}

void Poller::poll_trades(SymbolIndex symbol) {
    polled_[symbol].trades_asked = true;
    rest_.trades(instruments_[symbol].native, [this, symbol](const RestAnswer& answer) {
        polled_[symbol].trades_asked = false;
        if (why_ == Reason::none || answer.status != 200) return;
        auto trades = std::make_unique<Trades>();
        if (parse_trades(answer.body, instruments_[symbol], *trades) != Errc::ok) return;
        std::reverse(trades->begin(), trades->end());
        Polled& polled = polled_[symbol];
        ++polled.pages;
        keep_news(polled, instruments_[symbol], *trades);
        wiring_.send(PolledTrades{symbol, polled.pages == 1, std::move(trades)});
    });
}

// Leaves out the trades without an id that an earlier page held, and all of the first page, since they happened before
// we listened. Those with an id pass.
void Poller::keep_news(Polled& polled, const Instrument& instrument, Trades& page) {
    if (polled.pages == 1) polled.seen.clear();
    std::map<Nameless, std::uint32_t> counts;
    std::erase_if(page, [&](const RestTrade& trade) {
        if (trade.id != 0) return false;
        const Nameless name{trade.time.us, trade_content(trade.price, trade.quantity, trade.aggressor, instrument)};
        Seen& seen = polled.seen[name];
        seen.page = polled.pages;
        if (++counts[name] <= seen.count) return true;
        ++seen.count;
        return polled.pages == 1;
    });
    std::erase_if(polled.seen, [&](const auto& known) { return polled.pages - known.second.page > kPagesKept; });
}

}  // namespace daypack::core
