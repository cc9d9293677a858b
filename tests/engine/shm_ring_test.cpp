// SPDX-License-Identifier: MIT
// What readers see while a writer is at full speed: books that are whole, records that are intact or counted as lost.
#include <array>
#include <atomic>
#include <map>
#include <random>

#include "tests/engine/ring_run.h"

namespace daypack::core {
namespace {

using test::Child;
using test::delta;
using test::Instance;
using test::kSanitized;
using test::mono_now;
using test::wait_for;
using test::Writer;

constexpr int kReads = kSanitized ? 50'000 : 2'000'000;
constexpr int kLevels = test::kNumberedLevels;

// ---- the slot -------------------------------------------------------------------------------------------------------

// Publishes books in which every number is made of the update's id, until `ended` says so.
template <class Ended>
void publish_books(Writer& writer, Ended ended) {
    for (Sequence u = 2; !ended(); ++u) {
        test::publish_numbered_book(writer, u, u & 1 ? kUnconfirmed : kBehind);
    }
}

// What of a book contradicts its `u`; empty when nothing does.
std::string contradiction(const daypack_book& book, const std::array<daypack_level, kLevels>& bids,
                          const std::array<daypack_level, kLevels>& asks) {
    const auto n = static_cast<std::int64_t>(book.top.u);
    if (book.bids != kLevels || book.asks != kLevels) return "counts";
    if (book.top.bid_quantity != n || book.top.ask_quantity != n) return "best";
    if (book.venue_match_us != n || book.receive_ns != n || book.top.publish_ns != n) return "times";
    if ((book.top.flags & kUnconfirmed) != (n & 1 ? kUnconfirmed : 0)) return "flags";
    for (int i = 0; i < kLevels; ++i) {
        const auto rank = static_cast<std::size_t>(i);
        if (bids[rank].price != 100 - i || bids[rank].quantity != n) return "bids";
        if (asks[rank].price != 101 + i || asks[rank].quantity != n) return "asks";
    }
    return "";
}

// Reads books until enough were whole. Returns what was wrong with one.
std::string read_books(daypack_reader& reader) {
    daypack_book book;
    std::array<daypack_level, kLevels> bids;
    std::array<daypack_level, kLevels> asks;
    int whole = 0;
    int fresh = 0;  // of another update than the read before: the writer was at work meanwhile
    std::uint64_t before = 0;
    const bool enough = wait_for(
        [&] {
            for (int i = 0; i < 1000; ++i) {
                if (daypack_read_book(&reader, 0, &book, bids.data(), kLevels, asks.data(), kLevels) != DAYPACK_OK)
                    continue;
                if (book.top.u < 2) continue;  // none at all, or the writer was put to sleep in the middle of it
                if (const auto what = contradiction(book, bids, asks); !what.empty()) throw std::runtime_error(what);
                if (book.top.u < before) throw std::runtime_error("went back");
                fresh += book.top.u != before ? 1 : 0;
                before = book.top.u;
                ++whole;
            }
            return whole >= kReads && fresh >= 1000;
        },
        std::chrono::seconds(300));
    return enough ? "" : "only " + std::to_string(whole) + " reads were whole, " + std::to_string(fresh) + " fresh";
}

TEST(Seqlock, NoReadOfAnotherProcessIsEverTorn) {
    const Instance instance;
    Child child([&](const auto& line) {
        Writer writer(instance.options(kLevels));
        line.tell('r');
        publish_books(writer, [&, n = 0]() mutable { return ++n % 4096 == 0 && line.heard(); });
    });
    ASSERT_EQ(child.line().hear(), 'r');
    Reader reader(instance.name);
    EXPECT_EQ(read_books(reader.raw()), "");
    child.line().tell('e');
    EXPECT_EQ(child.failure(), "");
}

// On the very same addresses, so that a thread sanitizer sees both sides.
TEST(Seqlock, NoReadOfAnotherThreadIsEverTornOrARace) {
    const Instance instance;
    Writer writer(instance.options(kLevels));
    std::atomic<bool> end{false};
    daypack_reader reader;
    ASSERT_EQ(daypack_open(&reader, instance.name.c_str()), DAYPACK_OK);
    daypack_reader same = reader;
    same.base = reinterpret_cast<const unsigned char*>(&writer.segment.header());
    std::thread thread([&] { publish_books(writer, [&] { return end.load(std::memory_order_relaxed); }); });
    EXPECT_EQ(read_books(same), "");
    end = true;
    thread.join();
    daypack_close(&reader);
}

// ---- the ring -------------------------------------------------------------------------------------------------------

TEST(Ring, ALappedReaderIsToldExactlyHowManyItLost) {
    const Instance instance;
    Writer writer(instance.options(4, 4, 16));
    Reader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    ASSERT_EQ(cursor, 0u);
    test::publish_trades(writer, 0, 16);
    auto tally = test::take(reader.raw(), cursor);
    EXPECT_EQ(tally.whole, 16u);
    EXPECT_EQ(tally.lost, 0u);
    test::publish_trades(writer, 16, 33);
    tally = test::take(reader.raw(), cursor);
    EXPECT_EQ(tally.whole, 16u);
    EXPECT_EQ(tally.lost, 1u);
    test::publish_trades(writer, 33, 1000);
    tally = test::take(reader.raw(), cursor);
    EXPECT_EQ(tally.whole, 16u);
    EXPECT_EQ(tally.lost, 1000u - 33 - 16);
    EXPECT_EQ(tally.broken, 0u);
}

// A record that is claimed again may be half written: it is lost from then on, not from when it is published.
TEST(Ring, WhatIsBeingWrittenOverIsLostAlready) {
    const Instance instance;
    Writer writer(instance.options(4, 4, 16));
    Reader reader(instance.name);
    test::publish_trades(writer, 0, 16);
    store_relaxed(writer.segment.header().claimed, std::uint64_t{18});
    std::uint64_t cursor = 0;
    const auto tally = test::take(reader.raw(), cursor);
    EXPECT_EQ(tally.lost, 2u);
    EXPECT_EQ(tally.whole, 14u);
    EXPECT_EQ(tally.broken, 0u);
}

// In a ring so small that all are lapped; and at the pace and in the ring of a busy engine, where only who dawdles is.
TEST(Ring, EveryRecordIsIntactOrCountedAsLost) {
    test::run_ring({kSanitized ? 100'000u : 3'000'000u, 64});
    const auto paced = test::run_ring({kSanitized ? 200'000u : 2'000'000u, 1 << 16, 1e6});
    EXPECT_GT(paced.lapped.laps, 0u);
}

TEST(Ring, TheRecordsOfAnUpdateAppearTogether) {
    constexpr Sequence kUpdates = kSanitized ? 20'000 : 300'000;
    const Instance instance;
    Child child([&](const auto& line) {
        Writer writer(instance.options(kLevels, 4, 1 << 12));
        line.tell('r');
        (void)line.hear();
        std::vector<Event> events;
        for (Sequence u = 1; u <= kUpdates; ++u) {
            events.clear();
            const auto count = 1 + static_cast<int>(u % 7);
            for (int i = 0; i < count; ++i) {
                events.push_back(delta(u, Side::bid, 100 - i, static_cast<std::int64_t>(u), i + 1 == count));
            }
            writer.apply(events);
            for (int i = 0; i < 20; ++i) daypack_pause();  // so that the reader comes to the end now and then
        }
        (void)line.hear();
    });
    ASSERT_EQ(child.line().hear(), 'r');
    Reader reader(instance.name);
    std::uint64_t cursor = 0;
    child.line().tell('g');
    int torn = 0;
    Sequence seen = 0;
    bool whole = true;  // the record before ended its update
    int ends = 0;
    const auto look = [&] {
        daypack_record record;
        std::uint64_t lost = 0;
        const int result = daypack_read_record(&reader.raw(), &cursor, &record, &lost);
        if (result == DAYPACK_LOST) whole = true;  // where it starts again nothing can be said of the update before
        if (result == DAYPACK_EMPTY) {
            ++ends;
            if (!whole) ++torn;
        }
        if (result != DAYPACK_OK || daypack_record_kind(&record) != DAYPACK_KIND_DELTA) return;
        whole = daypack_record_last(&record) != 0;
        seen = record.last_id;
    };
    EXPECT_TRUE(wait_for([&] {
        for (int i = 0; i < 10'000; ++i) look();
        return seen == kUpdates;
    }));
    EXPECT_GT(ends, 0);
    EXPECT_EQ(torn, 0);
}

// ---- slot and ring together -----------------------------------------------------------------------------------------

using Book = std::array<std::map<std::int64_t, std::int64_t>, 2>;

Book book_of(const ReaderBook& read) {
    Book book;
    for (const auto& level : read.bids) book[0][level.price] = level.quantity;
    for (const auto& level : read.asks) book[1][level.price] = level.quantity;
    return book;
}

// Note the cursor, read the book, take the deltas beyond its u: that is the book of any later u.
TEST(Ring, ABookJoinedToTheRingStaysTheBook) {
    constexpr int kJoins = kSanitized ? 100 : 300;
    const Instance instance;
    Child child([&](const auto& line) {
        Writer writer(instance.options(64, 4, 1 << 12), 256);
        writer.snapshot(1);
        line.tell('r');
        std::minstd_rand random(7);
        std::vector<Event> events;
        for (Sequence u = 2; u % 1024 != 0 || !line.heard(); ++u) {
            events.clear();
            const auto count = 1 + static_cast<int>(random() % 3);
            for (int i = 0; i < count; ++i) {
                const auto side = random() % 2 == 0 ? Side::bid : Side::ask;
                const auto price = static_cast<std::int64_t>((side == Side::bid ? 50 : 150) + random() % 40);
                events.push_back(delta(u, side, price, static_cast<std::int64_t>(random() % 3), i + 1 == count));
            }
            writer.apply(events);
            if (u % 16 == 0) test::beat(writer.publisher);
            for (auto i = random() % 64; i > 0; --i) daypack_pause();
        }
    });
    ASSERT_EQ(child.line().hear(), 'r');
    Reader reader(instance.name);
    int joined = 0;
    int missed = 0;
    int wrong = 0;
    EXPECT_TRUE(wait_for(
        [&] {
            std::uint64_t cursor = daypack_cursor(&reader.raw());
            const auto first = reader.book(0);
            if (!first || first->head.top.u == 0) return false;
            Sequence u = first->head.top.u;
            Book book = book_of(*first);
            std::optional<ReaderBook> later;
            while (!later || (later->head.top.u != 0 && later->head.top.u < u + 20)) {  // that of some updates later
                std::this_thread::yield();
                later = reader.book(0);
            }
            daypack_record record;
            std::uint64_t lost = 0;
            while (u < later->head.top.u) {
                const int result = daypack_read_record(&reader.raw(), &cursor, &record, &lost);
                if (result == DAYPACK_LOST) return false;  // lapped: join again
                if (result != DAYPACK_OK || daypack_record_kind(&record) != DAYPACK_KIND_DELTA || record.last_id <= u)
                    continue;
                if (record.first_id != u + 1) ++missed;
                auto& side = book[daypack_record_side(&record)];
                side.erase(record.price);
                if (record.quantity != 0) side[record.price] = record.quantity;
                if (daypack_record_last(&record) != 0) u = record.last_id;
            }
            if (later->head.top.u == 0) return false;
            if (book != book_of(*later)) ++wrong;
            return ++joined == kJoins;
        },
        std::chrono::seconds(300)));
    EXPECT_EQ(missed, 0);
    EXPECT_EQ(wrong, 0);
    child.line().tell('e');
    EXPECT_EQ(child.failure(), "");
}

}  // namespace
}  // namespace daypack::core
