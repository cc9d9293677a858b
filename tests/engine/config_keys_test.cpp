// SPDX-License-Identifier: MIT
// The tables of keys say what the reader does, and the list in engine/README.md is what they say.
#include "engine/config/config_keys.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/engine/config_text.h"

namespace daypack::core {
namespace {

using test::at;
using test::error_of;
using test::parse;
using test::with;

const std::string kPage = std::string(DAYPACK_SOURCE_DIR) + "/engine/README.md";
const std::string kBegin = "<!-- from config_keys.cpp: begin -->\n";
const std::string kEnd = "<!-- from config_keys.cpp: end -->\n";

std::string page() {
    std::ifstream in(kPage);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(ConfigKeys, TheListInTheReadmeIsWhatTheTablesSay) {
    const std::string text = page();
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << "the marks are gone";
    const auto from = begin + kBegin.size();
    const std::string list = "```yaml\n" + list_of_keys() + "```\n";
    if (std::getenv("DAYPACK_WRITE_TABLE") != nullptr) {
        std::ofstream(kPage) << text.substr(0, from) << list << text.substr(end);
        return;
    }
    EXPECT_EQ(text.substr(from, end - from), list)
        << "write it again: DAYPACK_WRITE_TABLE=1 build/release/tests/config_keys_test";
}

TEST(ConfigKeys, TheListReadAsAFileIsTheDefaults) {
    Config expected;
    expected.path = "config.yaml";
    expected.exchange.all_symbols = true;
    EXPECT_EQ(parse(list_of_keys()), expected);
}

// The key with a value, in the section that it belongs to: line 6 of the exchange, line 7 of the engine.
struct Section {
    std::span<const ConfigKey> keys;
    bool engine;
    [[nodiscard]] int line() const { return engine ? 7 : 6; }
    [[nodiscard]] std::string error_for(const ConfigKey& key, const std::string& value) const {
        const bool list = key.show(key, Config{}).starts_with('[');
        const std::string text = std::string(key.name) + ": " + (list ? "[" + value + "]" : value) + "\n";
        return error_of(engine ? with("", "  " + text) : with("    " + text));
    }
};

const Section kSections[] = {{exchange_key_table(), false}, {engine_key_table(), true}};

TEST(ConfigKeys, TheBoundsOfEachNumberAreTheLastThatAreTaken) {
    std::size_t numbers = 0;
    for (const Section& section : kSections) {
        for (const ConfigKey& key : section.keys) {
            const auto [min, max] = std::pair(key.rules.min, key.rules.max);
            if (max == 0) continue;
            ++numbers;
            const std::string meant =
                "; it must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
            for (const std::int64_t good : {min, max}) {
                EXPECT_EQ(section.error_for(key, std::to_string(good)), "no error") << key.name;
            }
            for (const std::int64_t bad : {min - 1, max + 1}) {
                EXPECT_EQ(section.error_for(key, std::to_string(bad)),
                          at(section.line(), "`" + std::string(key.name) + "` is out of range at \"" +
                                                 std::to_string(bad) + "\"" + meant));
            }
        }
    }
    EXPECT_GT(numbers, 15U);
}

TEST(ConfigKeys, EachWordOfAKeyIsTakenAndAnotherIsNot) {
    std::size_t words = 0;
    for (const Section& section : kSections) {
        for (const ConfigKey& key : section.keys) {
            if (key.rules.required) continue;  // there already
            for (const std::string_view word : key.rules.words) {
                const std::string error = section.error_for(key, std::string(word));
                EXPECT_TRUE(error == "no error" || error.find("is private") != std::string::npos ||
                            error.find("has no L2_BOOK") != std::string::npos)
                    << error;
                ++words;
            }
            if (key.rules.words.empty()) continue;
            const std::string error = section.error_for(key, "nothing_of_the_kind");
            EXPECT_TRUE(error.starts_with(at(section.line(), ""))) << error;
            EXPECT_NE(error.find(key.rules.words.back()), std::string::npos) << error;
        }
    }
    EXPECT_GT(words, 12U);
}

}  // namespace
}  // namespace daypack::core
