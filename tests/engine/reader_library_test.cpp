// SPDX-License-Identifier: MIT
// The C header as a library: what it exports, and that a program which knows nothing but its symbols reads a book.
#include <dlfcn.h>

#include <array>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "engine/include/daypack/follow.h"
#include "engine/shm/atomic_words.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;
using test::Writer;

class ReaderLibrary : public testing::Test {
  protected:
    ReaderLibrary() : library_(dlopen(DAYPACK_READER_LIBRARY, RTLD_NOW | RTLD_LOCAL), dlclose) {}
    void SetUp() override { ASSERT_NE(library_, nullptr) << dlerror(); }

    // A function of the library, with the type of the header's own.
    template <class Function>
    Function* find(const char* name, Function* /*like*/) {
        void* const found = dlvsym(library_.get(), name, "DAYPACK_READER_1");
        EXPECT_NE(found, nullptr) << name;
        return reinterpret_cast<Function*>(found);
    }
    [[nodiscard]] bool has(const std::string& name) const { return dlsym(library_.get(), name.c_str()) != nullptr; }

    std::unique_ptr<void, int (*)(void*)> library_;
};

// The names of all functions of the header that begin with this word.
std::set<std::string> functions(const std::string& word) {
    std::ifstream file(DAYPACK_SOURCE_DIR "/engine/include/daypack/shm.h");
    std::stringstream text;
    text << file.rdbuf();
    const std::string header = text.str();
    const std::regex function("\n" + word + R"( [^\n(]*?(daypack_\w+)\()");
    std::set<std::string> names;
    for (std::sregex_iterator i(header.begin(), header.end(), function), end; i != end; ++i) names.insert((*i)[1]);
    return names;
}

TEST_F(ReaderLibrary, EveryFunctionForUsersIsASymbolAndNoOther) {
    const auto exported = functions("DAYPACK_API");
    const auto inside = functions("static inline");
    ASSERT_GT(exported.size(), 50u);
    ASSERT_GT(inside.size(), 20u);
    for (const std::string& name : exported) EXPECT_TRUE(has(name)) << name;
    for (const std::string& name : inside) EXPECT_FALSE(has(name)) << name;
}

// Every function that takes a reader. `symbol`: also one of before. Not inlined, for a compiler that knows the zeros
// warns.
[[gnu::noinline]] void expect_nothing_of(daypack_reader& reader, int symbol) {
    daypack_top top{};
    daypack_book book{};
    daypack_perp perp{};
    daypack_level level{};
    daypack_entry names{};
    daypack_line_entry line{};
    daypack_writer writer{};
    daypack_record record{};
    std::uint64_t cursor = 3, lost = 0, seen = 0;
    std::array<char, 400> text{};
    const auto index = static_cast<std::uint32_t>(symbol);
    EXPECT_EQ(daypack_symbols(&reader), 0u);
    EXPECT_EQ(daypack_find(&reader, "BTC-USDC"), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_read_top(&reader, symbol, &top), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_read_book(&reader, symbol, &book, &level, 1, &level, 1), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_read_perp(&reader, symbol, &perp), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_changed(&reader, index, &seen), 0);
    daypack_read_entry(&reader, index, &names);
    EXPECT_STREQ(names.symbol, "");
    EXPECT_EQ(daypack_cursor(&reader), 0u);
    EXPECT_EQ(daypack_read_record(&reader, &cursor, &record, &lost), DAYPACK_EMPTY);
    EXPECT_EQ(daypack_wait(&reader, 0, -1), DAYPACK_EMPTY) << "at once";
    EXPECT_EQ(daypack_follow(&reader), 0);
    EXPECT_EQ(daypack_lines(&reader), 0u);
    daypack_read_line(&reader, 0, &line);
    EXPECT_STREQ(line.host, "");
    EXPECT_EQ(daypack_engine_counter(&reader, 0), 0u);
    EXPECT_EQ(daypack_line_counter(&reader, 0, 0), 0u);
    EXPECT_EQ(daypack_symbol_counter(&reader, 0, 0), 0u);
    EXPECT_EQ(daypack_histogram_count(&reader, 0, 0), 0u);
    EXPECT_EQ(daypack_histogram_samples(&reader, 0), 0u);
    EXPECT_EQ(daypack_percentile(&reader, 0, 500), 0u);
    daypack_read_writer(&reader, &writer);
    EXPECT_EQ(writer.pid, 0u);
    EXPECT_EQ(daypack_writer_lives(&reader), 0);
    EXPECT_EQ(daypack_beat_age_ns(&reader), INT64_MAX);
    EXPECT_EQ(daypack_beat_is_fresh(&reader), 0);
    const daypack_status live{DAYPACK_STATE_LIVE, DAYPACK_REASON_none, 0, 0};
    EXPECT_EQ(daypack_judge(&reader, daypack_pack_status(live)).state, DAYPACK_STATE_DOWN);
    EXPECT_NE(*daypack_explain(&reader, DAYPACK_BAD_LAYOUT, text.data(), text.size()), '\0');

    daypack_follower follower{};
    daypack_follow_begin(&follower, &reader, "BTC-USDC", &level, &level, 1);
    EXPECT_EQ(daypack_follow_poll(&follower), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_follow_levels(&follower, DAYPACK_SIDE_BID), 0u);
    EXPECT_NE(*daypack_follow_explain(&follower, text.data(), text.size()), '\0');
    daypack_close(&reader);
}

