// SPDX-License-Identifier: MIT
// The book of an account against a venue that is a few maps, with streams and answers that take their time, get lost,
// come twice, or come late.
#include "engine/account/account_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace daypack::core {
namespace {

constexpr std::int64_t kStart_us = 1'788'368'290'000'000;
constexpr std::int64_t kInterval_ms = 10'000;

Amount amount(std::int64_t number) {
    return Amount::parse(std::to_string(number)).value();
}

// How many worlds a test looks at; more by hand: DAYPACK_ACCOUNT_WORLDS=200.
unsigned seeds() {
    const char* const given = std::getenv("DAYPACK_ACCOUNT_WORLDS");
    return given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 5;
}

// What goes wrong on the way.
struct Unkindness {
    bool copies = false;
    bool cuts = false;
    bool losses = false;    // of frames, without a word
    bool delays = false;    // a frame comes behind later ones
    bool failures = false;  // of requests
    bool broken = false;
    int rest_behind_ms = 0;  // answers show what was, at most so long ago
    int history_behind_ms = 0;
};

// The truth: what the account has, and every fill there ever was.
struct Truth {
    struct Order {
        std::int64_t quantity = 0;
        std::int64_t executed = 0;
        bool operator==(const Order&) const = default;
    };
    std::map<std::string, Order> orders;
    std::map<std::string, std::int64_t> positions;
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> balances;
    bool operator==(const Truth&) const = default;
};

using Event = std::variant<OrderEvent, PositionEvent, BalanceEvent, BrokenFrame, std::uint64_t>;  // the last: a pong

class World {
  public:
    World(unsigned seed, Unkindness unkindness) : random_(seed), unkind_(unkindness), book_(kInterval_ms * 1'000'000) {
        for (int i = 0; i < 20; ++i) act();
        frames_.clear();
    }

