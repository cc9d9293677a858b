// SPDX-License-Identifier: MIT
// Engines come and go in every way that there is, under two readers. (tests/system/storm_soak_test.cpp: hundreds of
// them.)
#include "tests/system/storm_run.h"

namespace daypack::core {
namespace {

TEST(Storm, NoReaderSeesATornOrALateBookAndNoStartIsRefused) {
    test::Storm storm(1);
    storm.rage(test::kSanitized ? test::StormSize{8, 8} : test::StormSize{40, 40});
    std::printf("%s\n", storm.figures().c_str());
}

}  // namespace
}  // namespace daypack::core
