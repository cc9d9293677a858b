// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "bench/rig/cores.h"
#include "bench/rig/engine_rig.h"
#include "bench/rig/keep.h"
#include "bench/rig/latency.h"
#include "bench/rivals/references.h"
#include "bench/rows/rows.h"
#include "book/order_book.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/seqlock.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kFrames = 20'000;  // a round and way, at most

// Frame in hand -> decoded, taken by the book's agent and published -> seen by a process on the other core.
class ToReader {
  public:
    explicit ToReader(const Input& input)
        : input_(input), count_(std::min(kFrames, input.frames.size())), rig_(input.table, {&input.seed}) {}

    [[nodiscard]] Percentiles paced() {
        begin();
        core_.begin();
        Decoder decoder(input_.table, DepthStream::realtime);
        const Schedule schedule = schedule_from_now();
        hand_.take(input_.frames[0]);
        run_paced(schedule, count_, ticks, when_free([this] { rig_.breathe(); }), [&](std::size_t i) {
            rig_.take(decoder, hand_.frame());
            if (i + 1 < count_) hand_.take(input_.frames[i + 1]);
        });
        core_.end();
        return latencies(input_, count_, end(), [&](std::size_t i) { return schedule.due(i); });
    }

    // Each frame is in hand when the one before is done with.
    [[nodiscard]] Percentiles fast() {
        begin();
        Decoder decoder(input_.table, DepthStream::realtime);
        std::vector<std::uint64_t> stamps(count_);
        for (std::size_t i = 0; i < count_; ++i) {
            hand_.take(input_.frames[i]);
            stamps[i] = ticks();
            rig_.take(decoder, hand_.frame());
            if (i % 256 == 0) rig_.breathe();
        }
        return latencies(input_, count_, end(), [&](std::size_t i) { return stamps[i]; });
    }

    // The floor's first part: decoded, applied, the best bid and offer read, and published to nobody.
    [[nodiscard]] Percentiles decode_apply() {
        Decoder decoder(input_.table, DepthStream::realtime);
        OrderBook book(32'768, 64);
        book.seed(input_.seed);
        Percentiles result;
        hand_.take(input_.frames[0]);
        run_paced(
            schedule_from_now(), count_, ticks, [](std::uint64_t) { relax(); },
            [&](std::size_t i) {
                const std::uint64_t began = ticks();
                for (const Event& event : decoder.decode(hand_.frame(), MonoTime{1}, 0).events) {
                    if (event.kind == EventKind::delta) book.apply(event.side, event.price, event.quantity);
                }
                keep(best_of(book));
                if (i >= count_ / 10) result.record(ns_between(began, ticks()));
                book.clear_dirty();
                if (i + 1 < count_) hand_.take(input_.frames[i + 1]);
            });
        return result;
    }

    // Its second part: the first line of the same slot, always the same but for `u`, to the same reader.
    [[nodiscard]] Percentiles constant() {
        begin();
        daypack_slot& slot = rig_.segment().slot(0);
        const Sequence before = load_relaxed(slot.u);
        const std::int64_t bid = load_relaxed(slot.bid_price), bid_quantity = load_relaxed(slot.bid_quantity);
        const std::int64_t ask = load_relaxed(slot.ask_price), ask_quantity = load_relaxed(slot.ask_quantity);
        const std::int64_t publish = load_relaxed(slot.publish_ns);
        const std::uint64_t status = load_relaxed(slot.status);
        const auto write = [&](Sequence u) {
            const SeqlockWrite writing(slot);
            store_relaxed(slot.u, u);
            store_relaxed(slot.bid_price, bid);
            store_relaxed(slot.bid_quantity, bid_quantity);
            store_relaxed(slot.ask_price, ask);
            store_relaxed(slot.ask_quantity, ask_quantity);
            store_relaxed(slot.publish_ns, publish);
            store_relaxed(slot.status, status);
        };
        const Schedule schedule = schedule_from_now();
        run_paced(schedule, count_, ticks, when_free([this] { rig_.breathe(); }),
                  [&](std::size_t i) { write(input_.id(i)); });
        const auto seen = end();
        write(before);
        return latencies(input_, count_, seen, [&](std::size_t i) { return schedule.due(i); });
    }

    // Why these numbers mean nothing; empty: they mean something.
    [[nodiscard]] std::string not_measured_because() const { return shared_cores({core_.share(), reader_.share()}); }

  private:
    void begin() {
        rig_.rewind();
        reader_.watch(0);
        rig_.breathe();
    }
    [[nodiscard]] std::vector<Seen> end() {
        rig_.breathe();
        return reader_.stop(input_.id(count_ - 1));
    }
    const Input& input_;
    std::size_t count_;
    FrameBuffer hand_;
    CoreShare core_;
    EngineRig rig_;
    ReaderProcess reader_{{rig_.instance()}};
};

// One way, over all rounds.
struct Rounds {
    Percentiles all;
    std::vector<double> p50, p99;