    // A hundredth of a second.
    void step(bool acts) {
        now_ms_ += 10;
        time_us_ = std::max(time_us_ + 1, kStart_us + now_ms_ * 1'000);
        if (acts && one_in(3)) act();
        past_.push_back({now_ms_, truth_});
        if (past_.size() > 1'000) past_.pop_front();
        connect();
        read();
        ask();
        answer();
        hear_news();
        if (book_.take_reconnect()) cut();
        check();
    }
    [[nodiscard]] bool is_settled() const { return is_up_ && frames_.empty() && asks_.empty() && book_.is_settled(); }

    [[nodiscard]] Truth shown() const {
        Truth shown;
        for (const auto& [id, row] : book_.orders().rows()) {
            shown.orders[id] = {std::stoll(row.order.quantity->text()), std::stoll(row.order.executed.text())};
        }
        for (const auto& [symbol, held] : book_.positions().rows()) {
            const std::int64_t quantity = std::stoll(held.row.net_quantity.text());
            if (quantity != 0) shown.positions[symbol] = quantity;
        }
        for (const auto& [asset, held] : book_.balances().rows()) {
            const auto balance = std::pair(std::stoll(held.row.available.text()), std::stoll(held.row.locked.text()));
            if (balance != std::pair<long long, long long>{}) shown.balances[asset] = balance;
        }
        return shown;
    }
    [[nodiscard]] std::map<std::string, int> fills_since_base() const {
        std::map<std::string, int> fills;
        for (const AccountFill& fill : fills_) {
            if (base_us_ > 0 && fill.time.us >= base_us_ / 1'000 * 1'000) fills[fill.trade_id] = 1;
        }
        return fills;
    }

    const Truth& truth() const { return truth_; }
    AccountBook& book() { return book_; }
    MonoTime now() const { return {now_ms_ * 1'000'000}; }
    std::map<std::string, int> told_fills;
    std::map<std::string, int> told_orders;  // by identity
    std::uint64_t wrong_while_live = 0;
    std::uint64_t live_steps = 0;
    std::uint64_t lost = 0;

  private:
    struct Frame {
        std::int64_t due_ms;
        Event event;
    };
    struct Request {
        AccountBook::Ask ask;
        std::int64_t made_ms;  // the answer, at the venue
        std::int64_t due_ms;   // here
        bool is_made = false;
        bool fails = false;
        AccountBook::Answer answer;
    };

    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool one_in(int n) { return below(n) == 0; }

    // --- the venue

    void send(Event event) {
        if (!is_up_) return;
        if (unkind_.losses && one_in(60)) {
            ++lost;
            return;
        }
        if (unkind_.broken && one_in(200)) event = BrokenFrame{};
        const std::int64_t due_ms = std::max(now_ms_ + 10 + below(40), frames_.empty() ? 0 : frames_.back().due_ms);
        frames_.push_back({due_ms, event});
        if (unkind_.copies && one_in(5)) frames_.push_back({due_ms, event});
        if (unkind_.delays && frames_.size() > 1 && one_in(20)) {
            std::swap(frames_.back().event, frames_[frames_.size() - 2].event);
        }
    }
    void tell_order(const std::string& id, const Truth::Order& order, const std::string& kind,
                    const std::string& status, const AccountFill* fill = nullptr) {
        OrderEvent event;
        event.kind = kind;
        event.order = row_of(id, order, status);
        event.time = {time_us_ += 2};
        event.sent = {time_us_ - 1 + below(100)};
        if (fill != nullptr) event.fill = *fill;
        if (event.fill) event.time = fill->time;
        send(event);
    }
    void tell_balance(const std::string& asset) {
        BalanceEvent event;
        event.asset = asset;
        event.available = amount(truth_.balances[asset].first);
        event.locked = amount(truth_.balances[asset].second);
        event.time = {time_us_ += 2};
        if (truth_.balances[asset] == std::pair<std::int64_t, std::int64_t>{}) truth_.balances.erase(asset);
        send(event);
    }
    static AccountOrder row_of(const std::string& id, const Truth::Order& order, const std::string& status) {
        AccountOrder row;
        row.id = id;
        row.symbol = "SOL_USDC";
        row.side = "Bid";
        row.status = status;
        row.quantity = amount(order.quantity);
        row.executed = amount(order.executed);
        return row;
    }
    static std::string status_of(const Truth::Order& order) {
        return order.executed == 0 ? "New" : order.executed == order.quantity ? "Filled" : "PartiallyFilled";
    }

    void act() {
        if (truth_.orders.size() < 3 || (truth_.orders.size() < 12 && one_in(3))) {
            const std::string id = std::to_string(++order_id_);
            const Truth::Order order{1 + below(9), 0};
            truth_.orders[id] = order;
            tell_order(id, order, "orderAccepted", "New");
            truth_.balances["USDC"].second += order.quantity;
            return tell_balance("USDC");
        }
        const auto at = std::next(truth_.orders.begin(), below(static_cast<int>(truth_.orders.size())));
        const std::string id = at->first;
        if (one_in(3)) {
            const Truth::Order order = at->second;
            truth_.orders.erase(at);
            tell_order(id, order, "orderCancelled", "Cancelled");
            truth_.balances["USDC"].second -= order.quantity - order.executed;
            return tell_balance("USDC");
        }
        AccountFill fill;
        fill.trade_id = std::to_string(++trade_id_);
        fill.order_id = id;
        fill.symbol = "SOL_USDC";
        const std::int64_t part = 1 + below(static_cast<int>(at->second.quantity - at->second.executed));
        fill.quantity = amount(part);
        fill.time = {time_us_ += 2};
        fills_.push_back(fill);
        at->second.executed += part;
        const Truth::Order order = at->second;
        if (order.executed == order.quantity) truth_.orders.erase(at);
        tell_order(id, order, "orderFill", status_of(order), &fill);
        truth_.balances["USDC"].second -= part;
        tell_balance("USDC");
        const std::string market = one_in(2) ? "SOL_USDC_PERP" : "BTC_USDC_PERP";
        std::int64_t& position = truth_.positions[market];
        position += one_in(2) ? part : -part;
        PositionEvent event;
        event.kind = "positionAdjusted";
        event.position.symbol = market;
        event.position.net_quantity = amount(position);
        event.time = {time_us_ += 1};
        if (position == 0) truth_.positions.erase(market);
        send(event);
        truth_.balances["SOL"].first += part;
        tell_balance("SOL");
    }

    // --- the way

    void connect() {
        if (is_up_) {
            if (unkind_.cuts && one_in(400)) cut();
            return;
        }
        if (now_ms_ < up_at_ms_) return;
        is_up_ = true;
        book_.on_subscribed(now(), {time_us_});
        if (base_us_ == 0) base_us_ = time_us_;
        for (const auto& [market, quantity] : truth_.positions) {
            PositionEvent event;
            event.position.symbol = market;
            event.position.net_quantity = amount(quantity);
            send(event);
        }
    }
    void cut() {
        is_up_ = false;
        up_at_ms_ = now_ms_ + 50 + below(1'500);
        frames_.clear();
        book_.on_down(now());
    }
    void read() {
        while (!frames_.empty() && frames_.front().due_ms <= now_ms_) {
            const Event event = frames_.front().event;
            frames_.pop_front();
            std::visit(
                [this]<class E>(const E& one) {
                    if constexpr (std::is_same_v<E, BrokenFrame>) {
                        book_.on_broken(now());
                    } else if constexpr (std::is_same_v<E, std::uint64_t>) {
                        book_.on_barrier(now());
                    } else {
                        book_.on_event(one, now());
                    }
                },
                event);
        }
        if (is_up_ && book_.wants_barrier()) {
            book_.on_barrier_sent();
            const std::int64_t due_ms = now_ms_ + 10 + below(40);
            frames_.push_back({std::max(due_ms, frames_.empty() ? 0 : frames_.back().due_ms), std::uint64_t{1}});
        }
    }
    void ask() {
        while (const auto ask = book_.next_ask(now())) {
            const std::int64_t made_ms = now_ms_ + 10 + below(60);
            asks_.push_back({*ask, made_ms, made_ms + 10 + below(60), false, unkind_.failures && one_in(8), {}});
        }
    }
    void answer() {
        for (Request& request : asks_) {
            if (request.is_made || request.made_ms > now_ms_) continue;
            request.is_made = true;
            request.answer = answer_of(request.ask);
        }
        std::vector<Request> due;
        std::erase_if(asks_, [&](const Request& request) {
            if (request.due_ms > now_ms_) return false;
            due.push_back(request);
            return true;
        });
        for (const Request& request : due) {
            if (request.fails) {
                book_.on_failure(request.ask, now());
            } else {
                book_.on_answer(request.ask, request.answer);
            }
        }
    }
    AccountBook::Answer answer_of(const AccountBook::Ask& ask) {
        const std::int64_t at_ms = now_ms_ - (unkind_.rest_behind_ms > 0 ? below(unkind_.rest_behind_ms) : 0);
        const auto later = std::find_if(past_.begin(), past_.end(), [&](const auto& one) { return one.first > at_ms; });
        const Truth& truth = (later == past_.begin() ? *later : *std::prev(later)).second;
        if (ask.kind == AccountKind::orders) {
            std::vector<AccountOrder> rows;
            for (const auto& [id, order] : truth.orders) rows.push_back(row_of(id, order, status_of(order)));
            return rows;
        }
        if (ask.kind == AccountKind::positions) {
            std::vector<AccountPosition> rows;
            for (const auto& [symbol, quantity] : truth.positions) {
                rows.push_back({});
                rows.back().symbol = symbol;
                rows.back().net_quantity = amount(quantity);
            }
            return rows;
        }
        if (ask.kind == AccountKind::balances) {
            std::vector<AccountBalance> rows;
            for (const auto& [asset, balance] : truth.balances) {
                rows.push_back({});
                rows.back().asset = asset;
                rows.back().available = amount(balance.first);
                rows.back().locked = amount(balance.second);
            }
            return rows;
        }
        std::vector<AccountFill> rows;
        const std::int64_t until_us = time_us_ - unkind_.history_behind_ms * 1'000;
        for (const AccountFill& fill : fills_) {
            if (fill.time.us / 1'000 < ask.from.us / 1'000 || fill.time.us > until_us) continue;
            rows.push_back(fill);
            rows.back().time.us -= rows.back().time.us % 1'000;
        }
        return rows;
    }

    void hear_news() {
        for (const AccountNews& news : book_.take_news()) {
            if (const auto* fill = std::get_if<FillNews>(&news)) ++told_fills[fill->fill.trade_id];
            const auto* order = std::get_if<OrderNews>(&news);
            if (order != nullptr && !order->event.kind.empty()) ++told_orders[order->event.identity()];
        }
    }

    // Nothing is on its way: what is live equals the truth.
    void check() {
        const bool is_quiet = is_up_ && std::all_of(frames_.begin(), frames_.end(), [](const Frame& frame) {
                                  return std::holds_alternative<std::uint64_t>(frame.event);
                              });
        const auto is_sure = [this](AccountKind kind) {
            const AccountKindState state = book_.state(kind);
            return state.state == State::live && (unkind_.rest_behind_ms == 0 || !state.unconfirmed);
        };
        if (!is_up_) {
            for (const AccountKind kind : {AccountKind::orders, AccountKind::fills}) {
                EXPECT_NE(book_.state(kind).state, State::live) << "without a line";
            }
        }
        if (!is_quiet) return;
        const Truth shown = this->shown();
        if (is_sure(AccountKind::orders)) {
            ++live_steps;
            wrong_while_live += shown.orders != truth_.orders;
        }
        if (is_sure(AccountKind::positions)) wrong_while_live += shown.positions != truth_.positions;
        if (is_sure(AccountKind::balances)) wrong_while_live += shown.balances != truth_.balances;
        if (is_sure(AccountKind::fills) && !book_.state(AccountKind::fills).unconfirmed) {
            wrong_while_live += told_fills != fills_since_base();
        }
    }

    std::mt19937 random_;
    Unkindness unkind_;
    AccountBook book_;
    std::int64_t now_ms_ = 0;
    std::int64_t time_us_ = kStart_us;
    Truth truth_;
    std::vector<AccountFill> fills_;
    std::deque<std::pair<std::int64_t, Truth>> past_;
    std::uint64_t order_id_ = 59'887'000'000;
    std::uint64_t trade_id_ = 381'000'000;
    bool is_up_ = false;
    std::int64_t up_at_ms_ = 50;
    std::int64_t base_us_ = 0;
    std::deque<Frame> frames_;
    std::vector<Request> asks_;
};

// What the account has is known once the venue is quiet, and every fill was told once.
void expect_right_in_the_end(World& world) {
    for (int i = 0; i < 20'000 && !(i > 1'200 && world.is_settled()); ++i) world.step(false);
    EXPECT_TRUE(world.is_settled());
    EXPECT_TRUE(world.shown() == world.truth());
    EXPECT_EQ(world.told_fills, world.fills_since_base());
    for (const auto& [identity, times] : world.told_orders) EXPECT_EQ(times, 1) << identity;
    EXPECT_EQ(world.book().fills_given_up(), 0u);
}

std::uint64_t differences(const AccountBook& book) {
    std::uint64_t sum = 0;
    for (const auto& kind : book.stats().kinds) sum += kind.differences;
    return sum;
}

TEST(AccountBook, IsLiveWithinTwoAnswersAndRightWheneverItIsLive) {
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {});
        int steps = 0;
        for (; steps < 1'000 && !world.book().is_settled(); ++steps) world.step(true);
        EXPECT_LT(steps, 800) << "while it trades";
        for (int i = 0; i < 3'000; ++i) world.step(true);
        expect_right_in_the_end(world);
        EXPECT_EQ(world.wrong_while_live, 0u) << seed;
        EXPECT_GT(world.live_steps, 500u);
        EXPECT_EQ(differences(world.book()), 0u) << "nothing was lost, and nothing is said to be";
        EXPECT_EQ(world.book().stats().reconnects, 0u);
    }
}

TEST(AccountBook, IsNeverLiveAndWrongThoughLinesBreakAndFramesComeTwice) {
    std::uint64_t missed = 0, duplicates = 0;
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {.copies = true, .cuts = true, .failures = true});
        for (int i = 0; i < 3'000; ++i) world.step(true);
        expect_right_in_the_end(world);
        EXPECT_EQ(world.wrong_while_live, 0u) << seed;
        EXPECT_GT(world.live_steps, 100u);
        EXPECT_EQ(differences(world.book()), 0u) << "what an outage hid is no fault of the stream";
        for (const auto& kind : world.book().stats().kinds) missed += kind.missed;
        duplicates += world.book().stats().duplicates;
    }
    EXPECT_GT(missed, 20u);
    EXPECT_GT(duplicates, 300u);
}

TEST(AccountBook, BelievesNoAnswerThatIsBehindTheStream) {
    std::uint64_t doubts = 0, old = 0;
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {.cuts = true, .rest_behind_ms = 800, .history_behind_ms = 700});
        for (int i = 0; i < 3'000; ++i) world.step(true);
        expect_right_in_the_end(world);
        EXPECT_EQ(world.wrong_while_live, 0u) << seed;
        for (const auto& kind : world.book().stats().kinds) {
            doubts += kind.doubts;
            old += kind.old_answers;
        }
    }
    EXPECT_GT(doubts, 5u);
    EXPECT_GT(old, 5u);
}

TEST(AccountBook, MendsWhatTheStreamLostAndWishesForANewLine) {
    std::uint64_t mended = 0, reconnects = 0, late = 0;
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {.copies = true, .cuts = true, .losses = true, .delays = true, .failures = true});
        for (int i = 0; i < 3'000; ++i) world.step(true);
        expect_right_in_the_end(world);
        EXPECT_GT(world.lost, 20u);
        mended += differences(world.book());
        reconnects += world.book().stats().reconnects;
        late += world.book().stats().late;
    }
    EXPECT_GT(mended, 10u);
    EXPECT_GT(reconnects, 5u);
    EXPECT_GT(late, 0u);
}

