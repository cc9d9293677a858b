// SPDX-License-Identifier: MIT
// The programs themselves on 240 bent segments.
#include <filesystem>

#include "tests/support/program.h"
#include "tests/tools/hostile_segment.h"

namespace daypack::core {
namespace {

TEST(HostileToolsSoak, NoSegmentCrashesOrHoldsThemOrMakesThemPrintAControlByte) {
    constexpr std::uint64_t kSeeds = 240;
    const std::vector<std::vector<std::string>> verbs{{"cat"}, {"cat", "--json"}, {"stat"},          {"stat", "--json"},
                                                      {"top"}, {"tail"},          {"tail", "--json"}};
    const std::string folder = std::filesystem::temp_directory_path() / ("daypack_soak." + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    test::HostileSegment segment;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        segment.bend(seed);
        for (auto verb : verbs) {
            const std::string what = verb.front() + " of seed " + std::to_string(seed);
            verb.insert(verb.begin() + 1, {"--instance", segment.name()});
            Program program(folder, "verb", verb);
            if (verb.front() == "tail") {  // it has no end of its own
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                program.signal(SIGTERM);
            }
            ASSERT_TRUE(test::wait_for([&] { return program.ended(); })) << what << " does not end";
            const int code = program.wait();  // where the signal came before it was listened for: 128 + that
            EXPECT_TRUE(code < 2 || (verb.front() == "tail" && code == 128 + SIGTERM)) << what << ": " << code;
            EXPECT_TRUE(test::is_printable(program.out())) << what;
            EXPECT_TRUE(test::is_printable(program.err())) << what << ": " << program.err();
            if (verb.back() == "--json" && code == 0) EXPECT_TRUE(test::is_json(program.out())) << what;
        }
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace daypack::core
