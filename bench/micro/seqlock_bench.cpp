// SPDX-License-Identifier: MIT
// What writing a slot of about 4 KiB takes under its sequence: all of it, and the lines that changed alone; with nobody
// looking, and while another core reads all of it without a pause.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "bench/rig/cores.h"
#include "bench/rig/ticks.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/seqlock.h"

namespace daypack::core {
namespace {

constexpr std::size_t kLine = 8;  // words
constexpr std::size_t kLines = 64;
constexpr std::int64_t kWhole = kLines;

struct alignas(64) Slot {
    daypack_slot head{};
    std::uint64_t words[kLines * kLine]{};
};

// True: all of one write.
bool read(const Slot& slot, std::uint64_t* to) {
    const std::uint64_t sequence = daypack_load_acquire(&slot.head.sequence);  // pairs with the end of SeqlockWrite
    if ((sequence & 1) != 0) return false;
    daypack_load_words(to, slot.words, sizeof slot.words);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);  // pairs with the fence that begins a SeqlockWrite
    return daypack_load(&slot.head.sequence) == sequence;
}

class SpinningReader {
  public:
    explicit SpinningReader(const Slot& slot)
        : thread_([this, &slot] {
              (void)bench::pin(bench::cores().other);
              std::vector<std::uint64_t> to(kLines * kLine);
              while (running_.load(std::memory_order_relaxed)) {
                  whole_ += read(slot, to.data()) ? 1 : 0;
                  ++tries_;
              }
          }) {}
    // Of its reads, those that were whole.
    [[nodiscard]] double stop() {
        running_.store(false, std::memory_order_relaxed);
        thread_.join();
        return static_cast<double>(whole_) / static_cast<double>(tries_ == 0 ? 1 : tries_);
    }

  private:
    std::atomic<bool> running_{true};
    std::uint64_t whole_ = 0, tries_ = 0;
    std::thread thread_;
};

void write_lines(Slot& slot, std::size_t lines, std::uint64_t value) {
    const SeqlockWrite write(slot.head);
    for (std::size_t line = 0; line < lines; ++line) {
        // spread over the slot, as the levels that change are
        std::uint64_t* const words = slot.words + line * (kLines / lines) * kLine;
        for (std::size_t i = 0; i < kLine; ++i) store_relaxed(words[i], value);
    }
}

void write_alone(benchmark::State& state) {
    const bench::Pinned pinned;
    const auto slot = std::make_unique<Slot>();
    std::uint64_t value = 0;
    for (auto _ : state) write_lines(*slot, static_cast<std::size_t>(state.range(0)), ++value);
}
BENCHMARK(write_alone)->ArgName("lines")->Arg(1)->Arg(4)->Arg(8)->Arg(kWhole);

// One write every 2 µs, so that the reader has its turn; only the write itself is timed.
void write_while_read(benchmark::State& state) {
    if (!bench::cores().two()) return state.SkipWithError("it needs two cores");
    constexpr std::int64_t kPause_ns = 2'000;
    const bench::Pinned pinned;
    const auto slot = std::make_unique<Slot>();
    SpinningReader reader(*slot);
    std::uint64_t value = 0;
    for (auto _ : state) {
        const std::uint64_t began = bench::ticks();
        write_lines(*slot, static_cast<std::size_t>(state.range(0)), ++value);
        const std::uint64_t ended = bench::ticks();
        state.SetIterationTime(static_cast<double>(bench::ns_between(began, ended)) * 1e-9);
        while (bench::ns_between(ended, bench::ticks()) < kPause_ns) bench::relax();
    }
    state.counters["whole_reads"] = reader.stop();
}
BENCHMARK(write_while_read)->ArgName("lines")->Arg(1)->Arg(4)->Arg(8)->Arg(kWhole)->UseManualTime();

void read_whole(benchmark::State& state) {
    const bench::Pinned pinned;
    const auto slot = std::make_unique<Slot>();
    std::vector<std::uint64_t> to(kLines * kLine);
    for (auto _ : state) {
        benchmark::DoNotOptimize(read(*slot, to.data()));
        benchmark::ClobberMemory();
    }
}
BENCHMARK(read_whole);

// The same bytes without any protocol: what is left of it cannot be had for less.
void copy_whole(benchmark::State& state) {
    const bench::Pinned pinned;
    const auto slot = std::make_unique<Slot>();
    std::vector<std::uint64_t> to(kLines * kLine);
    for (auto _ : state) {
        std::memcpy(to.data(), slot->words, sizeof slot->words);
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
}
BENCHMARK(copy_whole);

}  // namespace
}  // namespace daypack::core
