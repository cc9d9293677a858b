// SPDX-License-Identifier: MIT
// What a hostile segment makes the verbs print: text and JSON, never a byte that a terminal acts upon.
#include <filesystem>
#include <sstream>

#include "tests/support/program.h"
#include "tests/tools/hostile_segment.h"
#include "tools/cli/cat.h"
#include "tools/cli/stat.h"
#include "tools/term/event_text.h"
#include "tools/term/ladder.h"
#include "tools/term/shm_text.h"

namespace daypack::core {
namespace {

using test::HostileSegment;
using test::is_json;
using test::is_printable;

constexpr std::uint64_t kSeeds = 240;

// What a verb prints, or the error that it ends with.
template <class Verb>
std::string said_by(Verb verb) {
    std::ostringstream out;
    try {
        (void)verb(out);
        return out.str();
    } catch (const std::runtime_error& error) {
        return std::string("error: ") + error.what() + "\n";
    }
}

std::string without_colours(std::string picture) {
    for (std::size_t at = 0; (at = picture.find("\x1b[", at)) != std::string::npos;) {
        picture.erase(at, picture.find('m', at) + 1 - at);
    }
    return picture;
}

void read_as_the_verbs_do(const std::string& name) {
    EXPECT_TRUE(is_printable(said_by([&](std::ostream& out) { return show_stat({name, false, false}, out); })));
    for (const std::string& json : {said_by([&](std::ostream& out) {
                                        return show_stat({name, true, false}, out);
                                    }),
                                    said_by([&](std::ostream& out) {
                                        return show_book({name, "", 0, true}, out);
                                    })}) {
        EXPECT_TRUE(json.find("error: ") == std::string::npos ? is_json(json) : is_printable(json)) << json;
    }
    EXPECT_TRUE(is_printable(said_by([&](std::ostream& out) { return show_book({name, "", 0, false}, out); })));
    EXPECT_TRUE(is_printable(said_by([&](std::ostream& out) {
        return show_book({name, "BTC-\x1b]0;", 0, false}, out);
    })));
    EXPECT_TRUE(is_printable(said_by([&](std::ostream& out) {
        Reader reader(name);
        std::uint64_t cursor = daypack_cursor(&reader.raw()) - 16;
        for (int i = 0; i < 20; ++i) {
            daypack_record record;
            std::uint64_t lost = 0;
            if (daypack_read_record(&reader.raw(), &cursor, &record, &lost) != DAYPACK_OK) continue;
            const auto symbol = static_cast<SymbolIndex>(i % 2);
            const std::string named = symbol < reader.symbols() ? reader.names(symbol).symbol : "?";
            out << event_line(record, named) << '\n' << event_json(record, named, WallTime{7}) << '\n';
        }
        for (SymbolIndex i = 0; i < std::min<SymbolIndex>(reader.symbols(), 8); ++i) out << top_line(reader, i) << '\n';
        out << without_colours(draw_ladder(reader, 24, 120));
        return 0;
    })));
}

TEST(HostileTools, NoSegmentMakesThemPrintAControlByte) {
    HostileSegment segment;
    for (std::uint64_t seed = 1; seed <= (test::kSanitized ? kSeeds / 8 : kSeeds); ++seed) {
        segment.bend(seed);
        read_as_the_verbs_do(segment.name());
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

TEST(HostileTools, WhatIsNoTextIsShownAsAnEscape) {
    EXPECT_EQ(escaped("BTC-USDC"), "BTC-USDC");
    EXPECT_EQ(escaped("a\\b"), "a\\\\b");
    EXPECT_EQ(escaped(std::string_view("\x1b[31m\0\x7f\xc2\x9b", 9)), "\\x1b[31m\\x00\\x7f\\xc2\\x9b");
}

// The programs themselves, with their errors on stderr.
class HostilePrograms : public testing::Test {
  protected:
    HostilePrograms() { std::filesystem::create_directory(folder_); }
    ~HostilePrograms() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::unique_ptr<Program> start(const std::vector<std::string>& arguments) const {
        return std::make_unique<Program>(folder_, "verb", arguments);
    }

    HostileSegment segment_;
    const std::string folder_ =
        std::filesystem::temp_directory_path() / ("daypack_hostile." + std::to_string(getpid()));
};

TEST_F(HostilePrograms, EndByThemselvesAndPrintText) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        segment_.bend(seed);
        for (const std::string verb : {"cat", "stat", "top"}) {
            const auto program = start({verb, "--instance", segment_.name()});
            EXPECT_LT(program->wait(), 2) << verb << " of seed " << seed;
            EXPECT_TRUE(is_printable(program->out())) << verb << " of seed " << seed;
            EXPECT_TRUE(is_printable(program->err())) << verb << " of seed " << seed;
        }
    }
}

// Cut to nothing, or to the page with the ring's end, where an idle reader would wait for ever.
TEST_F(HostilePrograms, AFileThatIsCutShortEndsThemWithAnErrorInWords) {
    for (const off_t left : {4096, 0}) {
        const auto tail = start({"tail", "--instance", segment_.name()});
        const std::string maps = "/proc/" + std::to_string(tail->pid()) + "/maps";
        ASSERT_TRUE(test::wait_for([&] {
            std::ifstream file(maps);
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            return text.find(segment_.name()) != std::string::npos;
        }));
        const auto whole = static_cast<off_t>(std::filesystem::file_size(segment_.path()));
        ASSERT_EQ(truncate(segment_.path().c_str(), left), 0);
        EXPECT_TRUE(test::wait_for([&] { return tail->ended(); }));
        EXPECT_EQ(tail->wait(), 1);
        EXPECT_NE(tail->err().find("daypack: the shared memory was cut short"), std::string::npos) << tail->err();
        ASSERT_EQ(truncate(segment_.path().c_str(), whole), 0);
    }
}

}  // namespace
}  // namespace daypack::core
