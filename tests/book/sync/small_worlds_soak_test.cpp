// SPDX-License-Identifier: MIT
// More than 10^8 distinct worlds (tests/book/sync/small_worlds_list.h). DAYPACK_SEED=n draws others.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/book/sync/small_worlds_list.h"

namespace daypack::core {
namespace {

using test::SmallWorld;
using test::SmallWorlds;

TEST(SmallWorldsSoak, ABookShownLiveIsRightInEveryWorld) {
    const char* const seed = std::getenv("DAYPACK_SEED");
    std::vector<SmallWorlds::Options> all;
    for (const SmallWorld::Options& world : test::kWholeLongWorlds) {
        all.push_back({.world = world, .states_max = 40'000'000});
    }
    for (const SmallWorld::Options& world : test::kDrawnWorlds) {
        const std::uint64_t drawn = seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
        all.push_back({.world = world, .tried = 88, .seed = drawn, .states_max = 12'000'000});
    }
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    double worlds = 0;
    std::uint64_t states = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < all.size(); i = next++) {
            const SmallWorlds::Result result = SmallWorlds(all[i]).run();
            const std::scoped_lock lock(mutex);
            EXPECT_EQ(result.wrong, "") << "in " << SmallWorlds::name_of(all[i]);
            worlds += result.worlds;
            states += result.states;
            std::printf("%s\n", SmallWorlds::summary_of(all[i], result).c_str());
            std::fflush(stdout);
        }
    };
    {
        const std::jthread other(work);
        work();
    }
    std::printf("%.3g worlds, %llu states in all\n", worlds, static_cast<unsigned long long>(states));
    EXPECT_GE(worlds, 1e8);
    EXPECT_GE(states, 50'000'000u);
}

}  // namespace
}  // namespace daypack::core
