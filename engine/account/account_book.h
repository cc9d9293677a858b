// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/account/account_news.h"
#include "engine/account/fill_ledger.h"
#include "engine/account/holding_table.h"
#include "engine/account/order_table.h"
#include "engine/account/recent_ids.h"

namespace daypack::core {

// What one account has: orders, positions, balances and fills, made of private streams and of answers of REST. The
// streams acknowledge nothing and number nothing, and send no snapshot; so live is earned, for each kind by itself:
//
//  1. The subscription is sent, then a ping. Its pong is the barrier: what happens from there on is told by the stream.
//  2. Each kind is fetched. An answer waits for the pong to a ping that was sent behind it, so that every event which
//     REST may have known of has been read. Rows that an event told between request and pong are the event's.
//  3. LIVE, unconfirmed; and without that flag once a second answer, a second later at least, has agreed.
//  4. Each kind is fetched again at every interval. What differs is mended, counted and told, and the kind is not LIVE
//     until then. A difference of a time with a subscription means that the stream has lost something, so the line is
//     to be connected again.
//  5. Answers that fail, or settle nothing, leave a stream by itself, which may be lost without a word: after two
//     intervals and kUnheard_ns without one that settles it, a kind is STALE/silent until one does.
//
// A difference is believed when the next answer has it too, for a pong may overtake events; and a row that an event
// told moments before is not given up, for REST may be behind. Until then the kind is SYNCING/audit. An answer that is
// proven old (order_table.h) counts for nothing. Fills must add up to what their orders say was executed
// (fill_ledger.h); where they do not, fills are SYNCING/gap.
//
// Thread: one at a time. No sockets, no clock: time is handed in. It allocates.
// Invariants: each event and each fill is handed on once; nothing is LIVE while the line is down, from a connection
// that is gone, while a fetch or an event has shown something to be missing, or for longer than unheard_max() without
// an answer that settles it; who drops the orders, positions or balances that he holds at SYNCING/start of theirs, and
// goes by what is handed on from there, has what this has.
class AccountBook {
  public:
    static constexpr std::int64_t kConfirm_ns = 1'000'000'000;      // from a first answer to the second
    static constexpr std::int64_t kAgain_ns = 1'000'000'000;        // after an answer that did not settle it
    static constexpr std::int64_t kFailedMax_ns = 30'000'000'000;   // between tries that fail, which begin at kAgain_ns
    static constexpr std::int64_t kUnheard_ns = 10'000'000'000;     // that a due answer that settles may be late
    static constexpr std::int64_t kReconnect_ns = 10'000'000'000;   // between reconnections that are wished for
    static constexpr std::int64_t kHistoryMargin_us = 60'000'000;   // of the time from which fills are asked for
    static constexpr std::size_t kEventsMax = 65'536;               // remembered, so that a copy is known
    static constexpr std::int64_t kInheritMax_us = 86'400'000'000;  // so far back fills are looked for, a day

    // How a part begins, as long as nothing of it is known.
    static constexpr AccountKindState kStart{State::syncing, Reason::start, false};

    // A fetch that is to be made. `from`: of fills, the oldest that is needed.
    struct Ask {
        AccountKind kind = AccountKind::orders;
        VenueTime from;
        VenueTime until;  // the newest event by then
        MonoTime asked;
        std::uint64_t generation = 0;
    };
    // Of the kind that was asked for, in the order of AccountKind.
    using Answer = std::variant<std::vector<AccountOrder>, std::vector<AccountPosition>, std::vector<AccountBalance>,
                                std::vector<AccountFill>>;

    struct KindStats {
        std::uint64_t answers = 0;      // that counted
        std::uint64_t differences = 0;  // rows that the stream should have told, and were mended
        std::uint64_t missed = 0;       // rows that changed while there was no subscription
        std::uint64_t doubts = 0;       // answers that differed, and were not believed yet
        std::uint64_t old_answers = 0;  // that were proven older than an event
        std::uint64_t failures = 0;
    };
    struct Stats {
        std::uint64_t events = 0;
        std::uint64_t duplicates = 0;  // known already, and not handed on
        std::uint64_t late = 0;        // handed on, and changed nothing
        std::uint64_t broken = 0;      // frames that could not be read
        std::uint64_t reconnects = 0;  // that were wished for
        std::array<KindStats, kAccountKinds> kinds;
    };

    // `interval_ns`: between fetches of a kind that is LIVE; 0: it is not fetched again.
    explicit AccountBook(std::int64_t interval_ns) : interval_ns_(interval_ns) {}

    // The subscription was sent. Fills from the first time on are handed on, by the venue's clock.
    void on_subscribed(MonoTime now, VenueTime venue_now);
    // An engine before this one has told what there was before `since`, and `told` of the fills behind (fill_identity):
    // what it did not tell from there on is handed on, too. Before the first subscription that is kInheritMax_us back
    // at most; behind it, fills of later than that one are handed on as ever.
    using ToldTimes = std::unordered_map<std::string, VenueTime>;
    void inherit(VenueTime since, const ToldTimes& told, MonoTime now);
    // Fills from there on are handed on; none before the first subscription. And up to where a history was read.
    [[nodiscard]] std::optional<VenueTime> fills_since() const noexcept { return base_; }
    [[nodiscard]] VenueTime fills_known() const noexcept { return fills_known_; }
    // The connection is gone.
    void on_down(MonoTime now);
    // The venue does not let this account subscribe.
    void on_refused(MonoTime now);

