// SPDX-License-Identifier: MIT
// When the orders, positions, balances and fills of an account are live, and that they are right then.
#include "engine/account/account_book.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/account/account_segment.h"
#include "engine/account/account_text.h"
#include "net/backpack/symbol.h"
#include "tests/engine/account_world.h"
#include "tests/support/account_follower.h"

namespace daypack::core::test {
namespace {

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

// The engines of an account, one after the other, and the ring that they tell it in.
class Engines {
  public:
    explicit Engines(World& world) : world_(world) {
        world_.on_news = [this](const AccountNews& news) { segment_->show({kName, news, world_.now()}); };
        begin(world_.book());
    }
    ~Engines() {
        segment_.reset();
        unlink(path().c_str());
    }
    // By its own account, an engine takes `step` after `step`.
    void step() {
        world_.step(true);
        const auto since = world_.book().fills_since();
        if (since) segment_->mark_fills(*since, world_.book().fills_known(), kAccount);
    }
    void restart(bool is_clean) {
        if (is_clean) segment_->stop();
        segment_.reset();
        world_.restart([this](AccountBook& book) { begin(book); });
    }
    std::size_t told_before = 0;

  private:
    static constexpr std::uint64_t kAccount = 77;
    [[nodiscard]] std::string path() const { return AccountSegment::path_of(instance_, kName); }
    void begin(AccountBook& book) {
        const auto told = read_told_fills(path(), kAccount);
        segment_.emplace(instance_, kName);
        if (!told) return;
        EXPECT_EQ(told->epoch + 1, segment_->epoch());
        told_before += told->ids.size();
        segment_->note_told(told->newest);
        book.inherit(told->since, told->ids, world_.now());
    }

    World& world_;
    const std::string kName = "mm";
    const std::string instance_ = "account_book_test" + std::to_string(getpid());
    std::optional<AccountSegment> segment_;
};

TEST(AccountBook, EnginesInTurnTellEachFillOnceAndAreNotLiveUntilTheyHave) {
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {.copies = true, .cuts = true, .failures = true, .history_behind_ms = 300});
        Engines engines(world);
        std::mt19937 random(seed);
        unsigned lives = 1;
        for (int i = 0; i < 15'000; ++i) {
            engines.step();
            if (random() % 700 != 0) continue;
            engines.restart(random() % 2 == 0);
            ++lives;
        }
        expect_right_in_the_end(world);
        EXPECT_GT(lives, 10u);
        EXPECT_GT(engines.told_before, 1'000u);
        EXPECT_GT(world.told_fills.size(), 1'000u);
    }
}

// A reader of the ring, which outlives the engines; one that takes over follows the account before it has the ring.
class RingOfTurns {
  public:
    explicit RingOfTurns(World& world) : world_(world) {
        world_.on_news = [this](const AccountNews& news) {
            if (has_ring_) show(news);
        };
        begin();
    }
    void restart() {
        world_.restart([](AccountBook&) {});
        begin();
    }
    void take_over() {
        world_.restart([](AccountBook&) {});
        has_ring_ = false;
    }
    // As AccountThread does.
    void begin() {
        has_ring_ = true;
        for (const AccountKind kind : kKinds) {
            for (const AccountNews& news : world_.book().from_the_start(kind)) show(news);
        }
        for (const AccountKind kind : kKinds) {
            const AccountKindState state = world_.book().state(kind);
            if (state != AccountBook::kStart) show(AccountStateNews{kind, state});
        }
    }
    [[nodiscard]] bool has_ring() const { return has_ring_; }
    void expect_true() const {
        const Truth& truth = world_.truth();
        AccountFollower expected;
        for (const auto& [id, order] : truth.orders) {
            expected.orders[id] = {order.executed == 0 ? "New" : "PartiallyFilled", std::to_string(order.executed)};
        }
        for (const auto& [symbol, quantity] : truth.positions) {
            expected.positions[normalised_symbol(symbol)] = std::to_string(quantity);
        }
        for (const auto& [asset, balance] : truth.balances) {
            expected.balances[asset] = {std::to_string(balance.first), std::to_string(balance.second)};
        }
        expect_same(reader_, expected);
    }

  private:
    static constexpr std::array kKinds{AccountKind::orders, AccountKind::positions, AccountKind::balances,
                                       AccountKind::fills};
    void show(const AccountNews& news) { reader_.hear(account_json({kName, news, world_.now()})); }

