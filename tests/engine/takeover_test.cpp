// SPDX-License-Identifier: MIT
// One writer after another: what readers see when it dies, stalls, stops, and when the next one takes over.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

#include "engine/shm/hand_over.h"
#include "engine/shm/start_guard.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Child;
using test::fresh_state_of;
using test::Instance;
using test::mono_now;
using test::state_of;
using test::wait_for;
using test::Writer;

// A writer that publishes a LIVE book and beats, until it hears something: then it stops cleanly.
int live_writer(const SegmentOptions& options, const Child::Line& line) {
    Writer writer(options);
    writer.snapshot(1);
    line.tell('r');
    while (!line.heard()) test::beat(writer.publisher);
    writer.segment.stop();
    return 0;
}

// The same, but after a pause it says 'p' and has caught up only once it is sent 'c'.
int careful_writer(const SegmentOptions& options, const Child::Line& line) {
    Writer writer(options);
    writer.snapshot(1);
    line.tell('r');
    for (;;) {
        if (!writer.publisher.beat(mono_now())) continue;
        line.tell('p');
        while (!line.heard()) writer.publisher.beat(mono_now());
        writer.publisher.caught_up();
    }
}

TEST(Takeover, AReadersLockKeepsNoWriterAlive) {
    const Instance instance;
    { const Writer writer(instance.options()); }
    Reader reader(instance.name);
    Reader other(instance.name);
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    ASSERT_EQ(fcntl(other.raw().fd, F_OFD_SETLK, &lock), 0);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "DOWN/writer_dead"; }));
}

TEST(Takeover, ACleanEndReadsStoppedAndANewEngineGoesOnUnderTheSameReader) {
    const Instance instance;
    std::optional<Writer> writer(instance.options());
    writer->snapshot(1);
    Reader reader(instance.name);
    EXPECT_EQ(fresh_state_of(writer->publisher, reader), "LIVE");
    writer->segment.stop();
    EXPECT_EQ(state_of(reader), "DOWN/stopped");
    writer.reset();
    EXPECT_EQ(state_of(reader), "DOWN/stopped");
    EXPECT_EQ(reader.top(0)->bid_quantity, 0);

    Segment next(instance.options());
    Publisher publisher(next);
    EXPECT_EQ(fresh_state_of(publisher, reader), "SYNCING/start");
    EXPECT_EQ(next.epoch(), 2u);
    EXPECT_EQ(reader.top(0)->epoch, 2u);
}

