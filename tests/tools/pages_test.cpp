// SPDX-License-Identifier: MIT
// The pages (README.md and those of the folders) agree with the program: what they show runs as it stands there.
// tests/CMakeLists.txt compiles the two programs of README.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "engine/config.h"
#include "engine/config/config_keys.h"

namespace daypack::core {
namespace {

std::string page(const std::string& path) {
    std::ifstream in(std::string(DAYPACK_SOURCE_DIR) + "/" + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

// The first block of a page in that language.
std::string block(const std::string& text, const std::string& language) {
    const std::string begin = "```" + language + "\n";
    const auto from = text.find(begin);
    if (from == std::string::npos) return "";
    const auto code = from + begin.size();
    return text.substr(code, text.find("```", code) - code);
}

Config parsed(const std::string& text) {
    return parse_config("the page", text, [](const std::string&) { return std::nullopt; });
}

TEST(Pages, TheConfigurationOfTheFrontPageRunsAsItStands) {
    const Config config = parsed(block(page("README.md"), "yaml"));
    EXPECT_EQ(config.exchange.symbols.size(), 3U);
    EXPECT_TRUE(config.not_built_yet.empty());
}

TEST(Pages, EachDefaultThatTheKeysOfEngineShowIsTheDefault) {
    const Config shown = parsed(block(page("engine/README.md"), "yaml"));
    const Config least = parsed(
        "exchanges:\n  ccxt_backpack:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: \"*\"\n");
    EXPECT_EQ(shown.exchange, least.exchange);
    EXPECT_EQ(shown.engine, least.engine);
}

// The verbs that a text names: those of the table, or those that --help lists.
std::set<std::string> verbs(const std::string& text, const char* line) {
    std::set<std::string> found;
    const std::regex verb(line);
    for (std::sregex_iterator at(text.begin(), text.end(), verb); at != std::sregex_iterator(); ++at)
        found.insert((*at)[1]);
    return found;
}

std::string help_of(const std::string& verb) {
    std::string help;
    FILE* program = popen(("'" DAYPACK_PROGRAM "' " + verb + " --help").c_str(), "r");
    if (program == nullptr) return help;
    for (int c = std::fgetc(program); c != EOF; c = std::fgetc(program)) help += static_cast<char>(c);
    EXPECT_EQ(pclose(program), 0);
    return help;
}

// Every test of the tree, as "Suite.Name".
std::set<std::string> all_tests() {
    std::set<std::string> tests;
    const std::regex test("\nTEST(?:_[FP])?[(]([A-Za-z0-9]+),\\s*([A-Za-z0-9]+)[)]");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(DAYPACK_SOURCE_DIR "/tests")) {
        if (!entry.path().string().ends_with("_test.cpp")) continue;
        std::ifstream in(entry.path());
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        for (std::sregex_iterator at(text.begin(), text.end(), test); at != std::sregex_iterator(); ++at)
            tests.insert((*at)[1].str() + "." + (*at)[2].str());
    }
    return tests;
}

TEST(Pages, EachDefenceOfSecurityHasATestThatIsThere) {
    const std::string text = page("SECURITY.md");
    const std::string begin = "## What is done about it";
    ASSERT_NE(text.find(begin), std::string::npos);
    const std::string defences = text.substr(text.find(begin), text.find("\n## ", text.find(begin)) - text.find(begin));
    const auto tests = all_tests();
    const std::regex name("`([A-Z][A-Za-z0-9]+[.][A-Z][A-Za-z0-9]+)`");
    std::size_t lines = 0;
    for (std::size_t at = defences.find("\n- "); at != std::string::npos; ++lines) {
        const std::size_t next = defences.find("\n- ", at + 1);
        const std::string line = defences.substr(at, next - at);
        bool held = line.find("tools/fuzz") != std::string::npos || line.find(".ci/static_checks") != std::string::npos;
        for (std::sregex_iterator test(line.begin(), line.end(), name); test != std::sregex_iterator(); ++test) {
            held = true;
            EXPECT_TRUE(tests.count((*test)[1]) == 1) << (*test)[1] << " is not there";
        }
        EXPECT_TRUE(held) << line;
        at = next;
    }
    EXPECT_GT(lines, 10U);
}

TEST(Pages, TheHelpOfRunListsEveryKeyOfTheConfiguration) {
    EXPECT_NE(help_of("run").find(list_of_keys()), std::string::npos);
}

TEST(Pages, TheVerbsOfToolsAreThoseOfHelp) {
    const std::string help = help_of("");
    const auto listed = verbs(help.substr(help.find("Verbs:")), "\n  ([a-z]+) ");
    EXPECT_FALSE(listed.empty());
    EXPECT_EQ(verbs(page("tools/README.md"), "\n[|] `daypack ([a-z]+)"), listed);
}

}  // namespace
}  // namespace daypack::core
