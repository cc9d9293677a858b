// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "book/instrument.h"
#include "book/state.h"
#include "engine/control_thread/depth_reader.h"
#include "engine/messages/line_health.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// Stands in for the lines while there are none: decides when, and then asks REST for the book and the trades of every
// symbol in turn, as often as was configured or the budget allows, whichever is rarer.
//
// Thread: control. Invariants: each symbol has one depth request and one trades request under way at most. A trade to
// which the venue gave no id is handed on once: it is known by its time, its content, and how many such a page holds.
class Poller {
  public:
    struct Options {
        std::int64_t interval_ms = 1'000;
        std::uint32_t requests_per_minute = 1'200;
        bool trades = true;
        std::uint32_t failures_before_polling = 3;  // of every line, in a row
    };
    struct Wiring {
        const InstrumentTable* instruments;
        const Subscriptions* subscriptions;
        DepthReader* reader;
        std::vector<const LineHealth*> lines;         // none where REST is all there is
        std::function<void(BookCommand)> send;        // to the book thread
        std::function<void(const std::string&)> log;  // a line of the log
    };

    Poller(Options options, RestApi& rest, Wiring wiring);

    // Asks for what is due, where no line serves.
    void do_work(MonoTime now);

  private:
    // What a trade without an id is known by: its time, and its content.
    using Nameless = std::pair<std::int64_t, std::uint64_t>;
    struct Seen {
        std::uint32_t count = 0;  // how many of it one page held at most
        std::uint32_t page = 0;   // the last page that held it
    };
    struct Polled {
        MonoTime depth_due, trades_due;
        bool depth_asked = false, trades_asked = false;
        std::uint32_t pages = 0;  // of trades since REST stands in
        std::map<Nameless, Seen> seen;
    };

    [[nodiscard]] Reason why_to_poll() const noexcept;
    void change_to(Reason why);
    void poll_depth(SymbolIndex symbol);
    void on_depth(SymbolIndex symbol, const RestAnswer& answer);
    void poll_trades(SymbolIndex symbol);
    void keep_news(Polled& polled, const Instrument& instrument, Trades& page);

    Options options_;
    RestApi& rest_;
    Wiring wiring_;
    const InstrumentTable& instruments_;
    std::vector<Polled> polled_;  // by symbol
    Reason why_ = Reason::none;   // none where lines serve
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace daypack::core
