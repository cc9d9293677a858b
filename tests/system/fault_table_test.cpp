// SPDX-License-Identifier: MIT
// Checks the tables of faults in tests/README.md: one is generated from the rows of fault_test, and `daypack sim
// --fault` accepts every fault that a row names.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/system/fault_rows.h"
#include "tools/sim/faults/fault.h"

namespace daypack::core {
namespace {

const std::string kPage = std::string(DAYPACK_SOURCE_DIR) + "/tests/README.md";
const std::string kBegin = "<!-- from fault_rows.h: begin -->\n";
const std::string kEnd = "<!-- from fault_rows.h: end -->\n";

std::string page() {
    std::ifstream in(kPage);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string quoted(const std::vector<std::string>& words, std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += (i == from ? "`" : ", `") + words[i] + "`";
    return text;
}

std::string sights_text(const Row& row) {
    if (row.at_start) return "`SYNCING/start`, then `LIVE`";
    if (row.sights.empty()) return "`LIVE`";
    if (row.each_comes_back) return "perhaps " + quoted(row.sights, 0, row.sights.size());
    const std::string others = quoted(row.sights, 1, row.sights.size());
    return quoted(row.sights, 0, 1) + (others.empty() ? "" : "; perhaps " + others);
}

std::string table(const char* title, const Rows& rows) {
    std::string text = "\n### " + std::string(title) + "\n\n" +
                       "| what goes wrong | the fault | lines | a reader sees |\n|---|---|---|---|\n";
    for (const Row& row : rows) {
        text += "| " + std::string(row.name) + " | " + quoted(row.faults, 0, row.faults.size()) + " | " +
                std::to_string(row.lines) + " | " + sights_text(row) + " |\n";
    }
    return text;
}

std::string tables() {
    Rows all_frames = frames();
    for (const Row& row : frame_texts()) all_frames.push_back(row);
    return table("One line of two is struck", one_line_of_two()) + table("A frame is not as it should be", all_frames) +
           table("Connections break, or do not come up", connections()) + table("REST answers otherwise", rest()) +
           table("What is told contradicts itself", contradictions()) +
           table("What misleads, and loses nothing", misleading()) + "\n";
}

TEST(FaultTable, IsWhatTheRowsOfFaultTestSay) {
    const std::string text = page();
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << "the marks are gone";
    const auto from = begin + kBegin.size();
    if (std::getenv("DAYPACK_WRITE_TABLE") != nullptr) {
        std::ofstream(kPage) << text.substr(0, from) << tables() << text.substr(end);
        return;
    }
    EXPECT_EQ(text.substr(from, end - from), tables())
        << "write it again: DAYPACK_WRITE_TABLE=1 build/release/tests/fault_table_test";
}

TEST(FaultTable, NamesFaultsThatTheSimulatorTakes) {
    const std::string text = page();
    const std::regex fault("`([a-z]+)(@[0-9]+)?:[a-z_]+=[^` ]*`");
    std::size_t named = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), fault); at != std::sregex_iterator(); ++at) {
        const std::string spec = at->str().substr(1, at->str().size() - 2);
        EXPECT_NO_THROW((void)sim::Fault::parse(spec)) << spec;
        ++named;
    }
    EXPECT_GT(named, 90U);
}

}  // namespace
}  // namespace daypack::core
