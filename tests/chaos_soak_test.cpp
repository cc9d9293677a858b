// Ten minutes of random harm, and then shorter ones of many seeds.
#include "tests/chaos_run.h"

namespace daypack {
namespace {

void expect_good(const ChaosResult& result) {
    EXPECT_GT(result.compared, 100u);
    EXPECT_GT(result.faults, 20u);
    EXPECT_LE(result.descriptors_more, 8) << "the lines and requests under way may differ, no more";
}

TEST(ChaosSoak, TenMinutes) {
    expect_good(run_chaos(1000, 20, 500, std::chrono::seconds(600)));
}

TEST(ChaosSoak, ManySeeds) {
    for (std::uint64_t seed = 2; seed < 12 && !HasFailure(); ++seed) {
        expect_good(run_chaos(seed, 5, 200, std::chrono::seconds(30)));
    }
}

}  // namespace
}  // namespace daypack
