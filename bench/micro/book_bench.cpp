// SPDX-License-Identifier: MIT
// What the book costs: updates of a flow are applied one by one, and the best bid and offer are read after each, as a
// publisher would. Beside OrderBook stand the books that others write. A row is named book/flow: `generated`
// has the ranks of the recording `usdm`; `usdm` has one level an update, `coinm` many. `/each` times every update by
// itself. Counters are seconds.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/micro/book_flow.h"
#include "bench/rivals/map_books.h"
#include "book/order_book.h"

namespace daypack::core {
namespace {

using bench::Delta;
using bench::Flow;

struct Top {
    Level bid, ask;
};

class Flat {
  public:
    void seed(const Snapshot& snapshot) { book_.seed(snapshot); }
    void apply(const Delta& delta) { book_.apply(delta.side, delta.price, delta.quantity); }
    [[nodiscard]] Top top() const { return {book_.side(Side::bid).top().back(), book_.side(Side::ask).top().back()}; }

  private:
    OrderBook book_{32'768, 64};
};

template <class Book>
class Other {
  public:
    void seed(const Snapshot& snapshot) { book_.seed(snapshot); }
    void apply(const Delta& delta) { book_.apply(delta.side, delta.price.ticks, delta.quantity.steps); }
    [[nodiscard]] bench::Best top() const { return book_.best(); }

  private:
    Book book_;
};

// A sorted vector with the best level in front, so that each insert near the touch moves the whole side.
class Front {
  public:
    Front() {
        for (auto& levels : sides_) levels.reserve(32'768);
    }
    void seed(const Snapshot& snapshot) {
        sides_[0].assign(snapshot.bids.rbegin(), snapshot.bids.rend());
        sides_[1].assign(snapshot.asks.begin(), snapshot.asks.end());
    }
    void apply(const Delta& delta) {
        auto& levels = sides_[static_cast<std::size_t>(delta.side)];
        const bool bid = delta.side == Side::bid;
        const auto at = std::lower_bound(
            levels.begin(), levels.end(), delta.price,
            [bid](const Level& level, Price price) { return bid ? level.price > price : level.price < price; });
        const bool there = at != levels.end() && at->price == delta.price;
        if (delta.quantity.steps == 0) {
            if (there) levels.erase(at);
        } else if (there) {
            at->quantity = delta.quantity;
        } else {
            levels.insert(at, {delta.price, delta.quantity});
        }
    }
    [[nodiscard]] Top top() const { return {sides_[0].front(), sides_[1].front()}; }

  private:
    std::vector<Level> sides_[2];
};

// The driver alone: what reading the flow costs.
class Nothing {
  public:
    void seed(const Snapshot&) {}
    void apply(const Delta& delta) { last_ = {delta.price, delta.quantity}; }
    [[nodiscard]] Top top() const { return {last_, last_}; }

  private:
    Level last_;
};

const Flow& generated() {
    static const Flow flow = bench::FlowGenerator().make(400'000);
    return flow;
}
const Flow& usdm() {
    static const Flow flow = bench::recorded_flow("btc_usdm_20240808.fused", 1, 3);
    return flow;
}
const Flow& coinm() {
    static const Flow flow = bench::recorded_flow("btc_coinm_20240808.batch", 1, 0);
    return flow;
}

template <class Book>
void apply_update(Book& book, const Flow& flow, std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) book.apply(flow.deltas[i]);
    auto top = book.top();
    benchmark::DoNotOptimize(top);
}

// One round is the whole flow, from its seed.
template <class Book>
void throughput(benchmark::State& state, const Flow& (*of)()) {
    const Flow& flow = of();
    if (flow.ends.empty()) return state.SkipWithError("no recorded flow: set DAYPACK_DATA to the folder of recordings");
    Book book;
    for (auto _ : state) {
        book.seed(flow.seed);
        std::uint32_t from = 0;
        for (const std::uint32_t to : flow.ends) {
            apply_update(book, flow, from, to);
            from = to;
        }
    }
    const auto rounds = static_cast<double>(state.iterations());
    using Counter = benchmark::Counter;
    state.counters["per_update"] =
        Counter(rounds * static_cast<double>(flow.ends.size()), Counter::kIsRate | Counter::kInvert);
    state.counters["per_level"] =
        Counter(rounds * static_cast<double>(flow.deltas.size()), Counter::kIsRate | Counter::kInvert);
}

// Each update timed by itself; the clock's own cost, some 10 ns, is in the figures.
template <class Book>
void latency(benchmark::State& state, const Flow& (*of)()) {
    const Flow& flow = of();
    if (flow.ends.empty()) return state.SkipWithError("no recorded flow: set DAYPACK_DATA to the folder of recordings");
    Book book;
    std::vector<std::uint64_t> ticks;
    ticks.reserve(flow.ends.size() * 4);
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t began_ticks = __rdtsc();
    for (auto _ : state) {
        book.seed(flow.seed);
        if (ticks.size() + flow.ends.size() > ticks.capacity()) ticks.clear();
        std::uint32_t from = 0;
        for (const std::uint32_t to : flow.ends) {
            const std::uint64_t start = __rdtsc();
            apply_update(book, flow, from, to);
            ticks.push_back(__rdtsc() - start);
            from = to;
        }
    }
    const double tick_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() /
                          static_cast<double>(__rdtsc() - began_ticks);
    std::sort(ticks.begin(), ticks.end());
    const auto at = [&](double share) {
        return tick_s *
               static_cast<double>(ticks[static_cast<std::size_t>(share * static_cast<double>(ticks.size() - 1))]);
    };
    state.counters["p50"] = at(0.5);
    state.counters["p99"] = at(0.99);
    state.counters["p99.9"] = at(0.999);
    state.counters["max"] = at(1.0);
}

template <class Book>
void add_rows(const std::string& book, const std::string& flow_name, const Flow& (*flow)()) {
    const std::string name = book + "/" + flow_name;
    benchmark::RegisterBenchmark(name.c_str(), throughput<Book>, flow)->Unit(benchmark::kMillisecond);
    if constexpr (!std::is_same_v<Book, Nothing>) {
        benchmark::RegisterBenchmark((name + "/each").c_str(), latency<Book>, flow)->Unit(benchmark::kMillisecond);
    }
}

const bool added = [] {
    for (const auto& [name, flow] : {std::pair{"generated", &generated}, {"usdm", &usdm}, {"coinm", &coinm}}) {
        add_rows<Flat>("order_book", name, flow);
        add_rows<Front>("best_in_front", name, flow);
        add_rows<Other<bench::VectorBook>>("best_at_back", name, flow);
        add_rows<Other<bench::TreeBook>>("std_map", name, flow);
        add_rows<Other<bench::BtreeBook>>("absl_btree_map", name, flow);
        add_rows<Other<bench::FlatMapBook>>("boost_flat_map", name, flow);
        add_rows<Nothing>("driver", name, flow);
    }
    return true;
}();

}  // namespace
}  // namespace daypack::core
