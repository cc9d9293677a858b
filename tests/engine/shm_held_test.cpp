// SPDX-License-Identifier: MIT
// A reader is held up between its copy of a slot and its judgement: there it reads the clock, and that takes as long as
// a test wants.
#include <ctime>
#include <functional>
#include <utility>

namespace daypack::core::test {
namespace {

std::function<void()> while_held;  // once

int held_clock_gettime(clockid_t clock, timespec* time) {
    if (while_held) std::exchange(while_held, nullptr)();
    return clock_gettime(clock, time);
}

}  // namespace
}  // namespace daypack::core::test

#define clock_gettime ::daypack::core::test::held_clock_gettime
#include "engine/include/daypack/shm.h"
#undef clock_gettime

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

// The machine sleeps, wakes, and the writer catches up with what came meanwhile.
void sleep_and_catch_up(test::Writer& writer) {
    Publisher& publisher = writer.publisher;
    ASSERT_TRUE(publisher.beat({test::mono_now().ns + 2 * Publisher::kPause_ns}));
    writer.snapshot(9, 200, 201);
    (void)publisher.beat(test::mono_now());
    publisher.caught_up();
}

TEST(ShmHeld, ABookOfBeforeASleepIsNotLiveAfterIt) {
    const test::Instance instance;
    test::Writer writer(instance.options());
    Reader reader(instance.name);
    for (const bool whole : {false, true}) {
        writer.snapshot(1);
        daypack_book book{};
        daypack_level bid{}, ask{};
        test::beat(writer.publisher);
        test::while_held = [&] { sleep_and_catch_up(writer); };
        const int result = whole ? daypack_read_book(&reader.raw(), 0, &book, &bid, 1, &ask, 1)
                                 : daypack_read_top(&reader.raw(), 0, &book.top);
        ASSERT_EQ(result, DAYPACK_OK);
        EXPECT_FALSE(test::while_held) << "it was not held";
        EXPECT_EQ(book.top.u, 9u) << daypack_state_name(book.top.state);
        EXPECT_EQ(book.top.bid_price, 200);
        if (whole) {
            EXPECT_EQ(bid.price, 200);
        }
    }
}

}  // namespace
}  // namespace daypack::core
