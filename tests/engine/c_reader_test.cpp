// SPDX-License-Identifier: MIT
// A program in C that knows the C header alone reads a live book. CMake builds it, and says where it is.
#include <atomic>
#include <cstdio>
#include <sstream>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;
using test::Writer;

std::string run(const std::string& arguments) {
    FILE* pipe = popen((std::string(DAYPACK_C_READER) + " " + arguments).c_str(), "r");
    if (pipe == nullptr) return "cannot run " DAYPACK_C_READER;
    std::string said;
    char buffer[256];
    while (fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
    pclose(pipe);
    return said;
}

TEST(CReader, ReadsALiveBookAndTheRing) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    writer.apply({delta(2, Side::bid, 99, 3)});
    std::string said;
    EXPECT_TRUE(test::wait_for([&] {
        std::atomic<bool> done{false};
        std::thread beats([&] {
            while (!done) test::beat(writer.publisher);
        });
        said = run(instance.name + " BTC_USDC");
        done = true;
        beats.join();
        return said.rfind("STALE", 0) != 0;  // a busy machine paused this process
    }));
    EXPECT_EQ(said,
              "LIVE none u 2 exponents -1 -3\n"
              "bid 100 5\n"
              "bid 99 3\n"
              "ask 101 7\n"
              "record SNAPSHOT 1\n"
              "record TOP 1\n"
              "record STATE 1\n"
              "record DELTA 2\n");
}

TEST(CReader, SaysWhyThereIsNoBook) {
    const Instance instance;
    EXPECT_EQ(run(instance.name + " BTC_USDC"), std::string(daypack_result_name(DAYPACK_NO_SEGMENT)) + "\n");
    const Writer writer(instance.options());
    EXPECT_EQ(run(instance.name + " ETH_USDC"), std::string(daypack_result_name(DAYPACK_NO_SYMBOL)) + "\n");
}

}  // namespace
}  // namespace daypack::core
