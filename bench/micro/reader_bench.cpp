// SPDX-License-Identifier: MIT
// What a reader in another process pays: best bid and offer, the whole book, a record of the ring, each by the C
// header; beside them a plain copy of the same bytes.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "bench/rig/cores.h"
#include "bench/rig/scratch_segment.h"
#include "engine/include/daypack/reader.hpp"
#include "net/base/clock.h"

namespace daypack::core {
namespace {

constexpr std::size_t kDepth = 64;  // of a ScratchSegment

const Instrument kInstrument{"BTC_USDC_PERP", "BTC-USDC-PERP", {1, -1}, {1, -5}};

// A segment with a full book in it, and a reader.
struct Fixture {
    Fixture() {
        for (std::int64_t i = 0; i < 200; ++i) {
            snapshot.bids.push_back({{600'000 + i}, {1 + i}});
            snapshot.asks.push_back({{600'200 + i}, {1 + i}});
        }
        snapshot.last_id = 1'000;
        book.seed(snapshot);
        update = segment.update(book);
        update.u = snapshot.last_id;
        segment.publisher().publish_snapshot(update);
        book.clear_dirty();
        beat();
    }
    // Or else the reader asks the kernel whether the writer lives.
    void beat() { (void)segment.publisher().beat(mono_now()); }

    bench::Pinned pinned;
    Snapshot snapshot;
    OrderBook book{32'768, kDepth};
    bench::ScratchSegment segment{kInstrument};
    BookUpdate update;
    Reader reader{segment.instance()};
};

constexpr std::size_t kUntilBeat = 4'096;

void read_top(benchmark::State& state) {
    Fixture fixture;
    daypack_top top;
    std::size_t reads = 0;
    for (auto _ : state) {
        if (++reads % kUntilBeat == 0) fixture.beat();
        if (daypack_read_top(&fixture.reader.raw(), 0, &top) != DAYPACK_OK || top.state != DAYPACK_STATE_LIVE) {
            return state.SkipWithError("the book is not there");
        }
        benchmark::DoNotOptimize(top);
    }
}
BENCHMARK(read_top);

void read_book(benchmark::State& state) {
    Fixture fixture;
    daypack_book book;
    std::vector<daypack_level> bids(kDepth), asks(kDepth);
    const auto levels = static_cast<std::uint32_t>(state.range(0));
    std::size_t reads = 0;
    for (auto _ : state) {
        if (++reads % kUntilBeat == 0) fixture.beat();
        if (daypack_read_book(&fixture.reader.raw(), 0, &book, bids.data(), levels, asks.data(), levels) !=
            DAYPACK_OK) {
            return state.SkipWithError("the book is not there");
        }
        benchmark::DoNotOptimize(bids.data());
        benchmark::ClobberMemory();
    }
}
BENCHMARK(read_book)->ArgName("levels")->Arg(5)->Arg(20)->Arg(64);

void copy_book(benchmark::State& state) {
    Fixture fixture;
    const daypack_slot* const slot = daypack_slot_of(&fixture.reader.raw(), 0);
    const auto bytes = static_cast<std::size_t>(state.range(0)) * sizeof(daypack_level);
    const char* const levels = reinterpret_cast<const char*>(slot + 1);
    std::vector<char> to(DAYPACK_BOOK_BYTES + 2 * bytes);
    for (auto _ : state) {
        std::memcpy(to.data(), slot, DAYPACK_BOOK_BYTES);
        std::memcpy(to.data() + DAYPACK_BOOK_BYTES, levels, bytes);
        std::memcpy(to.data() + DAYPACK_BOOK_BYTES + bytes, levels + kDepth * sizeof(daypack_level), bytes);
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
}
BENCHMARK(copy_book)->ArgName("levels")->Arg(5)->Arg(20)->Arg(64);

// Records that are there already, so that publishing them is no part of it.
void read_record(benchmark::State& state) {
    constexpr std::size_t kRecords = 32'768;
    Fixture fixture;
    Event event;
    event.last = true;
    const std::uint64_t begin = daypack_cursor(&fixture.reader.raw());
    for (std::size_t i = 0; i < kRecords; ++i) {
        event.first_id = event.last_id = fixture.update.u = 1'001 + i;
        fixture.segment.publisher().publish_book(fixture.update, {&event, 1});
    }
    std::uint64_t cursor = begin, lost = 0;
    daypack_record record;
    for (auto _ : state) {
        if (daypack_read_record(&fixture.reader.raw(), &cursor, &record, &lost) != DAYPACK_OK) {
            return state.SkipWithError("a record is not there");
        }
        benchmark::DoNotOptimize(record);
        if (cursor == begin + kRecords) cursor = begin;
    }
}
BENCHMARK(read_record);

void copy_record(benchmark::State& state) {
    constexpr std::size_t kRecords = 32'768;
    Fixture fixture;
    const unsigned char* const ring = fixture.reader.raw().base + fixture.reader.raw().ring_offset;
    std::size_t at = 0;
    daypack_record record;
    for (auto _ : state) {
        std::memcpy(&record, ring + at * sizeof record, sizeof record);
        benchmark::DoNotOptimize(record);
        at = (at + 1) % kRecords;
    }
}
BENCHMARK(copy_record);

}  // namespace
}  // namespace daypack::core