TEST(Takeover, ATakeoverKeepsTheDirectoryAndStartsTheNumbersAnew) {
    const Instance instance;
    {
        Writer writer(instance.options());
        ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
        writer.snapshot(1);
        writer.segment.symbol_counters(0).add(DAYPACK_SYMBOL_updates, 5);
        writer.segment.line_counters(1).add(DAYPACK_LINE_frames, 6);
        writer.segment.engine_counters().add(DAYPACK_ENGINE_pauses, 7);
        writer.segment.histogram(DAYPACK_HISTOGRAM_FRAME_TO_SHM).record(1000);
        ASSERT_TRUE(writer.segment.add_line("host"));
        Reader reader(instance.name);
        EXPECT_EQ(daypack_symbol_counter(&reader.raw(), 0, DAYPACK_SYMBOL_updates), 5u);
        EXPECT_EQ(daypack_line_counter(&reader.raw(), 1, DAYPACK_LINE_frames), 6u);
        EXPECT_EQ(daypack_engine_counter(&reader.raw(), DAYPACK_ENGINE_pauses), 7u);
        EXPECT_EQ(daypack_percentile(&reader.raw(), DAYPACK_HISTOGRAM_FRAME_TO_SHM, 500), 1007u);
    }
    Reader reader(instance.name);
    const std::uint64_t cursor = daypack_cursor(&reader.raw());
    Segment next(instance.options());
    EXPECT_EQ(next.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    EXPECT_EQ(reader.find("BTC-USDC"), SymbolIndex{0});
    EXPECT_EQ(daypack_symbol_counter(&reader.raw(), 0, DAYPACK_SYMBOL_updates), 0u);
    EXPECT_EQ(daypack_line_counter(&reader.raw(), 1, DAYPACK_LINE_frames), 0u);
    EXPECT_EQ(daypack_engine_counter(&reader.raw(), DAYPACK_ENGINE_pauses), 0u);
    EXPECT_EQ(daypack_percentile(&reader.raw(), DAYPACK_HISTOGRAM_FRAME_TO_SHM, 500), 0u);
    EXPECT_EQ(daypack_lines(&reader.raw()), 0u);
    EXPECT_EQ(daypack_cursor(&reader.raw()), cursor) << "positions of the ring go on";
}

TEST(Takeover, ASymbolThatTheNewEngineDoesNotFollowIsDown) {
    const Instance instance;
    {
        Writer writer(instance.options());
        ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
        writer.snapshot(1);
    }
    Writer next(instance.options());
    auto unwanted = next.update(0, State::down, Reason::stopped);
    unwanted.symbol = 1;
    next.publisher.publish_status(unwanted);
    Reader reader(instance.name);
    EXPECT_EQ(fresh_state_of(next.publisher, reader, 0), "SYNCING/start");
    EXPECT_EQ(fresh_state_of(next.publisher, reader, 1), "DOWN/stopped");
}

// They are not cut off at the end of a directory that is shorter.
TEST(Takeover, OneWithoutRoomForTheSymbolsOfTheOneThatRunsIsRefused) {
    const Instance instance;
    Child writer([&](const auto& line) {
        Writer mine(instance.options());
        if (mine.segment.add_symbol("ETH-USDC", "ETH_USDC") != SymbolIndex{1}) return 1;
        mine.snapshot(1);
        line.tell('r');
        while (!line.heard()) test::beat(mine.publisher);
        return 0;
    });
    ASSERT_EQ(writer.line().hear(), 'r');
    SegmentOptions options = instance.options(8, 1);
    options.takeover = true;
    try {
        const Segment next(options);
        ADD_FAILURE() << "it took less";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()), "max_symbols: the engine that has instance \"" + instance.name +
                                                 "\" lists 2 symbols, and each keeps its place: choose at least that");
    }
    options.max_symbols = 2;
    EXPECT_TRUE(Segment(options).is_private());
    writer.line().tell('e');
    EXPECT_EQ(writer.wait(), 0);
}

TEST(Takeover, AWriterKilledInMidWriteReadsDeadAndTheNextOneMendsTheSlot) {
    const Instance instance;
    Child writer([&](const auto& line) {
        Writer mine(instance.options());
        mine.snapshot(1);
        line.tell('r');
        while (!line.heard()) test::beat(mine.publisher);
        const SeqlockWrite write(mine.segment.slot(0));
        raise(SIGKILL);
        return 0;
    });
    ASSERT_EQ(writer.line().hear(), 'r');
    Reader reader(instance.name);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "LIVE"; }));
    writer.line().tell('k');
    EXPECT_EQ(writer.wait(), -SIGKILL);
    const std::uint64_t beat = daypack_load(&reader.header().beat_ns);
    daypack_top top;
    const auto never_live_when_late = [&] {
        const std::int64_t before = daypack_monotonic_ns();
        const int result = daypack_read_top(&reader.raw(), 0, &top);
        if (result == DAYPACK_BUSY) {
            EXPECT_LE(before - static_cast<std::int64_t>(beat), DAYPACK_BEAT_STALE_NS);
        }
        if (result != DAYPACK_OK) return false;
        EXPECT_EQ(top.state, DAYPACK_STATE_DOWN);
        EXPECT_EQ(top.reason, DAYPACK_REASON_writer_dead);
        EXPECT_EQ(top.bid_quantity, 0);
        return true;
    };
    EXPECT_TRUE(wait_for(never_live_when_late));
    EXPECT_EQ(reader.book(0)->bids.size(), 0u);

    Writer next(instance.options());
    EXPECT_EQ(next.segment.epoch(), 2u);
    EXPECT_EQ(fresh_state_of(next.publisher, reader), "SYNCING/start");
    next.snapshot(9);
    EXPECT_EQ(fresh_state_of(next.publisher, reader), "LIVE");
    EXPECT_EQ(reader.top(0)->u, 9u);
    EXPECT_EQ(reader.top(0)->epoch, 2u);
}

