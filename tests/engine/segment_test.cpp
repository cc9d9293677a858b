// SPDX-License-Identifier: MIT
#include "engine/shm/segment.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <memory>
#include <optional>

#include "engine/shm/start_guard.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Child;
using test::failed;
using test::Instance;
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

TEST(Segment, AnotherEngineIsRefusedWhileTheFirstLives) {
    const Instance instance;
    Child first([&](const auto& line) -> std::string {
        const Segment segment(instance.options());
        line.tell('r');
        return line.hear() == 's' ? "" : failed("the parent is gone");
    });
    ASSERT_EQ(first.line().hear(), 'r');
    const std::string words = refusal(instance.options());
    EXPECT_NE(words.find("held by another engine (pid "), std::string::npos) << words;
    EXPECT_NE(words.find("--instance"), std::string::npos) << words;
    first.line().tell('s');
    EXPECT_EQ(first.failure(), "");
    EXPECT_EQ(refusal(instance.options()), "");
}

TEST(Segment, AnotherSegmentOfTheSameProcessIsRefusedToo) {
    const Instance instance;
    const Segment first(instance.options());
    EXPECT_NE(refusal(instance.options()), "");
    EXPECT_NE(refusal(instance.options(16)), "") << "another depth does not help";
}

// Whoever may read the segment may lock it for reading.
void lock_for_reading(Reader& reader) {
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    ASSERT_EQ(fcntl(reader.raw().fd, F_OFD_SETLK, &lock), 0);
}

TEST(Segment, AReadersLockForbidsNoStart) {
    const Instance instance;
    { const Writer before(instance.options()); }
    Reader reader(instance.name);
    lock_for_reading(reader);
    for (const Sequence u : {Sequence{5}, Sequence{6}}) {
        Writer next(instance.options());
        next.snapshot(u);
        EXPECT_EQ(test::fresh_state_of(next.publisher, reader), "LIVE");
        EXPECT_EQ(reader.top(0)->u, u);
        EXPECT_NE(refusal(instance.options()).find("held by another engine"), std::string::npos);
    }
}

