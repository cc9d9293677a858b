// SPDX-License-Identifier: MIT
// The program that README.md shows for embedding the engine, which tests/CMakeLists.txt compiles as it stands there
// (against the installed headers alone), runs in an empty folder.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/program.h"
#include "tests/system/live_reader.h"
#include "tools/sim/exchange.h"

namespace daypack::core {
namespace {

TEST(FrontPage, TheEmbeddingProgramRunsAsItStands) {
    sim::SimOptions options;
    options.symbols = {"BTC_USDC"};
    options.rate = 500;
    sim::Exchange exchange(options);
    const std::string instance = "page" + std::to_string(getpid());
    const std::string folder = testing::TempDir() + "daypack_front_page_" + std::to_string(getpid());
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/my.yaml") << "exchanges:\n  ccxt_backpack:\n    class: Ccxt_Backpack_Feed\n"
                                       << "    exchange: backpack\n    symbols: [BTC-USDC]\n    rest_urls: ["
                                       << exchange.rest_url() << "]\n    ws_urls: [" << exchange.ws_url()
                                       << "]\nengine:\n  instance: " << instance << "\n";
    int keys[2];
    ASSERT_EQ(pipe(keys), 0);
    Program program(folder, "front_page", {}, [&] { dup2(keys[0], STDIN_FILENO); });
    close(keys[0]);
    EXPECT_TRUE(wait_until([&] { return program.ended() || program.out().size() > 1'000; })) << "it prints as it goes";
    ASSERT_FALSE(program.ended()) << program.err();
    EXPECT_EQ(write(keys[1], "\n", 1), 1);  // Enter
    EXPECT_EQ(program.wait(), 0) << program.err();
    close(keys[1]);
    const std::string out = program.out();
    EXPECT_EQ(out.back(), '\n');
    const std::string first = out.substr(0, out.find('\n'));
    EXPECT_NE(first.find(" x "), std::string::npos) << first;
    EXPECT_GT(std::stod(first), 1'000) << "a price of BTC: " << first;
    std::filesystem::remove_all(folder);
    unlink(("/dev/shm/daypack." + instance).c_str());
}

}  // namespace
}  // namespace daypack::core
