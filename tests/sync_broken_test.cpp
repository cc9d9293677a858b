// The worlds that the Sync is held against are worth something: one that skips the gap check is caught by them. This
// program is linked with such a Sync (tests/CMakeLists.txt makes it of the real one).
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/random.h"
#include "tests/sync_world.h"

namespace daypack {
namespace {

TEST(SyncBroken, ASyncThatSkipsTheGapCheckIsCaught) {
    std::uint64_t caught = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        test::Random random(seed);
        test::SyncWorld::Options options;
        options.venue.levels = 20;
        options.lines = 1;
        test::SyncWorld world(options, random);
        for (int step = 0; step < 5'000 && world.wrong().empty(); ++step) {
            world.venue_updates(random);
            world.venue_waits(100);
            if (random.once_in(50)) world.line_loses(0);
            world.line_delivers(0);
            world.sync_asks();
            world.rest_captures(0, random);
            world.rest_delivers(0);
        }
        caught += world.wrong().empty() ? 0 : 1;
    }
    EXPECT_EQ(caught, 20u);
}

}  // namespace
}  // namespace daypack
