#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "book/instrument.h"
#include "book/state.h"
#include "engine/messages.h"
#include "engine/subscriptions.h"
#include "net/rest_api.h"

namespace daypack {

// Stands in for the lines while there are none: asks REST for the book and the trades of every symbol in turn, as often
// as was configured or the budget allows, whichever is rarer.
//
// Thread: cold. Invariant: one depth request and one trades request a symbol at a time.
class Poller {
  public:
    struct Options {
        std::int64_t interval_ms = 1'000;
        std::uint32_t requests_per_minute = 1'200;
        bool trades = true;
    };
    using Send = std::function<void(ColdMessage)>;

    Poller(Options options, RestApi& rest, const InstrumentTable& instruments, const Subscriptions& subscriptions,
           Send send);

    // Asks for what is due. `why`: ws_down or rest_only; none: lines serve, nothing is asked.
    void do_work(Reason why, MonoTime now);

  private:
    struct Polled {
        MonoTime depth_due, trades_due;
        bool depth_asked = false, trades_asked = false;
    };

    void poll_depth(SymbolIndex symbol);
    void poll_trades(SymbolIndex symbol);

    Options options_;
    RestApi& rest_;
    const InstrumentTable& instruments_;
    const Subscriptions& subscriptions_;
    Send send_;
    std::vector<Polled> polled_;
    Reason why_ = Reason::none;
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace daypack
