#include "bench/keep.h"
#include "bench/references.h"
#include "bench/rows.h"
#include "book/order_book.h"

namespace daypack::bench {
namespace {

constexpr std::size_t kBatch = 32;  // updates timed together, so that the clock's own cost is small beside theirs

class Ours {
  public:
    void seed(const Snapshot& snapshot) { book_.seed(snapshot); }
    void apply(const Event& event) { book_.apply(event.side, event.price, event.quantity); }
    void end_update() {
        keep(book_.side(Side::bid).best());
        keep(book_.side(Side::ask).best());
        book_.clear_dirty();
    }

  private:
    OrderBook book_{32'768, 64};
};

template <class Book>
class Theirs {
  public:
    void seed(const Snapshot& snapshot) { book_.seed(snapshot); }
    void apply(const Event& event) { book_.apply(event.side, event.price.ticks, event.quantity.steps); }
    void end_update() { keep(book_.best()); }

  private:
    Book book_;
};

// The updates [from, to) of the input. Returns their levels.
template <class Book>
std::size_t apply(Book& book, const Input& input, std::size_t from, std::size_t to) {
    const std::size_t begin = from == 0 ? 0 : input.ends[from - 1];
    std::size_t at = begin;
    for (std::size_t update = from; update < to; ++update) {
        for (; at < input.ends[update]; ++at) {
            if (input.events[at].kind == EventKind::delta) book.apply(input.events[at]);
        }
        book.end_update();
    }
    return at - begin;
}

template <class Book>
double level(const Input& input) {
    Book book;
    book.seed(input.seed);
    return ns_each([&] { return apply(book, input, 0, input.ends.size()); });
}

// The 99th percentile of the time of a batch.
template <class Book>
double batch_p99(const Input& input) {
    Book book;
    book.seed(input.seed);
    std::vector<double> times;
    for (std::size_t from = 0; from + kBatch <= input.ends.size(); from += kBatch) {
        times.push_back(ns_each([&] {
            (void)apply(book, input, from, from + kBatch);
            return std::size_t{1};
        }));
    }
    const auto p99 = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
    std::nth_element(times.begin(), p99, times.end());
    return *p99;
}

Row row(const char* name, const Pair& pair, const char* unit, double target, const char* what) {
    return {name, pair.ours, unit, {}, pair.other, pair.other_to_ours, Row::Bound::least, target, what};
}

}  // namespace

std::vector<Row> book_recorded(const Input& input) {
    const auto ours = [&] { return level<Ours>(input); };
    const Pair tree = compare(input.effort.rounds, ours, [&] { return level<Theirs<TreeBook>>(input); });
    const Pair vector = compare(input.effort.rounds, ours, [&] { return level<Theirs<VectorBook>>(input); });
    const Pair p99 = compare(
        input.effort.rounds, [&] { return batch_p99<Ours>(input); },
        [&] { return batch_p99<Theirs<TreeBook>>(input); });
    return {
        row("book_recorded.map", tree, "ns a level", 4, "the book alone, top and best kept up, against std::map"),
        row("book_recorded.vector", vector, "ns a level", 5, "... against a sorted vector, best at the back"),
        row("book_recorded.p99", p99, "ns a batch of 32", 2, "the 99th percentile of batches, against std::map"),
    };
}

}  // namespace daypack::bench
