// SPDX-License-Identifier: MIT
// A segment that lies. Readers may see nonsense, never memory outside the mapping, and they come back.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <random>
#include <sstream>

#include "engine/include/daypack/follow.h"
#include "engine/shm/image_writer.h"
#include "tests/engine/shm_fixture.h"
#include "tools/cli/cat.h"
#include "tools/cli/stat.h"
#include "tools/term/event_text.h"
#include "tools/term/ladder.h"

namespace daypack::core {
namespace {

using test::Instance;
using test::Writer;

using Random = std::mt19937_64;

// Numbers that break what is done with them carelessly.
std::uint64_t nasty(Random& random) {
    static constexpr std::array<std::uint64_t, 18> kNasty{
        0,       1,        7,          63,         64,         65535,      65536,          65537,          1 << 20,
        1 << 30, 1u << 31, UINT32_MAX, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX - 7, UINT64_MAX - 1, UINT64_MAX};
    switch (random() % 3) {
        case 0: return kNasty[random() % kNasty.size()];
        case 1: return random();
        default: return random() % 100'000;
    }
}

// All that a reader can be asked for, with buffers that a sanitizer watches.
void read_everything(const std::string& instance) {
    daypack_reader raw;
    if (daypack_open(&raw, instance.c_str()) != DAYPACK_OK) return;
    daypack_close(&raw);
    Reader reader(instance);
    (void)reader.find("BTC-USDC");
    for (SymbolIndex i = 0; i < std::min<SymbolIndex>(reader.symbols(), 8); ++i) {
        daypack_book book;
        std::vector<daypack_level> bids(3), asks(2);
        (void)daypack_read_book(&reader.raw(), i, &book, bids.data(), 3, asks.data(), 2);
        daypack_top top;
        (void)daypack_read_top(&reader.raw(), i, &top);
    }
    std::uint64_t cursor = daypack_cursor(&reader.raw()) - 100;
    for (int i = 0; i < 300; ++i) {
        daypack_record record;
        std::uint64_t lost = 0;
        if (daypack_read_record(&reader.raw(), &cursor, &record, &lost) != DAYPACK_OK) continue;
        (void)event_line(record, "S");
        (void)event_json(record, "S", WallTime{7});
    }
    if (reader.symbols() > 64) return;  // the verbs below show all: enough is enough
    (void)draw_ladder(reader, 24, 80);
    std::ostringstream out;
    (void)show_stat({instance, true, false}, out);
    (void)show_stat({instance, false, false}, out);
    if (reader.symbols() == 0) return;
    for (const bool json : {true, false}) {
        try {
            (void)show_book({instance, "", 0, json}, out);
        } catch (const std::runtime_error& busy) {  // a slot that never comes to rest, told in words
            EXPECT_STREQ(busy.what(), "the engine wrote faster than the book could be read: try again");
        }
    }
}

// Writes words of a file where they lie; the writer that made it is gone.
class Vandal {
  public:
    explicit Vandal(const std::string& path) : fd_(open(path.c_str(), O_RDWR)) {
        struct stat status {};
        fstat(fd_, &status);
        words_ = static_cast<std::size_t>(status.st_size) / 8;
    }
    ~Vandal() { close(fd_); }
    Vandal(const Vandal&) = delete;
    Vandal& operator=(const Vandal&) = delete;

    void put(std::size_t word, std::uint64_t value) const {
        ASSERT_EQ(pwrite(fd_, &value, 8, static_cast<off_t>(word * 8)), 8);
    }
    void cut(std::size_t bytes) const { ASSERT_EQ(ftruncate(fd_, static_cast<off_t>(bytes)), 0); }
    [[nodiscard]] std::size_t words() const { return words_; }