TEST(AccountBook, FetchesAnewBehindAFrameThatCannotBeRead) {
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {.broken = true});
        for (int i = 0; i < 3'000; ++i) world.step(true);
        expect_right_in_the_end(world);
        EXPECT_EQ(world.wrong_while_live, 0u) << seed;
        EXPECT_GT(world.book().stats().broken, 0u);
    }
}

TEST(AccountBook, IsDownWhereTheVenueRefusesAndComesBack) {
    World world(1, {});
    while (!world.book().is_settled()) world.step(true);
    world.book().on_refused(world.now());
    EXPECT_EQ(world.book().state(AccountKind::orders), (AccountKindState{State::down, Reason::refused, false}));
    EXPECT_FALSE(world.book().wants_barrier());
    EXPECT_FALSE(world.book().next_ask(world.now()));
    world.book().on_subscribed(world.now(), {kStart_us});
    EXPECT_EQ(world.book().state(AccountKind::orders).state, State::syncing);
}

OrderEvent fill_event(const char* order, int executed, int part, const char* trade, std::int64_t time_us) {
    OrderEvent event;
    event.kind = "orderFill";
    event.order.id = order;
    event.order.symbol = "A_B";
    event.order.status = "PartiallyFilled";
    event.order.quantity = amount(100);
    event.order.executed = amount(executed);
    event.time = {time_us};
    event.fill.emplace();
    event.fill->trade_id = trade;
    event.fill->order_id = order;
    event.fill->symbol = "A_B";
    event.fill->quantity = amount(part);
    event.fill->time = event.time;
    return event;
}

