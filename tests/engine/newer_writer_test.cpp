// SPDX-License-Identifier: MIT
// Segments of a newer engine, and of an older one, of the same layout version: with more or fewer counters, histograms
// and lines than this reader was compiled with, and with slots, records and names that are longer or further apart.
#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "engine/shm/seqlock.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;
using test::Writer;

// How a segment differs from one of today's.
struct Difference {
    std::uint64_t slot_head = 0, slot = 0, record = 0, entry = 0, line = 0;                // bytes more
    int lines = 0, engine = 0, per_line = 0, per_symbol = 0, histograms = 0, buckets = 0;  // more, or fewer
};
constexpr Difference kNewer{128, 64, 64, 64, 32, 4, 3, 5, 7, 2, 32};
constexpr Difference kOlder{0, 0, 0, 0, 0, -8, -3, -5, -7, -2, -32};

// The segment of `from`, written anew with a difference, as an engine of another release would: what is there of
// today's is copied, what is new holds kNew.
class Relaid {
  public:
    static constexpr std::uint64_t kNew = 0xabcdef;

    Relaid(const std::string& from, const std::string& to, const Difference& by) : path_("/dev/shm/daypack." + to) {
        EXPECT_EQ(daypack_open(&from_, from.c_str()), DAYPACK_OK);
        place(by);
        fd_ = open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0640);
        EXPECT_EQ(ftruncate(fd_, static_cast<off_t>(bytes_)), 0);
        base_ = static_cast<unsigned char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
        for (std::size_t i = 0; i < bytes_ / 8; ++i) put(i * 8, kNew);
        const std::uint64_t known = 8 * to_.histogram_buckets * std::min(to_.histograms, from_.histograms);
        std::memset(base_ + to_.histograms_offset, 0, known);  // nothing fell into a new bucket
        copy_all();
        lock();
    }
    ~Relaid() {
        munmap(base_, bytes_);
        close(fd_);
        unlink(path_.c_str());
        daypack_close(&from_);
    }
    Relaid(const Relaid&) = delete;
    Relaid& operator=(const Relaid&) = delete;

    [[nodiscard]] daypack_header& head() noexcept { return *reinterpret_cast<daypack_header*>(base_); }
    void beat() noexcept {
        store_release(head().slept_ns, static_cast<std::uint64_t>(daypack_slept_ns()));
        store_release(head().beat_ns, static_cast<std::uint64_t>(daypack_monotonic_ns()));
    }

  private:
    static std::uint64_t changed(std::uint64_t count, int by) { return count + static_cast<std::uint64_t>(by); }
    std::uint64_t section(std::uint64_t& end, std::uint64_t bytes) const {
        const std::uint64_t begin = end;
        end = (end + bytes + 4095) / 4096 * 4096;
        return begin;
    }
    void place(const Difference& by) {
        auto& to = to_;
        to = from_;
        to.slot_head_bytes += by.slot_head;
        to.slot_bytes += by.slot_head + by.slot;
        to.record_bytes += by.record;
        to.entry_bytes += by.entry;
        to.line_entry_bytes += by.line;
        to.max_lines = changed(to.max_lines, by.lines);
        to.engine_counters = changed(to.engine_counters, by.engine);
        to.line_counters = changed(to.line_counters, by.per_line);
        to.symbol_counters = changed(to.symbol_counters, by.per_symbol);
        to.histograms = changed(to.histograms, by.histograms);
        to.histogram_buckets = changed(to.histogram_buckets, by.buckets);
        bytes_ = 4096;  // the sections in another order than today's
        to.slots_offset = section(bytes_, to.max_symbols * to.slot_bytes);
        to.histograms_offset = section(bytes_, 8 * to.histograms * to.histogram_buckets);
        to.ring_offset = section(bytes_, to.ring_events * to.record_bytes);
        to.counters_offset = section(
            bytes_, 8 * (to.engine_counters + to.max_lines * to.line_counters + to.max_symbols * to.symbol_counters));
        to.directory_offset = section(bytes_, to.max_symbols * to.entry_bytes);
        to.lines_offset = section(bytes_, to.max_lines * to.line_entry_bytes);
    }
    void put(std::uint64_t offset, std::uint64_t word) { std::memcpy(base_ + offset, &word, 8); }
    void copy(std::uint64_t to, std::uint64_t from, std::uint64_t bytes) {
        std::memcpy(base_ + to, from_.base + from, bytes);
    }
    // Copies `count` items that lie apart by other strides, as much of each as both have.
    void copy_items(std::uint64_t to, std::uint64_t to_stride, std::uint64_t from, std::uint64_t from_stride,
                    std::uint64_t count, std::uint64_t bytes) {
        for (std::uint64_t i = 0; i < count; ++i) copy(to + i * to_stride, from + i * from_stride, bytes);
    }
    void copy_all() {
        copy_head();
        copy_items(to_.directory_offset, to_.entry_bytes, from_.directory_offset, from_.entry_bytes, to_.max_symbols,
                   sizeof(daypack_entry));
        copy_items(to_.slots_offset, to_.slot_bytes, from_.slots_offset, from_.slot_bytes, to_.max_symbols,
                   sizeof(daypack_slot));
        copy_items(to_.slots_offset + to_.slot_head_bytes, to_.slot_bytes, from_.slots_offset + from_.slot_head_bytes,
                   from_.slot_bytes, to_.max_symbols, 2 * to_.depth * sizeof(daypack_level));
        copy_items(to_.ring_offset, to_.record_bytes, from_.ring_offset, from_.record_bytes, to_.ring_events,
                   sizeof(daypack_record));
        const std::uint64_t lines = std::min(to_.max_lines, from_.max_lines);
        copy_items(to_.lines_offset, to_.line_entry_bytes, from_.lines_offset, from_.line_entry_bytes, lines,
                   sizeof(daypack_line_entry));
        copy_items(to_.histograms_offset, 8 * to_.histogram_buckets, from_.histograms_offset,
                   8 * from_.histogram_buckets, std::min(to_.histograms, from_.histograms),
                   8 * std::min(to_.histogram_buckets, from_.histogram_buckets));
        copy_counters(lines);
    }
    void copy_counters(std::uint64_t lines) {
        const auto after_engine = [](const daypack_reader& at) { return at.counters_offset + 8 * at.engine_counters; };
        const auto after_lines = [&](const daypack_reader& at) {
            return after_engine(at) + 8 * at.max_lines * at.line_counters;
        };
        copy(to_.counters_offset, from_.counters_offset, 8 * std::min(to_.engine_counters, from_.engine_counters));
        copy_items(after_engine(to_), 8 * to_.line_counters, after_engine(from_), 8 * from_.line_counters, lines,
                   8 * std::min(to_.line_counters, from_.line_counters));
        copy_items(after_lines(to_), 8 * to_.symbol_counters, after_lines(from_), 8 * from_.symbol_counters,
                   to_.max_symbols, 8 * std::min(to_.symbol_counters, from_.symbol_counters));
    }
    void copy_head() {
        copy(0, 0, sizeof(daypack_header));
        daypack_header& head = this->head();
        head.header_bytes = sizeof(daypack_header) + 64;
        head.total_bytes = bytes_;
        head.directory_offset = to_.directory_offset;
        head.slots_offset = to_.slots_offset;
        head.slot_bytes = to_.slot_bytes;
        head.slot_head_bytes = to_.slot_head_bytes;
        head.ring_offset = to_.ring_offset;
        head.record_bytes = to_.record_bytes;
        head.counters_offset = to_.counters_offset;
        head.histograms_offset = to_.histograms_offset;
        head.lines_offset = to_.lines_offset;
        head.entry_bytes = to_.entry_bytes;
        head.line_entry_bytes = to_.line_entry_bytes;
        head.max_lines = to_.max_lines;
        head.engine_counters = to_.engine_counters;
        head.line_counters = to_.line_counters;
        head.symbol_counters = to_.symbol_counters;
        head.histograms = to_.histograms;
        head.histogram_buckets = to_.histogram_buckets;
        head.lines = std::min<std::uint64_t>(DAYPACK_MAX_LINES + 3, to_.max_lines);
    }
    // As its writer: without the lock, a late beat is that of a dead one.
    void lock() const {
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        EXPECT_EQ(fcntl(fd_, F_OFD_SETLK, &lock), 0);
    }

    std::string path_;
    daypack_reader from_{}, to_{};
    std::uint64_t bytes_ = 0;
    unsigned char* base_ = nullptr;
    int fd_ = -1;
};