    World& world_;
    const std::string kName = "mm";
    AccountFollower reader_;
    bool has_ring_ = false;
};

TEST(AccountBook, WhoDropsAPartAtItsStartHasWhatTheVenueHasWheneverAllIsLiveAndRests) {
    for (unsigned seed = 1; seed <= seeds(); ++seed) {
        World world(seed, {.copies = true, .cuts = true, .losses = true, .failures = true, .broken = true});
        RingOfTurns ring(world);
        std::mt19937 random(seed);
        unsigned rests = 0;
        for (int turn = 0; turn < 12; ++turn) {
            const auto what = random() % 4;
            if (what == 0) ring.restart();
            if (what == 1) ring.take_over();
            if (what == 2) world.refuse();
            // In a long time every row is told again by some event; in a short one some are not.
            const unsigned most = random() % 2 == 0 ? 600 : 30;
            for (auto steps = random() % most; steps > 0; --steps) world.step(true);
            if (!ring.has_ring()) ring.begin();
            for (auto steps = random() % most; steps > 0; --steps) world.step(true);
            int rest = 0;
            while (rest < 20'000 && !(rest > 1'200 && world.is_settled())) {
                world.step(false);
                ++rest;
            }
            rests += world.is_settled() ? 1 : 0;
            ring.expect_true();
            if (HasFailure()) FAIL() << "seed " << seed << " turn " << turn << " what " << what;
        }
        EXPECT_EQ(rests, 12u);
    }
}

TEST(AccountBook, AnEngineThatComesAfterDaysGoesBackOne) {
    AccountBook book(0);
    book.inherit({kStart_us - 3 * AccountBook::kInheritMax_us}, {}, {1});
    book.on_subscribed({1}, {kStart_us});
    EXPECT_EQ(book.fills_since(), VenueTime{kStart_us - AccountBook::kInheritMax_us});
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

// A turn of a line that is up and quiet, and of a REST that answers, with one order of which 10 are executed, or fails.
void turn(AccountBook& book, std::int64_t now_ns, bool is_answered) {
    while (const auto ask = book.next_ask({now_ns})) {
        if (!is_answered) {
            book.on_failure(*ask, {now_ns});
        } else if (ask->kind == AccountKind::orders) {
            book.on_answer(*ask, std::vector<AccountOrder>{fill_event("1", 10, 0, "", 0).order});
        } else if (ask->kind == AccountKind::positions) {
            book.on_answer(*ask, std::vector<AccountPosition>{});
        } else if (ask->kind == AccountKind::balances) {
            book.on_answer(*ask, std::vector<AccountBalance>{});
        } else {
            book.on_answer(*ask, std::vector<AccountFill>{});
        }
    }
    if (!book.wants_barrier()) return;
    book.on_barrier_sent();
    book.on_barrier({now_ns});
}

// A book whose every kind is LIVE, with one order of which 10 are executed.
AccountBook live_book(std::int64_t now_ns) {
    AccountBook book(0);
    book.on_subscribed({now_ns}, {kStart_us});
    turn(book, now_ns, true);
    for (int i = 0; i < 2; ++i) {
        turn(book, now_ns, true);
        now_ns += AccountBook::kConfirm_ns;
    }
    EXPECT_TRUE(book.is_settled());
    (void)book.take_news();
    return book;
}

bool every_kind_is(const AccountBook& book, AccountKindState state) {
    return std::ranges::all_of(
        std::array{AccountKind::orders, AccountKind::positions, AccountKind::balances, AccountKind::fills},
        [&](AccountKind kind) { return book.state(kind) == state; });
}

// The stream may be lost without a word, and is not to be believed for ever where REST is lost with it.
TEST(AccountBook, IsNotLiveForLongWhereNoAnswerSettlesIt) {
    constexpr std::int64_t kTurn_ns = 100'000'000;
    constexpr std::int64_t kInterval_ns = kInterval_ms * 1'000'000;
    constexpr std::int64_t kBound_ns = 2 * kInterval_ns + AccountBook::kUnheard_ns;
    constexpr AccountKindState kSilent{State::stale, Reason::silent, false};
    AccountBook book(kInterval_ns);
    std::int64_t now_ns = 5'000'000'000;
    book.on_subscribed({now_ns}, {kStart_us});
    for (; !book.is_settled(); now_ns += kTurn_ns) turn(book, now_ns, true);
    const std::int64_t settled_ns = now_ns;
    for (; now_ns < settled_ns + kBound_ns - kTurn_ns; now_ns += kTurn_ns) turn(book, now_ns, false);
    EXPECT_TRUE(book.is_settled()) << "failures that pass cost nothing";
    for (; now_ns < settled_ns + kBound_ns + kTurn_ns; now_ns += kTurn_ns) turn(book, now_ns, false);
    EXPECT_TRUE(every_kind_is(book, kSilent));
    for (const std::int64_t begin_ns = now_ns; now_ns < begin_ns + kBound_ns; now_ns += kTurn_ns) {
        book.on_event(fill_event("1", 10, 0, "", kStart_us + now_ns / 1'000), {now_ns});
        turn(book, now_ns, false);
        EXPECT_TRUE(every_kind_is(book, kSilent)) << "an event tells nothing of those that were lost";
    }
    const std::int64_t back_ns = now_ns;
    for (; book.state(AccountKind::fills) == kSilent; now_ns += kTurn_ns) turn(book, now_ns, true);
    EXPECT_LE(now_ns - back_ns, AccountBook::kFailedMax_ns + kTurn_ns);
    EXPECT_EQ(book.state(AccountKind::fills), (AccountKindState{State::live, Reason::none, true}));
    while (!book.is_settled()) turn(book, now_ns += kTurn_ns, true);
    EXPECT_LE(now_ns - back_ns, AccountBook::kFailedMax_ns + 2 * AccountBook::kConfirm_ns);
}

TEST(AccountBook, IsNotLiveForLongWhereNoSecondAnswerConfirmsIt) {
    constexpr std::int64_t kTurn_ns = 100'000'000;
    for (const std::int64_t interval_ns : {std::int64_t{0}, std::int64_t{3'600'000'000'000}}) {
        AccountBook book(interval_ns);
        std::int64_t now_ns = 5'000'000'000;
        book.on_subscribed({now_ns}, {kStart_us});
        for (; book.state(AccountKind::fills).state != State::live; now_ns += kTurn_ns) turn(book, now_ns, true);
        EXPECT_TRUE(every_kind_is(book, {State::live, Reason::none, true}));
        const std::int64_t until_ns = now_ns + 2 * AccountBook::kConfirm_ns + AccountBook::kUnheard_ns + kTurn_ns;
        for (; now_ns < until_ns; now_ns += kTurn_ns) turn(book, now_ns, false);
        EXPECT_TRUE(every_kind_is(book, {State::stale, Reason::silent, false}));
        while (!book.is_settled() && now_ns < 2 * until_ns) turn(book, now_ns += kTurn_ns, true);
        for (const std::int64_t begin_ns = now_ns; now_ns < begin_ns + 600'000'000'000; now_ns += 10 * kTurn_ns) {
            turn(book, now_ns, false);
        }
        EXPECT_TRUE(book.is_settled()) << "it is not asked for before its interval";
    }
}

TEST(AccountBook, AnEngineThatHasBegunTellsWhatTheOneBeforeHasNotToldOfTheTimeBefore) {
    constexpr std::int64_t kNow = 5'000'000'000;
    AccountBook book = live_book(kNow);
    const AccountFill told = *fill_event("1", 12, 2, "5", kStart_us - 9'000).fill;
    const AccountFill not_told = *fill_event("1", 12, 2, "6", kStart_us - 8'000).fill;
    const AccountFill before = *fill_event("1", 12, 2, "4", kStart_us - 20'000).fill;
    const AccountFill told_by_both = *fill_event("1", 12, 2, "7", kStart_us + 10).fill;
    book.inherit({kStart_us - 10'000},
                 {{fill_identity(told), told.time}, {fill_identity(told_by_both), told_by_both.time}}, {kNow});
    EXPECT_EQ(book.state(AccountKind::fills), (AccountKindState{State::syncing, Reason::gap, false}));
    const auto ask = book.next_ask({kNow});
    ASSERT_TRUE(ask && ask->kind == AccountKind::fills);
    EXPECT_LE(ask->from.us, kStart_us - 10'000);
    book.on_answer(*ask, std::vector<AccountFill>{told_by_both, not_told, told, before});
    (void)book.take_news();
    book.on_barrier_sent();
    book.on_barrier({kNow});
    std::vector<std::string> trades;
    for (const AccountNews& news : book.take_news()) {
        if (const auto* fill = std::get_if<FillNews>(&news)) trades.push_back(fill->fill.trade_id);
    }
    EXPECT_EQ(trades, (std::vector<std::string>{"6", "7"})) << "this one's own program has heard of neither";
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
}  // namespace daypack::core::test
