// SPDX-License-Identifier: MIT
// Waiting for the ring: who is woken, by what, and what happens where there is nobody to wake.
#include "engine/shm/waker.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <thread>

#include "engine/shm/seqlock.h"
#include "engine/shm/shm_limits.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Child;
using test::Instance;
using test::wait_for;
using test::Writer;

constexpr int kLong_ms = 60'000;  // only a broken program waits for so long

class WakerTest : public testing::Test {
  protected:
    ~WakerTest() override { unlink(wake_path().c_str()); }
    [[nodiscard]] std::string wake_path() const { return instance_.path() + ".wake"; }
    [[nodiscard]] std::uint64_t published() { return load_relaxed(writer_.segment.header().published); }
    // Waits in another thread while `meanwhile` runs, and returns what came of it.
    template <class Meanwhile>
    int wait_while(Reader& reader, Meanwhile meanwhile) {
        const std::uint64_t cursor = daypack_cursor(&reader.raw());
        int result = 0;
        std::thread waiting([&] { result = daypack_wait(&reader.raw(), cursor, kLong_ms); });
        meanwhile();
        waiting.join();
        return result;
    }

    // Waits for nothing, until the wake file is known: on a busy machine a short wait may end before it looks for it.
    [[nodiscard]] static bool finds_wake_file(Reader& reader) {
        return wait_for([&] {
            EXPECT_EQ(daypack_wait(&reader.raw(), daypack_cursor(&reader.raw()), 1), DAYPACK_EMPTY);
            return reader.raw().wake != nullptr;
        });
    }

    const Instance instance_;
    Writer writer_{instance_.options()};
};

TEST_F(WakerTest, AReaderIsWokenThroughAMappingThatItCannotWrite) {
    Waker waker(instance_.name, {});
    ASSERT_EQ(waker.trouble(), "");
    EXPECT_FALSE(waker.has_readers());
    Reader reader(instance_.name);
    reader.raw().beat_stale_ns = INT64_MAX;
    std::uint64_t other = 1'000'000;
    const int result = wait_while(reader, [&] {
        EXPECT_TRUE(wait_for([&] { return waker.has_readers(); }));
        // no news, only a word that changes: it is woken, looks, and sleeps again
        EXPECT_TRUE(wait_for([&] { return waker.wake(++other) == 1; }));
        writer_.snapshot(1);
        (void)waker.wake(published());
    });
    EXPECT_EQ(result, DAYPACK_OK);
    EXPECT_EQ(reader.raw().wake_works, 1);
    EXPECT_TRUE(waker.has_readers()) << "it may wait again";
    EXPECT_EQ(waker.wake(published()), 0u) << "nothing new";
}

TEST_F(WakerTest, WithoutAWakeFileAWaitEndsAllTheSame) {
    Reader reader(instance_.name);
    reader.raw().beat_stale_ns = INT64_MAX;
    EXPECT_EQ(wait_while(reader, [&] { writer_.snapshot(1); }), DAYPACK_OK);
    EXPECT_EQ(reader.raw().wake, nullptr);
}

TEST_F(WakerTest, AWaitWhoseWakerIsGoneEndsByItselfAndFindsTheNextOne) {
    std::optional<Waker> waker(std::in_place, instance_.name, ShmAccess{});
    Reader reader(instance_.name);
    reader.raw().beat_stale_ns = INT64_MAX;
    EXPECT_TRUE(finds_wake_file(reader));
    waker.reset();
    EXPECT_NE(access(wake_path().c_str(), F_OK), 0) << "its name is removed";
    waker.emplace(instance_.name, ShmAccess{});
    Sequence u = 0;
    bool found = false;
    std::chrono::milliseconds patience{0};  // more each time, until the reader is asleep when there is news
    EXPECT_TRUE(wait_for([&] {
        const int result = wait_while(reader, [&] {
            const auto end = std::chrono::steady_clock::now() + ++patience;
            while (!found && std::chrono::steady_clock::now() < end) found = waker->has_readers();
            writer_.snapshot(++u);
        });
        return result == DAYPACK_OK && found;
    }));
}

TEST_F(WakerTest, AReaderThatEndsOrDiesWaitsNoMore) {
    const Waker waker(instance_.name, {});
    {
        Reader reader(instance_.name);
        EXPECT_TRUE(finds_wake_file(reader));
        EXPECT_TRUE(waker.has_readers());
    }
    EXPECT_FALSE(waker.has_readers());
    Child child([&](const auto& line) {
        Reader reader(instance_.name);
        line.tell(finds_wake_file(reader) ? 'r' : 'n');
        (void)line.hear();
    });
    ASSERT_EQ(child.line().hear(), 'r');
    EXPECT_TRUE(waker.has_readers());
    child.signal(SIGKILL);
    EXPECT_EQ(child.wait(), -SIGKILL);
    EXPECT_FALSE(waker.has_readers());
}