  private:
    int fd_;
    std::size_t words_ = 0;
};

void make_honest(const Instance& instance) {
    unlink(instance.path().c_str());
    Writer writer(instance.options(4, 8, 16));
    ASSERT_TRUE(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"));
    ASSERT_TRUE(writer.segment.add_line("host"));
    writer.snapshot(1);
    for (Sequence u = 2; u < 20; ++u) writer.apply({test::delta(u, Side::bid, 50 + static_cast<std::int64_t>(u), 1)});
}

TEST(HostileSegment, AHeaderOfAnyNumbersLeadsNowhereElse) {
    const Instance instance;
    Random random(1);
    constexpr std::size_t kHeaderWords = sizeof(daypack_header) / 8;
    for (int round = 0; round < 3000; ++round) {
        if (round % 50 == 0) make_honest(instance);
        const Vandal vandal(instance.path());
        // one or two lies at a time: more of them are refused at the door; the magic and the version stay
        for (int lies = 1 + static_cast<int>(random() % 2); lies > 0; --lies) {
            vandal.put(2 + random() % (kHeaderWords - 2), nasty(random));
        }
        read_everything(instance.name);
        if (round % 3 == 0) make_honest(instance);
    }
}

TEST(HostileSegment, SlotsRecordsAndNamesOfAnyBytesAreOnlyNonsense) {
    const Instance instance;
    make_honest(instance);
    Random random(2);
    const Vandal vandal(instance.path());
    for (std::size_t word = 4096 / 8; word < vandal.words(); ++word) vandal.put(word, nasty(random));
    read_everything(instance.name);
    const SegmentLayout layout(4, 8, 16);
    for (int round = 0; round < 2000; ++round) {
        // even sequences, so that the slots are read at all
        for (std::size_t symbol = 0; symbol < 2; ++symbol) {
            const std::size_t slot = (layout.slots + symbol * layout.slot_bytes) / 8;
            vandal.put(slot, random() & ~1ull);
            for (int lies = 0; lies < 4; ++lies) vandal.put(slot + 1 + random() % 15, nasty(random));
        }
        vandal.put(layout.ring / 8 + random() % (16 * 16), nasty(random));
        read_everything(instance.name);
    }
}

// What a whole book is made of: header, image and ring are honest at first, and become what is drawn while it is
// followed.
class HostileImage {
  public:
    explicit HostileImage(const Instance& instance) : writer_(options_of(instance)), reader_(instance.name) {
        reader_.raw().beat_stale_ns = INT64_MAX;
        writer_.snapshot(1);
        for (Sequence u = 2; u < 9; ++u) writer_.apply({test::delta(u, Side::bid, 90, static_cast<std::int64_t>(u))});
        const Snapshot at{9, {}, {{Price{90}, Quantity{8}}, {Price{100}, Quantity{5}}}, {{Price{101}, Quantity{7}}}};
        writer_.apply({test::delta(9, Side::bid, 90, 8)});
        EXPECT_TRUE(ImageWriter(writer_.segment).write(0, at, {{1, -1}, {1, -3}}, load_relaxed(header().published)));
        daypack_follow_begin(&book_, &reader_.raw(), "BTC-USDC", bids_.data(), asks_.data(), kRoom);
    }
    int poll() { return daypack_follow_poll(&book_); }
    void update(Sequence u) { writer_.apply({test::delta(u, Side::ask, 105, static_cast<std::int64_t>(u))}); }
    void harm(Random& random) {
        daypack_image& image = *writer_.segment.image(0, 0, 0);
        daypack_record& record = writer_.segment.ring()[random() % kRing];
        switch (random() % 6) {
            case 0: return store_relaxed(header().published, nasty(random));
            case 1: return store_relaxed(header().claimed, nasty(random));
            case 2: return store_relaxed(header().epoch, nasty(random) % 4);
            case 3: return store_relaxed(image.position, nasty(random));
            case 4: {
                auto* const words = &image.sequence;
                return store_relaxed(words[random() % (sizeof image / 8)], nasty(random));
            }
            default: break;
        }
        // Of a kind, a symbol and an epoch that there are, more often than not.
        store_relaxed(record.head, random() % 8 | random() % 2 << 16 | random() % 2 << 32);
        store_relaxed(record.first_id, nasty(random) % 16);
        store_relaxed(record.last_id, random() % 3 == 0 ? nasty(random) : random() % 16);
        store_relaxed(record.status, random() % 3);
    }

  private:
    static constexpr std::size_t kRing = 16;
    static constexpr std::uint32_t kRoom = 2;

    static SegmentOptions options_of(const Instance& instance) {
        unlink(instance.path().c_str());
        SegmentOptions options = instance.options(4, 4, kRing);
        options.image_levels = 4;
        return options;
    }
    [[nodiscard]] daypack_header& header() { return writer_.segment.header(); }

    Writer writer_;
    Reader reader_;
    std::vector<daypack_level> bids_ = std::vector<daypack_level>(kRoom), asks_ = std::vector<daypack_level>(kRoom);
    daypack_follower book_{};
};

TEST(HostileSegment, AnImageAndARingOfAnyNumbersKeepNoFollowerReading) {
    alarm(120);  // it ends here where a poll does not
    Random random(11);
    for (int i = 0; i < 4'000; ++i) {
        const Instance instance;
        HostileImage segment(instance);
        if (random() % 2 == 0) {  // else it is to be joined when it lies already
            ASSERT_EQ(segment.poll(), DAYPACK_OK);
        }
        for (Sequence u = 10; u < 22; ++u) {
            for (std::uint64_t harms = random() % 4; harms > 0; --harms) segment.harm(random);
            (void)segment.poll();
            if (random() % 4 == 0) segment.update(u);
        }
    }
    alarm(0);
}

TEST(HostileSegment, AFileShorterThanItsHeaderSaysIsRefused) {
    const Instance instance;
    make_honest(instance);
    Vandal vandal(instance.path());
    for (const std::size_t bytes :
         {vandal.words() * 8 - 1, std::size_t{8192}, sizeof(daypack_header), std::size_t{100}, std::size_t{0}}) {
        vandal.cut(bytes);
        daypack_reader reader;
        EXPECT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_BAD_LAYOUT) << bytes;
    }
}

TEST(HostileSegment, AnotherVersionAndAnotherMagicAreRefused) {
    const Instance instance;
    make_honest(instance);
    const Vandal vandal(instance.path());
    daypack_reader reader;
    vandal.put(1, DAYPACK_LAYOUT_VERSION + 1);
    EXPECT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_BAD_LAYOUT);
    vandal.put(1, DAYPACK_LAYOUT_VERSION);
    vandal.put(0, 0);
    EXPECT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_BAD_LAYOUT);
}

