// Ten minutes of random harm, and then shorter ones of many seeds.
#include "tests/chaos_run.h"

namespace daypack {
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

}  // namespace
}  // namespace daypack
