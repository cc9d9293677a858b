// SPDX-License-Identifier: MIT
// A thousand worlds of ten thousand steps. (tests/engine/agent_world_test.cpp runs one of them again.)
#include "tests/engine/agent_world.h"

namespace daypack::core {
namespace {

TEST(AgentWorldSoak, WhatAReaderIsShownAsLiveIsRight) {
    test::run_agent_worlds(1'001, 1'000, 10'000);
}

}  // namespace
}  // namespace daypack::core