TEST(Takeover, ABookOfADeadWriterIsNeverLive) {
    const Instance instance;
    Child writer([&](const auto& line) { return live_writer(instance.options(), line); });
    ASSERT_EQ(writer.line().hear(), 'r');
    Reader reader(instance.name);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "LIVE"; }));
    writer.signal(SIGKILL);
    EXPECT_EQ(writer.wait(), -SIGKILL);
    const auto beat = static_cast<std::int64_t>(daypack_load(&reader.header().beat_ns));
    EXPECT_TRUE(wait_for([&] {
        const std::int64_t before = daypack_monotonic_ns();
        const std::string state = state_of(reader);
        if (state == "LIVE") {
            EXPECT_LE(before - beat, DAYPACK_BEAT_STALE_NS);
        }
        return state == "DOWN/writer_dead";
    }));
}

TEST(Takeover, AStalledWriterReadsStaleUntilItHasCaughtUp) {
    const Instance instance;
    Child writer([&](const auto& line) { return careful_writer(instance.options(), line); });
    const auto line = writer.line();
    ASSERT_EQ(line.hear(), 'r');
    Reader reader(instance.name);
    const auto live = [&] {
        if (line.heard()) line.tell('c');  // a busy machine paused it where this test did not
        return state_of(reader) == "LIVE";
    };
    EXPECT_TRUE(wait_for(live));
    writer.signal(SIGSTOP);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "STALE/writer_stalled"; }));
    EXPECT_TRUE(wait_for([&] {
        const auto beat = static_cast<std::int64_t>(daypack_load(&reader.header().beat_ns));
        return daypack_monotonic_ns() - beat > 2 * Publisher::kPause_ns;
    }));
    writer.signal(SIGCONT);
    ASSERT_EQ(line.hear(), 'p');
    EXPECT_TRUE(wait_for([&] { return daypack_beat_is_fresh(&reader.raw()) != 0; }));
    EXPECT_EQ(daypack_load(&reader.header().phase), std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    EXPECT_EQ(state_of(reader), "STALE/writer_stalled");
    EXPECT_EQ(reader.top(0)->bid_price, 100) << "the numbers are still there to be seen";
    line.tell('c');
    EXPECT_TRUE(wait_for(live));
}

TEST(Takeover, ABeatOfTheReadersFutureIsNotFresh) {
    const Instance instance;
    std::optional<Writer> writer(instance.options());
    writer->snapshot(1);
    Reader reader(instance.name);
    test::beat(writer->publisher);
    (void)writer->publisher.beat(mono_now() + 1'000'000'000'000);
    writer->publisher.caught_up();
    EXPECT_EQ(state_of(reader), "STALE/writer_stalled");
    writer.reset();
    EXPECT_EQ(state_of(reader), "DOWN/writer_dead");
}

TEST(Takeover, ABeatOfBeforeTheMachineSleptIsNotFresh) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    Reader reader(instance.name);
    ASSERT_EQ(fresh_state_of(writer.publisher, reader), "LIVE");
    auto& slept_ns = writer.segment.header().slept_ns;
    store_relaxed(slept_ns, slept_ns - 12'000'000'000);  // as the writer saw it before
    test::beat(writer.publisher);
    EXPECT_EQ(state_of(reader), "STALE/writer_stalled");
}