    void add(const Percentiles& round) {
        all.add(round);
        p50.push_back(round.at(0.5));
        p99.push_back(round.at(0.99));
    }
};

}  // namespace

std::vector<Row> frame_to_reader_fused(const Input& input) {
    if (!cores().two()) {
        const std::string why = "a reader that spins needs a core of its own";
        return {unmeasured_row("frame_to_reader_fused.p50", "ns", Row::Bound::most, 1.25, why),
                unmeasured_row("frame_to_reader_fused.p99", "ns", Row::Bound::most, 4, why)};
    }
    ToReader to_reader(input);
    Rounds ours, fast, apply, constant;
    (void)to_reader.paced();
    std::vector<double> floors, p50_ratios, p99_ratios;
    for (int round = 0; round < input.effort.rounds; ++round) {
        ours.add(to_reader.paced());
        apply.add(to_reader.decode_apply());
        constant.add(to_reader.constant());
        fast.add(to_reader.fast());
        floors.push_back(apply.p50.back() + constant.p50.back());
        p50_ratios.push_back(ours.p50.back() / floors.back());
        p99_ratios.push_back(ours.p99.back() / floors.back());
    }
    const std::vector<Curve> curves{{"frame to another process", ours.all},
                                    {"decode and apply alone", apply.all},
                                    {"constant payload to the same reader", constant.all}};
    const double floor = median(floors);
    std::string untold_p99 = to_reader.not_measured_because();
    if (const double least = median(constant.p99); untold_p99.empty() && least > 4 * floor) {
        untold_p99 = fmt::format("here the constant payload alone has a 99th percentile of {:.0f} ns", least);
    }
    return {
        {.name = "frame_to_reader_fused.p50",
         .value = median(ours.p50),
         .unit = "ns",
         .floor = floor,
         .ratio = median(p50_ratios),
         .bound = Row::Bound::most,
         .target = 1.25,
         .what = "frame due, 100,000 a second, until another process reads it; floor: decode and apply, plus a "
                 "constant payload "
                 "to the same reader, p50 each",
         .curves = curves,
         .not_measured_because = to_reader.not_measured_because()},
        {.name = "frame_to_reader_fused.p99",
         .value = median(ours.p99),
         .unit = "ns",
         .floor = floor,
         .ratio = median(p99_ratios),
         .bound = Row::Bound::most,
         .target = 4,
         .what = "its 99th percentile, against the same floor",
         .curves = curves,
         .not_measured_because = untold_p99},
        {.name = "frame_to_reader_fused.fast",
         .value = median(fast.p50),
         .unit = "ns",
         .bound = Row::Bound::most,
         .what = "the same with the next frame at once, and so without a moment for the reader; p50",
         .curves = {{"as fast as it goes", fast.all}}},
    };
}

}  // namespace daypack::core::bench
