// SPDX-License-Identifier: MIT
// The order book against a std::map, numbers from text, and the queue of buffered events.
#include <string>
#include <vector>

#include "book/decimal.h"
#include "book/order_book.h"
#include "book/sync/pending.h"
#include "book/sync/remembered.h"
#include "tests/book/map_book.h"
#include "tests/mutants/checker.h"
#include "tests/support/random.h"

namespace daypack::core::test {
namespace {

void compare(const OrderBook& book, const MapBook& model) {
    for (const Side side : {Side::bid, Side::ask}) {
        const BookSide& half = book.side(side);
        const std::vector<Level> expected = model.best_first(side);
        require(best_first(half) == expected);
        require(half.size() == expected.size());
        const auto top = half.top();
        require(top.size() <= expected.size());
        for (std::size_t i = 0; i < top.size(); ++i) require(top[top.size() - 1 - i] == expected[i]);
        require(half.best().has_value() == !expected.empty());
        if (!expected.empty()) require(*half.best() == expected.front());
    }
    require(book.crossed() == model.crossed());
}

// Levels near the touch, far from it, and with a touch that moves further than the window is wide.
void a_book_holds_what_a_map_holds() {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Random random(seed);
        constexpr std::size_t kDepth = 10;
        OrderBook book(8192, kDepth);
        MapBook model;
        std::int64_t mid = 1'000'000;
        for (int i = 0; i < 4'000; ++i) {
            if (random.once_in(200)) mid += random.below(60'001) - 30'000;
            const std::int64_t span = random.once_in(10) ? 40'000 : random.once_in(3) ? 3'000 : 40;
            const Side side = random.once_in(2) ? Side::bid : Side::ask;
            const std::int64_t away = random.below(span);
            Delta delta{side, {side == Side::bid ? mid - away : mid + 1 + away}, {0}};
            const auto& levels = model.side(side);
            if (random.below(100) < 45 && !levels.empty()) {
                auto found = levels.lower_bound(delta.price);
                if (found == levels.end()) --found;
                delta.price = found->first;
                if (random.once_in(3)) delta.quantity = {1 + random.below(50)};
            } else {
                delta.quantity = {1 + random.below(50)};
            }
            book.apply(delta.side, delta.price, delta.quantity);
            model.apply(delta);
            for (const Side each : {Side::bid, Side::ask}) {
                const auto& all = model.side(each);
                require(book.side(each).top().size() >= std::min(kDepth, all.size()));
            }
            require(book.side(side).at(delta.price) == delta.quantity);
            if (i % 16 == 0) compare(book, model);
        }
        compare(book, model);
        Snapshot snapshot = model.snapshot(7, {}, 5000);
        OrderBook seeded(8192, kDepth);
        seeded.seed(snapshot);
        if (snapshot.bids.size() != 1000 && snapshot.asks.size() != 1000) compare(seeded, model);
    }
}

void the_best_levels_are_filled_up_when_they_run_short() {
    OrderBook book(8192, 4);
    MapBook model;
    for (std::int64_t i = 0; i < 200; ++i) {
        book.apply(Side::ask, {100 + i}, {5});
        model.apply({Side::ask, {100 + i}, {5}});
    }
    for (std::int64_t i = 0; i < 190; ++i) {
        book.apply(Side::ask, {100 + i}, {0});
        model.apply({Side::ask, {100 + i}, {0}});
        compare(book, model);
        require(book.side(Side::ask).top().size() >= 4);
    }
}

// Changes are marked by rank, so that only those are published.
void what_changed_is_marked_by_rank() {
    OrderBook book(100, 4);
    for (std::int64_t i = 0; i < 4; ++i) book.apply(Side::bid, {100 - i}, {5});
    book.clear_dirty();
    require(!book.side(Side::bid).dirty().any());
    book.apply(Side::bid, {98}, {6});
    require(book.side(Side::bid).dirty().from == 2 && book.side(Side::bid).dirty().to == 3);
    book.clear_dirty();
    book.apply(Side::bid, {99}, {0});
    require(book.side(Side::bid).dirty().from == 1 && book.side(Side::bid).dirty().to == DirtyRanks::kAll);
    require(!book.side(Side::ask).dirty().any());
    book.clear_dirty();
    book.apply(Side::bid, {101}, {1});
    require(book.side(Side::bid).dirty().from == 0);
}

void a_full_side_drops_its_worst_and_is_known_no_further() {
    OrderBook book(3, 2);
    for (std::int64_t i = 0; i < 4; ++i) book.apply(Side::ask, {100 + i}, {5});
    require(book.dropped() == 1);
    const BookSide& asks = book.side(Side::ask);
    require(asks.size() == 3 && asks.known_to() == Price{102});
    require(asks.is_known({102}) && !asks.is_known({103}));
    book.apply(Side::ask, {100}, {0});
    book.apply(Side::ask, {101}, {0});
    book.apply(Side::ask, {110}, {5});
    require(known(asks).size() == 1 && asks.has_known(1) && !asks.has_known(2));
    require(asks.known_top().size() == 1);
    book.apply(Side::ask, {102}, {0});
    require(!asks.best());
}

void a_side_as_long_as_the_venues_cut_is_known_to_its_last_price() {
    for (const std::size_t size : {std::size_t{999}, std::size_t{1000}, std::size_t{5000}}) {
        Snapshot snapshot;
        for (std::size_t i = size; i > 0; --i) snapshot.bids.push_back({{10'000 - static_cast<std::int64_t>(i)}, {1}});
        OrderBook book(8192, 10);
        book.seed(snapshot);
        const auto known_to = book.side(Side::bid).known_to();
        require(known_to.has_value() == (size != 999));
        if (known_to) require(*known_to == snapshot.bids.front().price);
        require(book.side(Side::bid).seeded() == size);
    }
}

void text_becomes_a_whole_number_of_units_or_an_error() {
    const Unit tenth{1, -1};
    const Unit half{5, -1};
    require(*parse_units("86786.0", tenth) == 867'860 && *parse_units("86786", tenth) == 867'860);
    require(*parse_units("0.5", half) == 1 && *parse_units("1.50", half) == 3);
    require(parse_units("0.7", half).errc() == Errc::off_tick);
    require(parse_units("86786.05", tenth).errc() == Errc::off_tick);
    require(*parse_units("30000", {1, 4}) == 3 && parse_units("30001", {1, 4}).errc() == Errc::off_tick);
    for (const char* wrong : {"", "-1", "1e5", ".5", "5.", "1.2.3", "+1", " 1", "12345678901234567890x"}) {
        require(parse_units(wrong, tenth).errc() == Errc::not_a_number);
    }
    require(parse_units("9223372036854775808", {1, 0}).errc() == Errc::overflow);
    require(*parse_units("9223372036854775807", {1, 0}) == INT64_MAX);
    require(parse_units("922337203685477581", tenth).errc() == Errc::overflow);
    require(*parse_units("1.000000000000000000000000", tenth) == 10);
    require(*parse_units("12345678.12345678", {1, -8}) == 1'234'567'812'345'678);
    require(*parse_units("123456.7", tenth) == 1'234'567 && *parse_units("1234567890.12", {1, -2}) == 123'456'789'012);
    require(*parse_unit("0.0100") == Unit{1, -2} && *parse_unit("10000") == Unit{1, 4});
    require(parse_unit("0").errc() == Errc::not_a_number);
    require(*finer_unit("0.191", {1, -2}) == Unit{1, -3} && *finer_unit("0.5", {1, -2}) == Unit{1, -2});
    require(*finer_unit("0.3", {25, -2}) == Unit{1, -2});
    require(*finer_unit("3", {5, -1}) == Unit{5, -1} && *finer_unit("0.75", {5, -1}) == Unit{1, -2});
    require(format_units(867'860, tenth) == "86786.0" && format_units(3, {1, 4}) == "30000");
    require(format_units(1, {1, -8}) == "0.00000001" && format_decimal(-5, -1, 1) == "-0.5");
}

void buffered_events_come_back_in_order() {
    PendingPool pool(200);
    Pending pending(pool);
    Random random(3);
    Sequence in = 0;
    Sequence out = 0;
    for (int i = 0; i < 5'000; ++i) {
        Event event;
        event.last_id = in;
        event.last = true;
        if (random.below(5) < 3 && pending.push(event)) ++in;
        if (random.once_in(100)) {
            Sequence at = out;
            pending.for_each([&](const Event& each) { require(each.last_id == at++); });
            require(at == in);
        }
        if (random.below(5) < 2 && !pending.empty()) {
            require(pending.front().last_id == out);
            if (random.once_in(2)) {
                pending.pop();
            } else {
                require(pending.pop_update().size() == 1);
            }
            ++out;
        }
        require(pending.size() == in - out);
    }
    pending.clear();
    Pending other(pool);
    for (std::size_t i = 0; i < pool.capacity(); ++i) require(other.push({}));
    require(!other.push({}) && !pending.push({}));
    require(other.size() == pool.capacity());
}

void what_is_remembered_is_found_by_id() {
    Remembered remembered;
    for (Sequence id = 1; id <= 3 * Remembered::kUpdates; ++id) {
        if (id % 7 != 0) remembered.add(id, id * 3);
    }
    const Sequence newest = remembered.newest();
    require(newest == 3 * Remembered::kUpdates);
    for (Sequence id = newest - 1'000; id <= newest; ++id) {
        const auto key = remembered.find(id);
        require(key.has_value() == (id % 7 != 0));
        if (key) require(*key == id * 3);
    }
    require(!remembered.find(1) && !remembered.find(newest + 1));
    const Sequence hole = newest - newest % 7;
    remembered.add(hole, 5);  // it came late
    require(remembered.find(hole) == 5 && remembered.find(hole - 1) == (hole - 1) * 3);
    remembered.add(hole, 6);
    require(remembered.find(hole) == 5);
    require(remembered.newest() == newest);
}

}  // namespace

void check_book() {
    a_book_holds_what_a_map_holds();
    the_best_levels_are_filled_up_when_they_run_short();
    what_changed_is_marked_by_rank();
    a_full_side_drops_its_worst_and_is_known_no_further();
    a_side_as_long_as_the_venues_cut_is_known_to_its_last_price();
    text_becomes_a_whole_number_of_units_or_an_error();
    buffered_events_come_back_in_order();
    what_is_remembered_is_found_by_id();
}

}  // namespace daypack::core::test
