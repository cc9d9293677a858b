// SPDX-License-Identifier: MIT
// Started with stdin, stdout or stderr closed: what is printed ends in nobody's shared memory and in no connection.
#include <filesystem>

#include "tests/engine/config_text.h"
#include "tests/support/child.h"
#include "tests/support/program.h"
#include "tests/support/sanitized.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

std::unique_ptr<sim::Exchange> exchange() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC_PERP"};
    options.rate = 100;
    return std::make_unique<sim::Exchange>(options);
}

std::string target_of(int pid, int fd) {
    std::error_code none;
    return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd), none).string();
}

TEST(ClosedStdio, TheProgramRunsAndItsFirstThreeDescriptorsLeadNowhere) {
    const auto venue = exchange();
    const std::string instance = "closed_stdio." + std::to_string(getpid());
    const std::string folder = std::filesystem::temp_directory_path() / ("daypack_" + instance);
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/ca.pem") << venue->ca_pem();
    std::ofstream(folder + "/my.yaml") << test::kSeed;
    {
        Program run(folder, "run",
                    {"run", "my.yaml", "--instance", instance, "--rest-url", venue->rest_url(), "--ws-url",
                     venue->ws_url(), "--ca-file", "ca.pem"},
                    [] {
                        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(fd);
                    });
        ASSERT_TRUE(wait_until([&] { return std::filesystem::exists("/dev/shm/daypack." + instance) || run.ended(); }));
        ASSERT_FALSE(run.ended()) << run.wait();
        LiveReader reader;
        reader.open(instance);
        EXPECT_TRUE(wait_until([&] { return reader.live("BTC-USDC") || run.ended(); }));
        for (const int fd : {0, 1, 2}) EXPECT_EQ(target_of(run.pid(), fd), "/dev/null");
        run.signal(SIGINT);
        EXPECT_EQ(run.wait(), 0);
        EXPECT_EQ(daypack_load(&daypack_head(&reader.reader())->magic), DAYPACK_MAGIC) << "no line was written over it";
    }
    std::filesystem::remove_all(folder);
    unlink(("/dev/shm/daypack." + instance).c_str());
}

TEST(ClosedStdio, AnEngineInAHostWithoutThemTakesNoneOfThem) {
    if (test::kSanitized) GTEST_SKIP() << "a sanitizer starts no threads in a process that forked beside others";
    const auto venue = exchange();
    test::Child host([&](const auto& line) -> std::string {
        (void)line;
        for (const int fd : {0, 1, 2}) close(fd);
        LiveEngine live(*venue, {"BTC_USDC"}, 64);
        if (!wait_until([&] { return live.live("BTC-USDC"); })) return test::failed("it is not LIVE: " + live.log());
        for (const int fd : {0, 1, 2}) {
            if (const std::string target = target_of(getpid(), fd); target.empty() || target == "/dev/null") continue;
            return test::failed("descriptor " + std::to_string(fd) + " is " + target_of(getpid(), fd));
        }
        return {};
    });
    EXPECT_EQ(host.failure(), "");
}

}  // namespace
}  // namespace daypack::core
