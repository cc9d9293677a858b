// SPDX-License-Identifier: MIT
// What the book thread does with its memory, of an agent that is stepped by hand.
#include "engine/book_thread/book_agent.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "tests/engine/shm_fixture.h"
#include "tests/support/sanitized.h"

namespace daypack::core::test {
namespace {

thread_local bool watched = false;
thread_local std::uint64_t calls = 0;  // of the allocator, while watched

}  // namespace

void on_allocator() noexcept {
    if (watched) ++calls;
}

}  // namespace daypack::core::test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__has_feature)
#define DAYPACK_COUNTS_ALLOCATIONS 1
extern "C" {
void* __libc_malloc(std::size_t);               // NOLINT
void __libc_free(void*);                        // NOLINT
void* __libc_calloc(std::size_t, std::size_t);  // NOLINT
void* __libc_realloc(void*, std::size_t);       // NOLINT

void* __libc_memalign(std::size_t, std::size_t);  // NOLINT

void* malloc(std::size_t bytes) {
    daypack::core::test::on_allocator();
    return __libc_malloc(bytes);
}
void free(void* block) {
    if (block != nullptr) daypack::core::test::on_allocator();
    __libc_free(block);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    daypack::core::test::on_allocator();
    return __libc_memalign(alignment, bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
    daypack::core::test::on_allocator();
    return __libc_calloc(count, bytes);
}
void* realloc(void* block, std::size_t bytes) {
    daypack::core::test::on_allocator();
    return __libc_realloc(block, bytes);
}
}
#endif

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;

// An agent of one symbol, joined at `u` 10.
struct Rig {
    explicit Rig(Timing timing = Timing::on, BookAgent::Input input = BookAgent::Input::calls, Callbacks callbacks = {})
        : agent({&table,
                 &segment,
                 &publisher,
                 input,
                 {{&events, &resubscribes, &backlog}},
                 &commands,
                 &requests,
                 &retired,
                 &log,
                 &pool,
                 [] { return daypack_slept_ns() + slept_ns; }},
                {60'000'000'000, 0}, std::move(callbacks), timing) {
        (void)segment.add_symbol("BTC-USDC", "BTC_USDC");
        (void)table.append(test::instrument());
        publisher.set_running();
        (void)commands.push(FollowSymbol{0, &table[0], std::make_unique<Sync>(1'000, 8, pool)});
        agent.do_work(mono_now());
        Event up;
        up.kind = EventKind::line_up;
        up.last = true;
        agent.take({&up, 1}, {mono_now().ns - Sync::kSettle_ns});  // it has been quiet since
        agent.take({&up, 1}, mono_now());
        join(10);
    }
    // Answers what was asked for.
    void join(Sequence u) {
        SnapshotRequest request;
        while (requests.pop(request)) {
            auto snapshot = std::make_unique<Snapshot>();
            snapshot->last_id = u;
            for (std::int64_t i = 0; i < 20; ++i) {
                snapshot->bids.push_back({{1'000 - 19 + i}, {5}});
                snapshot->asks.push_back({{1'001 + i}, {5}});
            }
            (void)commands.push(JoinSnapshot{0, request.request, std::move(snapshot)});
        }
    }
    [[nodiscard]] std::uint64_t samples(daypack_histogram stage) const {
        daypack_reader reader;
        if (daypack_open(&reader, instance.name.c_str()) != DAYPACK_OK) return UINT64_MAX;
        const std::uint64_t count = daypack_histogram_samples(&reader, stage);
        daypack_close(&reader);
        return count;
    }
    Event update(Sequence u, Side side, std::int64_t ticks, std::int64_t steps) const {
        Event event = delta(u, side, ticks, steps);
        event.match = {static_cast<std::int64_t>(u)};
        event.receive = mono_now();
        return event;
    }

    static inline thread_local std::int64_t slept_ns = 0;  // beyond what the machine really slept

    Instance instance;
    InstrumentTable table{2};
    Segment segment{{instance.name, 8, 2, 1'024, 0600, {}}};
    Publisher publisher{segment};
    PendingPool pool{1'000};
    Resubscribes resubscribes{16};
    BookCommands commands{16};
    SnapshotRequests requests{16};
    RetiredQueue retired{16};
    LogQueue log{64};
    EventQueue events{1'023};
    Backlog backlog;
    BookAgent agent;
};

TEST(BookAgent, CallsNoAllocatorNotEvenWhereItRejoins) {
    Rig rig;
    rig.agent.do_work(mono_now());
    Sequence u = 10;
    test::calls = 0;
    for (int round = 0; round < 5; ++round) {
        test::watched = true;
        for (int i = 0; i < 2'000; ++i) {
            const Side side = i % 2 == 0 ? Side::bid : Side::ask;
            const std::int64_t ticks = side == Side::bid ? 1'000 - i % 37 : 1'001 + i % 41;
            const Event event = rig.update(++u, side, ticks, i % 5);
            rig.agent.take({&event, 1}, mono_now());
            if (i % 16 == 0) rig.agent.do_work(mono_now());
        }
        u += 5;  // a gap, on the only line
        const Event event = rig.update(++u, Side::bid, 900, 1);
        rig.agent.take({&event, 1}, mono_now());
        test::watched = false;
        RetiredBlocks retired;
        while (rig.retired.pop(retired)) retired = {};
        LogRecord record;
        while (rig.log.pop(record)) {
        }
        rig.join(u - 1);  // the update behind the gap was kept
        test::watched = true;
        rig.agent.do_work(mono_now());
        test::watched = false;
    }
    Counters counters = rig.segment.symbol_counters(0);
    EXPECT_EQ(counters.get(DAYPACK_SYMBOL_gaps), 5u);
    EXPECT_EQ(counters.get(DAYPACK_SYMBOL_snapshots), 6u);
    EXPECT_GE(counters.get(DAYPACK_SYMBOL_updates), 10'000u);
    EXPECT_EQ(test::calls, 0u);
#ifdef DAYPACK_COUNTS_ALLOCATIONS
    test::watched = true;
    for (void* volatile block : {std::malloc(8), std::aligned_alloc(64, 64)}) std::free(block);
    test::watched = false;
    EXPECT_EQ(test::calls, 4u) << "they are counted";
#endif
}

TEST(BookAgent, TimesEachUpdateOnlyWhereItIsToldTo) {
    for (const Timing timing : {Timing::on, Timing::off}) {
        Rig rig(timing);
        rig.agent.do_work(mono_now());
        for (Sequence u = 11; u <= 20; ++u) {
            Event event = rig.update(u, Side::bid, 990, static_cast<std::int64_t>(u));
            stamp_decoded({&event, 1}, mono_now());
            rig.agent.take({&event, 1}, mono_now());
        }
        const std::uint64_t expected = timing == Timing::on ? 10 : 0;
        for (const auto stage : {DAYPACK_HISTOGRAM_FRAME_TO_SHM, DAYPACK_HISTOGRAM_DECODE, DAYPACK_HISTOGRAM_APPLY,
                                 DAYPACK_HISTOGRAM_PUBLISH}) {
            EXPECT_EQ(rig.samples(stage), expected) << daypack_histogram_name(stage);
        }
        EXPECT_EQ(rig.samples(DAYPACK_HISTOGRAM_QUEUE), 0u) << "there is none";
        EXPECT_EQ(rig.segment.symbol_counters(0).get(DAYPACK_SYMBOL_updates), 10u);
    }
}

// The control thread puts another tick into the table a moment before it tells the books.
TEST(BookAgent, ABookIsShownInItsOwnUnitsUntilItIsFollowedAgain) {
    Rig rig;
    rig.agent.do_work(mono_now());
    Instrument finer = rig.table[0];
    --finer.tick.exponent;
    const int exponent = rig.table[0].tick.exponent;
    rig.table.replace(0, finer);
    const Event event = rig.update(11, Side::bid, 1'000, 7);  // the best, in the old units
    rig.agent.take({&event, 1}, mono_now());
    const auto shown = [&] {
        daypack_reader reader;
        daypack_top top{};
        EXPECT_EQ(daypack_open(&reader, rig.instance.name.c_str()), DAYPACK_OK);
        reader.beat_stale_ns = INT64_MAX;  // however long this test waits for a processor
        EXPECT_TRUE(test::wait_for([&] {   // where the agent itself was paused, it is STALE for a round
            rig.agent.do_work(mono_now());
            EXPECT_EQ(daypack_read_top(&reader, 0, &top), DAYPACK_OK);
            return top.state != DAYPACK_STATE_STALE;
        }));
        daypack_close(&reader);
        return top;
    };
    daypack_top top = shown();
    EXPECT_EQ(top.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(top.u, 11u);
    EXPECT_EQ(top.bid_price, 1'000 * rig.table[0].tick.mantissa);
    EXPECT_EQ(top.bid_quantity, 7 * rig.table[0].step.mantissa);
    EXPECT_EQ(top.price_exponent, exponent);

    (void)rig.commands.push(FollowSymbol{0, &rig.table[0], std::make_unique<Sync>(1'000, 8, rig.pool)});
    rig.agent.do_work(mono_now());
    EXPECT_EQ(shown().state, DAYPACK_STATE_SYNCING);
    rig.agent.take({&event, 1}, mono_now());  // of the old units: nobody's
    Event next = rig.update(13, Side::bid, 900, 7);
    next.units = rig.table[0].units;
    rig.agent.take({&next, 1}, mono_now());
    rig.join(12);
    rig.agent.do_work(mono_now());
    top = shown();
    EXPECT_EQ(top.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(top.u, 13u);
    EXPECT_EQ(top.bid_price, 1'000 * finer.tick.mantissa);
    EXPECT_EQ(top.price_exponent, exponent - 1);
}

// A gap is declared by the update that shows it, by the time that passed, or by the loss of the line that might have
// brought what is missing.
TEST(BookAgent, EachGapIsLoggedWithTheIdsOnBothSidesOfIt) {
    enum class Shown : std::uint8_t { by_update, by_time, by_lost_line };
    for (const Shown shown : {Shown::by_update, Shown::by_time, Shown::by_lost_line}) {
        Rig rig;
        MonoTime now = mono_now() + 3'600'000'000'000;  // ahead of this machine's clock: no pause of it is the test's
        rig.agent.do_work(now);
        const auto bring = [&](LineIndex line, Sequence u) {
            Event event = rig.update(u, Side::bid, 990, static_cast<std::int64_t>(u));
            event.line = line;
            rig.agent.take({&event, 1}, now);
        };
        const auto set_line_1 = [&](EventKind kind) {
            Event event;
            event.kind = kind;
            event.line = 1;
            event.last = true;
            rig.agent.take({&event, 1}, now);
        };
        set_line_1(EventKind::line_up);
        for (const LineIndex line : {0, 1}) bring(line, 11);
        bring(0, 13);
        if (shown == Shown::by_update) bring(1, 13);
        if (shown == Shown::by_lost_line) set_line_1(EventKind::line_down);
        for (int ms = 0; shown == Shown::by_time && ms < 60; ++ms) {
            now = now + 1'000'000;
            rig.agent.do_work(now);
        }
        int gaps = 0;
        LogRecord record;
        while (rig.log.pop(record)) {
            if (record.kind != LogKind::gap) continue;
            ++gaps;
            EXPECT_EQ(record.have, 11u);
            EXPECT_EQ(record.got, 13u);
            EXPECT_EQ(record.line, shown == Shown::by_update ? 1 : 0);
        }
        EXPECT_EQ(gaps, 1) << static_cast<int>(shown);
    }
}

// A Sync begins to count at zero, also one of a market that is followed again; a counter in shared memory only grows.
TEST(BookAgent, NoCounterOfASymbolFallsWhereItsMarketIsFollowedAgain) {
    Rig rig;
    rig.agent.do_work(mono_now());
    const Counters counters = rig.segment.symbol_counters(0);
    std::array<std::uint64_t, DAYPACK_SYMBOL_COUNTER_COUNT> before{};
    const auto expect_none_fell = [&](const char* when) {
        for (unsigned i = 0; i < DAYPACK_SYMBOL_COUNTER_COUNT; ++i) {
            if (i == DAYPACK_SYMBOL_last_receive_ns) continue;  // no counter, but a time of the wall clock
            EXPECT_GE(counters.get(i), before[i]) << daypack_symbol_counter_name(i) << " " << when;
            before[i] = counters.get(i);
        }
    };
    Sequence u = 10;
    for (std::uint64_t market = 1; market <= 3; ++market) {
        for (const Sequence step : std::initializer_list<Sequence>{1, 1, 5}) {  // the last is a gap
            u += step;
            const Event event = rig.update(u, Side::bid, 990, 1);
            rig.agent.take({&event, 1}, mono_now());
            rig.agent.take({&event, 1}, mono_now());
        }
        rig.join(u - 1);
        rig.agent.do_work(mono_now());
        expect_none_fell("after a gap");
        EXPECT_EQ(counters.get(DAYPACK_SYMBOL_gaps), market);
        EXPECT_EQ(counters.get(DAYPACK_SYMBOL_resyncs_gap), market);
        EXPECT_EQ(counters.get(DAYPACK_SYMBOL_snapshots), 2 * market);

        (void)rig.commands.push(FollowSymbol{0, &rig.table[0], std::make_unique<Sync>(1'000, 8, rig.pool)});
        rig.agent.do_work(mono_now());
        expect_none_fell("when the market was followed again");
        const Event event = rig.update(++u, Side::bid, 990, 1);
        rig.agent.take({&event, 1}, mono_now());
        rig.join(u - 1);
        rig.agent.do_work(mono_now());
        expect_none_fell("when its book was joined again");
    }
}

TEST(BookAgent, ASnapshotForASymbolThatWasReleasedChangesNothingAndComesBackToBeFreed) {
    Rig rig;
    rig.agent.do_work(mono_now());
    (void)rig.commands.push(ReleaseSymbol{0, &rig.table[0], Reason::no_market});
    rig.agent.do_work(mono_now());
    RetiredBlocks retired;
    bool sync_came_back = false;
    while (rig.retired.pop(retired)) sync_came_back |= retired.sync != nullptr;
    EXPECT_TRUE(sync_came_back);

    (void)rig.commands.push(JoinSnapshot{0, 1, std::make_unique<Snapshot>()});
    (void)rig.commands.push(CheckSnapshot{0, std::make_unique<Snapshot>()});
    (void)rig.commands.push(PolledSnapshot{0, Reason::ws_down, std::make_unique<Snapshot>()});
    (void)rig.commands.push(PolledTrades{0, true, std::make_unique<Trades>(3)});
    rig.agent.do_work(mono_now());
    int snapshots = 0, pages = 0;
    while (rig.retired.pop(retired)) {
        snapshots += retired.snapshot != nullptr ? 1 : 0;
        pages += retired.trades != nullptr ? 1 : 0;
    }
    EXPECT_EQ(snapshots, 3);
    EXPECT_EQ(pages, 1);
    EXPECT_EQ(rig.segment.symbol_counters(0).get(DAYPACK_SYMBOL_polls), 0u);
    EXPECT_EQ(rig.segment.symbol_counters(0).get(DAYPACK_SYMBOL_trades), 0u);
}

// After a pause the book may be seconds old until the network thread has read all that was on its way, however often it
// found its sockets empty meanwhile.
TEST(BookAgent, AfterAPauseBooksAreStaleUntilTheBacklogOfThatPauseIsRead) {
    Rig rig;
    const auto shown = [&](MonoTime now) {
        rig.agent.do_work(now);
        return rig.segment.header().phase == DAYPACK_PHASE_RUNNING ? "as it is" : "stalled";
    };
    // ahead of this machine's clock, so that no pause of this process is one of the test's
    MonoTime now = mono_now() + 3'600'000'000'000;
    const std::int64_t pause_ns = Publisher::kPause_ns + 1;
    const auto told = [&] { return rig.backlog.pause_end_ns.load(std::memory_order_acquire); };
    const auto read = [&](MonoTime end) { rig.backlog.read_ns.store(end.ns, std::memory_order_release); };
    rig.agent.do_work(now);
    read(now);
    EXPECT_EQ(shown(now), std::string("as it is"));
    const MonoTime before = now;

    now = now + pause_ns;
    const MonoTime first = now;
    EXPECT_EQ(shown(now), std::string("stalled"));
    EXPECT_EQ(told(), first.ns);
    now = now + 50'000'000;
    read(before);
    EXPECT_EQ(shown(now), std::string("stalled")) << "that was another pause";

    now = now + pause_ns;  // another, before the first was caught up with
    const MonoTime second = now;
    read(first);
    EXPECT_EQ(shown(now), std::string("stalled"));
    EXPECT_EQ(told(), second.ns);
    for (int i = 0; i < 100; ++i) {
        now = now + 1'000'000;
        EXPECT_EQ(shown(now), std::string("stalled"));
    }
    read(second);
    EXPECT_EQ(shown(now), std::string("as it is"));
    EXPECT_EQ(told(), second.ns);
}

// The monotonic clock stands still while the machine is suspended, so no beat is late by it.
TEST(BookAgent, AfterTheMachineSleptBooksAreStaleUntilTheBacklogIsRead) {
    Rig rig;
    MonoTime now = mono_now() + 3'600'000'000'000;
    const auto phase_after_1_ms = [&] {
        now = now + 1'000'000;
        rig.agent.do_work(now);
        return rig.segment.header().phase;
    };
    (void)phase_after_1_ms();
    rig.backlog.read_ns.store(now.ns, std::memory_order_release);
    EXPECT_EQ(phase_after_1_ms(), std::uint64_t{DAYPACK_PHASE_RUNNING});
    const std::uint64_t pauses = rig.segment.engine_counters().get(DAYPACK_ENGINE_pauses);

    Rig::slept_ns += 12'000'000'000;
    EXPECT_EQ(phase_after_1_ms(), std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    const std::int64_t woke_ns = now.ns;
    EXPECT_EQ(rig.backlog.pause_end_ns.load(std::memory_order_acquire), woke_ns);
    EXPECT_EQ(phase_after_1_ms(), std::uint64_t{DAYPACK_PHASE_CATCHING_UP}) << "no line has answered";
    rig.backlog.read_ns.store(woke_ns, std::memory_order_release);
    EXPECT_EQ(phase_after_1_ms(), std::uint64_t{DAYPACK_PHASE_RUNNING});
    EXPECT_EQ(rig.segment.engine_counters().get(DAYPACK_ENGINE_pauses), pauses + 1);
}

TEST(BookAgent, CallbacksAreShownNoLiveBookUntilAPauseIsCaughtUpWith) {
    std::vector<std::pair<State, Reason>> seen;
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView& view) { seen.emplace_back(view.state, view.reason); };
    Rig rig(Timing::on, BookAgent::Input::calls, callbacks);
    MonoTime now = mono_now() + 3'600'000'000'000;
    const auto after = [&](std::int64_t ns) {
        now = now + ns;
        rig.agent.do_work(now);
        return seen.empty() ? std::pair(State::down, Reason::none) : seen.back();
    };
    (void)after(0);
    rig.backlog.read_ns.store(now.ns, std::memory_order_release);
    EXPECT_EQ(after(1'000'000), std::pair(State::live, Reason::none));
    EXPECT_EQ(after(Publisher::kPause_ns + 1), std::pair(State::stale, Reason::writer_stalled));
    const Event update = rig.update(11, Side::bid, 1'000, 7);
    rig.agent.take({&update, 1}, now);
    EXPECT_EQ(seen.back(), std::pair(State::stale, Reason::writer_stalled)) << "it was on its way meanwhile";
    rig.backlog.read_ns.store(now.ns, std::memory_order_release);
    EXPECT_EQ(after(1'000'000), std::pair(State::live, Reason::none));
}

TEST(BookAgent, CallbacksHearThatASymbolIsDropped) {
    struct Heard {
        State state;
        Reason reason;
        bool replaced, empty;
    };
    std::vector<Heard> heard;
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView& view) {
        heard.push_back({view.state, view.reason, view.replaced, !view.best(Side::bid)});
    };
    Rig rig(Timing::on, BookAgent::Input::calls, callbacks);
    rig.agent.do_work(mono_now());
    ASSERT_FALSE(heard.empty());
    EXPECT_FALSE(heard.back().empty);  // live, or stale where this process was put to sleep
    (void)rig.commands.push(ReleaseSymbol{0, &rig.table[0], Reason::stopped});
    rig.agent.do_work(mono_now());
    EXPECT_EQ(heard.back().state, State::down);
    EXPECT_EQ(heard.back().reason, Reason::stopped);
    EXPECT_TRUE(heard.back().replaced && heard.back().empty) << "there is no book";
}

TEST(BookAgent, CallbacksHearNothingOfSymbolsThatNobodyAskedFor) {
    int calls = 0;
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView& view) { calls += view.symbol == 1 ? 1 : 0; };
    Rig rig(Timing::on, BookAgent::Input::calls, callbacks);
    (void)rig.segment.add_symbol("ETH-USDC", "ETH_USDC");
    (void)rig.table.append({"ETH_USDC", "ETH-USDC", {1, -1}, {1, -3}, Reason::none});
    (void)rig.commands.push(ReleaseSymbol{1, &rig.table[1], Reason::stopped});
    rig.agent.do_work(mono_now());
    EXPECT_EQ(calls, 0);
}

// The silence was its own: REST, asked at once, would know what only lies unread, and the lines would be blamed for it.
TEST(BookAgent, AfterAPauseNobodyIsAskedAboutTheSilenceUntilTheBacklogIsRead) {
    Rig rig;
    MonoTime now = mono_now() + 3'600'000'000'000;
    const auto pass_a_second = [&] {
        for (int i = 0; i < 100; ++i) {
            now = now + 10'000'000;
            rig.agent.do_work(now);
        }
    };
    rig.agent.do_work(now);
    rig.backlog.read_ns.store(now.ns, std::memory_order_release);
    rig.agent.do_work(now);
    const Event event = rig.update(11, Side::bid, 990, 1);
    rig.agent.take({&event, 1}, now);
    pass_a_second();
    Counters counters = rig.segment.symbol_counters(0);
    const std::uint64_t checks = counters.get(DAYPACK_SYMBOL_checks);

    now = now + 10'000'000'000;
    const MonoTime pause_end = now;
    rig.agent.do_work(now);
    pass_a_second();
    EXPECT_EQ(counters.get(DAYPACK_SYMBOL_checks), checks);
    rig.backlog.read_ns.store(pause_end.ns, std::memory_order_release);
    pass_a_second();
    EXPECT_EQ(counters.get(DAYPACK_SYMBOL_checks), checks + 1) << "there was really nothing";
}

// What the network thread has read is in the books only once it has come through the queue.
TEST(BookAgent, AfterAPauseBooksAreStaleUntilTheQueueIsEmpty) {
    Rig rig(Timing::on, BookAgent::Input::queues);
    MonoTime now = mono_now() + 3'600'000'000'000;
    rig.agent.do_work(now);
    rig.backlog.read_ns.store(now.ns, std::memory_order_release);
    rig.agent.do_work(now);
    ASSERT_EQ(rig.segment.header().phase, std::uint64_t{DAYPACK_PHASE_RUNNING});

    for (Sequence u = 11; u <= 600; ++u) {
        const Event event = rig.update(u, Side::bid, 990, static_cast<std::int64_t>(u));
        ASSERT_TRUE(rig.events.push({&event, 1}));
    }
    now = now + Publisher::kPause_ns + 1;
    rig.backlog.read_ns.store(now.ns, std::memory_order_release);
    int rounds = 0;
    for (; rig.events.size() > 0; ++rounds) {
        rig.agent.do_work(now);
        EXPECT_EQ(rig.segment.header().phase == DAYPACK_PHASE_RUNNING, rig.events.size() == 0);
    }
    EXPECT_GT(rounds, 1);
    EXPECT_EQ(rig.segment.symbol_counters(0).get(DAYPACK_SYMBOL_updates), 590u);
}

}  // namespace
}  // namespace daypack::core
