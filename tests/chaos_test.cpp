// A minute of random harm, and some seconds more with one thread for all. DAYPACK_SEED=n does that one again.
#include <cstdlib>

#include "tests/chaos_run.h"

namespace daypack {
namespace {

TEST(Chaos, ABookShownLiveIsRightWhateverHappens) {
    ChaosOptions chaos;
    if (test::kSanitized) chaos.rate = 50;  // what a sanitizer on busy cores keeps up with
    if (const char* const seed = std::getenv("DAYPACK_SEED")) chaos.seed = std::strtoull(seed, nullptr, 10);
    expect_good(run_chaos(chaos), !test::kSanitized);
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
