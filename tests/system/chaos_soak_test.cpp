// SPDX-License-Identifier: MIT
// Ten minutes of random faults, then shorter runs of many seeds, kind and unkind. DAYPACK_SEED=n begins with that one,
// DAYPACK_SEEDS=n does so many.
#include <cstdlib>

#include "tests/system/chaos_run.h"

namespace daypack::core {
namespace {

TEST(ChaosSoak, TenMinutes) {
    ChaosOptions chaos;
    chaos.seed = 1000;
    chaos.duration = std::chrono::seconds(600);
    chaos.settle = std::chrono::seconds(60);
    expect_good(run_chaos(chaos), true);
}

TEST(ChaosSoak, ManySeeds) {
    for (std::uint64_t seed = 2; seed < 12 && !HasFailure(); ++seed) {
        expect_good(run_chaos({seed, 5, 200, std::chrono::seconds(30), std::chrono::seconds(10)}), false);
    }
}

TEST(ChaosSoak, ManySeedsWhereTheVenueMisleads) {
    const auto number_or = [](const char* name, std::uint64_t usual) {
        const char* const text = std::getenv(name);
        return text != nullptr ? std::strtoull(text, nullptr, 10) : usual;
    };
    const std::uint64_t first = number_or("DAYPACK_SEED", 100);
    for (std::uint64_t seed = first; seed < first + number_or("DAYPACK_SEEDS", 20) && !HasFailure(); ++seed) {
        ChaosOptions chaos{seed, 5, 200, std::chrono::seconds(30), std::chrono::seconds(10)};
        chaos.unkind = true;
        chaos.every_ms = 300;
        expect_good(run_chaos(chaos), false);
    }
}

}  // namespace
}  // namespace daypack::core
