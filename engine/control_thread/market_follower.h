// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/control_thread/control_log.h"
#include "engine/control_thread/followed_market.h"
#include "engine/control_thread/market_inquiry.h"
#include "engine/control_thread/market_installer.h"
#include "engine/control_thread/market_list_reader.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// Decides which markets are followed: takes in those that the configuration selects from the venue's list, has the
// witness of each hear the list and /market, and has carried out what is believed then.
//
// Thread: control. Time is handed in: what happens between two rounds, as an answer of REST, happens at the time of the
// first.
// Invariants: a market is wanted until another configuration says otherwise, whatever lists say. It has a place in
// shared memory from then on, and what is shown there is what its witness believes. After the start nothing that a list
// or /market says ends the engine.
class MarketFollower {
  public:
    // Asks for the list of markets at once. `rest` and `log` outlive this.
    MarketFollower(const Config& config, RestApi& rest, MarketInstaller::Wiring wiring, ControlLog& log, MonoTime now);

    void do_work(MonoTime now);

    // From now on the configuration names other symbols.
    void set_symbols(const Config& config);
    // Gives a market its place in shared memory now, whatever is known of it; none where there is no room, which the
    // log has told then. REQUIRES: the configuration names it.
    [[nodiscard]] std::optional<SymbolIndex> place(const std::string& native);

    // Something was read of a market that what is believed of it does not allow.
    void doubt(SymbolIndex symbol, MonoTime now);
    // The whole venue may have changed, as when maintenance begins or ends.
    void doubt_all(MonoTime now);
    // A level off the venue's grid rests in its book: from here on the market is counted in this finer grid.
    void refine_units(SymbolIndex symbol, const Grid& grid) { installer_.refine_units(markets_, symbol, grid); }

    // At the start none of the symbols is there to follow, or there is room for none.
    [[nodiscard]] bool failed() const noexcept { return failed_; }

  private:
    void tell_change(const Config& config) const;
    void on_list(const MarketListReader::List* list);
    void select();
    FollowedMarket& want(const std::string& native);
    void drop_unselected(const std::vector<std::string>& selected);
    void hear_list(const MarketListReader::List& list);
    void on_heard(FollowedMarket& market, bool changed);
    void settle(FollowedMarket& market);
    void complain(const FollowedMarket& market);
    void check_frames(MonoTime now);
    void check_whether_failed();

    Config config_;
    ControlLog& log_;
    MonoTime now_;  // of the round
    FollowedMarkets markets_;
    MarketInquiry inquiry_;
    MarketInstaller installer_;
    MarketListReader list_;           // last: it asks when it is made
    MonoTime checked_;                // when frames were last checked
    bool selection_changed_ = false;  // what the configuration no longer names is still to be dropped
    bool began_ = false;              // there was something to follow
    bool failed_ = false;
};

}  // namespace daypack::core
