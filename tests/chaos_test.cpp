// A minute of random harm. DAYPACK_SEED=n does that one again.
#include <cstdlib>

#include "tests/chaos_run.h"

namespace daypack {
namespace {

TEST(Chaos, ABookShownLiveIsRightWhateverHappens) {
    const char* const seed = std::getenv("DAYPACK_SEED");
    const ChaosResult result =
        run_chaos(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1, 20, 500, std::chrono::seconds(60));
    EXPECT_GT(result.compared, 100u);
    EXPECT_GT(result.faults, 20u);
    EXPECT_LE(result.requests, 300u + 1200u * 2u);
    EXPECT_LE(result.descriptors_more, 8) << "the lines and requests under way may differ, no more";
}

}  // namespace
}  // namespace daypack
