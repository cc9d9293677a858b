// SPDX-License-Identifier: MIT
// The name of a segment is taken away, or given to another file, while its engine runs.
#include "engine/shm/segment_keeper.h"

#include <fcntl.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Child;
using test::Instance;
using test::state_of;
using test::wait_for;
using test::Writer;
using Result = SegmentKeeper::Result;

// An engine without a network: this thread is its control thread, and the one inside its book thread, which publishes
// an update in each round.
class Engine {
  public:
    explicit Engine(const SegmentOptions& options) : writer(options), keeper(writer.segment) {
        book_thread_ = std::thread([this] {
            for (Sequence u = 1; !done_; ++u) {
                writer.snapshot(u, 100 + static_cast<std::int64_t>(u), 101 + static_cast<std::int64_t>(u));
                at = u;
                test::beat(writer.publisher);
                keeper.step_aside();
                std::this_thread::sleep_for(std::chrono::microseconds(100));
            }
        });
    }
    ~Engine() {
        done_ = true;
        book_thread_.join();
    }

    Writer writer;
    SegmentKeeper keeper;
    std::atomic<Sequence> at{0};

  private:
    std::atomic<bool> done_{false};
    std::thread book_thread_;
};

// Waits until the reader has a later book than the engine's now; each that is LIVE on the way is whole.
[[nodiscard]] bool sees_what_is_new(Reader& reader, const Engine& engine) {
    const Sequence now = engine.at;
    return wait_for([&] {
        const auto book = reader.book(0);
        if (!book || book->head.top.state != DAYPACK_STATE_LIVE) return false;
        EXPECT_EQ(book->head.top.bid_price, 100 + static_cast<std::int64_t>(book->head.top.u));
        EXPECT_EQ(book->bids.at(0).price, book->head.top.bid_price);
        return book->head.top.u > now;
    });
}

TEST(SegmentKeeper, ANameThatIsThereStaysAsItIs) {
    const Instance instance;
    Engine engine(instance.options());
    const SegmentKeeper::Finding found = engine.keeper.check();
    EXPECT_EQ(found.result, Result::in_order);
    EXPECT_EQ(found.words, "");
}

TEST(SegmentKeeper, ARemovedSegmentIsMadeAgainEachTimeUnderTheSameReaders) {
    const Instance instance;
    Engine engine(instance.options());
    Reader before(instance.name);
    ASSERT_TRUE(sees_what_is_new(before, engine));
    const std::uint32_t epoch = before.top(0)->epoch;
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(unlink(instance.path().c_str()), 0);
        const SegmentKeeper::Finding found = engine.keeper.check();
        ASSERT_EQ(found.result, Result::moved) << found.words;
        EXPECT_NE(found.words.find("made again"), std::string::npos);
        EXPECT_EQ(engine.keeper.check().result, Result::in_order);
        Reader after(instance.name);
        EXPECT_TRUE(sees_what_is_new(after, engine));
        EXPECT_TRUE(sees_what_is_new(before, engine));
        EXPECT_EQ(before.raw().inode, after.raw().inode);
        EXPECT_EQ(before.top(0)->epoch, epoch) << "the same writer";
        EXPECT_THROW(Segment(instance.options()), std::runtime_error) << "no second engine starts beside it";
    }
    EXPECT_EQ(engine.writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    EXPECT_EQ(before.find("ETH-USDC"), SymbolIndex{1});
}

TEST(SegmentKeeper, AFollowerOfTheRingMissesNoRecord) {
    const Instance instance;
    Engine engine(instance.options(8, 4, 4096));
    Reader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    Sequence last = 0;
    const auto follow = [&] {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&reader.raw(), &cursor, &record, &lost) == DAYPACK_OK) {
            if (daypack_record_kind(&record) != DAYPACK_KIND_SNAPSHOT) continue;
            if (last != 0) EXPECT_EQ(record.last_id, last + 1);
            last = record.last_id;
        }
        EXPECT_EQ(lost, 0u);
    };
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(unlink(instance.path().c_str()), 0);
        ASSERT_EQ(engine.keeper.check().result, Result::moved);
        const Sequence now = engine.at;
        EXPECT_TRUE(wait_for([&] { return follow(), last > now; }));
    }
}