// A process that outlives whoever forked it; a writer's, with all that it had mapped. Its id is seen by every process.
class Survivor {
  public:
    Survivor()
        : pid_(static_cast<pid_t*>(
              mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
    ~Survivor() {
        end();
        munmap(pid_, sizeof *pid_);
    }
    Survivor(const Survivor&) = delete;
    Survivor& operator=(const Survivor&) = delete;
    void begin() {
        const pid_t pid = fork();
        if (pid == 0) {
            close_range(STDERR_FILENO + 1, ~0U, 0);  // the pipes of the test among them; the mapping is enough
            alarm(60);
            for (;;) pause();
        }
        *pid_ = pid;
    }
    void end() {
        if (*pid_ > 0) kill(*pid_, SIGKILL);
        *pid_ = 0;
    }

  private:
    pid_t* pid_;
};

// As of a strategy that embeds the engine and has forked a helper.
TEST(Takeover, AWriterWhoseForkedChildKeepsTheLockReadsDeadAndTheNextOneStarts) {
    const Instance instance;
    Survivor survivor;
    Child writer([&](const auto& line) {
        Writer mine(instance.options());
        mine.snapshot(1);
        survivor.begin();
        line.tell('r');
        for (;;) test::beat(mine.publisher);
    });
    ASSERT_EQ(writer.line().hear(), 'r');
    Reader reader(instance.name);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "LIVE"; }));
    writer.signal(SIGSTOP);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "STALE/writer_stalled"; }));
    EXPECT_THROW(Segment(instance.options()), std::runtime_error) << "it lives, and has the lock";

    writer.signal(SIGKILL);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "DOWN/writer_dead"; })) << "nobody has waited for it yet";
    EXPECT_EQ(writer.wait(), -SIGKILL);
    EXPECT_EQ(state_of(reader), "DOWN/writer_dead");
    EXPECT_EQ(daypack_writer_holds_lock(&reader.raw()), 1);

    Writer next(instance.options());
    EXPECT_EQ(next.segment.epoch(), 2u);
    next.snapshot(9);
    EXPECT_EQ(fresh_state_of(next.publisher, reader), "LIVE");
    EXPECT_EQ(reader.top(0)->u, 9u);
    survivor.end();
    EXPECT_EQ(fresh_state_of(next.publisher, reader), "LIVE");
}

TEST(Takeover, AForkedChildKeepsNothingOfAWriterThatEndedInTheSameProcess) {
    const Instance instance;
    std::optional<Writer> writer(instance.options());
    writer->snapshot(1);
    Survivor survivor;
    survivor.begin();
    Reader reader(instance.name);
    writer.reset();
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "DOWN/writer_dead"; }));
    const Segment next(instance.options());
    EXPECT_EQ(next.epoch(), 2u);
}

TEST(Takeover, AProcessHasEndedOnlyWhereThatIsCertain) {
    const std::uint64_t here = daypack_namespaces();
    const auto self = static_cast<std::uint64_t>(getpid());
    std::uint64_t start = 0;
    ASSERT_EQ(daypack_read_process(self, &start), 1);
    EXPECT_EQ(daypack_has_ended(self, start, here), 0);
    EXPECT_EQ(daypack_has_ended(self, start + 1, here), 1) << "another process had this id";
    EXPECT_EQ(daypack_has_ended(self, start + 1, here + 1), 0) << "in another container";
    EXPECT_EQ(daypack_has_ended(self, start + 1, 0), 0);
    EXPECT_EQ(daypack_has_ended(self, 0, here), 0);
    EXPECT_EQ(daypack_has_ended(0, start, here), 0);
    EXPECT_EQ(daypack_has_ended(~0ull, start, here), 0);

    std::uint64_t pid = 0;
    Child child([](const auto& line) {
        std::thread([&line] {
            line.tell('r');
            (void)line.hear();
            _exit(0);
        }).detach();
        syscall(SYS_exit, 0);  // the first thread alone
    });
    ASSERT_EQ(child.line().hear(), 'r');
    pid = static_cast<std::uint64_t>(child.pid());
    ASSERT_GE(daypack_read_process(pid, &start), 0);
    EXPECT_FALSE(wait_for([&] { return daypack_has_ended(pid, start, here) != 0; }, std::chrono::seconds(0)));
    child.signal(SIGKILL);
    EXPECT_TRUE(wait_for([&] { return daypack_has_ended(pid, start, here) != 0; })) << "nobody has waited for it yet";
    EXPECT_EQ(child.wait(), -SIGKILL);
    EXPECT_EQ(daypack_has_ended(pid, start, here), 1);
}

