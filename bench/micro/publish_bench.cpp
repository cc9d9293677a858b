// SPDX-License-Identifier: MIT
// What it costs to publish: an update outside and inside the published depth and at the best bid, with the ring's
// records; beside each a loop that does the same stores and nothing else.
#include <benchmark/benchmark.h>

#include "bench/rig/cores.h"
#include "bench/rig/publish_rig.h"

namespace daypack::core {
namespace {

using bench::PublishRig;

const bench::Input& input() {
    static bench::Input* const read = [] {
        auto* made = new bench::Input;
        bench::read_input("", *made, {.frames = 100});
        return made;
    }();
    return *read;
}

// The argument: the rank of the bid that changes.
void publish_update(benchmark::State& state) {
    const bench::Pinned pinned;
    PublishRig published(input(), static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) published.publish();
    state.counters["stores"] = static_cast<double>(published.stores());
}
BENCHMARK(publish_update)->ArgName("rank")->Arg(0)->Arg(5)->Arg(63)->Arg(200);

void same_stores(benchmark::State& state) {
    const bench::Pinned pinned;
    PublishRig published(input(), static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) published.store_alike();
}
BENCHMARK(same_stores)->ArgName("rank")->Arg(0)->Arg(5)->Arg(63)->Arg(200);

void publish_status(benchmark::State& state) {
    const bench::Pinned pinned;
    OrderBook book(32'768, 64);
    book.seed(input().seed);
    bench::ScratchSegment segment(input().instrument());
    BookUpdate update = segment.update(book);
    segment.publisher().publish_snapshot(update);
    for (auto _ : state) {
        ++update.publish.ns;
        update.flags ^= kBehind;
        segment.publisher().publish_status(update);
    }
}
BENCHMARK(publish_status);

void publish_trade(benchmark::State& state) {
    const bench::Pinned pinned;
    OrderBook book(32'768, 64);
    bench::ScratchSegment segment(input().instrument());
    BookUpdate update = segment.update(book);
    Event trade, orders;
    trade.kind = EventKind::trade;
    orders.kind = EventKind::trade_orders;
    orders.last = true;
    for (auto _ : state) {
        ++trade.first_id;
        ++update.publish.ns;
        segment.publisher().publish_trade(trade, orders, update);
    }
}
BENCHMARK(publish_trade);

}  // namespace
}  // namespace daypack::core
