// SPDX-License-Identifier: MIT
// Audits, bookTicker, silence and lag; trades and the race of lines.
#include <vector>

#include "book/audit.h"
#include "book/line_race.h"
#include "book/silence.h"
#include "book/touch_check.h"
#include "book/trade_filter.h"
#include "tests/book/sync/sync_feed.h"
#include "tests/mutants/checker.h"

namespace daypack::core::test {
namespace {

Event delta(Sequence id, Side side, std::int64_t price, std::int64_t quantity) {
    Event event;
    event.first_id = event.last_id = id;
    event.side = side;
    event.price = {price};
    event.quantity = {quantity};
    event.last = true;
    return event;
}

Snapshot some_levels(Sequence id, std::int64_t count) {
    Snapshot snapshot;
    snapshot.last_id = id;
    for (std::int64_t i = count; i > 0; --i) snapshot.bids.push_back({{1'000 - i}, {5}});
    for (std::int64_t i = 1; i <= count; ++i) snapshot.asks.push_back({{1'000 + i}, {5}});
    return snapshot;
}

// Follows an update to 11 while the snapshot is in flight, and compares at 12.
Audit::Result audited(OrderBook& book, const Snapshot& rest) {
    PendingPool pool(1'000);
    Audit audit(8192, pool);
    audit.begin(3, 10);
    const auto follow = [&](const Event& event) {
        book.apply(event.side, event.price, event.quantity);
        audit.on_update({&event, 1});
    };
    follow(delta(11, Side::bid, 999, 8));
    require(!audit.ready(11) && audit.symbol() == 3);
    require(audit.on_snapshot(rest));
    require(audit.ready(11));
    follow(delta(12, Side::ask, 1'001, 0));
    require(!audit.ready(11));
    for (int slice = 0; slice < 100; ++slice) {
        if (const auto result = audit.compare(book, 12)) {
            require(audit.phase() == Audit::Phase::idle);
            return *result;
        }
    }
    require(false);
    return {};
}

void an_audit_finds_every_kind_of_difference() {
    for (const std::int64_t count : {std::int64_t{3}, std::int64_t{700}}) {
        OrderBook right(8192, 5);
        right.seed(some_levels(10, count));
        const auto found = audited(right, some_levels(10, count));
        require(found.mismatches() == 0 && found.levels == static_cast<std::uint64_t>(2 * count - 1));

        OrderBook wrong(8192, 5);
        wrong.seed(some_levels(10, count));
        wrong.apply(Side::bid, {1'000 - count}, {6});
        wrong.apply(Side::ask, {1'000 + count}, {0});
        wrong.apply(Side::ask, {1'500'000}, {1});
        wrong.apply(Side::bid, {998}, {0});
        const auto result = audited(wrong, some_levels(10, count));
        require(result.wrong == 1 && result.missing == 2 && result.ghosts == 1);
    }
}

void an_audit_compares_only_what_both_know() {
    OrderBook book(8192, 5);
    book.seed(some_levels(10, 1'000));  // of the venue's cut
    require(audited(book, some_levels(10, 1'200)).mismatches() == 0);
}

void an_audit_rejects_a_snapshot_older_than_the_buffered_updates() {
    PendingPool pool(1'000);
    Audit audit(64, pool);
    audit.begin(0, 10);
    require(!audit.on_snapshot(some_levels(9, 2)) && audit.phase() == Audit::Phase::idle);
    audit.begin(0, 10);
    const Event event = delta(13, Side::bid, 5, 1);
    audit.on_update({&event, 1});
    require(!audit.on_snapshot(some_levels(11, 2)));
    audit.begin(0, 10);
    audit.on_update({&event, 1});
    require(audit.on_snapshot(some_levels(12, 2)) && audit.ready(13));
    audit.cancel();
    audit.begin(0, 10);
    audit.on_update({&event, 1});
    require(audit.on_snapshot(some_levels(14, 2)) && audit.ready(14) && !audit.ready(13));
}

void a_touch_is_held_against_the_book_at_its_id_once() {
    OrderBook book(64, 5);
    book.apply(Side::bid, {10}, {5});
    TouchCheck touch;
    touch.on_ticker(7, {{10}, {5}}, {});
    require(!touch.take(6) && touch.take(7) && !touch.take(7));
    require(touch.agrees(book));
    touch.on_ticker(7, {{10}, {6}}, {});
    require(!touch.agrees(book));
    touch.on_ticker(7, {{10}, {5}}, {{11}, {1}});
    require(!touch.agrees(book));
    book.apply(Side::ask, {11}, {1});
    require(touch.agrees(book));
    touch.on_ticker(7, {{10}, {5}}, {});
    require(!touch.agrees(book));
}

void a_silent_book_is_asked_for_after_1_5_and_30_seconds() {
    Feed feed;
    feed.follow(1000);
    Silence silence(60'000 * kMs);
    std::vector<std::int64_t> asked;
    const MonoTime start = feed.now;
    for (std::int64_t ms = 0; ms <= 160'000; ms += 500) {
        if (silence.should_ask_rest(feed.sync, start + ms * kMs)) asked.push_back(ms);
    }
    require(asked == std::vector<std::int64_t>({1'000, 5'000, 30'000, 90'000, 150'000}));
    feed.deliver(1002);
    require(!silence.should_ask_rest(feed.sync, start + 160'500 * kMs));
    require(silence.should_ask_rest(feed.sync, start + 161'500 * kMs));
}

void a_line_that_brings_nothing_of_what_others_bring_lags() {
    TwoLines feed;
    Silence silence(60'000 * kMs);
    Sync::LineSet lagging = 0;
    const auto run = [&](int seconds, bool second_line) {
        lagging = 0;
        for (int i = 0; i < seconds * 10; ++i) {
            feed.wait_ms(100);
            const Sequence id = feed.sync.last_id() + 1;
            feed.deliver(id, 0);
            if (second_line) feed.deliver(id, 1);
            lagging |= silence.lagging(feed.sync, 0b11, feed.now);
        }
    };
    run(20, true);
    require(lagging == 0);
    run(5, false);
    require(lagging == 0);
    run(5, false);
    require(lagging == 0b10);
    feed.wait_ms(3'000);
    const Sync::LineSet third = 0b100;  // came up a moment ago
    require((silence.lagging(feed.sync, 0b11 | third, feed.now) & third) == 0);
}

void a_race_is_won_by_the_first_copy() {
    LineRace race;
    Event first;
    first.last_id = 70;
    first.receive = {1'000};
    first.line = 1;
    race.note_first(first);
    Event second = first;
    second.line = 0;
    second.receive = {1'400};
    const auto lead = race.lead_over(second);
    require(lead && lead->winner == 1 && lead->ns == 400);
    require(!race.lead_over(first));
    second.last_id = 70 + 64;
    require(!race.lead_over(second));
}

void a_trade_is_published_once() {
    TradeFilter filter;
    require(filter.is_first(0, 100, 1) && !filter.is_first(1, 100, 1));
    require(filter.is_first(1, 102, 1));
    require(filter.is_first(0, 101, 1));  // lost on the other line
    require(!filter.is_first(0, 102, 1));
    require(filter.is_first(0, 103, 1) && filter.is_first(1, 103, 2));  // the same id, another trade
    for (std::uint64_t id = 500; id <= 2'500; ++id) require(filter.is_first(0, id, 1));
    for (std::uint64_t id = 500; id <= 2'500; ++id)
        require(!filter.is_first(1, id, 1));  // lags beyond what is remembered
    require(filter.is_first(1, 2'501, 1));
    for (std::uint64_t id = 7; id <= 20; ++id) require(filter.is_first(0, id, 9));  // ids restart
    for (std::uint64_t id = 7; id <= 20; ++id) require(!filter.is_first(1, id, 9));
}

void a_trade_without_id_is_published_as_often_as_a_line_sends_it() {
    TradeFilter filter;
    const MonoTime now{1'000'000'000};
    for (int i = 0; i < 3; ++i) require(filter.is_first_without_id(0, 5, now));
    for (int i = 0; i < 3; ++i) require(!filter.is_first_without_id(1, 5, now));
    require(filter.is_first_without_id(1, 5, now) && !filter.is_first_without_id(0, 5, now));
    require(filter.is_first_without_id(0, 6, now));
    require(filter.is_first_without_id(2, 5, now + 60'000'000'000));
}

std::vector<std::uint64_t> news(TradeFilter& filter, std::uint64_t from, std::uint64_t to, bool opens = false) {
    std::vector<std::uint64_t> ids;
    filter.on_page(
        to - from + 1,
        [&](std::size_t i) {
            return TradeFilter::TradeIdentity{from + i, (from + i) * 7};
        },
        opens, [&](std::size_t i) { ids.push_back(from + i); });
    return ids;
}

void a_page_brings_what_is_new() {
    using Ids = std::vector<std::uint64_t>;
    TradeFilter filter;
    require(news(filter, 100, 199, true).empty());
    require(news(filter, 102, 201) == Ids({200, 201}));
    require(news(filter, 100, 199).empty());
    require(news(filter, 500, 502) == Ids({500, 501, 502}));
    require(news(filter, 1, 2) == Ids({1, 2}));
    TradeFilter beside;
    for (std::uint64_t id = 150; id < 160; ++id) {
        if (id != 155) require(beside.is_first(0, id, id * 7));
    }
    require(news(beside, 100, 161, true) == Ids({155, 160, 161}));
}

void content_is_the_same_in_other_units() {
    Instrument coarse;
    coarse.tick = {1, -1};
    coarse.step = {1, -2};
    Instrument fine;
    fine.tick = {5, -3};
    fine.step = {1, -4};
    require(trade_content({15}, {3}, Side::bid, coarse) == trade_content({300}, {300}, Side::bid, fine));
    require(trade_content({15}, {3}, Side::bid, coarse) != trade_content({15}, {3}, Side::ask, coarse));
    require(trade_content({15}, {3}, Side::bid, coarse) != trade_content({3}, {15}, Side::bid, coarse));
    require(trade_content(1, 2, 3) != trade_content(1, 3, 2));
}

}  // namespace

void check_doubt() {
    an_audit_finds_every_kind_of_difference();
    an_audit_compares_only_what_both_know();
    an_audit_rejects_a_snapshot_older_than_the_buffered_updates();
    a_touch_is_held_against_the_book_at_its_id_once();
    a_silent_book_is_asked_for_after_1_5_and_30_seconds();
    a_line_that_brings_nothing_of_what_others_bring_lags();
    a_race_is_won_by_the_first_copy();
    a_trade_is_published_once();
    a_trade_without_id_is_published_as_often_as_a_line_sends_it();
    a_page_brings_what_is_new();
    content_is_the_same_in_other_units();
}

}  // namespace daypack::core::test
