// SPDX-License-Identifier: MIT
// All of the smaller worlds, and a seeded hundredth of those that tests/book/sync/small_worlds_soak_test.cpp draws.
// DAYPACK_SEED=n draws others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/book/sync/small_worlds_list.h"
#include "tests/support/sanitized.h"

namespace daypack::core {
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

}  // namespace
}  // namespace daypack::core
