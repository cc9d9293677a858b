// SPDX-License-Identifier: MIT
#include "engine/messages/log.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

TEST(LogQueue, ARecordThatDoesNotFitIsCountedAndTakesNoOthersPlace) {
    LogQueue log(4);
    LogRecord record;
    std::uint64_t pushed = 0;
    for (; log.dropped() < 3; ++pushed) {
        ASSERT_LT(pushed, 1'000u);
        record.have = pushed;
        log.push(record);
    }
    std::uint64_t popped = 0;
    for (; log.pop(record); ++popped) EXPECT_EQ(record.have, popped);
    EXPECT_GE(popped, 4u);
    EXPECT_EQ(popped + log.dropped(), pushed);

    log.push(record);
    EXPECT_TRUE(log.pop(record)) << "there is room again";
    EXPECT_EQ(log.dropped(), 3u);
}

}  // namespace
}  // namespace daypack::core
