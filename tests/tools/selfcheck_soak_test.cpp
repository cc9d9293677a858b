// SPDX-License-Identifier: MIT
// Each assumption of `daypack selfcheck` is broken once, and the report names that one and no other.
#include <algorithm>

#include "tests/tools/selfcheck_meetings.h"

namespace daypack::core::test {
namespace {

TEST(SelfcheckSoak, NamesEachAssumptionThatIsBrokenAndNoOther) {
    constexpr std::size_t kAtOnce = 14;
    for (std::size_t from = 0; from < kBreaks.size(); from += kAtOnce) {
        const std::size_t to = std::min(from + kAtOnce, kBreaks.size());
        Meetings meetings;
        for (std::size_t i = from; i < to; ++i) (void)meetings.add(kBreaks[i].assumption, kBreaks[i].faults);
        meetings.run();
        for (std::size_t i = from; i < to; ++i) expect_broken(meetings, kBreaks[i].assumption, {kBreaks[i].assumption});
    }
}

}  // namespace
}  // namespace daypack::core::test
