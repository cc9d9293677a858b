// SPDX-License-Identifier: MIT
#pragma once
#include <random>

#include "tests/engine/shm_fixture.h"

namespace daypack::core::test {

inline constexpr int kNumberedLevels = 4;  // a side

// Publishes a book of which every number but the prices is `u`.
inline void publish_numbered_book(Writer& writer, Sequence u, std::uint16_t flags) {
    const auto n = static_cast<std::int64_t>(u);
    for (int i = 0; i < kNumberedLevels; ++i) {
        writer.book.apply(Side::bid, Price{100 - i}, Quantity{n});
        writer.book.apply(Side::ask, Price{101 + i}, Quantity{n});
    }
    auto update = writer.update(u);
    update.match = {n};
    update.receive = {n};
    update.publish = {n};
    update.flags = flags;
    writer.publisher.publish_book(update, {});
    writer.book.clear_dirty();
    if (u % 64 == 0) beat(writer.publisher);
}

// Trades in which every number is made of the position in the ring; not faster than `a_second`.
inline void publish_trades(Writer& writer, std::uint64_t from, std::uint64_t to, double a_second = 1e12) {
    const std::int64_t began = daypack_monotonic_ns();
    for (std::uint64_t n = from; n < to; ++n) {
        Event trade = delta(0, Side::bid, static_cast<std::int64_t>(n), static_cast<std::int64_t>(n));
        trade.first_id = n;
        Event orders;
        orders.first_id = orders.last_id = n;
        auto update = writer.update(0);
        update.match = update.send = {static_cast<std::int64_t>(n)};
        update.receive = update.publish = update.kernel_receive = {static_cast<std::int64_t>(n)};
        writer.publisher.publish_trade(trade, orders, update);
        if (n % 16 != 0) continue;
        const auto due = began + static_cast<std::int64_t>(static_cast<double>(n - from) * 1e9 / a_second);
        while (daypack_monotonic_ns() < due) daypack_pause();
    }
}

[[nodiscard]] inline bool intact(const daypack_record& record, std::uint64_t position) {
    const auto n = static_cast<std::int64_t>(position);
    return daypack_record_kind(&record) == DAYPACK_KIND_TRADE && record.first_id == position && record.price == n &&
           record.quantity == n && record.id_a == position && record.id_b == position && record.venue_match_us == n &&
           record.venue_send_us == n && record.receive_ns == n && record.publish_ns == n &&
           record.kernel_receive_ns == n;
}

struct Tally {
    std::uint64_t whole = 0;
    std::uint64_t lost = 0;
    std::uint64_t laps = 0;  // times that some were lost
    std::uint64_t broken = 0;
};

// Takes what is there, at most so many, and checks that each position is seen once, intact, or counted once.
inline void take(daypack_reader& reader, std::uint64_t& cursor, Tally& tally, std::uint64_t most = UINT64_MAX) {
    daypack_record record;
    std::uint64_t lost = 0;
    for (; most > 0; --most) {
        const std::uint64_t position = cursor;
        const int result = daypack_read_record(&reader, &cursor, &record, &lost);
        if (result == DAYPACK_EMPTY) return;
        if (result == DAYPACK_OK && (lost != 0 || cursor != position + 1 || !intact(record, position))) ++tally.broken;
        if (result == DAYPACK_LOST && (lost == 0 || cursor != position + lost)) ++tally.broken;
        tally.whole += result == DAYPACK_OK ? 1 : 0;
        tally.laps += result == DAYPACK_LOST ? 1 : 0;
        tally.lost += lost;
    }
}
[[nodiscard]] inline Tally take(daypack_reader& reader, std::uint64_t& cursor) {
    Tally tally;
    take(reader, cursor, tally);
    return tally;
}

struct RingRun {
    std::uint64_t records;
    std::size_t ring_events;
    double a_second = 1e12;
};

struct RingResult {
    Tally keen;    // reads all the time
    Tally lapped;  // waits each time until the writer has passed it, and then reads where that writes
    double seconds = 0;
};

// A writer that never waits for anybody, in another process than its two readers.
inline RingResult run_ring(const RingRun& run) {
    const Instance instance;
    Child child([&](const auto& line) {
        Writer writer(instance.options(4, 4, run.ring_events));
        line.tell('r');
        (void)line.hear();
        publish_trades(writer, 0, run.records, run.a_second);
        line.tell('d');
        (void)line.hear();
    });
    EXPECT_EQ(child.line().hear(), 'r');
    const auto read_all = [&](bool lapped) {
        Reader reader(instance.name);
        Tally tally;
        std::uint64_t cursor = 0;
        std::minstd_rand random(1);
        const auto passed = [&] {
            return daypack_load(&reader.header().claimed) > cursor + run.ring_events ||
                   daypack_cursor(&reader.raw()) == run.records;
        };
        const auto turn = [&] {
            if (!lapped || passed()) take(reader.raw(), cursor, tally, lapped ? 1 + random() % 2'000 : 1'000);
            return cursor == run.records;
        };
        EXPECT_TRUE(wait_for(turn, std::chrono::seconds(600))) << "at " << cursor;
        return tally;
    };
    RingResult result;
    const std::int64_t began = daypack_monotonic_ns();
    child.line().tell('g');
    std::thread other([&] { result.lapped = read_all(true); });
    result.keen = read_all(false);
    other.join();
    EXPECT_EQ(child.line().hear(), 'd');
    result.seconds = static_cast<double>(daypack_monotonic_ns() - began) / 1e9;
    for (const Tally* tally : {&result.keen, &result.lapped}) {
        EXPECT_EQ(tally->whole + tally->lost, run.records);
        EXPECT_EQ(tally->broken, 0u);
        EXPECT_GT(tally->whole, 0u);
    }
    return result;
}

}  // namespace daypack::core::test