TEST(Segment, AStartThatIsUnderWayKeepsOthersWaitingAndWhatItLeftDoesNot) {
    const Instance instance;
    const std::string path = "/dev/shm/.daypack." + instance.name + ".start";
    Child starter([&](const auto& line) {
        const StartGuard guard(instance.name);
        line.tell('r');
        return static_cast<int>(line.hear());
    });
    ASSERT_EQ(starter.line().hear(), 'r');
    EXPECT_THROW(StartGuard(instance.name, std::chrono::milliseconds(3)), std::runtime_error);
    EXPECT_NO_THROW(StartGuard(instance.name + "2", std::chrono::milliseconds(3))) << "another instance";
    starter.signal(SIGKILL);
    EXPECT_EQ(starter.wait(), -SIGKILL);
    EXPECT_EQ(access(path.c_str(), F_OK), 0);
    EXPECT_EQ(refusal(instance.options()), "");
    EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(Segment, TheModeHoldsWhateverTheUmask) {
    const Instance instance;
    for (const mode_t mode : {0640u, 0600u, 0604u, 0644u}) {
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

TEST(Segment, AModeThatLetsOthersWriteIsRefused) {
    const Instance instance;
    for (const mode_t mode : {0660u, 0642u, 0666u, 0750u, 04640u}) {
        auto options = instance.options();
        options.mode = mode;
        EXPECT_NE(refusal(options).find("shm_mode: the owner alone may write"), std::string::npos) << mode;
    }
    EXPECT_NE(access(instance.path().c_str(), F_OK), 0) << "and nothing was made";
}

TEST(Segment, OneThatOthersMayHaveMappedToWriteIsReplaced) {
    const Instance instance;
    { const Segment before(instance.options()); }
    struct stat before {};
    ASSERT_EQ(stat(instance.path().c_str(), &before), 0);
    ASSERT_EQ(chmod(instance.path().c_str(), 0662), 0);
    const Segment segment(instance.options());
    struct stat after {};
    ASSERT_EQ(stat(instance.path().c_str(), &after), 0);
    EXPECT_NE(after.st_ino, before.st_ino);
    EXPECT_EQ(after.st_mode & 0777, 0640u);
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
    options.group = "99999999999";  // cut to 32 bits, it would be another group
    EXPECT_NE(refusal(options).find("no group \"99999999999\""), std::string::npos);
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
    EXPECT_NE(segment.why_left_out("C-USDC", "C_USDC").find("raise max_symbols"), std::string::npos);
    EXPECT_EQ(segment.symbols(), 2u);
    EXPECT_EQ(segment.symbol(1), "B-USDC");
    EXPECT_EQ(segment.native(1), "B_USDC");
}

TEST(Segment, ANameTooLongForTheDirectoryIsNotTaken) {
    const Instance instance;
    Segment segment(instance.options());
    const std::string longest(DAYPACK_NAME_BYTES - 1, 'x');
    EXPECT_EQ(segment.add_symbol(longest + "x", longest), std::nullopt);
    EXPECT_NE(segment.why_left_out(longest + "x", longest).find("63 bytes"), std::string::npos);
    EXPECT_EQ(segment.add_symbol(longest, longest), SymbolIndex{0});
    Reader reader(instance.name);
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
    Reader reader(instance.name);
    ASSERT_EQ(daypack_lines(&reader.raw()), unsigned{DAYPACK_MAX_LINES});
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), 3, &entry);
    EXPECT_STREQ(entry.host, "host3");
}

TEST(Segment, AFileThatIsNoSegmentIsReplaced) {
    const Instance instance;
    const int fd = open(instance.path().c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_EQ(write(fd, "something else", 14), 14);
    close(fd);
    const Segment segment(instance.options());
    EXPECT_EQ(segment.epoch(), 1u);
    Reader reader(instance.name);
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
    Child child([&](const auto&) -> std::string {
        if (setgid(65534) != 0 || setuid(65534) != 0) return failed("it cannot become another user");
        const std::string words = refusal(instance.options());
        if (words.find("no permission") == std::string::npos) return failed("an engine is refused so: " + words);
        daypack_reader reader;
        const int result = daypack_open(&reader, instance.name.c_str());
        if (result != DAYPACK_NO_ACCESS) return failed(std::string("a reader gets ") + daypack_result_name(result));
        return {};
    });
    EXPECT_EQ(child.failure(), "");
}

TEST(Segment, WhatAStrangerPutInTheWayOfAStartIsToldInWordsAndRemovedByRoot) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
    const Instance instance;
    const std::string guard = "/dev/shm/.daypack." + instance.name + ".start";
    const int file = open(guard.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    close(file);
    ASSERT_EQ(chown(guard.c_str(), 1, 1), 0);
    Child child([&](const auto&) -> std::string {
        if (setgid(65534) != 0 || setuid(65534) != 0) return failed("it cannot become another user");
        const std::string words = refusal(instance.options());
        const std::string meant = guard +
                                  ", which keeps two engines from starting at once, was put there by another user "
                                  "(id 1): have root remove it, or choose another --instance";
        return words == meant ? "" : failed("an engine is refused so: " + words);
    });
    EXPECT_EQ(child.failure(), "");
    EXPECT_EQ(refusal(instance.options()), "");
    EXPECT_NE(access(guard.c_str(), F_OK), 0);
}

TEST(Segment, AFullShmIsAnErrorInWordsAndNeverASignal) {
    const Instance instance;
    const std::string unmounted = "it has no right to mount a small file system of its own";
    Child child([&](const auto&) -> std::string {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") != 0) {
            return failed(unmounted);
        }
        const std::string words = refusal(instance.options(8, 4, 65536));
        if (words.find("no room") == std::string::npos) return failed("an engine is refused so: " + words);
        Segment small(instance.options(8192, 16));  // 256 KiB a slot: the directory has more room than the file system
        int added = 0;
        while (small.add_symbol("S" + std::to_string(added), "S" + std::to_string(added))) ++added;
        if (added == 0 || added == 16) return failed(std::to_string(added) + " symbols of 16 have room");
        const std::string why = small.why_left_out("S", "S");
        if (why.find("/dev/shm has no room for 257 KiB") != 0 || why.find("max_symbols") != std::string::npos) {
            return failed("a symbol is left out so: " + why);
        }
        return {};
    });
    const std::string failure = child.failure();
    if (failure.find(unmounted) != std::string::npos) GTEST_SKIP() << failure;
    EXPECT_EQ(failure, "");
}

constexpr int kRounds = test::kSanitized ? 5 : 40;

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
    for (int round = 0; round < kRounds; ++round) {
        const Instance instance;
        race(instance, false);  // none was there
        race(instance, false);  // the winner above died: all want to take over
    }
}

TEST(Segment, OfManyEnginesThatReplaceTheSameFileOneHasTheInstance) {
    for (int round = 0; round < kRounds; ++round) {
        const Instance instance;
        { const Segment before(instance.options()); }
        Reader reader(instance.name);
        lock_for_reading(reader);
        race(instance, round % 2 == 1);
    }
}

TEST(Segment, OfManyEnginesOfDifferentDepthsOneHasTheInstance) {
    for (int round = 0; round < kRounds; ++round) {
        const Instance instance;
        { const Segment before(instance.options(3)); }
        race(instance, true);
        race(instance, true);
    }
}

// Memory of gigabytes takes seconds, and an engine that is asked to end meanwhile must not wait for it.
TEST(Segment, GivesUpWhereItIsAskedToWhileItsMemoryIsMade) {
    const Instance instance;
    SegmentOptions options = instance.options(8, 4, 1 << 20);  // 128 MiB of ring
    int asked = 0;
    options.gives_up = [&asked] { return ++asked == 2; };
    EXPECT_THROW(Segment{options}, SegmentGivenUp);
    EXPECT_EQ(asked, 2);
    EXPECT_NE(access(instance.path().c_str(), F_OK), 0) << "it had no name yet";
    asked = 0;
    options.gives_up = [&asked] {
        ++asked;
        return false;
    };
    { const Segment whole(options); }
    const int steps = asked;
    EXPECT_GT(steps, 6);
    asked = 0;
    options.gives_up = [&asked] { return ++asked == 3; };
    EXPECT_THROW(Segment{options}, SegmentGivenUp) << "of a segment that was there";
    const Reader reader(instance.name);
    EXPECT_EQ(reader.header().phase, DAYPACK_PHASE_STOPPED);
}

}  // namespace
}  // namespace daypack::core