TEST_F(WakerTest, AWaitEndsWithItsTimeAndAtOnceWhereThereIsNews) {
    Reader reader(instance_.name);
    const std::uint64_t cursor = daypack_cursor(&reader.raw());
    EXPECT_EQ(daypack_wait(&reader.raw(), cursor, 0), DAYPACK_EMPTY);
    EXPECT_EQ(daypack_wait(&reader.raw(), cursor, 3), DAYPACK_EMPTY);
    writer_.snapshot(1);
    EXPECT_EQ(daypack_wait(&reader.raw(), cursor, 0), DAYPACK_OK);
    EXPECT_EQ(daypack_wait(&reader.raw(), cursor, kLong_ms), DAYPACK_OK);
    // beyond the end, as where the file was removed by hand: reading puts the cursor right
    EXPECT_EQ(daypack_wait(&reader.raw(), cursor + 1000, kLong_ms), DAYPACK_OK);
}

TEST_F(WakerTest, AWaitEndsWhenTheBeatBecomesLate) {
    Reader reader(instance_.name);
    EXPECT_TRUE(wait_for([&] {  // a pause of this process between beat and wait is no matter of the test
        test::beat(writer_.publisher);
        const auto begin = std::chrono::steady_clock::now();
        const int result = daypack_wait(&reader.raw(), daypack_cursor(&reader.raw()), 5'000);
        return result == DAYPACK_EMPTY && std::chrono::steady_clock::now() - begin < std::chrono::seconds(4);
    }));
}

TEST_F(WakerTest, TheFileHasTheModeOfTheSegmentAndOneThatIsLeftIsTaken) {
    const int left = open(wake_path().c_str(), O_CREAT | O_WRONLY, 0600);
    close(left);
    struct stat before {};
    ASSERT_EQ(stat(wake_path().c_str(), &before), 0);
    const Waker waker(instance_.name, {.mode = 0604});
    EXPECT_EQ(waker.trouble(), "");
    struct stat after {};
    ASSERT_EQ(stat(wake_path().c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino);
    EXPECT_EQ(after.st_mode & 0777, 0604u);
    EXPECT_EQ(after.st_size, off_t{DAYPACK_WAKE_BYTES});
}

TEST_F(WakerTest, WhoeverSquatsTheNameIsNeitherBelievedNorFollowed) {
    ASSERT_EQ(symlink("/dev/null", wake_path().c_str()), 0);
    EXPECT_NE(Waker(instance_.name, {}).trouble().find("readers that wait look by themselves"), std::string::npos);
    unlink(wake_path().c_str());
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make a file of somebody else";
    const int fd = open(wake_path().c_str(), O_CREAT | O_RDWR, 0644);
    ASSERT_EQ(ftruncate(fd, DAYPACK_WAKE_BYTES), 0);
    ASSERT_EQ(fchown(fd, 12'345, 12'345), 0);
    close(fd);
    EXPECT_NE(Waker(instance_.name, {}).trouble().find("no file of this user"), std::string::npos);
    Reader reader(instance_.name);
    EXPECT_EQ(daypack_wait(&reader.raw(), daypack_cursor(&reader.raw()), 1), DAYPACK_EMPTY);
    EXPECT_EQ(reader.raw().wake, nullptr);
}

TEST_F(WakerTest, AnInstanceMayNotBeNamedLikeAnothersWakeFile) {
    EXPECT_NE(instance_fault("mm1.wake"), "");
    EXPECT_EQ(instance_fault("wake"), "");
}

TEST_F(WakerTest, ASlotThatWasWrittenHasChangedOnceForEachWhoLooks) {
    Reader reader(instance_.name);
    std::uint64_t seen = 0, also_seen = 0;
    EXPECT_EQ(daypack_changed(&reader.raw(), 0, &seen), 1) << "the first look";
    EXPECT_EQ(daypack_changed(&reader.raw(), 0, &seen), 0);
    writer_.snapshot(1);
    EXPECT_EQ(daypack_changed(&reader.raw(), 0, &seen), 1);
    EXPECT_EQ(daypack_changed(&reader.raw(), 0, &seen), 0);
    EXPECT_EQ(daypack_changed(&reader.raw(), 0, &also_seen), 1);
    {
        const SeqlockWrite write(writer_.segment.slot(0));
        EXPECT_EQ(daypack_changed(&reader.raw(), 0, &seen), 0) << "not whole yet";
    }
    EXPECT_EQ(daypack_changed(&reader.raw(), 0, &seen), 1);
}

}  // namespace
}  // namespace daypack::core