TEST(SegmentKeeper, AnotherFileOfThatNameIsReplaced) {
    const Instance instance;
    Engine engine(instance.options());
    Reader reader(instance.name);
    ASSERT_EQ(unlink(instance.path().c_str()), 0);
    const int file = open(instance.path().c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_EQ(write(file, "something else", 14), 14);
    close(file);
    EXPECT_EQ(engine.keeper.check().result, Result::moved);
    EXPECT_TRUE(sees_what_is_new(reader, engine));

    ASSERT_EQ(unlink(instance.path().c_str()), 0);
    { const Segment ended(instance.options()); }
    EXPECT_EQ(engine.keeper.check().result, Result::moved);
    EXPECT_TRUE(sees_what_is_new(reader, engine));
}

TEST(SegmentKeeper, OfTwoEnginesTheOneThatWasThereFirstStays) {
    const Instance instance;
    Engine first(instance.options());
    Reader of_first(instance.name);
    ASSERT_EQ(unlink(instance.path().c_str()), 0);
    Engine second(instance.options());
    Reader of_second(instance.name);
    EXPECT_EQ(second.keeper.check().result, Result::in_order) << "it has the name";
    EXPECT_EQ(first.keeper.check().result, Result::moved);
    const SegmentKeeper::Finding found = second.keeper.check();
    EXPECT_EQ(found.result, Result::lost);
    EXPECT_NE(found.words.find("held by another engine (pid " + std::to_string(getpid()) + ")"), std::string::npos)
        << found.words;
    EXPECT_EQ(first.keeper.check().result, Result::in_order);
    EXPECT_TRUE(sees_what_is_new(of_first, first));
    EXPECT_NE(of_first.raw().inode, of_second.raw().inode);
}

// Nobody may replace it: those who have the segment already go on with it meanwhile.
TEST(SegmentKeeper, AFileOfAnotherUserInTheWayLeavesReadersTheSegmentTheyHave) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
    const Instance instance;
    Child engine([&](const auto& line) -> std::string {
        if (setgid(65534) != 0 || setuid(65534) != 0) return test::failed("it cannot become another user");
        Engine mine(instance.options());
        Reader reader(instance.name);
        line.tell('r');
        (void)line.hear();
        const SegmentKeeper::Finding found = mine.keeper.check();
        if (found.result != Result::failed) return test::failed("it is not told: " + found.words);
        if (found.words.find("remove it") == std::string::npos) return test::failed("it is told so: " + found.words);
        if (!sees_what_is_new(reader, mine)) return test::failed("the reader lost the segment");
        line.tell('f');
        (void)line.hear();
        if (mine.keeper.check().result != Result::moved) return test::failed("it is not made again");
        return sees_what_is_new(reader, mine) ? "" : test::failed("the reader does not follow");
    });
    ASSERT_EQ(engine.line().hear(), 'r');
    ASSERT_EQ(unlink(instance.path().c_str()), 0);
    const int file = open(instance.path().c_str(), O_CREAT | O_WRONLY, 0644);
    ASSERT_GE(file, 0);
    close(file);
    engine.line().tell('g');
    EXPECT_EQ(engine.line().hear(), 'f');
    unlink(instance.path().c_str());
    engine.line().tell('g');
    EXPECT_EQ(engine.failure(), "");
}

TEST(SegmentKeeper, AWriterThatIsBusyIsAskedAgain) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    SegmentKeeper keeper(writer.segment);
    ASSERT_EQ(unlink(instance.path().c_str()), 0);
    const SegmentKeeper::Finding found = keeper.check();
    EXPECT_EQ(found.result, Result::failed);
    EXPECT_NE(found.words.find("busy"), std::string::npos) << found.words;
    keeper.step_aside();  // nobody asks any more
    std::atomic<bool> done{false};
    std::thread book([&] {
        while (!done) keeper.step_aside();
    });
    EXPECT_EQ(keeper.check().result, Result::moved);
    done = true;
    book.join();
    Reader reader(instance.name);
    EXPECT_EQ(test::fresh_state_of(writer.publisher, reader), "LIVE");
}

// Removed again and again, and started beside it again and again: in the end the first engine alone has the name.
TEST(SegmentKeeper, WhoeverStartsWhileTheNameIsGoneEnds) {
    const Instance instance;
    // Forked before this process has a second thread: ThreadSanitizer lets no others begin one.
    std::vector<std::unique_ptr<Child>> starters;
    for (int i = 0; i < 3; ++i) {
        starters.push_back(std::make_unique<Child>([&](const auto& line) -> std::string {
            (void)line.hear();
            while (!line.heard()) {
                try {
                    Engine mine(instance.options());
                    SegmentKeeper::Finding found;
                    const bool ended = wait_for([&] { return (found = mine.keeper.check()).result == Result::lost; });
                    if (!ended) return test::failed("a second engine goes on: " + found.words);
                } catch (const std::runtime_error&) {  // held
                }
            }
            return {};
        }));
    }
    Engine first(instance.options());
    Reader reader(instance.name);
    for (const auto& starter : starters) starter->line().tell('b');
    for (int i = 0; i < 50; ++i) {
        unlink(instance.path().c_str());
        std::this_thread::sleep_for(std::chrono::milliseconds(i % 4));
        EXPECT_TRUE(wait_for([&] {
            const Result result = first.keeper.check().result;
            EXPECT_NE(result, Result::lost);
            return result == Result::in_order;
        }));
    }
    for (const auto& starter : starters) starter->line().tell('e');
    EXPECT_TRUE(wait_for([&] {
        (void)first.keeper.check();
        bool all = true;
        for (const auto& starter : starters) all &= starter->ended();
        return all;
    }));
    for (const auto& starter : starters) EXPECT_EQ(starter->failure(), "");
    EXPECT_TRUE(sees_what_is_new(reader, first));
}

}  // namespace
}  // namespace daypack::core