TEST(HostileSegment, WhatIsNoFileIsRefusedWithoutWaiting) {
    const Instance instance;
    daypack_reader reader;
    ASSERT_EQ(mkfifo(instance.path().c_str(), 0600), 0);
    EXPECT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_BAD_LAYOUT);
    EXPECT_EQ(daypack_open(&reader, "../../etc/passwd"), DAYPACK_NO_SEGMENT);
    EXPECT_EQ(daypack_open(&reader, ""), DAYPACK_NO_SEGMENT);
    EXPECT_EQ(daypack_open(&reader, std::string(500, 'x').c_str()), DAYPACK_NO_SEGMENT);
}

TEST(HostileSegment, AWriterTakesOverWhateverIsThere) {
    const Instance instance;
    Random random(3);
    for (int round = 0; round < 300; ++round) {
        if (round % 10 == 0) make_honest(instance);
        {
            const Vandal vandal(instance.path());
            for (int lies = 0; lies < 3; ++lies) vandal.put(random() % (sizeof(daypack_header) / 8), nasty(random));
        }
        Writer writer(instance.options(4, 8, 16));
        writer.snapshot(5);
        Reader reader(instance.name);
        EXPECT_EQ(reader.top(writer.symbol)->u, 5u);
        std::uint64_t cursor = daypack_cursor(&reader.raw()) - 1;
        EXPECT_FALSE(test::drain(reader, cursor).empty());
    }
}

}  // namespace
}  // namespace daypack::core
