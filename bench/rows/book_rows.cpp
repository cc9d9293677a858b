// SPDX-License-Identifier: MIT
#include "bench/rig/keep.h"
#include "bench/rivals/references.h"
#include "bench/rows/rows.h"
#include "book/order_book.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kBatch = 32;  // updates timed together, so that the clock's own cost is small beside theirs

// The input's levels as small as they can be, for what reads them is the same for all books and not what is measured.
struct Change {
    Price price;
    Quantity quantity;
    Side side;
};
struct Changes {
    explicit Changes(const Input& input) {
        for (std::size_t i = 0; i < input.ends.size(); ++i) {
            for (const Event& event : input.update(i)) {
                if (event.kind == EventKind::delta) all.push_back({event.price, event.quantity, event.side});
            }
            ends.push_back(static_cast<std::uint32_t>(all.size()));
        }
    }
    std::vector<Change> all;
    std::vector<std::uint32_t> ends;  // of each update
};

class Ours {
  public:
    void seed(const Snapshot& snapshot) { book_.seed(snapshot); }
    void apply(const Change& change) { book_.apply(change.side, change.price, change.quantity); }
    void end_update() {
        keep(best_of(book_));
        book_.clear_dirty();
    }

  private:
    OrderBook book_{32'768, 64};
};

template <class Book>
class Theirs {
  public:
    void seed(const Snapshot& snapshot) { book_.seed(snapshot); }
    void apply(const Change& change) { book_.apply(change.side, change.price.ticks, change.quantity.steps); }
    void end_update() { keep(book_.best()); }

  private:
    Book book_;
};

// The driver alone: what reading the changes costs, and keeping a best bid and offer.
class Nothing {
  public:
    void seed(const Snapshot&) {}
    void apply(const Change& change) { last_ = change; }
    void end_update() { keep(last_); }

  private:
    Change last_{};
};

// The updates [from, to). Returns their levels.
template <class Book>
std::size_t apply(Book& book, const Changes& changes, std::size_t from, std::size_t to) {
    const std::size_t begin = from == 0 ? 0 : changes.ends[from - 1];
    std::size_t at = begin;
    for (std::size_t update = from; update < to; ++update) {
        for (; at < changes.ends[update]; ++at) book.apply(changes.all[at]);
        book.end_update();
    }
    return at - begin;
}

template <class Book>
double level(const Input& input, const Changes& changes) {
    Book book;
    book.seed(input.seed);
    return ns_each([&] { return apply(book, changes, 0, changes.ends.size()); });
}

// The 99th percentile of the time of a batch; all of them go into `samples` too.
template <class Book>
double batch_p99(const Input& input, const Changes& changes, Percentiles& samples) {
    Book book;
    book.seed(input.seed);
    std::vector<double> times;
    for (std::size_t from = 0; from + kBatch <= changes.ends.size(); from += kBatch) {
        times.push_back(wall_ns_each([&] {
            (void)apply(book, changes, from, from + kBatch);
            return std::size_t{1};
        }));
        samples.record(static_cast<std::int64_t>(times.back()));
    }
    if (times.empty()) return 1;
    const auto p99 = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
    std::nth_element(times.begin(), p99, times.end());
    return *p99;
}

Row row(const char* name, const Pair& pair, const std::optional<double>& floor, const char* unit, double target,
        const char* what) {
    return {.name = name,
            .value = pair.ours,
            .unit = unit,
            .floor = floor,
            .reference = pair.other,
            .ratio = pair.other_to_ours,
            .bound = Row::Bound::least,
            .target = target,
            .what = what,
            .spread = pair.ratios};
}

}  // namespace

std::vector<Row> book_recorded(const Input& input) {
    const Changes changes(input);
    const int rounds = input.effort.rounds;
    const auto ours = [&] { return level<Ours>(input, changes); };
    const double driver = compare(rounds, ours, [&] { return level<Nothing>(input, changes); }).other;
    const Pair tree = compare(rounds, ours, [&] { return level<Theirs<TreeBook>>(input, changes); });
    const Pair vector = compare(rounds, ours, [&] { return level<Theirs<VectorBook>>(input, changes); });
    Percentiles our_batches, tree_batches;
    CoreShare core;
    core.begin();
    const Pair p99 = compare(
        rounds, [&] { return batch_p99<Ours>(input, changes, our_batches); },
        [&] { return batch_p99<Theirs<TreeBook>>(input, changes, tree_batches); });
    core.end();
    std::vector<Row> rows{
        row("book_recorded.map", tree, driver, "ns a level", 4,
            "the book alone, top and best kept up, against std::map; the floor is the driver without a book"),
        row("book_recorded.vector", vector, driver, "ns a level", 5, "... against a sorted vector, best at the back"),
        row("book_recorded.p99", p99, {}, "ns a batch of 32", 2, "the 99th percentile of batches, against std::map"),
    };
    rows.back().not_measured_because = shared_cores({core.share()});
    rows.back().curves = {{"32 updates", our_batches}, {"32 updates of std::map", tree_batches}};
    return rows;
}

}  // namespace daypack::core::bench
