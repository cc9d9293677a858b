// SPDX-License-Identifier: MIT
// `engine.jail`: what a hot thread may still do, and what not.
#include "engine/threads/jail.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <thread>

#include "tests/support/child.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

using test::Child;
using test::failed;

// Runs `body` behind the jail, in a process of its own; what it says is what failed.
template <class Body>
std::string in_jail(Body body) {
    Child child([&](const auto&) -> std::string {
        if (const int error = Jail::enter_for_life(); error != 0) return failed(std::strerror(error));
        return body();
    });
    return child.failure();
}

std::string is_refused(const char* what, long result) {
    return result < 0 && errno == EPERM ? "" : failed(std::string(what) + " is not refused");
}

class JailTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!Jail::is_possible()) GTEST_SKIP() << "no thread can be put into a seccomp filter here";
    }
};

TEST_F(JailTest, ItStartsNoProgramWritesNoFileAndSignalsNobody) {
    EXPECT_EQ(in_jail([] { return is_refused("a program", execl("/bin/true", "true", nullptr)); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a process", fork()); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a signal", kill(getppid(), 0)); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a file", open("/tmp/x", O_WRONLY | O_CREAT, 0600)); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a file's end", open("/dev/null", O_RDONLY | O_TRUNC)); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a name's end", unlink("/tmp/x")); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a socket below IP", socket(AF_PACKET, SOCK_RAW, 0)); }), "");
    EXPECT_EQ(in_jail([] { return is_refused("a door", listen(0, 1)); }), "");
    EXPECT_EQ(in_jail([] {
                  void* const code = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  return is_refused("code", code == MAP_FAILED ? -1 : 0);
              }),
              "");
}

TEST_F(JailTest, ItMayConnectReadFilesStartThreadsAndBeGivenMemory) {
    EXPECT_EQ(in_jail([]() -> std::string {
                  if (socket(AF_INET, SOCK_STREAM, 0) < 0) return failed("no socket");
                  if (open("/etc/hosts", O_RDONLY) < 0) return failed("no file to read");
                  std::vector<char> much(std::size_t{64} << 20, 'x');
                  bool ran = false;
                  std::thread([&] { ran = much.back() == 'x'; }).join();
                  return ran ? "" : failed("no thread");
              }),
              "");
}

TEST_F(JailTest, WhatItStartsIsHeldToo) {
    EXPECT_EQ(in_jail([] {
                  std::string said;
                  std::thread([&] { said = is_refused("a process", fork()); }).join();
                  return said;
              }),
              "");
}

// Which threads of this process are behind a filter, by name.
std::map<std::string, bool> held_threads() {
    std::map<std::string, bool> held;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream status(task.path() / "status");
        std::string name;
        for (std::string word; status >> word;) {
            if (word == "Name:") status >> name;
            if (word == "Seccomp:" && status >> word && name.starts_with("daypack-")) held[name] = word == "2";
        }
    }
    return held;
}

class JailedEngine : public InBothModes {};

TEST_P(JailedEngine, IsLiveAndComesBackFromBehindIt) {
    if (!Jail::is_possible()) GTEST_SKIP() << "no thread can be put into a seccomp filter here";
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC"};
    options.rate = 200;
    sim::Exchange exchange(options);
    LiveEngine live(exchange, {"BTC_USDC"}, 64, [](Config& config) { config.engine.jail = true; });
    ASSERT_TRUE(wait_until([&] { return live.live("BTC-USDC"); })) << live.log();
    exchange.inject(sim::Fault::parse("reset"));
    ASSERT_TRUE(wait_until([&] { return daypack_line_counter(&live.reader(), 0, DAYPACK_LINE_connects) > 1; }))
        << live.log();
    ASSERT_TRUE(wait_until([&] { return live.live("BTC-USDC"); })) << live.log();
    const auto held = held_threads();
    EXPECT_GE(held.size(), 2U);
    for (const auto& [name, is_held] : held) {
        EXPECT_EQ(is_held, name != "daypack-ctl" && name != "daypack-log") << name;
    }
    EXPECT_EQ(live.log().find("not in a jail"), std::string::npos) << live.log();
}

INSTANTIATE_TEST_SUITE_P(Modes, JailedEngine, testing::Values(ThreadModel::pipeline, ThreadModel::fused), mode_name);

}  // namespace
}  // namespace daypack::core
