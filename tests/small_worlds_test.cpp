// The smaller of the small worlds, all of them, and a seeded hundredth of those that tests/small_worlds_soak_test.cpp
// draws. DAYPACK_SEED=n draws others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/sanitized.h"
#include "tests/small_worlds_list.h"

namespace daypack {
namespace {

using test::SmallWorld;
using test::SmallWorlds;

SmallWorlds::Result look(const SmallWorlds::Options& options) {
    SmallWorlds::Result result = SmallWorlds(options).run();
    EXPECT_EQ(result.wrong, "") << "in " << SmallWorlds::name_of(options);
    std::printf("%s\n", SmallWorlds::summary_of(options, result).c_str());
    return result;
}

TEST(SmallWorlds, EachOfTheSmallerOnesIsRight) {
    for (const SmallWorld::Options& world : test::kWholeWorlds) {
        const auto result = look({.world = world, .states_max = test::kSanitized ? 2'000 : UINT64_MAX});
        if (!test::kSanitized) EXPECT_GE(result.worlds, 1e6);
    }
}

TEST(SmallWorlds, AHundredthOfThoseOfSixFramesIsRight) {
    const char* const seed = std::getenv("DAYPACK_SEED");
    std::uint64_t states = 0;
    for (const SmallWorld::Options& world : test::kDrawnWorlds) {
        states += look({.world = world,
                        .tried = 56,
                        .seed = seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10),
                        .states_max = test::kSanitized ? 1'000 : 120'000})
                      .states;
    }
    EXPECT_GE(states, test::kSanitized ? 1'000u : 100'000u);
}

// A fault of the Sync of today, and known: see small_worlds_list.h. Line 1 told 5 and 6 of the new numbering, then an
// old snapshot of 12 stood and line 0 went on from there; what the chain that was given up held is still remembered, so
// that line 0 brings copies, as it seems, where it shows a restart. Once this fails the fault is mended: then the
// worlds that are left out there belong to the others.
TEST(SmallWorlds, CopiesOfAChainThatWasGivenUpStillHideARestart) {
    using Kind = SmallWorld::Move::Kind;
    const SmallWorld world({.new_first = 5, .fresh = true});
    PendingPool pool(64);
    Sync sync(8, 4, pool);
    SmallWorld::Way way;
    world.setup(way, sync);
    for (const SmallWorld::Move& move : std::vector<SmallWorld::Move>{{Kind::lose_line, 0},
                                                                      {Kind::return_line, 0, 0},
                                                                      {Kind::lose_line, 1},
                                                                      {Kind::return_line, 1, 3},
                                                                      {Kind::deliver, 1},
                                                                      {Kind::answer, 0, 0},
                                                                      {Kind::deliver, 1},
                                                                      {Kind::wait, 2},
                                                                      {Kind::wait, 0},
                                                                      {Kind::answer, 0, 1},
                                                                      {Kind::deliver, 0},
                                                                      {Kind::deliver, 0},
                                                                      {Kind::deliver, 0},
                                                                      {Kind::deliver, 1},
                                                                      {Kind::deliver, 0},
                                                                      {Kind::deliver, 0},
                                                                      {Kind::wait, 2}}) {
        world.make(way, sync, move);
    }
    ASSERT_NE(way.wrong, nullptr);
    EXPECT_STREQ(way.wrong, "the old numbering, long after the new one was told");
}

}  // namespace
}  // namespace daypack
