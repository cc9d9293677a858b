// SPDX-License-Identifier: MIT
// Writers die at any instant, under a reader that goes on. (tests/system/crash_soak_test.cpp: a thousand of them.)
#include "tests/system/crash_run.h"

namespace daypack::core {
namespace {

TEST(Crash, ReadersOutliveWritersThatAreKilledAtAnyInstant) {
    test::kill_writers(test::kSanitized ? 10 : 100, 1);
}

// A reader that dies or sleeps does not affect the writer.
TEST(Crash, ReadersThatDieOrSleepAreNothingToTheWriter) {
    const test::Instance instance;
    test::Writer writer(instance.options());
    writer.snapshot(1);
    const auto read_for_ever = [&](const auto& line) -> int {
        Reader reader(instance.name);
        line.tell('r');
        for (;;) (void)test::torn(reader);
    };
    test::Child killed(read_for_ever);
    test::Child asleep(read_for_ever);
    ASSERT_EQ(killed.line().hear(), 'r');
    ASSERT_EQ(asleep.line().hear(), 'r');
    killed.signal(SIGKILL);
    asleep.signal(SIGSTOP);
    EXPECT_EQ(killed.wait(), -SIGKILL);
    for (Sequence u = 2; u < 10'000; ++u) writer.apply({test::delta(u, Side::bid, 100, static_cast<std::int64_t>(u))});
    Reader reader(instance.name);
    EXPECT_EQ(test::fresh_state_of(writer.publisher, reader), "LIVE");
    EXPECT_EQ(reader.top(0)->u, 9'999u);
}

// A process that sleeps keeps its lock, so no other process can take over its segment, and it never writes into one
// that another process owns.
TEST(Crash, AStoppedEngineHasNoSuccessorAndReadsStalled) {
    const test::Instance instance;
    test::Child first([&](const auto& line) {
        test::Writer mine(instance.options());
        mine.snapshot(1);
        line.tell('r');
        while (!line.heard()) test::beat(mine.publisher);
    });
    ASSERT_EQ(first.line().hear(), 'r');
    Reader reader(instance.name);
    EXPECT_TRUE(test::wait_for([&] { return test::state_of(reader) == "LIVE"; }));
    first.signal(SIGSTOP);
    EXPECT_TRUE(test::wait_for([&] { return test::state_of(reader) == "STALE/writer_stalled"; }));
    EXPECT_THROW(test::Writer(instance.options()), std::runtime_error);
    first.signal(SIGCONT);
    EXPECT_TRUE(test::wait_for([&] { return test::state_of(reader) == "LIVE"; }));
    first.line().tell('e');
    EXPECT_EQ(first.failure(), "");
}

}  // namespace
}  // namespace daypack::core
