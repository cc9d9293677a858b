// SPDX-License-Identifier: MIT
// Half a minute of random faults, some seconds more with a single thread, and some with misleading faults; five faults
// a second. DAYPACK_SEED=n repeats the first two with that seed.
#include <cstdlib>

#include "tests/system/chaos_run.h"

namespace daypack::core {
namespace {

std::uint64_t seed_or(std::uint64_t usual) {
    const char* const seed = std::getenv("DAYPACK_SEED");
    return seed != nullptr ? std::strtoull(seed, nullptr, 10) : usual;
}

// With a sanitizer faults are half as many, for they are further apart, because recovery takes longer.
void strike(ChaosOptions& chaos, int faults, int settled_after) {
    chaos.every_ms = test::kSanitized ? 400 : 200;
    if (test::kSanitized) faults /= 2;
    chaos.duration = std::chrono::seconds(faults * chaos.every_ms / 1000);
    chaos.settle = std::chrono::seconds(settled_after * chaos.every_ms / 1000);
}

TEST(Chaos, ABookShownLiveIsRightWhateverHappens) {
    ChaosOptions chaos;
    if (test::kSanitized) chaos.rate = 50;  // what a sanitizer on busy cores keeps up with
    chaos.seed = seed_or(chaos.seed);
    strike(chaos, 150, 40);
    expect_good(run_chaos(chaos), !test::kSanitized);
}

TEST(Chaos, TheSameWhereTheVenueMisleads) {
    ChaosOptions chaos;
    chaos.symbols = 5;
    chaos.rate = test::kSanitized ? 50 : 200;
    chaos.unkind = true;
    chaos.seed = seed_or(7);
    strike(chaos, 50, 25);
    expect_good(run_chaos(chaos), false);
}

TEST(Chaos, TheSameWithOneThreadForAll) {
    ChaosOptions chaos;
    chaos.threads = "fused";
    chaos.rate = 200;  // one thread must keep up with twice as many frames on a machine that is busy with others
    chaos.seed = 2;
    strike(chaos, 50, 25);
    if (test::kSanitized) chaos.rate = 50;
    expect_good(run_chaos(chaos), false);
}

}  // namespace
}  // namespace daypack::core