// A book whose every kind is LIVE, with one order of which 10 are executed.
AccountBook live_book(std::int64_t now_ns) {
    AccountBook book(0);
    book.on_subscribed({now_ns}, {kStart_us});
    const auto pong = [&] {
        book.on_barrier_sent();
        book.on_barrier({now_ns});
    };
    pong();
    for (int i = 0; i < 2; ++i) {
        while (const auto ask = book.next_ask({now_ns})) {
            AccountOrder order = fill_event("1", 10, 0, "", 0).order;
            if (ask->kind == AccountKind::orders) book.on_answer(*ask, std::vector<AccountOrder>{order});
            if (ask->kind == AccountKind::positions) book.on_answer(*ask, std::vector<AccountPosition>{});
            if (ask->kind == AccountKind::balances) book.on_answer(*ask, std::vector<AccountBalance>{});
            if (ask->kind == AccountKind::fills) book.on_answer(*ask, std::vector<AccountFill>{});
        }
        pong();
        now_ns += AccountBook::kConfirm_ns;
    }
    EXPECT_TRUE(book.is_settled());
    (void)book.take_news();
    return book;
}

TEST(AccountBook, SeesAHoleInTheFillsByWhatTheOrderSays) {
    constexpr std::int64_t kNow = 5'000'000'000;
    AccountBook book = live_book(kNow);
    const auto fills = [&book] { return book.state(AccountKind::fills); };
    book.on_event(fill_event("1", 12, 2, "7", kStart_us + 10), {kNow});
    EXPECT_EQ(fills().state, State::live) << "10 and 2 are 12";
    book.on_event(fill_event("1", 17, 2, "9", kStart_us + 30), {kNow});
    EXPECT_EQ(fills(), (AccountKindState{State::syncing, Reason::gap, false})) << "3 of 17 have no fill";
    const auto ask = book.next_ask({kNow});
    ASSERT_TRUE(ask && ask->kind == AccountKind::fills);
    const AccountFill lost = *fill_event("1", 15, 3, "8", kStart_us + 20).fill;
    const auto answer_with = [&](const AccountBook::Ask& one, std::vector<AccountFill> rows, std::int64_t now) {
        book.on_answer(one, std::move(rows));
        book.on_barrier_sent();
        book.on_barrier({now});
    };
    answer_with(*ask, {}, kNow);
    EXPECT_EQ(fills().state, State::syncing) << "the history is behind";
    const auto again = book.next_ask({kNow + AccountBook::kAgain_ns});
    ASSERT_TRUE(again);
    (void)book.take_news();
    answer_with(*again, {lost}, kNow + AccountBook::kAgain_ns);
    EXPECT_EQ(fills(), (AccountKindState{State::live, Reason::none, true}));
    const auto news = book.take_news();
    ASSERT_EQ(news.size(), 2u);
    EXPECT_EQ(std::get<FillNews>(news[0]).fill.trade_id, "8");
    EXPECT_EQ(std::get<FillNews>(news[0]).source, AccountSource::mended);
    book.on_event(fill_event("1", 15, 3, "8", kStart_us + 20), {kNow + AccountBook::kAgain_ns});
    const auto late = book.take_news();
    ASSERT_EQ(late.size(), 1u) << "the event, for it is one; not its fill, for it was told";
    EXPECT_TRUE(std::get<OrderNews>(late[0]).is_late);
    EXPECT_EQ(book.orders().rows().at("1").order.executed, amount(17));
}

