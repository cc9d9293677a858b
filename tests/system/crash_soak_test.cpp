// SPDX-License-Identifier: MIT
#include "tests/system/crash_run.h"

namespace daypack::core {
namespace {

TEST(CrashSoak, AThousandWritersKilledAtAnyInstant) {
    test::kill_writers(1'000, 2);
}

}  // namespace
}  // namespace daypack::core
