// SPDX-License-Identifier: MIT
// What the simulated exchange sends where it is asked to break RFC 6455: each way is one that our parser refuses, by
// its name, and that Beast refuses too. What a line does then is line_test's, and what a reader sees fault_test's.
#include "tools/sim/faults/fault_frames.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/net/beast_walk.h"
#include "tools/sim/faults/fault.h"

namespace daypack::core {
namespace {

TEST(FaultFrames, EachViolationIsRefusedByItsName) {
    const std::map<std::string, std::string> named = {
        {"masked", "a server's frame is masked"},
        {"reserved_bits", "reserved bits are set"},
        {"opcode", "an opcode that is reserved"},
        {"fragmented_control", "a control frame is fragmented"},
        {"large_control", "a control frame is too long"},
        {"lone_continuation", "a continuation of nothing"},
        {"interleaved", "a message begins within another"},
        {"utf8", "a text is not UTF-8"},
        {"length", "too big"},
        {"close_code", "a Close frame of one byte"},
    };
    for (const auto& [how, why] : named) {
        EXPECT_NO_THROW((void)sim::Fault::parse("violate:how=" + how)) << how;
        const std::string bytes = sim::violation(how) + test::ws_frame(test::text, "behind");
        const test::Walked walked = test::walk(bytes, "", 100'000);
        const test::Walked by_beast = test::walk_by_beast(bytes, "", 100'000);
        EXPECT_EQ(walked.why, why) << how;
        EXPECT_EQ(walked.end, by_beast.end) << how << ": Beast says " << by_beast.why;
        EXPECT_TRUE(walked.messages.empty()) << how << ": what stands behind is not read";
    }
}

}  // namespace
}  // namespace daypack::core
