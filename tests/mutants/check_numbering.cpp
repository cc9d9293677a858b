// SPDX-License-Identifier: MIT
// Rule 3 of Sync: the numbering of each line, and restarts.
#include "tests/book/sync/sync_feed.h"
#include "tests/mutants/checker.h"

namespace daypack::core::test {
namespace {

void a_lower_id_on_its_own_connection_is_a_restart_whatever_its_time() {
    for (const std::int64_t us : {std::int64_t{10}, std::int64_t{1'000}, std::int64_t{9'000'000}}) {
        Feed feed;
        feed.follow(1000);
        feed.deliver(1002);
        feed.venue = {us};
        require(feed.deliver(5) == Outcome::waiting);
        require(feed.is(State::syncing, Reason::restart));
        feed.deliver(6);
        require(feed.answer(5));
        require(feed.live_at(6));
    }
}

void the_same_id_with_other_levels_is_a_restart() {
    Feed feed;
    feed.follow(1000);
    require(feed.deliver(1001, 0, {{Side::ask, {190}, {1}}}) == Outcome::waiting);
    require(feed.is(State::syncing, Reason::restart));
    Feed deeper;
    deeper.follow(1000);
    deeper.deliver(1002);
    require(deeper.aggregate(1001, 1002) == Outcome::waiting);  // nor with other edges
    require(deeper.is(State::syncing, Reason::restart));
}

void an_old_copy_is_none_whatever_its_time() {
    Feed feed;
    feed.follow(1000);
    feed.deliver(1002);
    feed.deliver(1003);
    feed.venue = {77'000};
    require(feed.deliver(1002) == Outcome::ignored);
    feed.venue = {1};
    require(feed.deliver(1003) == Outcome::ignored);
    require(feed.deliver(1004) == Outcome::applied);
    require(feed.live_at(1004) && feed.sync.counters().restarts == 0);
}

void a_copy_at_a_snapshots_id_that_the_snapshot_does_not_hold_contradicts() {
    TwoLines feed;
    feed.deliver(1002, 0);
    feed.sync.on_mismatch(feed.now);
    Snapshot other = feed.snapshot(1002);
    other.bids = {{{100}, {7}}};
    require(feed.answer(other));
    require(feed.deliver(1002, 1) == Outcome::ignored && feed.is(State::syncing, Reason::restart));
}

void other_levels_under_one_id_contradict() {
    TwoLines feed;
    feed.deliver(1002, 0);
    require(feed.deliver(1002, 1, {{Side::ask, {190}, {1}}}) == Outcome::ignored);
    require(feed.is(State::syncing, Reason::restart) && feed.wants());
    require(feed.sync.counters().contradictions == 1);
    TwoLines same_quantities;  // on the other side
    same_quantities.deliver(1002, 0, {{Side::bid, {50}, {1}}});
    same_quantities.deliver(1002, 1, {{Side::ask, {50}, {1}}});
    require(same_quantities.sync.counters().contradictions == 1);
}

// The snapshot is of 1000; a trusted line sends other levels under that id.
void what_a_snapshot_holds_is_compared_with_the_book() {
    for (const bool agrees : {true, false}) {
        Feed feed;
        feed.lines(0b11);
        feed.deliver(999, 0);
        feed.deliver(999, 1);
        require(!feed.answer(1000));
        feed.wait_ms(1000);
        require(feed.is(State::stale, Reason::silent) && feed.stands_at() == 1000);
        require(feed.deliver(1000, 1, agrees ? Deltas{} : kOldLevel) == Outcome::ignored);
        require(agrees ? feed.live_at(1000) : feed.is(State::syncing, Reason::restart));
    }
}

void a_new_connection_is_trusted_only_once_it_is_recognised() {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b11);
    require(feed.deliver(5, 1) == Outcome::ignored);
    require(feed.live_at(1001) && feed.sync.counters().restarts == 0);
    Feed next;
    next.follow(1000);
    next.lines(0b11);
    require(next.deliver(1002, 1, kOldLevel) == Outcome::ignored);
    require(next.live_at(1001));
    require(next.deliver(1002, 0) == Outcome::applied);
    require(next.deliver(1003, 1) == Outcome::ignored);
    require(next.live_at(1002));
}

void a_connection_that_was_ahead_is_trusted_once_the_book_is_there() {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b11);
    require(feed.deliver(1003, 1) == Outcome::ignored);
    feed.deliver(1002, 0);
    feed.deliver(1003, 0);
    require(feed.deliver(1004, 1) == Outcome::applied);
    require(feed.live_at(1004));
}

void a_line_of_after_the_request_does_not_carry_the_snapshot() {
    Feed feed;
    feed.lines(0b01);
    require(feed.answer(1000));
    feed.lines(0b11);
    require(feed.deliver(1001, 1) == Outcome::ignored);
    require(feed.deliver(1001, 0) == Outcome::applied);
    require(feed.live_at(1001));
    Feed before;
    before.lines(0b11);
    require(before.answer(1000));
    require(before.deliver(1001, 1) == Outcome::applied);
    require(before.live_at(1001));
}

void what_late_lines_send_after_a_restart_is_ignored() {
    TwoLines feed;
    feed.deliver(5, 0);
    require(feed.deliver(1002, 1) == Outcome::ignored);
    require(feed.answer(5));
    require(feed.deliver(1003, 1) == Outcome::ignored);
    require(feed.deliver(6, 1) == Outcome::ignored);
    require(feed.deliver(6, 0) == Outcome::applied);
    require(feed.deliver(7, 1) == Outcome::applied);
    require(feed.live_at(7) && feed.sync.counters().restarts == 1);
}

void a_late_line_begins_no_chain() {
    TwoLines feed;
    feed.deliver(5, 0);
    feed.lines(0b10);
    require(feed.deliver(1002, 1) == Outcome::ignored);
    require(feed.deliver(6, 1) == Outcome::waiting);  // its numbering restarts, too
}

void an_old_replicas_snapshot_after_a_restart_is_not_live() {
    Feed feed;
    feed.follow(1000);
    feed.deliver(5);
    Snapshot old = feed.snapshot(1500);
    old.timestamp = {9'000'000};
    require(!feed.answer(old));
    feed.wait_ms(1000);
    require(feed.sync.state() != State::live);
    for (Sequence id = 6; id < 30; ++id) {
        feed.wait_ms(50);
        feed.deliver(id);
        if (feed.wants()) feed.answer(id);
        require(feed.sync.state() != State::live || feed.live_at(id));
    }
    require(feed.live_at(29));
}

void a_snapshot_of_before_a_restart_is_not_joined_though_its_id_fits() {
    Feed feed;
    feed.follow(1000);
    feed.deliver(990, 0, {{Side::ask, {190}, {1}}});
    require(!feed.answer(1001));
    feed.wait_ms(2000);
    require(feed.is(State::syncing, Reason::restart));
}

void buffered_updates_are_dropped_with_their_connections() {
    TwoLines feed;
    feed.deliver(1003, 0, kOldLevel);
    feed.deliver(1003, 1, kOldLevel);
    require(feed.is(State::syncing, Reason::gap));
    feed.reconnect(0);
    feed.reconnect(1);
    feed.deliver(1004, 0);
    feed.deliver(1004, 1);
    require(!feed.answer(1002));
    feed.wait_ms(100);
    require(!feed.answer(1003));  // its id alone fits both numberings
    feed.wait_ms(200);
    require(feed.answer(1004));
    require(feed.live_at(1004));
    require(feed.sync.book().side(Side::ask).at({150}).steps == 0);
}

void both_lines_reconnect_and_the_new_numbering_begins_four_ids_below() {
    TwoLines feed;
    feed.both(1002, 1010);
    feed.deliver(1011, 0, kOldLevel);
    feed.deliver(1011, 1, kOldLevel);
    feed.reconnect(1);
    feed.venue = {999};
    for (Sequence id = 1008; id <= 1013; ++id) {
        feed.wait_ms(1);
        feed.deliver(id, 1, kNewLevel);
        require(feed.live_at(1011));
    }
    feed.reconnect(0);
    require(feed.sync.state() != State::live);
    feed.deliver(1014, 1, kNewLevel);
    feed.deliver(1014, 0, kNewLevel);
    Snapshot snapshot = feed.snapshot(1014);
    snapshot.asks = {{{160}, {3}}, {{200}, {1}}};
    require(feed.answer(snapshot));
    feed.deliver(1015, 0);
    feed.deliver(1015, 1);
    require(feed.live_at(1015));
    require(feed.sync.book().side(Side::ask).at({150}).steps == 0);
}

void a_line_of_another_numbering_is_named_after_a_second() {
    TwoLines feed;
    feed.reconnect(1);
    Sync::LineSet named = 0;
    for (int i = 0; i < 100; ++i) {
        feed.wait_ms(10);
        feed.deliver(1002 + static_cast<Sequence>(i), 0);
        feed.deliver(501 + static_cast<Sequence>(i), 1);
        require(feed.live_at(1002 + static_cast<Sequence>(i)));
        named |= feed.sync.take_foreign_lines(feed.now);
        require(i >= 90 || named == 0);
    }
    feed.wait_ms(10);
    require((named | feed.sync.take_foreign_lines(feed.now)) == 0b10);
    require(feed.sync.take_foreign_lines(feed.now) == 0);
    require(feed.sync.counters().resyncs == 0);
}

void two_numberings_at_once_are_one_restart() {
    TwoLines feed;
    for (Sequence i = 1; i <= 200; ++i) {
        feed.wait_ms(10);
        feed.deliver(1001 + i, 0, kOldLevel);
        feed.deliver(500 + i, 1);
        if (feed.wants()) feed.answer(500 + i);
        require(feed.sync.state() != State::live || feed.live_at(500 + i) || feed.live_at(1001 + i));
    }
    require(feed.sync.counters().restarts == 1);
}

void a_backlog_of_seconds_is_copies() {
    for (const Sequence late : {Sequence{300}, Sequence{1'500}}) {
        TwoLines feed;
        Sequence id = 1001;
        for (Sequence i = 0; i < late; ++i) {
            feed.wait_ms(10);
            feed.deliver(++id, 0);
        }
        for (Sequence behind = 1002; behind < id; ++behind) require(feed.deliver(behind, 1) == Outcome::ignored);
        require(feed.deliver(id, 1) == Outcome::ignored);
        require(feed.deliver(++id, 1) == Outcome::applied);
        require(feed.live_at(id));
        require(feed.sync.counters().resyncs == 0);
    }
}

void foreign_updates_on_all_lines_are_right_within_a_second() {
    TwoLines feed;
    feed.both(1002, 1010);
    feed.reconnect(1);
    const MonoTime first = feed.now;
    Sequence id = 700;
    while (feed.now - first < 1000 * kMs) {
        feed.wait_ms(20);
        feed.deliver(++id, 1);
        if (feed.wants()) feed.answer(id);
    }
    require(feed.live_at(id));
    require(feed.sync.counters().restarts == 1);
}

void a_line_that_returns_within_what_it_sent_goes_on() {
    TwoLines feed;
    feed.both(1002, 1003);
    feed.reconnect(0);
    require(feed.deliver(1003, 0) == Outcome::ignored);
    require(feed.deliver(1004, 0) == Outcome::applied);
    require(feed.live_at(1004));
}

}  // namespace

void check_numbering() {
    a_lower_id_on_its_own_connection_is_a_restart_whatever_its_time();
    the_same_id_with_other_levels_is_a_restart();
    an_old_copy_is_none_whatever_its_time();
    other_levels_under_one_id_contradict();
    a_copy_at_a_snapshots_id_that_the_snapshot_does_not_hold_contradicts();
    what_a_snapshot_holds_is_compared_with_the_book();
    a_new_connection_is_trusted_only_once_it_is_recognised();
    a_connection_that_was_ahead_is_trusted_once_the_book_is_there();
    a_line_of_after_the_request_does_not_carry_the_snapshot();
    what_late_lines_send_after_a_restart_is_ignored();
    a_late_line_begins_no_chain();
    an_old_replicas_snapshot_after_a_restart_is_not_live();
    a_snapshot_of_before_a_restart_is_not_joined_though_its_id_fits();
    buffered_updates_are_dropped_with_their_connections();
    both_lines_reconnect_and_the_new_numbering_begins_four_ids_below();
    a_line_of_another_numbering_is_named_after_a_second();
    two_numberings_at_once_are_one_restart();
    a_backlog_of_seconds_is_copies();
    foreign_updates_on_all_lines_are_right_within_a_second();
    a_line_that_returns_within_what_it_sent_goes_on();
}

}  // namespace daypack::core::test