// As of an engine that was restored from a checkpoint, or runs in a container whose clocks are set otherwise.
TEST(Takeover, AWriterOfAnotherTimeNamespaceIsNeverLiveOnceItIsDead) {
    for (const char* offsets : {"monotonic 1000 0\n", "monotonic 1000 0\nboottime 1000 0\n", "boottime -50 0\n"}) {
        const Instance instance;
        const std::string not_allowed = "no right to a time namespace of its own: ";
        Child writer([&](const auto& line) -> std::string {
            if (unshare(CLONE_NEWTIME) != 0) return test::failed(not_allowed + std::strerror(errno));
            const int file = open("/proc/self/timens_offsets", O_WRONLY);
            const auto size = static_cast<ssize_t>(std::strlen(offsets));
            if (file < 0 || write(file, offsets, static_cast<std::size_t>(size)) != size) {
                return test::failed(not_allowed + std::strerror(errno));
            }
            const int space = open("/proc/self/ns/time_for_children", O_RDONLY);
            if (setns(space, CLONE_NEWTIME) != 0) return test::failed(not_allowed + std::strerror(errno));
            return live_writer(instance.options(), line) == 0 ? "" : test::failed("the writer failed");
        });
        if (writer.line().hear() != 'r') GTEST_SKIP() << writer.failure();
        Reader reader(instance.name);
        const bool same_clock = std::strstr(offsets, "boottime") == nullptr;
        EXPECT_TRUE(wait_for([&] { return state_of(reader) == (same_clock ? "LIVE" : "STALE/writer_stalled"); }));
        writer.signal(SIGKILL);
        EXPECT_EQ(writer.wait(), -SIGKILL);
        const auto died = std::chrono::steady_clock::now();
        EXPECT_TRUE(wait_for([&] {
            const bool late = std::chrono::steady_clock::now() - died > std::chrono::milliseconds(10);
            const std::string state = state_of(reader);
            EXPECT_FALSE(late && state == "LIVE") << offsets;
            return state == "DOWN/writer_dead";
        })) << offsets;
    }
}

TEST(Takeover, AWriterStoppedInMidWriteReadsStalledWithoutNumbers) {
    const Instance instance;
    Child writer([&](const auto& line) {
        Writer mine(instance.options());
        mine.snapshot(1);
        const SeqlockWrite write(mine.segment.slot(0));
        line.tell('r');
        return static_cast<int>(line.hear());
    });
    ASSERT_EQ(writer.line().hear(), 'r');
    Reader reader(instance.name);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "STALE/writer_stalled"; }));
    EXPECT_EQ(reader.top(0)->bid_quantity, 0);
}

