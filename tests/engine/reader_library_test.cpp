// SPDX-License-Identifier: MIT
// The C header as a library: what it exports, and that a program which knows nothing but its symbols reads a book.
#include <dlfcn.h>

#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

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