TEST(ReaderThatIsNotOpen, FindsNothingAndTouchesNothing) {
    daypack_reader zeros{};
    const int input = fcntl(STDIN_FILENO, F_GETFD);
    expect_nothing_of(zeros, 0);
    EXPECT_EQ(fcntl(STDIN_FILENO, F_GETFD), input) << "all zeros name the standard input";

    const Instance instance;
    daypack_reader refused{};
    ASSERT_EQ(daypack_open(&refused, instance.name.c_str()), DAYPACK_NO_SEGMENT);
    expect_nothing_of(refused, 0);

    Writer writer(instance.options());
    writer.snapshot(1);
    daypack_reader closed{};
    ASSERT_EQ(daypack_open(&closed, instance.name.c_str()), DAYPACK_OK);
    daypack_close(&closed);
    expect_nothing_of(closed, writer.symbol);

    // Refused for the last of the things that are checked, when all counts had been read.
    store_relaxed(writer.segment.header().histogram_buckets, std::uint64_t{DAYPACK_MAX_HISTOGRAM_BUCKETS} + 1);
    daypack_reader mistaken{};
    ASSERT_EQ(daypack_open(&mistaken, instance.name.c_str()), DAYPACK_BAD_LAYOUT);
    expect_nothing_of(mistaken, writer.symbol);
}

TEST_F(ReaderLibrary, AProgramThatKnowsItsSymbolsAloneReadsABook) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    writer.apply({delta(2, Side::bid, 99, 3)});
    int result = DAYPACK_BUSY;
    daypack_reader* const reader = find("daypack_new", daypack_new)(instance.name.c_str(), &result);
    ASSERT_EQ(result, DAYPACK_OK);
    const int symbol = find("daypack_find", daypack_find)(reader, "BTC-USDC");
    EXPECT_EQ(symbol, 0);
    daypack_book book;
    std::vector<daypack_level> bids(8), asks(8);
    EXPECT_EQ(find("daypack_read_book", daypack_read_book)(reader, symbol, &book, bids.data(), 8, asks.data(), 8),
              DAYPACK_OK);
    EXPECT_EQ(book.top.u, 2u);
    ASSERT_EQ(book.bids, 2u);
    EXPECT_EQ(bids[1].price, 99);
    EXPECT_EQ(bids[1].quantity, 3);
    EXPECT_EQ(find("daypack_wait", daypack_wait)(reader, 0, 0), DAYPACK_OK);
    EXPECT_STREQ(find("daypack_state_name", daypack_state_name)(DAYPACK_STATE_LIVE), "LIVE");
    find("daypack_free", daypack_free)(reader);
}

TEST_F(ReaderLibrary, AnInstanceThatIsNotThereIsToldAndItsReaderFreed) {
    const Instance instance;
    int result = DAYPACK_OK;
    daypack_reader* const reader = find("daypack_new", daypack_new)(instance.name.c_str(), &result);
    EXPECT_EQ(result, DAYPACK_NO_SEGMENT);
    find("daypack_free", daypack_free)(reader);
    find("daypack_free", daypack_free)(nullptr);
}

// Who links the library has these sizes compiled in: another size takes another soname.
static_assert(sizeof(daypack_reader) == 552 && sizeof(daypack_top) == 64 && sizeof(daypack_book) == 112 &&
              sizeof(daypack_perp) == 128 && sizeof(daypack_writer) == 216);

}  // namespace
}  // namespace daypack::core