TEST(AccountBook, GivesUpAFillThatNoHistoryHas) {
    std::int64_t now = 5'000'000'000;
    AccountBook book = live_book(now);
    book.on_event(fill_event("1", 17, 2, "9", kStart_us + 30), {now});
    for (int i = 0; i < 100 && book.state(AccountKind::fills).state != State::live; ++i) {
        now += AccountBook::kAgain_ns;
        while (const auto ask = book.next_ask({now})) book.on_answer(*ask, std::vector<AccountFill>{});
        book.on_barrier_sent();
        book.on_barrier({now});
    }
    EXPECT_EQ(book.state(AccountKind::fills).state, State::live);
    EXPECT_EQ(book.fills_given_up(), 1u);
}

TEST(AccountBook, TakesNoAnswerOfAConnectionThatIsGone) {
    AccountBook book(0);
    book.on_subscribed({1}, {kStart_us});
    book.on_barrier_sent();
    book.on_barrier({1});
    const auto ask = book.next_ask({1});
    ASSERT_TRUE(ask && ask->kind == AccountKind::orders);
    book.on_down({2});
    book.on_answer(*ask, std::vector<AccountOrder>{fill_event("1", 10, 0, "", 0).order});
    book.on_subscribed({3}, {kStart_us});
    book.on_barrier_sent();
    book.on_barrier({3});
    EXPECT_TRUE(book.orders().rows().empty());
    EXPECT_EQ(book.state(AccountKind::orders).state, State::syncing);
}

TEST(AccountBook, ForgetsNoFillThatAHistoryMayTellAgain) {
    RecentIds ids(3);
    for (const char* id : {"a", "b", "c", "d"}) EXPECT_TRUE(ids.add(id));
    EXPECT_FALSE(ids.add("b"));
    EXPECT_TRUE(ids.add("a")) << "the oldest went";
    EXPECT_EQ(ids.size(), 3u);
}

}  // namespace
}  // namespace daypack::core
