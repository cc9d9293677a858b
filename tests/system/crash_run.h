// SPDX-License-Identifier: MIT
#pragma once
#include <random>

#include "tests/engine/shm_fixture.h"

namespace daypack::core::test {

// Publishes every kind of record for ever; each quantity of a book is its `u`.
[[noreturn]] inline void publish_for_ever(Writer& writer) {
    for (Sequence u = 2;; ++u) {
        const auto n = static_cast<std::int64_t>(u);
        std::vector<Event> events;
        for (int i = 0; i < 4; ++i) {
            events.push_back(delta(u, Side::bid, 100 - i, n, false));
            events.push_back(delta(u, Side::ask, 101 + i, n, i == 3));
        }
        writer.apply(events);
        if (u % 16 == 0) beat(writer.publisher);
        if (u % 64 == 0) writer.publisher.publish_status(writer.update(u, State::syncing, Reason::gap));
        if (u % 97 == 0) {
            writer.book.seed({u, {}, {{Price{100}, Quantity{n}}}, {{Price{101}, Quantity{n}}}});
            writer.publisher.publish_snapshot(writer.update(u));
            writer.book.clear_dirty();
        }
    }
}

// Checks that a book is whole, or empty. Returns what is wrong with it; empty when nothing is.
inline std::string torn(Reader& reader) {
    daypack_book book;
    std::array<daypack_level, 8> bids;
    std::array<daypack_level, 8> asks;
    const int result = daypack_read_book(&reader.raw(), 0, &book, bids.data(), 8, asks.data(), 8);
    if (result != DAYPACK_OK || book.top.state != DAYPACK_STATE_LIVE || book.top.u < 2) return {};
    const auto n = static_cast<std::int64_t>(book.top.u);
    for (std::uint32_t i = 0; i < book.bids; ++i) {
        if (bids[i].quantity != n) return "a bid of another update";
    }
    for (std::uint32_t i = 0; i < book.asks; ++i) {
        if (asks[i].quantity != n) return "an ask of another update";
    }
    return book.top.bid_quantity == n && book.top.ask_quantity == n ? "" : "a best of another update";
}

// Kills writers at random instants, one after the other on the same segment, under one reader: the reader sees each
// death, never hangs, and never sees a torn or falsely LIVE book.
inline void kill_writers(int kills, std::uint64_t seed) {
    const Instance instance;
    std::mt19937_64 random(seed);
    std::optional<Reader> reader;
    std::uint64_t epoch = 0;
    for (int i = 0; i < kills && !testing::Test::HasFailure(); ++i) {
        Child writer([&](const auto& line) -> int {
            Writer mine(instance.options());
            line.tell('r');
            publish_for_ever(mine);
        });
        ASSERT_EQ(writer.line().hear(), 'r') << "kill " << i << ": the next writer did not take over";
        if (!reader) reader.emplace(instance.name);
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3'000);
        while (std::chrono::steady_clock::now() < until) ASSERT_EQ(torn(*reader), "") << "kill " << i;
        writer.signal(SIGKILL);
        ASSERT_EQ(writer.wait(), -SIGKILL);
        ASSERT_TRUE(wait_for([&] {
            EXPECT_EQ(torn(*reader), "");
            const auto top = reader->top(0);
            if (!top || top->state != DAYPACK_STATE_DOWN) return false;
            EXPECT_EQ(top->reason, DAYPACK_REASON_writer_dead);
            return true;
        })) << "kill "
            << i << ": the reader was not notified";
        const std::uint64_t now = daypack_load(&reader->header().epoch);
        ASSERT_GT(now, epoch) << "kill " << i;
        epoch = now;
    }
}

}  // namespace daypack::core::test
