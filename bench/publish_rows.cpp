#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

#include "bench/cores.h"
#include "bench/like_stores.h"
#include "bench/reader_process.h"
#include "bench/rows.h"
#include "bench/scratch_segment.h"
#include "book/order_book.h"
#include "net/clock.h"

namespace daypack::bench {
namespace {

constexpr std::size_t kRound = 32'768;
constexpr std::size_t kUntilBeat = 2'048;  // so that no reader takes the writer for dead

// Two books that differ in one bid, which is the one that changed; published in turn, so that each time something is
// new and nothing but publishing takes time.
class Published {
  public:
    // `rank` of the bid that changes; beyond the published depth it is no business of the slot.
    Published(const Input& input, std::size_t rank) : ours_(input.instrument()), like_(input.instrument()) {
        if (input.seed.bids.size() <= rank)
            throw std::runtime_error("the input's book is too small for the publish row");
        const Level level = input.seed.bids[input.seed.bids.size() - 1 - rank];
        for (std::size_t i = 0; i < books_.size(); ++i) {
            OrderBook& book = *(books_[i] = std::make_unique<OrderBook>(32'768, 64));
            book.seed(input.seed);
            updates_[i] = ours_.update(book);
            updates_[i].match = updates_[i].send = input.seed.timestamp;
            ours_.publisher().publish_snapshot(updates_[i]);
            like_.publisher().publish_snapshot(like_.update(book));
            book.clear_dirty();
            Event& event = events_[i];
            event.price = level.price;
            event.quantity = {level.quantity.steps + 1 + static_cast<std::int64_t>(i)};
            event.match = input.seed.timestamp;
            event.send_after_match_us = 100;
            event.last = true;
            book.apply(event.side, event.price, event.quantity);
        }
        like_stores_.emplace(ours_, like_, [this](std::size_t) { one(); });
    }

    [[nodiscard]] double ours() {
        return beating(ours_, [this] { one(); });
    }
    [[nodiscard]] double like() {
        return beating(like_, [this] { like_stores_->run(++u_); });
    }
    [[nodiscard]] std::size_t stores() const noexcept { return like_stores_->count(); }
    [[nodiscard]] std::vector<std::string> instances() const { return {ours_.instance(), like_.instance()}; }

  private:
    void one() noexcept {
        const std::size_t i = ++u_ % 2;
        BookUpdate& update = updates_[i];
        events_[i].first_id = events_[i].last_id = update.u = u_;
        update.match.us += 10;  // times go on, as they do
        update.send.us += 10;
        update.receive.ns += 10'000;
        update.publish.ns += 10'000;
        ours_.publisher().publish_book(update, {&events_[i], 1});
    }
    template <class One>
    static double beating(ScratchSegment& segment, One&& one) {
        return ns_each([&] {
            for (std::size_t done = 0; done < kRound; done += kUntilBeat) {
                (void)segment.publisher().beat(mono_now());
                segment.publisher().caught_up();
                for (std::size_t i = 0; i < kUntilBeat; ++i) one();
            }
            return kRound;
        });
    }

    ScratchSegment ours_, like_;
    std::array<std::unique_ptr<OrderBook>, 2> books_;
    std::array<BookUpdate, 2> updates_;
    std::array<Event, 2> events_{};
    std::optional<LikeStores> like_stores_;
    std::uint64_t u_ = 1'000;
};

Row row(const std::string& name, const Pair& pair, std::size_t stores, const std::string& what) {
    return {name,
            pair.ours,
            "ns an update",
            pair.other,
            {},
            1 / pair.other_to_ours,
            Row::Bound::most,
            1.5,
            what + ", against a loop that does its " + std::to_string(stores) + " stores",
            {},
            {}};
}

void add_rows(const Input& input, const std::string& name, std::size_t rank, const std::string& what,
              std::vector<Row>& rows) {
    Published published(input, rank);
    const std::string full = "publish." + name;
    rows.push_back(row(full,
                       compare(
                           input.effort.rounds, [&] { return published.ours(); }, [&] { return published.like(); }),
                       published.stores(), what));
    if (!cores().two()) {
        rows.push_back(untold_row(full + "_reader", "ns an update", Row::Bound::most, 1.5,
                                  "a reader that spins needs a core of its own"));
        return;
    }
    ReaderProcess reader(published.instances(), 1);
    const auto watched = [&](std::size_t which, auto&& measure) {
        reader.watch(which);
        const double ns = measure();
        (void)reader.stop();
        return ns;
    };
    rows.push_back(row(full + "_reader",
                       compare(
                           input.effort.rounds, [&] { return watched(0, [&] { return published.ours(); }); },
                           [&] { return watched(1, [&] { return published.like(); }); }),
                       published.stores(), "the same while a process on the other core reads without a pause"));
    rows.back().untold = shared_cores({reader.share()});
}

}  // namespace

std::vector<Row> publish(const Input& input) {
    std::vector<Row> rows;
    add_rows(input, "outside", 200, "one level changes, beyond the published depth", rows);
    add_rows(input, "inside", 5, "the fifth bid changes", rows);
    return rows;
}

}  // namespace daypack::bench