// A segment of today's, with something in every table.
void fill(Writer& writer) {
    for (unsigned line = 0; line < DAYPACK_MAX_LINES; ++line) {
        ASSERT_TRUE(writer.segment.add_line("host" + std::to_string(line)));
    }
    ASSERT_TRUE(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"));
    writer.snapshot(1);
    writer.apply({delta(2, Side::bid, 99, 3)});
    for (unsigned i = 0; i < DAYPACK_ENGINE_COUNTER_COUNT; ++i) writer.segment.engine_counters().set(i, 100 + i);
    for (LineIndex line = 0; line < DAYPACK_MAX_LINES; ++line) {
        for (unsigned i = 0; i < DAYPACK_LINE_COUNTER_COUNT; ++i) {
            writer.segment.line_counters(line).set(i, 1000u * (line + 1u) + i);
        }
    }
    for (SymbolIndex symbol = 0; symbol < 4; ++symbol) {
        for (unsigned i = 0; i < DAYPACK_SYMBOL_COUNTER_COUNT; ++i) {
            writer.segment.symbol_counters(symbol).set(i, 100'000u * (symbol + 1u) + i);
        }
    }
    for (unsigned i = 0; i < DAYPACK_HISTOGRAM_COUNT; ++i) {
        for (int n = 1; n < 300; ++n) writer.segment.histogram(i).record(n * n * (int(i) + 1));
    }
    daypack_slot& slot = writer.segment.slot(writer.symbol);
    const SeqlockWrite write(slot);
    store_relaxed(slot.mark_price, std::int64_t{8'678'012});
    store_relaxed(slot.index_price, std::int64_t{867'805});
    store_relaxed(slot.funding_rate, std::int64_t{-125});
    store_relaxed(slot.next_funding_us, std::int64_t{1'790'917'200'000'000});
    store_relaxed(slot.open_interest, std::int64_t{4'321});
    const std::uint64_t known = DAYPACK_PERP_MARK | DAYPACK_PERP_INDEX | DAYPACK_PERP_FUNDING;
    store_relaxed(slot.perp, known << 56 | 0xf9fffeu);  // 10^-7, 10^-1, 10^-2
}

class NewerWriter : public testing::Test {
  protected:
    NewerWriter() : writer_(instance_.options(8, 4, 16)) { fill(writer_); }

    // Every read, of today's segment and of the other one, gives the same.
    void expect_the_same(Reader& other);

    Instance instance_;
    const std::string other_name_ = instance_.name.substr(0, 50) + ".other";
    Writer writer_;
};

void NewerWriter::expect_the_same(Reader& other) {
    Reader today(instance_.name);
    ASSERT_EQ(other.symbols(), today.symbols());
    for (SymbolIndex i = 0; i < today.symbols(); ++i) {
        EXPECT_EQ(other.names(i).native, today.names(i).native);
        const auto theirs = other.book(i), ours = today.book(i);
        ASSERT_TRUE(theirs && ours);
        EXPECT_EQ(theirs->head.top.u, ours->head.top.u);
        EXPECT_EQ(other.top(i)->bid_price, today.top(i)->bid_price);
        ASSERT_EQ(theirs->bids.size(), ours->bids.size());
        ASSERT_EQ(theirs->asks.size(), ours->asks.size());
        EXPECT_EQ(0, std::memcmp(theirs->bids.data(), ours->bids.data(), ours->bids.size() * sizeof(daypack_level)));
        EXPECT_EQ(0, std::memcmp(theirs->asks.data(), ours->asks.data(), ours->asks.size() * sizeof(daypack_level)));
        EXPECT_EQ(other.perp(i)->mark_price, today.perp(i)->mark_price);
    }
    std::uint64_t from = 0, also_from = 0;
    const auto theirs = test::drain(other, from), ours = test::drain(today, also_from);
    ASSERT_EQ(theirs.size(), ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(0, std::memcmp(&theirs[i], &ours[i], sizeof ours[i]));
    for (unsigned i = 0; i < std::min(today.raw().histograms, other.raw().histograms); ++i) {
        EXPECT_EQ(daypack_percentile(&other.raw(), i, 500), daypack_percentile(&today.raw(), i, 500)) << i;
    }
}

TEST_F(NewerWriter, AReaderOfTodayReadsASegmentThatHasMoreOfEverything) {
    const Relaid newer(instance_.name, other_name_, kNewer);
    Reader reader(other_name_);
    expect_the_same(reader);
    daypack_reader& raw = reader.raw();
    ASSERT_EQ(daypack_lines(&raw), DAYPACK_MAX_LINES + 3u);
    daypack_line_entry entry;
    daypack_read_line(&raw, 15, &entry);
    EXPECT_STREQ(entry.host, "host15");
    for (unsigned i = 0; i < DAYPACK_ENGINE_COUNTER_COUNT; ++i) EXPECT_EQ(daypack_engine_counter(&raw, i), 100 + i);
    for (unsigned i = 0; i < DAYPACK_LINE_COUNTER_COUNT; ++i) EXPECT_EQ(daypack_line_counter(&raw, 15, i), 16'000 + i);
    for (unsigned i = 0; i < DAYPACK_SYMBOL_COUNTER_COUNT; ++i) {
        EXPECT_EQ(daypack_symbol_counter(&raw, 3, i), 400'000 + i);
    }
    // what this reader has no name for is there by its number
    EXPECT_EQ(daypack_symbol_counter(&raw, 3, DAYPACK_SYMBOL_COUNTER_COUNT + 6), Relaid::kNew);
    EXPECT_STREQ(daypack_symbol_counter_name(DAYPACK_SYMBOL_COUNTER_COUNT + 6), "unknown");
    EXPECT_EQ(daypack_symbol_counter(&raw, 3, DAYPACK_SYMBOL_COUNTER_COUNT + 7), 0u);
    EXPECT_EQ(daypack_line_counter(&raw, DAYPACK_MAX_LINES + 3, 0), Relaid::kNew);
}

TEST_F(NewerWriter, AReaderOfTodayReadsZeroWhereAnOlderSegmentHasNoSuchCounter) {
    const Relaid older(instance_.name, other_name_, kOlder);
    Reader reader(other_name_);
    expect_the_same(reader);
    daypack_reader& raw = reader.raw();
    ASSERT_EQ(daypack_lines(&raw), DAYPACK_MAX_LINES - 8u);
    EXPECT_EQ(daypack_engine_counter(&raw, DAYPACK_ENGINE_COUNTER_COUNT - 4), 100u + DAYPACK_ENGINE_COUNTER_COUNT - 4);
    EXPECT_EQ(daypack_engine_counter(&raw, DAYPACK_ENGINE_COUNTER_COUNT - 3), 0u);
    EXPECT_EQ(daypack_line_counter(&raw, 7, 0), 8'000u);
    EXPECT_EQ(daypack_line_counter(&raw, 7, DAYPACK_LINE_COUNTER_COUNT - 5), 0u);
    EXPECT_EQ(daypack_line_counter(&raw, 8, 0), 0u) << "no such line";
    EXPECT_EQ(daypack_symbol_counter(&raw, 3, 0), 400'000u);
    EXPECT_EQ(daypack_symbol_counter(&raw, 3, DAYPACK_SYMBOL_COUNTER_COUNT - 7), 0u);
    EXPECT_EQ(daypack_percentile(&raw, DAYPACK_HISTOGRAM_COUNT - 1, 500), 0u) << "no such histogram";
    daypack_line_entry entry;
    daypack_read_line(&raw, 12, &entry);
    EXPECT_STREQ(entry.host, "");
}

TEST_F(NewerWriter, TheReaderInCReadsItToo) {
    Relaid newer(instance_.name, other_name_, kNewer);
    newer.head().clock_state = DAYPACK_CLOCK_SYNCHRONISED;
    newer.head().beat_stale_ns = DAYPACK_MAX_BEAT_STALE_NS;
    newer.beat();
    FILE* pipe = popen((std::string(DAYPACK_C_READER) + " " + other_name_ + " BTC_USDC market").c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string said;
    std::array<char, 256> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) said += buffer.data();
    pclose(pipe);
    constexpr unsigned kLast = DAYPACK_SYMBOL_COUNTER_COUNT - 1;
    const std::string last =
        std::string(daypack_symbol_counter_name(kLast)) + " " + std::to_string(100'000u + kLast) + " 0";
    EXPECT_EQ(said,
              "LIVE none u 2 exponents -1 -3\n"
              "bid 100 5\n"
              "bid 99 3\n"
              "ask 101 7\n"
              "mark 8678012 e-2\n"
              "funding -125 e-7 at 1790917200000000\n"
              "lines 19, " +
                  last +
                  ", clock SYNCHRONISED\n"
                  "record SNAPSHOT 1\n"
                  "record TOP 1\n"
                  "record STATE 1\n"
                  "record DELTA 2\n");
}

TEST_F(NewerWriter, TheSegmentSaysHowOldABeatMayBe) {
    Relaid mirror(instance_.name, other_name_, {});
    for (const auto& [told, taken] : {std::pair{2'000'000'000ull, 2'000'000'000ll},
                                      {0ull, DAYPACK_BEAT_STALE_NS},
                                      {~0ull, DAYPACK_BEAT_STALE_NS},
                                      {60'000'000'001ull, DAYPACK_BEAT_STALE_NS}}) {
        mirror.head().beat_stale_ns = told;
        EXPECT_EQ(Reader(other_name_).raw().beat_stale_ns, taken) << told;
    }
    mirror.head().beat_stale_ns = 60'000'000'000;
    Reader reader(other_name_);
    const auto late = static_cast<std::uint64_t>(daypack_monotonic_ns() - 1'000'000'000);
    store_release(mirror.head().beat_ns, late);  // a second ago
    EXPECT_EQ(test::state_of(reader), "LIVE");
    store_release(mirror.head().beat_ns, late - 60'000'000'000);
    EXPECT_EQ(test::state_of(reader), "STALE/writer_stalled");
}

TEST_F(NewerWriter, WhatStandsBesideTheBookIsReadWithItsExponents) {
    Reader reader(instance_.name);
    const auto perp = reader.perp(writer_.symbol);
    ASSERT_TRUE(perp);
    EXPECT_EQ(perp->known, DAYPACK_PERP_MARK | DAYPACK_PERP_INDEX | DAYPACK_PERP_FUNDING);
    EXPECT_EQ(perp->mark_price, 8'678'012);
    EXPECT_EQ(perp->mark_exponent, -2);
    EXPECT_EQ(perp->index_price, 867'805);
    EXPECT_EQ(perp->index_exponent, -1);
    EXPECT_EQ(perp->funding_rate, -125);
    EXPECT_EQ(perp->funding_exponent, -7);
    EXPECT_EQ(perp->next_funding_us, 1'790'917'200'000'000);
    EXPECT_EQ(perp->open_interest, 4'321);
    EXPECT_EQ(reader.perp(1)->known, 0) << "the other symbol has none";
    EXPECT_FALSE(reader.perp(3).has_value()) << "no such symbol";
}

TEST_F(NewerWriter, ASegmentTellsWhoWroteItAndHowGoodItsClockIs) {
    Reader reader(instance_.name);
    daypack_writer writer;
    daypack_read_writer(&reader.raw(), &writer);
    std::array<char, DAYPACK_HOST_BYTES> host{};
    ASSERT_EQ(gethostname(host.data(), host.size() - 1), 0);
    EXPECT_STREQ(writer.host, host.data());
    EXPECT_NE(std::string(writer.version), "");
    EXPECT_NE(std::string(writer.commit), "");
    EXPECT_EQ(writer.pid, static_cast<std::uint64_t>(getpid()));
    EXPECT_LE(writer.clock_state, DAYPACK_CLOCK_SYNCHRONISED);
    EXPECT_NE(writer.clock_checked_ns, 0);
}

// In the words of a reader that is to open it.
std::string refusal(const std::string& instance) {
    daypack_reader reader;
    std::array<char, 256> words{};
    const int result = daypack_open(&reader, instance.c_str());
    if (result == DAYPACK_OK) daypack_close(&reader);
    return daypack_explain(&reader, result, words.data(), words.size());
}

TEST_F(NewerWriter, AnotherLayoutIsRefusedWithItsVersionAndWhatToDo) {
    Relaid other(instance_.name, other_name_, {});
    for (const std::uint64_t version : {4, 6}) {
        other.head().version = version;
        EXPECT_NE(refusal(other_name_).find("layout " + std::to_string(version) + ", this reader reads layout 5: "),
                  std::string::npos)
            << refusal(other_name_);
        EXPECT_THROW(Reader{other_name_}, std::runtime_error);
    }
    other.head().version = 5;
    EXPECT_EQ(refusal(other_name_), "ok");
    other.head().slot_head_bytes = 8;
    EXPECT_NE(refusal(other_name_).find("contradicts itself"), std::string::npos);
    other.head().magic = 0;
    EXPECT_NE(refusal(other_name_).find("no segment of daypack"), std::string::npos);
}

TEST_F(NewerWriter, ASizeOrACountThatCannotBeIsRefusedAtTheDoor) {
    Relaid other(instance_.name, other_name_, {});
    using Head = daypack_header;
    constexpr std::array kSizes{&Head::slot_head_bytes, &Head::record_bytes, &Head::entry_bytes,
                                &Head::line_entry_bytes, &Head::slot_bytes};
    constexpr std::array kCounts{&Head::max_lines,       &Head::engine_counters, &Head::line_counters,
                                 &Head::symbol_counters, &Head::histograms,      &Head::histogram_buckets};
    const auto refused = [&](std::uint64_t Head::*word, std::uint64_t value) {
        const std::uint64_t honest = other.head().*word;
        other.head().*word = value;
        EXPECT_NE(refusal(other_name_), "ok") << value;
        other.head().*word = honest;
    };
    for (const std::uint64_t value : {1ull << 20, 1ull << 32, 1ull << 61, 1ull << 63, ~0ull, ~0ull - 7}) {
        for (const auto word : kSizes) refused(word, value);
        for (const auto word : kCounts) refused(word, value);
    }
    for (const std::uint64_t value : {0, 1, 7, 63}) {
        for (const auto word : kSizes) refused(word, value);
    }
    EXPECT_EQ(refusal(other_name_), "ok");
}

}  // namespace
}  // namespace daypack::core
