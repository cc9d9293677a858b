// SPDX-License-Identifier: MIT
// `daypack completion`: the shells complete what --help lists. The scripts are run by bash itself; zsh only reads its
// own, and only where it is installed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace daypack::core {
namespace {

using Words = std::set<std::string>;

// What a command of the shell prints. It must succeed.
std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return text;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return text;
}

// What bash offers after these words, of which the last one is being written.
Words completed(const std::string& words) {
    std::istringstream offered(
        output_of("bash --norc -c 'source <(\"" DAYPACK_PROGRAM "\" completion bash); COMP_WORDS=(" + words +
                  "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _daypack; " + R"(printf "%s\n" "${COMPREPLY[@]}"')"));
    return {std::istream_iterator<std::string>(offered), {}};
}

Words found(const std::string& text, const char* pattern) {
    Words words;
    const std::regex expression(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), expression); at != std::sregex_iterator(); ++at)
        words.insert((*at)[1]);
    return words;
}

std::string help_of(const std::string& verb) {
    return output_of("'" DAYPACK_PROGRAM "' " + verb + " --help");
}

Words all_verbs() {
    const std::string help = help_of("");
    return found(help.substr(help.find("Verbs:")), "\n  ([a-z]+) ");
}

TEST(Completion, BashOffersEveryVerb) {
    Words verbs = all_verbs();
    verbs.insert({"--help", "--version"});
    EXPECT_EQ(completed("daypack \"\""), verbs);
    EXPECT_EQ(completed("daypack ma"), Words{"markets"});
}

TEST(Completion, BashOffersTheOptionsThatTheHelpOfEachVerbLists) {
    for (const std::string& verb : all_verbs()) {
        EXPECT_EQ(completed("daypack " + verb + " --"), found(help_of(verb), "\n  (?:-[a-z],)?(--[a-z-]+)")) << verb;
    }
}

TEST(Completion, BashOffersInstancesThatAreThere) {
    const std::string name = "completion-" + std::to_string(getpid());
    const std::string path = "/dev/shm/daypack." + name;
    std::ofstream(path) << "a segment";
    EXPECT_EQ(completed("daypack cat --instance " + name), Words{name});
    unlink(path.c_str());
    EXPECT_EQ(completed("daypack cat --instance " + name), Words{});
}

TEST(Completion, BashOffersFilesForAConfigurationAndNothingForANumber) {
    EXPECT_EQ(completed("daypack run /etc/passw").count("/etc/passwd"), 1U);
    EXPECT_EQ(completed("daypack run --ca-file /etc/passw").count("/etc/passwd"), 1U);
    EXPECT_EQ(completed("daypack run --duration /etc/passw"), Words{});
    EXPECT_EQ(completed("daypack completion z"), Words{"zsh"});
}

TEST(Completion, ZshReadsItsScript) {
    const std::string script = output_of("'" DAYPACK_PROGRAM "' completion zsh");
    EXPECT_TRUE(script.starts_with("#compdef daypack\n"));
    for (const std::string& verb : all_verbs()) EXPECT_NE(script.find("'" + verb + ":"), std::string::npos) << verb;
    if (output_of("command -v zsh || true").empty()) GTEST_SKIP() << "zsh is not installed";
    EXPECT_EQ(output_of("bash -c 'zsh -n <(\"" DAYPACK_PROGRAM "\" completion zsh)' 2>&1"), "");
}

}  // namespace
}  // namespace daypack::core
