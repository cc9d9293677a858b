// SPDX-License-Identifier: MIT
// The engine as an ordinary user, in what a container without capabilities and with a read-only root gives it.
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>

#include "tests/support/child.h"
#include "tests/support/sanitized.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

const std::string kNoMounts = "it has no right to mounts of its own";

std::string become_a_container() {
    const auto empty = [](const char* path) { return mount("tmpfs", path, "tmpfs", 0, "mode=1777") == 0; };
    const bool mounted = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         empty("/dev/shm") && empty("/tmp") &&
                         mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
    if (!mounted) return test::failed(kNoMounts);
    constexpr uid_t kUser = 12345;
    if (setgroups(0, nullptr) != 0 || setgid(kUser) != 0 || setuid(kUser) != 0) return test::failed(kNoMounts);
    return {};
}

TEST(Rights, AllButPriorityAndLockedMemoryNeedsNone) {
    if (test::kSanitized) GTEST_SKIP() << "a sanitizer starts no threads in a process that forked beside others";
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC"};
    options.rate = 100;
    sim::Exchange exchange(options);
    test::Child child([&](const auto&) -> std::string {
        if (std::string trouble = become_a_container(); !trouble.empty()) return trouble;
        setenv("TEST_TMPDIR", "/tmp", 1);
        LiveEngine live(exchange, {"BTC_USDC"}, 64, [](Config& config) {
            config.engine.huge_pages = true;
            config.engine.kernel_timestamps = true;
            config.engine.jail = true;
            config.engine.net_cpus = {0};
            config.engine.shm_mode = 0600;
        });
        if (!wait_until([&] { return live.live("BTC-USDC"); })) return test::failed("it is not LIVE: " + live.log());
        const bool refused = live.log().find("ermi") != std::string::npos;  // not permitted, or Permission denied
        if (refused) return test::failed("it lacks a right: " + live.log());
        return {};
    });
    const std::string failure = child.failure();
    if (failure.find(kNoMounts) != std::string::npos) GTEST_SKIP() << failure;
    EXPECT_EQ(failure, "");
}

}  // namespace
}  // namespace daypack::core
