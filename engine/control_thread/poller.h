// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "book/instrument.h"
#include "book/state.h"
#include "engine/control_thread/depth_reader.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "net/backpack/rest_api.h"

namespace daypack {

// Stands in for the lines while there are none: asks REST for the book and the trades of every symbol in turn, as often
// as was configured or the budget allows, whichever is rarer.
//
// Thread: cold. Invariant: one depth request and one trades request a symbol at a time. A trade to which the venue gave
// no id is handed on once: by its time and content, and how many such a page holds.
class Poller {
  public:
    struct Options {
        std::int64_t interval_ms = 1'000;
        std::uint32_t requests_per_minute = 1'200;
        bool trades = true;
    };
    using Send = std::function<void(BookCommand)>;

    Poller(Options options, RestApi& rest, const InstrumentTable& instruments, const Subscriptions& subscriptions,
           DepthReader& reader, Send send);

    // Asks for what is due. `why`: ws_down or rest_only; none: lines serve, nothing is asked.
    void do_work(Reason why, MonoTime now);

  private:
    // Of a trade without an id: its time, and all else.
    using Nameless = std::pair<std::int64_t, std::uint64_t>;
    struct Seen {
        std::uint32_t count = 0;  // times that one page held it, at most
        std::uint32_t page = 0;   // the last that did
    };
    struct Polled {
        MonoTime depth_due, trades_due;
        bool depth_asked = false, trades_asked = false;
        std::uint32_t pages = 0;  // of trades, since REST stands in
        std::map<Nameless, Seen> seen;
    };

    void poll_depth(SymbolIndex symbol);
    void on_depth(SymbolIndex symbol, const RestAnswer& answer);
    void poll_trades(SymbolIndex symbol);
    void keep_news(Polled& polled, const Instrument& instrument, Trades& page);

    Options options_;
    RestApi& rest_;
    const InstrumentTable& instruments_;
    const Subscriptions& subscriptions_;
    DepthReader& reader_;
    Send send_;
    std::vector<Polled> polled_;
    Reason why_ = Reason::none;
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace daypack
