// SPDX-License-Identifier: MIT
// A hundred million reads of another process's book, and as many of its ring, while it writes a million updates a
// second: none is torn.
#include <array>
#include <chrono>
#include <cstdio>

#include "tests/engine/ring_run.h"

namespace daypack::core {
namespace {

using test::Child;
using test::Instance;
using test::Writer;

constexpr std::uint64_t kReads = 100'000'000;
constexpr int kLevels = test::kNumberedLevels;

std::int64_t now_ns() {
    return daypack_monotonic_ns();
}

// Books in which every number is made of the update's id, at a pace that is not faster than asked for.
template <class Ended>
Sequence publish_books(Writer& writer, double a_second, Ended ended) {
    const std::int64_t began = now_ns();
    Sequence u = 2;
    for (; u % 1024 != 0 || !ended(); ++u) {
        test::publish_numbered_book(writer, u, 0);
        while (now_ns() < began + static_cast<std::int64_t>(static_cast<double>(u) * 1e9 / a_second)) daypack_pause();
    }
    return u;
}

bool is_torn(const daypack_top& top) {
    const auto n = static_cast<std::int64_t>(top.u);
    return top.bid_quantity != n || top.ask_quantity != n || top.publish_ns != n || top.bid_price != 100 ||
           top.ask_price != 101;
}

TEST(SeqlockSoak, AHundredMillionReadsOfAnotherProcess) {
    const Instance instance;
    Child child([&](const auto& line) {
        Writer writer(instance.options(kLevels));
        line.tell('r');
        const std::int64_t began = now_ns();
        const Sequence last = publish_books(writer, 1e6, [&] { return line.heard(); });
        std::printf("writer: %.0f updates a second\n",
                    static_cast<double>(last) * 1e9 / static_cast<double>(now_ns() - began));
        std::fflush(stdout);
    });
    ASSERT_EQ(child.line().hear(), 'r');
    Reader shm(instance.name);
    daypack_reader& reader = shm.raw();
    constexpr std::uint64_t kFresh = 1'000'000;
    std::uint64_t attempts = 0, whole = 0, fresh = 0, torn = 0;
    std::uint64_t before = 0;
    daypack_book book;
    std::array<daypack_level, kLevels> bids;
    std::array<daypack_level, kLevels> asks;
    const auto take = [&](const daypack_top& top) {
        if (top.u < 2) return;
        ++whole;
        torn += is_torn(top) || top.u < before ? 1 : 0;
        fresh += top.u != before ? 1 : 0;
        before = top.u;
    };
    // On a machine so busy that writer and reader take turns on one core, most reads are of one update.
    while (whole < kReads || (fresh <= kFresh && whole < 30 * kReads)) {
        for (int i = 0; i < 15; ++i, ++attempts) {
            daypack_top top;
            if (daypack_read_top(&reader, 0, &top) == DAYPACK_OK) take(top);
        }
        ++attempts;
        if (daypack_read_book(&reader, 0, &book, bids.data(), kLevels, asks.data(), kLevels) != DAYPACK_OK) continue;
        take(book.top);
        const auto n = static_cast<std::int64_t>(book.top.u);
        for (std::size_t rank = 0; rank < kLevels && n >= 2; ++rank) {
            torn += bids[rank].quantity != n || asks[rank].quantity != n ? 1 : 0;
        }
    }
    child.line().tell('e');
    EXPECT_EQ(child.failure(), "");
    std::printf("%llu reads whole of %llu attempts (%.1f %%), %llu of them of a new update, %llu torn\n",
                static_cast<unsigned long long>(whole), static_cast<unsigned long long>(attempts),
                100.0 * static_cast<double>(whole) / static_cast<double>(attempts),
                static_cast<unsigned long long>(fresh), static_cast<unsigned long long>(torn));
    EXPECT_EQ(torn, 0u);
    EXPECT_GT(fresh, kFresh);
    EXPECT_GE(2 * whole, attempts);
}

TEST(RingSoak, AHundredMillionRecordsByWhoKeepsUpAndWhoIsLapped) {
    constexpr std::uint64_t kRecords = 20'000'000;  // a round
    constexpr int kRoundsMax = 60;                  // on a machine so busy that nobody keeps up
    std::uint64_t read = 0;
    std::uint64_t laps = 0;
    for (int round = 0; round < kRoundsMax && read < kReads && !HasFailure(); ++round) {
        const auto result = test::run_ring({kRecords, 1 << 16, 1e6});
        std::printf("writer: %.0f records a second, for %.0f s\n", static_cast<double>(kRecords) / result.seconds,
                    result.seconds);
        for (const auto* tally : {&result.keen, &result.lapped}) {
            std::printf("%llu records read, %llu lost in %llu laps, %llu broken\n",
                        static_cast<unsigned long long>(tally->whole), static_cast<unsigned long long>(tally->lost),
                        static_cast<unsigned long long>(tally->laps), static_cast<unsigned long long>(tally->broken));
            read += tally->whole;
        }
        laps += result.lapped.laps;
    }
    EXPECT_GE(read, kReads);
    EXPECT_GT(laps, 1'000u);
}

}  // namespace
}  // namespace daypack::core