TEST(Takeover, AnotherDepthRetiresTheOldSegmentAndReadersFollow) {
    const Instance instance;
    std::optional<Writer> writer(instance.options(4));
    ASSERT_EQ(writer->segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    writer->snapshot(1);
    Reader reader(instance.name);
    Reader idle(instance.name);
    EXPECT_EQ(fresh_state_of(writer->publisher, reader), "LIVE");
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    writer.reset();

    Writer next(instance.options(16));
    EXPECT_EQ(next.segment.epoch(), 2u);
    EXPECT_EQ(next.symbol, 0);
    EXPECT_EQ(next.segment.symbol(1), "ETH-USDC");
    next.snapshot(9);
    EXPECT_EQ(fresh_state_of(next.publisher, reader), "LIVE");
    EXPECT_EQ(reader.top(0)->u, 9u);
    EXPECT_EQ(reader.raw().depth, 16u);
    EXPECT_EQ(reader.find("ETH_USDC"), SymbolIndex{1});
    const auto records = test::drain(reader, cursor);
    ASSERT_EQ(records.size(), 3u) << "snapshot, top and state of the new engine, and none twice";
    EXPECT_EQ(daypack_record_kind(&records[0]), unsigned{DAYPACK_KIND_SNAPSHOT});

    EXPECT_EQ(daypack_load(&idle.header().phase), std::uint64_t{DAYPACK_PHASE_RETIRED});
    EXPECT_EQ(daypack_find(&idle.raw(), "nobody"), int{DAYPACK_NO_SYMBOL});
    EXPECT_EQ(idle.raw().depth, 16u) << "a search follows too";
}

TEST(Takeover, ARetiredRingIsReadToItsEndBeforeTheReaderFollows) {
    const Instance instance;
    std::optional<Writer> writer(instance.options(4));
    writer->snapshot(1);
    Reader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    writer->apply({test::delta(2, Side::bid, 99, 1)});
    writer->apply({test::delta(3, Side::bid, 98, 1)});
    writer.reset();
    Writer next(instance.options(5));
    next.snapshot(50);
    std::vector<std::uint64_t> ids;
    EXPECT_TRUE(wait_for([&] {
        for (const auto& record : test::drain(reader, cursor)) {
            if (daypack_record_kind(&record) <= DAYPACK_KIND_ADVANCE ||
                daypack_record_kind(&record) == DAYPACK_KIND_SNAPSHOT)
                ids.push_back(record.last_id);
        }
        return !ids.empty() && ids.back() == 50;
    }));
    EXPECT_EQ(ids, (std::vector<std::uint64_t>{2, 3, 50}));
}

// The other one was slow to take the lock, so this one takes it back, and finds that the other one was there first.
TEST(Takeover, AnEngineThatFindsAnothersSegmentInItsPlaceEnds) {
    const Instance instance;
    Writer before(instance.options(4));
    SegmentOptions options = instance.options(8);
    options.instance = "other." + std::to_string(getpid());
    Writer other(options);
    HandOver hand_over(before.segment);
    const TakeoverRequest asks(instance.name);
    std::optional<StartGuard> guard(instance.name);
    std::atomic<bool> has_left{false}, running{true};
    std::thread books([&] {
        while (running) has_left = (hand_over.is_asked() && hand_over.step()) || has_left;
    });
    HandOver::Finding found;
    std::thread control([&] { found = hand_over.check(mono_now(), 0); });
    const auto is_locked = [&] { return living_writer_at(instance.path()).has_value(); };
    EXPECT_TRUE(wait_for([&] { return has_left.load(); }));
    (void)wait_for([&] { return !is_locked(); }, std::chrono::seconds(1));  // for 5 ms: perhaps not seen
    EXPECT_TRUE(wait_for(is_locked));
    EXPECT_EQ(rename(other.segment.path().c_str(), instance.path().c_str()), 0);
    guard.reset();
    control.join();
    running = false;
    books.join();
    EXPECT_EQ(found.result, HandOver::Result::handed_over) << found.words;
}

TEST(Takeover, FewerSymbolsThanBeforeKeepTheFirstOnes) {
    const Instance instance;
    {
        Segment segment(instance.options(4, 4));
        for (const char* name : {"A", "B", "C"}) ASSERT_TRUE(segment.add_symbol(name, name));
    }
    const Segment next(instance.options(4, 2));
    ASSERT_EQ(next.symbols(), 2u);
    EXPECT_EQ(next.symbol(0), "A");
    EXPECT_EQ(next.symbol(1), "B");
}

TEST(Takeover, WhatADeadWriterClaimedInTheRingBecomesRecordsOfNoKind) {
    const Instance instance;
    std::optional<Writer> writer(instance.options(8, 4, 16));
    for (Sequence u = 1; u < 18; ++u) writer->snapshot(u, static_cast<std::int64_t>(u));  // every place is in use
    Reader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    store_relaxed(writer->segment.header().claimed, cursor + 2);  // as if it had died in the middle of two records
    writer.reset();
    std::uint64_t nothing = cursor;
    EXPECT_TRUE(test::drain(reader, nothing).empty());
    Writer next(instance.options(8, 4, 16));
    next.snapshot(99);
    const auto records = test::drain(reader, cursor);
    ASSERT_GE(records.size(), 3u);
    EXPECT_EQ(daypack_record_kind(&records[0]), unsigned{DAYPACK_KIND_NONE});
    EXPECT_EQ(daypack_record_kind(&records[1]), unsigned{DAYPACK_KIND_NONE});
    EXPECT_EQ(daypack_record_kind(&records[2]), unsigned{DAYPACK_KIND_SNAPSHOT});
}

TEST(Takeover, AReaderFindsTheNewSegmentWhenTheOldWasRemovedByHand) {
    const Instance instance;
    std::optional<Writer> writer(instance.options());
    writer->snapshot(1);
    Reader reader(instance.name);
    unlink(instance.path().c_str());
    writer.reset();
    Writer next(instance.options());
    next.snapshot(5);
    EXPECT_TRUE(wait_for([&] {
        test::beat(next.publisher);
        return state_of(reader) == "LIVE" && reader.top(0)->u == 5;
    }));
}

}  // namespace
}  // namespace daypack::core
