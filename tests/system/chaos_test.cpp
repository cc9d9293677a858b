// SPDX-License-Identifier: MIT
// A minute of random harm, some seconds more with one thread for all, and some of what misleads. DAYPACK_SEED=n does
// the first and the last one again with that seed.
#include <cstdlib>

#include "tests/system/chaos_run.h"

namespace daypack {
namespace {

std::uint64_t seed_or(std::uint64_t usual) {
    const char* const seed = std::getenv("DAYPACK_SEED");
    return seed != nullptr ? std::strtoull(seed, nullptr, 10) : usual;
}

TEST(Chaos, ABookShownLiveIsRightWhateverHappens) {
    ChaosOptions chaos;
    if (test::kSanitized) chaos.rate = 50;  // what a sanitizer on busy cores keeps up with
    chaos.seed = seed_or(chaos.seed);
    expect_good(run_chaos(chaos), !test::kSanitized);
}

TEST(Chaos, TheSameWhereTheVenueMisleads) {
    ChaosOptions chaos;
    chaos.symbols = 5;
    chaos.rate = test::kSanitized ? 50 : 200;
    chaos.unkind = true;
    chaos.every_ms = 300;
    chaos.seed = seed_or(7);
    chaos.duration = std::chrono::seconds(test::kSanitized ? 20 : 10);
    chaos.settle = std::chrono::seconds(5);
    expect_good(run_chaos(chaos), false);
}

TEST(Chaos, TheSameWithOneThreadForAll) {
    ChaosOptions chaos;
    chaos.threads = "fused";
    chaos.rate = 200;  // one thread must keep up with twice as many frames on a machine that is busy with others
    chaos.seed = 2;
    chaos.duration = std::chrono::seconds(20);
    chaos.settle = std::chrono::seconds(10);
    if (test::kSanitized) chaos.rate = 50;
    expect_good(run_chaos(chaos), false);
}

}  // namespace
}  // namespace daypack
