#include "engine/segment.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>
#include <optional>

#include "tests/shm_fixture.h"

namespace daypack {
namespace {

using test::Child;
using test::fresh_state_of;
using test::Instance;
using test::mono_now;
using test::state_of;
using test::wait_for;
using test::Writer;

// What the constructor says when it refuses; empty when it does not.
std::string refusal(const SegmentOptions& options) {
    try {
        const Segment segment(options);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

// A writer that publishes a LIVE book and beats, until it hears something: then it stops cleanly.
int live_writer(const SegmentOptions& options, const Child::Line& line) {
    Writer writer(options);
    writer.snapshot(1);
    line.tell('r');
    while (!line.heard()) test::beat(writer.publisher);
    writer.segment.stop();
    return 0;
}

// The same, but after a pause it says 'p' and has caught up only when it is told.
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

TEST(Segment, AnotherEngineIsRefusedWhileTheFirstLives) {
    const Instance instance;
    Child first([&](const auto& line) { return live_writer(instance.options(), line); });
    ASSERT_EQ(first.line().hear(), 'r');
    const std::string words = refusal(instance.options());
    EXPECT_NE(words.find("held by another engine (pid "), std::string::npos) << words;
    EXPECT_NE(words.find("--instance"), std::string::npos) << words;
    first.line().tell('s');
    EXPECT_EQ(first.wait(), 0);
    EXPECT_EQ(refusal(instance.options()), "");
}

TEST(Segment, AnotherSegmentOfTheSameProcessIsRefusedToo) {
    const Instance instance;
    const Segment first(instance.options());
    EXPECT_NE(refusal(instance.options()), "");
    EXPECT_NE(refusal(instance.options(16)), "") << "another depth does not help";
}

TEST(Segment, AReadersLockKeepsNoWriterAlive) {
    const Instance instance;
    { const Writer writer(instance.options()); }
    ShmReader reader(instance.name);
    ShmReader other(instance.name);
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    ASSERT_EQ(fcntl(other.raw().fd, F_OFD_SETLK, &lock), 0);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "DOWN/writer_dead"; }));
}

TEST(Segment, TheModeHoldsWhateverTheUmask) {
    const Instance instance;
    for (const mode_t mode : {0640u, 0600u, 0664u, 0644u}) {
        auto options = instance.options();
        options.mode = mode;
        const mode_t before = umask(0777);
        { const Segment segment(options); }
        umask(before);
        struct stat status {};
        ASSERT_EQ(stat(instance.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, mode);
    }
}

TEST(Segment, TheGroupIsTheOneAskedFor) {
    const Instance instance;
    auto options = instance.options();
    options.group = std::to_string(getegid());
    { const Segment segment(options); }
    struct stat status {};
    ASSERT_EQ(stat(instance.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_gid, getegid());
    options.group = "no-such-group";
    EXPECT_NE(refusal(options).find("no group \"no-such-group\""), std::string::npos);
}

TEST(Segment, OptionsThatCannotBeAreRefusedInWords) {
    const Instance instance;
    EXPECT_NE(refusal(instance.options(0)).find("depth"), std::string::npos);
    EXPECT_NE(refusal(instance.options(65537)).find("depth"), std::string::npos);
    EXPECT_NE(refusal(instance.options(8, 0)).find("max_symbols"), std::string::npos);
    EXPECT_NE(refusal(instance.options(8, 4, 0)).find("ring_events"), std::string::npos);
    auto options = instance.options();
    options.instance = "../x";
    EXPECT_NE(refusal(options).find("instance"), std::string::npos);
}

TEST(Segment, ASymbolKeepsItsSlotAndAFullDirectoryTakesNoMore) {
    const Instance instance;
    Segment segment(instance.options(8, 2));
    EXPECT_EQ(segment.add_symbol("A-USDC", "A_USDC"), SymbolIndex{0});
    EXPECT_EQ(segment.add_symbol("B-USDC", "B_USDC"), SymbolIndex{1});
    EXPECT_EQ(segment.add_symbol("A-USDC", "A_USDC"), SymbolIndex{0});
    EXPECT_EQ(segment.add_symbol("C-USDC", "C_USDC"), std::nullopt);
    EXPECT_EQ(segment.symbols(), 2u);
    EXPECT_EQ(segment.symbol(1), "B-USDC");
    EXPECT_EQ(segment.native(1), "B_USDC");
}

TEST(Segment, ANameTooLongForTheDirectoryIsNotTaken) {
    const Instance instance;
    Segment segment(instance.options());
    const std::string longest(DAYPACK_NAME_BYTES - 1, 'x');
    EXPECT_EQ(segment.add_symbol(longest + "x", longest), std::nullopt);
    EXPECT_EQ(segment.add_symbol(longest, longest), SymbolIndex{0});
    ShmReader reader(instance.name);
    EXPECT_EQ(reader.names(0).symbol, longest);
    EXPECT_EQ(reader.find(longest), SymbolIndex{0});
    EXPECT_EQ(reader.find(longest + "x"), std::nullopt);
}

TEST(Segment, LinesAreListedUpToTheirLimit) {
    const Instance instance;
    Segment segment(instance.options());
    for (unsigned i = 0; i < DAYPACK_MAX_LINES; ++i)
        EXPECT_EQ(segment.add_line("host" + std::to_string(i)), LineIndex(i));
    EXPECT_EQ(segment.add_line("one more"), std::nullopt);
    ShmReader reader(instance.name);
    ASSERT_EQ(daypack_lines(&reader.raw()), unsigned{DAYPACK_MAX_LINES});
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), 3, &entry);
    EXPECT_STREQ(entry.host, "host3");
}

TEST(Segment, ACleanEndReadsStoppedAndANewEngineGoesOnUnderTheSameReader) {
    const Instance instance;
    std::optional<Writer> writer(instance.options());
    writer->snapshot(1);
    ShmReader reader(instance.name);
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

TEST(Segment, ATakeoverKeepsTheDirectoryAndStartsTheNumbersAnew) {
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
        ShmReader reader(instance.name);
        EXPECT_EQ(daypack_symbol_counter(&reader.raw(), 0, DAYPACK_SYMBOL_updates), 5u);
        EXPECT_EQ(daypack_line_counter(&reader.raw(), 1, DAYPACK_LINE_frames), 6u);
        EXPECT_EQ(daypack_engine_counter(&reader.raw(), DAYPACK_ENGINE_pauses), 7u);
        EXPECT_EQ(daypack_percentile(&reader.raw(), DAYPACK_HISTOGRAM_FRAME_TO_SHM, 500), 1007u);
    }
    ShmReader reader(instance.name);
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

TEST(Segment, WhatTheNewEngineDoesNotWantIsDown) {
    const Instance instance;
    {
        Writer writer(instance.options());
        ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    }
    Segment next(instance.options());
    Publisher publisher(next);
    ASSERT_EQ(next.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    next.release_unwanted();
    ShmReader reader(instance.name);
    EXPECT_EQ(fresh_state_of(publisher, reader, 0), "DOWN/stopped");
    EXPECT_EQ(fresh_state_of(publisher, reader, 1), "SYNCING/start");
}

TEST(Segment, AWriterKilledInMidWriteReadsDeadAndTheNextOneMendsTheSlot) {
    const Instance instance;
    Child writer([&](const auto& line) {
        Writer mine(instance.options());
        mine.snapshot(1);
        line.tell('r');
        while (!line.heard()) test::beat(mine.publisher);
        const SlotWrite write(mine.segment.slot(0));
        raise(SIGKILL);
        return 0;
    });
    ASSERT_EQ(writer.line().hear(), 'r');
    ShmReader reader(instance.name);
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

TEST(Segment, ABookOfADeadWriterIsNeverLive) {
    const Instance instance;
    Child writer([&](const auto& line) { return live_writer(instance.options(), line); });
    ASSERT_EQ(writer.line().hear(), 'r');
    ShmReader reader(instance.name);
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

TEST(Segment, AStalledWriterReadsStaleUntilItHasCaughtUp) {
    const Instance instance;
    Child writer([&](const auto& line) { return careful_writer(instance.options(), line); });
    const auto line = writer.line();
    ASSERT_EQ(line.hear(), 'r');
    ShmReader reader(instance.name);
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

TEST(Segment, AWriterStoppedInMidWriteReadsStalledWithoutNumbers) {
    const Instance instance;
    Child writer([&](const auto& line) {
        Writer mine(instance.options());
        mine.snapshot(1);
        const SlotWrite write(mine.segment.slot(0));
        line.tell('r');
        return static_cast<int>(line.hear());
    });
    ASSERT_EQ(writer.line().hear(), 'r');
    ShmReader reader(instance.name);
    EXPECT_TRUE(wait_for([&] { return state_of(reader) == "STALE/writer_stalled"; }));
    EXPECT_EQ(reader.top(0)->bid_quantity, 0);
}

TEST(Segment, AnotherDepthRetiresTheOldSegmentAndReadersFollow) {
    const Instance instance;
    std::optional<Writer> writer(instance.options(4));
    ASSERT_EQ(writer->segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    writer->snapshot(1);
    ShmReader reader(instance.name);
    ShmReader idle(instance.name);
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

TEST(Segment, ARetiredRingIsReadToItsEndBeforeTheReaderFollows) {
    const Instance instance;
    std::optional<Writer> writer(instance.options(4));
    writer->snapshot(1);
    ShmReader reader(instance.name);
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

TEST(Segment, FewerSymbolsThanBeforeKeepTheFirstOnes) {
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

TEST(Segment, WhatADeadWriterClaimedInTheRingBecomesRecordsOfNoKind) {
    const Instance instance;
    std::optional<Writer> writer(instance.options(8, 4, 8));
    for (Sequence u = 1; u < 10; ++u) writer->snapshot(u, static_cast<std::int64_t>(u));  // every place is in use
    ShmReader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    store_relaxed(writer->segment.header().claimed, cursor + 2);  // as if it had died in the middle of two records
    writer.reset();
    std::uint64_t nothing = cursor;
    EXPECT_TRUE(test::drain(reader, nothing).empty());
    Writer next(instance.options(8, 4, 8));
    next.snapshot(99);
    const auto records = test::drain(reader, cursor);
    ASSERT_GE(records.size(), 3u);
    EXPECT_EQ(daypack_record_kind(&records[0]), unsigned{DAYPACK_KIND_NONE});
    EXPECT_EQ(daypack_record_kind(&records[1]), unsigned{DAYPACK_KIND_NONE});
    EXPECT_EQ(daypack_record_kind(&records[2]), unsigned{DAYPACK_KIND_SNAPSHOT});
}

TEST(Segment, AReaderFindsTheNewSegmentWhenTheOldWasRemovedByHand) {
    const Instance instance;
    std::optional<Writer> writer(instance.options());
    writer->snapshot(1);
    ShmReader reader(instance.name);
    unlink(instance.path().c_str());
    writer.reset();
    Writer next(instance.options());
    next.snapshot(5);
    EXPECT_TRUE(wait_for([&] {
        test::beat(next.publisher);
        return state_of(reader) == "LIVE" && reader.top(0)->u == 5;
    }));
}

TEST(Segment, AFileThatIsNoSegmentIsReplaced) {
    const Instance instance;
    const int fd = open(instance.path().c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_EQ(write(fd, "something else", 14), 14);
    close(fd);
    const Segment segment(instance.options());
    EXPECT_EQ(segment.epoch(), 1u);
    ShmReader reader(instance.name);
    EXPECT_EQ(reader.symbols(), 0);
}

TEST(Segment, ASymbolicLinkIsNotFollowed) {
    const Instance instance;
    ASSERT_EQ(symlink("/dev/null", instance.path().c_str()), 0);
    EXPECT_NE(refusal(instance.options()).find("remove it"), std::string::npos);
    daypack_reader reader;
    EXPECT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_NO_ACCESS);
}

TEST(Segment, AUserWithoutPermissionIsToldSo) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
    const Instance instance;
    { const Writer writer(instance.options()); }
    Child child([&](const auto&) {
        if (setgid(65534) != 0 || setuid(65534) != 0) return 2;
        if (refusal(instance.options()).find("no permission") == std::string::npos) return 3;
        daypack_reader reader;
        return daypack_open(&reader, instance.name.c_str()) == DAYPACK_NO_ACCESS ? 0 : 4;
    });
    EXPECT_EQ(child.wait(), 0);
}

TEST(Segment, AFullShmIsAnErrorInWordsAndNeverASignal) {
    const Instance instance;
    Child child([&](const auto&) {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") != 0) {
            return 77;
        }
        const std::string words = refusal(instance.options(8, 4, 65536));
        if (words.find("no room") == std::string::npos) return 2;
        Segment small(instance.options(8192, 16));  // 256 KiB a slot: the directory has more room than the file system
        int added = 0;
        while (small.add_symbol("S" + std::to_string(added), "S" + std::to_string(added))) ++added;
        return added > 0 && added < 16 ? 0 : 3;
    });
    const int code = child.wait();
    if (code == 77) GTEST_SKIP() << "needs the right to mount a small file system of its own";
    EXPECT_EQ(code, 0);
}

// Many engines start at once on the same instance: one has it, all others are refused, and a reader never sees less.
void race(const Instance& instance, bool different_depths) {
    constexpr int kStarters = 6;
    std::vector<std::unique_ptr<Child>> starters;
    for (int i = 0; i < kStarters; ++i) {
        starters.push_back(std::make_unique<Child>([&, i](const auto& line) {
            (void)line.hear();
            std::optional<Segment> segment;
            try {
                segment.emplace(instance.options(different_depths ? 4 + static_cast<std::size_t>(i) : 4));
            } catch (const std::runtime_error&) {
            }
            line.tell(segment ? 'y' : 'n');
            (void)line.hear();
            return 0;
        }));
    }
    for (const auto& starter : starters) starter->line().tell('g');
    int winners = 0;
    for (const auto& starter : starters) winners += starter->line().hear() == 'y' ? 1 : 0;
    EXPECT_EQ(winners, 1);
    daypack_reader reader;
    EXPECT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_OK);
    daypack_close(&reader);
}

TEST(Segment, OfManyEnginesThatStartAtOnceOneHasTheInstance) {
    for (int round = 0; round < 40; ++round) {
        const Instance instance;
        race(instance, false);  // none was there
        race(instance, false);  // the winner above died: all want to take over
    }
}

TEST(Segment, OfManyEnginesOfDifferentDepthsOneHasTheInstance) {
    for (int round = 0; round < 40; ++round) {
        const Instance instance;
        { const Segment before(instance.options(3)); }
        race(instance, true);
        race(instance, true);
    }
}

}  // namespace
}  // namespace daypack
