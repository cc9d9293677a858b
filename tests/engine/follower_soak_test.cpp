// SPDX-License-Identifier: MIT
// Ten million comparisons of whole books in drawn worlds. DAYPACK_SEED=n begins with that one.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "tests/engine/follower_world.h"

namespace daypack::core {
namespace {

TEST(FollowerSoak, TenMillionBooksEqualWhatWasPublished) {
    constexpr std::uint64_t kComparisons = 10'000'000;
    constexpr std::uint64_t kOfOneWorld = 500'000;
    const char* const first = std::getenv("DAYPACK_SEED");
    std::uint64_t seed = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
    for (std::uint64_t compared = 0; compared < kComparisons; ++seed) {
        test::FollowerWorld world(seed);
        test::FollowerWorld::Counts counts;
        for (std::uint64_t step = 0; counts.compared < kOfOneWorld; ++step) {
            ASSERT_EQ(world.step(), "") << "DAYPACK_SEED=" << seed << " step " << step;
            if (step % 1'000 == 0) counts = world.counts();
        }
        compared += counts.compared;
        const auto& engines = world.engine_counts();
        const auto out = [](const char* name, std::uint64_t count) { std::printf(" %" PRIu64 " %s", count, name); };
        std::printf("seed %" PRIu64 ":", seed);
        out("compared,", counts.compared), out("LIVE,", counts.live), out("without,", counts.without);
        out("due,", counts.due), out("half way,", counts.half_way), out("cut,", counts.cut),
            out("joins,", counts.joins);
        out("lost;", counts.lost), out("gaps,", engines.gaps), out("restarts,", engines.restarts);
        out("ticks,", engines.ticks), out("polls,", engines.polls), out("states,", engines.states);
        out("images,", engines.images), out("of the past;", engines.images_of_the_past), out("kills,", engines.kills);
        out("half way,", engines.torn_kills), out("stops,", engines.stops), out("takeovers,", engines.takeovers);
        out("books carried,", engines.carried), out("not carried,", engines.not_carried),
            out("behind,", engines.behind);
        out("layouts,", engines.layouts), out("removals,", engines.removals), out("moves\n", engines.moves);
        EXPECT_GT(counts.live, counts.without) << "most of the time there is a book";
    }
}

}  // namespace
}  // namespace daypack::core
