// SPDX-License-Identifier: MIT
// From a frame's text to a reader's eyes in one thread, with every fault on the way: a hundred worlds, a million steps.
// DAYPACK_SEED=n runs that world alone. (tests/engine/agent_world_soak_test.cpp: a thousand.)
#include "tests/engine/agent_world.h"

#include <cstdlib>

namespace daypack::core {
namespace {

TEST(AgentWorld, WhatAReaderIsShownAsLiveIsRight) {
    if (const char* const seed = std::getenv("DAYPACK_SEED")) {
        return test::run_agent_worlds(std::strtoull(seed, nullptr, 10), 1, 10'000);
    }
    test::run_agent_worlds(1, 100, test::kSanitized ? 1'000 : 10'000);
}

TEST(AgentWorld, TheSameWhereNoQueueLiesBetweenDecoderAndBooks) {
    const char* const seed = std::getenv("DAYPACK_SEED");
    if (seed != nullptr) return test::run_agent_worlds(std::strtoull(seed, nullptr, 10), 1, 10'000, true);
    test::run_agent_worlds(1, 50, test::kSanitized ? 1'000 : 10'000, true);
}

}  // namespace
}  // namespace daypack::core
