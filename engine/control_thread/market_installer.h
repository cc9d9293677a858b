// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "book/instrument.h"
#include "engine/config.h"
#include "engine/control_thread/control_log.h"
#include "engine/control_thread/followed_market.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Carries out what is believed of a market: its place in shared memory, its row in the table of instruments, what the
// lines subscribe, and the command to the book thread.
//
// Thread: control. Invariants: a market keeps its place from the first time on; the book thread hears of other units
// before anything is subscribed in them; what is shown already is not done again.
class MarketInstaller {
  public:
    struct Wiring {
        InstrumentTable* instruments;
        Subscriptions* subscriptions;
        Segment* segment;
        PendingPool* pool;                      // handed to each new Sync; touched by the book thread alone
        std::function<void(BookCommand)> send;  // to the book thread
    };
    struct Options {
        std::size_t depth = 0;         // levels a side that are published
        std::int64_t gap_wait_ns = 0;  // see Sync
        std::int64_t window_ns = 0;    // likewise
    };

    // `log` outlives this, as does what the wiring points to.
    MarketInstaller(Options options, Wiring wiring, ControlLog& log)
        : options_(options), wiring_(std::move(wiring)), log_(log) {}

    // Shows what its witness believes of a market now. False: there is no room for it in shared memory.
    bool install(FollowedMarket& market);
    // Shows it as DOWN/stopped, and has no line carry it.
    void drop(FollowedMarket& market);
    // A level off the venue's grid rests in its book: from here on the market is counted in this finer grid.
    void refine_units(FollowedMarkets& markets, SymbolIndex symbol, const Grid& grid);
    // Takes the symbols of an engine before this one into the table, since the index of a symbol is that of its slot.
    // Those that nobody wants now are shown as DOWN/stopped; the others wait as SYNCING/start for their install().
    // `listed`: where their units are looked up.
    void adopt_directory(const std::vector<Market>& listed, const FollowedMarkets& markets);

    // What the book thread has counted of a market that has a place.
    struct Frames {
        std::uint64_t bad_frames, updates;
    };
    [[nodiscard]] Frames frames_of(const FollowedMarket& market) const noexcept;

    // Gives a market a place in shared memory and among the instruments. False: there is no room, which the log has
    // told. REQUIRES: it has none, and adopt_directory() was called.
    [[nodiscard]] bool take_place(FollowedMarket& market);

  private:
    void show_down(FollowedMarket& market, Reason why);
    void show_listed(FollowedMarket& market, const Market& row);
    // Whether the venue's own grid is another one, and whether we count in other units for it.
    struct GridChange {
        bool grid = false, units = false;
    };
    GridChange update_grid(const FollowedMarket& market, const Market& row);
    void follow(FollowedMarket& market, Reason first);
    void release(const FollowedMarket& market, Reason why);
    void log_market(const FollowedMarket& market, const std::string& state);

    Options options_;
    Wiring wiring_;
    ControlLog& log_;
};

}  // namespace daypack::core
