// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/control_thread/market_witness.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "engine/shm/segment.h"
#include "net/backpack/rest_api.h"

namespace daypack {

// Which markets are followed, and in what state, tick and step: reads the list of markets again and again, asks
// /market about each market that is wanted, and tells lines and books what follows.
//
// Thread: cold. Time is handed in: what happens between two rounds, as an answer of REST, happens at the time of the
// first.
// Invariants: a market is wanted until another configuration says otherwise, whatever lists say. It has a place in
// shared memory from then on, and what is shown there is what its witness believes. After the start nothing that a list
// or /market says ends the engine.
class MarketFollower {
  public:
    struct Wiring {
        InstrumentTable* instruments;
        Subscriptions* subscriptions;
        Segment* segment;
        PendingPool* pool;                              // handed to each new Sync; touched by the book thread alone
        std::function<void(BookCommand)> send;          // to the book thread
        std::function<void(const std::string&)> say;    // a line of the log, behind the time
        std::function<void(const std::string&)> write;  // the same without the time: a complaint about a file
    };

    // Asks for the list of markets at once.
    MarketFollower(const Config& config, RestApi& rest, Wiring wiring, MonoTime now);

    void do_work(MonoTime now);

    // The configuration's list of symbols is another one from now on.
    void set_symbols(const Config& config);

    // Something was read of a market that what is believed of it does not allow.
    void doubt(SymbolIndex symbol, MonoTime now);
    // A level off the venue's grid rests in its book: from here on the market is counted more finely.
    void refine_units(SymbolIndex symbol, const Grid& grid);
    // As when the whole venue begins or ends maintenance.
    void doubt_all(MonoTime now);

    // At the start no symbol is there to follow, or there is room for none.
    [[nodiscard]] bool failed() const noexcept { return failed_; }

  private:
    enum class Shown : std::uint8_t { nothing, down, closed, followed };

    struct Followed {
        std::string native;
        MarketWitness witness;
        std::optional<SymbolIndex> index;  // none: it has no place yet, or there was no room
        bool wanted = true;
        bool lived = false;  // it was listed at some time
        Shown shown = Shown::nothing;
        Reason why = Reason::none;                  // it is shown as down; or not open
        std::uint64_t bad_frames = 0, updates = 0;  // as counted when last looked at
        MonoTime streamed;                          // when updates of it were last seen to come; 0: never
    };

    struct List {
        std::vector<Market> markets;
        MonoTime asked;
        std::optional<int> age_s;
    };

    void read_list();
    void read_list_soon(MonoTime now);
    void on_list(const RestReply<MarketList>& reply, MonoTime asked);
    void on_no_list(const std::string& why, MonoTime now);
    void select(MonoTime now);
    void hear_list(MonoTime now);
    Followed& want(const std::string& native, MonoTime now);
    void drop(Followed& market);
    void look_at_frames(MonoTime now);
    void ask(MonoTime now);
    void on_market(std::size_t place, const RestReply<std::optional<Market>>& reply);
    [[nodiscard]] static bool is_contradicted(const Followed& market, MonoTime now) noexcept;
    void say_no_answer(const Followed& market, const std::string& why);
    void settle(Followed& market);
    [[nodiscard]] bool take_place(Followed& market);
    void adopt_directory();
    void show_down(Followed& market, Reason why);
    void show_market(Followed& market, const Market& now);
    void say_market(const Followed& market, const std::string& state);
    void follow(Followed& market, Reason first);
    void complain(const Followed& market);
    void say_once(const std::string& words);
    void look_whether_failed();
    [[nodiscard]] std::size_t halted() const noexcept;  // of those that are followed

    Config config_;
    RestApi& rest_;
    Wiring wiring_;
    MonoTime now_;                  // of the round
    std::deque<Followed> markets_;  // only grows
    std::optional<List> list_;      // the last that came
    MonoTime list_due_;             // 0: it is asked for
    MonoTime list_read_;
    std::uint32_t list_failures_ = 0;    // in a row
    std::uint32_t market_failures_ = 0;  // of /market, of all markets, in a row
    bool market_answers_ = false;        // it did so once
    MonoTime market_due_;                // before it nothing is asked of a /market that fails for all
    MonoTime looked_;
    bool other_symbols_ = false;  // what the configuration no longer names is still to be dropped
    bool began_ = false;          // there was something to follow
    bool failed_ = false;
    std::vector<std::string> said_;
};

}  // namespace daypack
