// More than 10^8 worlds (tests/small_worlds.h).
#include <gtest/gtest.h>

#include "tests/small_worlds.h"

namespace daypack {
namespace {

using test::SmallWorlds;

TEST(SmallWorldsSoak, ABookShownLiveIsRightInEveryWorld) {
    const SmallWorlds::Options all[] = {
        {.old_updates = 1, .new_updates = 2, .new_first = 9, .snapshots = 1, .waits = 1},
        {.old_updates = 1, .new_updates = 1, .new_first = 20, .snapshots = 1, .waits = 1},
        {.old_updates = 1, .new_updates = 1, .new_first = 5, .snapshots = 2, .waits = 1},
        {.old_updates = 2, .new_updates = 0, .snapshots = 2, .waits = 2},
        {.old_updates = 1, .new_updates = 1, .new_first = 5, .fresh = true, .snapshots = 1, .waits = 1},
        {.old_updates = 3, .new_updates = 3, .new_first = 11, .reconnects = 0, .snapshots = 2, .waits = 2},
    };
    double worlds = 0;
    for (const SmallWorlds::Options& options : all) {
        const SmallWorlds::Result result = SmallWorlds(options).run();
        ASSERT_EQ(result.wrong, "");
        worlds += result.worlds;
        std::printf("%.3g worlds, %llu states, %llu of them undecidable\n", result.worlds,
                    static_cast<unsigned long long>(result.states),
                    static_cast<unsigned long long>(result.undecidable));
    }
    EXPECT_GE(worlds, 1e8);
}

}  // namespace
}  // namespace daypack
