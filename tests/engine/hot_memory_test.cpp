// SPDX-License-Identifier: MIT
// The memory of hot threads: touched before it is needed, on huge pages where that is asked for.
#include <sys/resource.h>

#include <atomic>
#include <fstream>

#include "book/book_side.h"
#include "book/sync/pending.h"
#include "engine/messages/engine_limits.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/segment.h"
#include "engine/threads/event_queue.h"
#include "engine/threads/huge_pages.h"
#include "tests/support/sanitized.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

std::uint64_t page_faults_of_this_thread() {
    rusage used{};
    getrusage(RUSAGE_THREAD, &used);
    return static_cast<std::uint64_t>(used.ru_minflt + used.ru_majflt);
}

sim::SimOptions busy() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC_PERP"};
    options.rate = 2'000;
    return options;
}

// The callback runs on the book thread. Warm-up: the books have joined, and each kind of work was done a few times.
TEST(HotMemory, TheBookThreadMeetsNoPageFaultAfterWarmUp) {
    constexpr std::uint64_t kWarm = 3'000;
    constexpr std::uint64_t kWatched = 20'000;
    std::uint64_t updates = 0;  // of the book thread alone
    std::uint64_t before = 0;
    std::atomic<std::uint64_t> warm_faults{0};
    std::atomic<std::uint64_t> faults{0};
    std::atomic<std::uint64_t> seen{0};
    Callbacks callbacks;
    callbacks.on_book = [&](const BookView&) {
        ++updates;
        if (updates == kWarm) {
            before = page_faults_of_this_thread();
            warm_faults = before;
        }
        if (updates == kWarm + kWatched) faults = page_faults_of_this_thread() - before;
        seen.store(updates, std::memory_order_release);  // pairs with the acquire of the waiting thread below
    };
    sim::Exchange exchange(busy());
    LiveEngine live(exchange, {"BTC_USDC", "ETH_USDC", "SOL_USDC_PERP"}, 64, {}, callbacks);
    ASSERT_TRUE(wait_until([&] { return seen.load(std::memory_order_acquire) >= kWarm; })) << live.log();
    exchange.inject(sim::Fault::parse("drop:symbol=BTC_USDC"));  // a resync while it is watched
    ASSERT_TRUE(wait_until([&] { return seen.load(std::memory_order_acquire) >= kWarm + kWatched; })) << live.log();
    EXPECT_GT(live.counter("BTC_USDC", DAYPACK_SYMBOL_resyncs), 0u) << live.log();
    EXPECT_GT(warm_faults.load(), 0u) << "this kernel does not count them";
    if (test::kSanitized) GTEST_SKIP() << "a sanitizer's shadow memory is touched when it is needed";
    EXPECT_EQ(faults.load(), 0u);
}

// Page faults of this thread while it runs `work`.
std::uint64_t page_faults_of(const std::function<void()>& work) {
    const std::uint64_t before = page_faults_of_this_thread();
    work();
    return page_faults_of_this_thread() - before;
}

// Each kind of memory by itself, as large as it may be used, and used for the first time.
TEST(HotMemory, WhatIsMadeForAHotThreadIsTouchedAlready) {
    SpscQueue<Event> queue(65'536);
    PendingPool pool(65'536);
    Pending pending(pool);
    BookSide side(Side::bid, kMaxLevels, 64);
    std::vector<Level> levels;
    for (std::int64_t i = 0; i < 5'400; ++i) levels.push_back({{1'000 + 40 * i}, {1}});  // all but a few in the tail
    const std::string instance = "hot_memory." + std::to_string(getpid());
    Segment segment({.instance = instance, .depth = 16'384, .max_symbols = 2});
    const auto symbol = segment.add_symbol("BTC-USDC", "BTC_USDC");
    unlink(("/dev/shm/daypack." + instance).c_str());
    ASSERT_TRUE(symbol);
    const auto fill_slot = [&] {
        auto* const words = reinterpret_cast<std::uint64_t*>(&segment.slot(*symbol));
        for (std::size_t i = 0; i < segment.layout().slot_bytes / 8; ++i) store_relaxed(words[i], std::uint64_t{0});
    };
    if (test::kSanitized) GTEST_SKIP() << "a sanitizer's shadow memory is touched when it is needed";
    const auto fresh = std::make_unique_for_overwrite<char[]>(1 << 20);
    volatile char* const untouched = fresh.get();
    const auto touch = [&] {
        for (std::size_t i = 0; i < 1 << 20; i += 4'096) untouched[i] = 1;
    };
    EXPECT_GT(page_faults_of(touch), 200u) << "they are not counted";
    EXPECT_EQ(page_faults_of([&] {
                  while (queue.push(Event{})) {
                  }
              }),
              0u);
    EXPECT_EQ(page_faults_of([&] {
                  while (pending.push(Event{})) {
                  }
              }),
              0u);
    EXPECT_EQ(page_faults_of([&] { (void)side.seed(levels, false); }), 0u);
    EXPECT_EQ(page_faults_of(fill_slot), 0u);
}

// KiB of this process that lie on huge pages.
std::uint64_t huge_kib(const std::string& key) {
    std::ifstream maps("/proc/self/smaps_rollup");
    for (std::string word; maps >> word;) {
        std::uint64_t kib = 0;
        if (word == key && maps >> kib) return kib;
    }
    return 0;
}

TEST(HotMemory, HugePagesHoldTheQueuesAndTheSharedMemoryWhereTheyAreAskedFor) {
    sim::Exchange exchange(busy());
    LiveEngine live(exchange, {"BTC_USDC"}, 64, [](Config& config) { config.engine.huge_pages = true; });
    ASSERT_TRUE(wait_until([&] { return live.live("BTC_USDC"); })) << live.log();
    if (live.log().find("no huge pages") != std::string::npos) {
        EXPECT_NE(live.log().find("daypack doctor"), std::string::npos) << "it has to say what to do: " << live.log();
        GTEST_SKIP() << "this kernel has none: " << live.log();
    }
    EXPECT_GE(huge_kib("AnonHugePages:"), 16'384u) << "the pending updates alone are 16 MiB";
    EXPECT_GE(huge_kib("ShmemPmdMapped:"), 2'048u) << "the ring is 4 MiB";
}

TEST(HotMemory, WhatIsSmallerThanAHugePageIsLeftAsItIs) {
    std::byte small[4096];
    EXPECT_EQ(use_huge_pages(small, "a small thing"), "");
}

}  // namespace
}  // namespace daypack::core
