// All worlds of a few updates, two lines and a restart of the venue's numbering: some millions of them, which
// tests/small_worlds_soak_test.cpp makes hundreds of millions.
#include "tests/small_worlds.h"

#include <gtest/gtest.h>

#include "tests/sanitized.h"

namespace daypack {
namespace {

using test::SmallWorlds;

constexpr int kWaits = test::kSanitized ? 1 : 2;
constexpr int kSnapshots = test::kSanitized ? 1 : 2;
constexpr double kFewest = test::kSanitized ? 50 : 1e6;

void look(const SmallWorlds::Options& options, double worlds_min) {
    const SmallWorlds::Result result = SmallWorlds(options).run();
    EXPECT_EQ(result.wrong, "");
    EXPECT_GE(result.worlds, worlds_min);
    std::printf("%.3g worlds, %llu states, %llu of them undecidable\n", result.worlds,
                static_cast<unsigned long long>(result.states), static_cast<unsigned long long>(result.undecidable));
}

TEST(SmallWorlds, ARestartLower) {
    const int reconnects = test::kSanitized ? 0 : 1;
    look({.old_updates = 1, .new_updates = 1, .new_first = 5, .reconnects = reconnects, .snapshots = 1, .waits = 1},
         kFewest);
}

TEST(SmallWorlds, ARestartAmongIdsThatWereTold) {
    look({.old_updates = 2,
          .new_updates = 2,
          .new_first = 10,
          .reconnects = 0,
          .snapshots = kSnapshots,
          .waits = kWaits},
         kFewest);
}

TEST(SmallWorlds, ARestartHigher) {
    look({.old_updates = 2,
          .new_updates = 2,
          .new_first = 20,
          .reconnects = 0,
          .snapshots = kSnapshots,
          .waits = kWaits},
         kFewest);
}

TEST(SmallWorlds, NoRestart) {
    look({.old_updates = 2, .new_updates = 0, .reconnects = test::kSanitized ? 0 : 1, .snapshots = 1, .waits = 1},
         kFewest);
}

TEST(SmallWorlds, ABookThatIsNotThereYet) {
    look({.old_updates = 2,
          .new_updates = 1,
          .new_first = 5,
          .fresh = true,
          .reconnects = 0,
          .snapshots = kSnapshots,
          .waits = kWaits},
         kFewest);
}

}  // namespace
}  // namespace daypack
