// SPDX-License-Identifier: MIT
#include "tests/system/storm_run.h"

namespace daypack::core {
namespace {

TEST(StormSoak, HundredsOfEnginesComeAndGoUnderTwoReaders) {
    test::Storm storm(2);
    storm.rage({400, 400});
    std::printf("%s\n", storm.figures().c_str());
}

}  // namespace
}  // namespace daypack::core