    // A ping is to be sent, whose pong counts. At most one is under way.
    [[nodiscard]] bool wants_barrier() const noexcept;
    void on_barrier_sent() noexcept;
    // Its pong: all that was sent before it has been handed in.
    void on_barrier(MonoTime now);

    // A fetch that is due, which is then under way. REQUIRES: is called each turn, for it tells the book the time.
    [[nodiscard]] std::optional<Ask> next_ask(MonoTime now);
    // REQUIRES: of the kind that was asked for.
    void on_answer(const Ask& ask, Answer answer);
    void on_failure(const Ask& ask, MonoTime now);

    void on_event(const OrderEvent& event, MonoTime now);
    void on_event(const PositionEvent& event, MonoTime now);
    void on_event(const BalanceEvent& event, MonoTime now);
    // An event came that could not be read, so anything may be missing.
    void on_broken(MonoTime now);

    // Whether the line should be connected again, once: the stream has lost something.
    [[nodiscard]] bool take_reconnect() noexcept { return std::exchange(reconnect_, false); }
    // What is to be handed on since the last call, in its order.
    [[nodiscard]] std::vector<AccountNews> take_news() { return std::exchange(news_, {}); }

    // SYNCING/start, then all that is held of the kind, as `seed`: for one who knows nothing of it, or what was so
    // under another engine. Fills are events, each told once: none of them is among it.
    [[nodiscard]] std::vector<AccountNews> from_the_start(AccountKind kind) const;
    [[nodiscard]] AccountKindState state(AccountKind kind) const noexcept { return kinds_[index_of(kind)].state; }
    // All kinds are LIVE, confirmed.
    [[nodiscard]] bool is_settled() const noexcept;
    [[nodiscard]] const OrderTable& orders() const noexcept { return orders_; }
    [[nodiscard]] const PositionTable& positions() const noexcept { return positions_; }
    [[nodiscard]] const BalanceTable& balances() const noexcept { return balances_; }
    [[nodiscard]] const Stats& stats() const noexcept { return stats_; }
    [[nodiscard]] std::uint64_t fills_given_up() const noexcept { return ledger_.given_up(); }

  private:
    enum class Phase : std::uint8_t { down, unproven, subscribed };
    struct Held {
        Ask ask;
        Answer answer;
        bool is_covered = false;  // by a barrier that is under way
    };
    struct Kind {
        AccountKindState state = kStart;
        bool was_known = false;
        bool was_sure = false;           // two answers agreed once
        bool is_outage = true;           // until it is known again
        std::set<std::string> suspects;  // rows that the last answer differed in, and was not believed
        unsigned seeds = 0;              // answers that agreed since it was last in doubt
        unsigned again = 0;              // in a row, for what was touched
        unsigned failed = 0;
        bool is_asked = false;
        bool is_due = false;
        MonoTime due;
        MonoTime settled;  // the last time; REQUIRES: it is LIVE
        std::uint64_t generation = 0;
        std::optional<Held> held;
    };

    static std::size_t index_of(AccountKind kind) noexcept { return static_cast<std::size_t>(kind); }
    Kind& of(AccountKind kind) noexcept { return kinds_[index_of(kind)]; }
    void set_state(AccountKind kind, AccountKindState state);
    // What was known of it may be wrong: fetches again, and takes no answer to an earlier request. `is_outage`: there
    // was no subscription, so that what has changed is no fault of the stream.
    void lose(AccountKind kind, AccountKindState state, bool is_outage, MonoTime now);
    // How long a kind that is LIVE may go without an answer that settles it; none: for ever, for nobody asks.
    [[nodiscard]] std::optional<std::int64_t> unheard_max(const Kind& kind) const noexcept;
    void doubt_unheard(MonoTime now);
    void fetch_at(Kind& kind, MonoTime due) noexcept;
    void begin_at(VenueTime since) noexcept;
    void settle(AccountKind kind, const Ask& ask, const FetchResult& result, MonoTime now);
    FetchResult merge(const Answer& answer, const FetchWindow& window);
    FetchResult merge_orders(const std::vector<AccountOrder>& rows, const FetchWindow& window);
    FetchResult merge_fills(const std::vector<AccountFill>& rows, const FetchWindow& window);
    [[nodiscard]] bool is_copy(std::string identity);
    [[nodiscard]] FillLedger::Before rule_of(const std::string& order) const;
    // The time, later than any before: so it is told apart what came before a request and what behind it.
    [[nodiscard]] MonoTime moment(MonoTime now) noexcept { return moment_ = std::max(now, moment_ + 1); }
    void check_fills(const std::string& order, MonoTime now);

    std::int64_t interval_ns_;
    Phase phase_ = Phase::down;
    bool barrier_sent_ = false;
    std::array<Kind, kAccountKinds> kinds_;
    OrderTable orders_;
    PositionTable positions_;
    BalanceTable balances_;
    FillLedger ledger_;
    RecentIds events_{kEventsMax};
    MonoTime moment_;
    std::optional<VenueTime> base_;       // fills before it are none of ours
    std::optional<VenueTime> inherited_;  // what it is to be, until the first subscription
    VenueTime subscribed_;                // the last time
    VenueTime newest_;                    // of all events
    VenueTime fills_known_;               // up to here a history was read
    bool reconnect_ = false;
    std::optional<MonoTime> reconnected_;
    std::vector<AccountNews> news_;
    Stats stats_;
};

}  // namespace daypack::core
