// SPDX-License-Identifier: MIT
// Rules 1 to 3 of Sync: joins, updates that are applied, and the numbering of lines.
#include "tests/book/sync/sync_feed.h"
#include "tests/mutants/checker.h"

namespace daypack::test {
namespace {

void a_join_applies_what_was_kept_behind_the_snapshot() {
    Feed feed;
    feed.lines(1);
    for (Sequence id = 10; id <= 20; ++id) require(feed.deliver(id) == Outcome::waiting);
    require(feed.is(State::syncing, Reason::start));
    require(feed.answer(15));
    require(feed.live_at(20) && feed.sync.flags() == 0);
    require(feed.sync.replayed_at_join().updates == 5);
}

void a_snapshot_right_before_what_was_kept_fits_and_an_older_one_does_not() {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    require(!feed.answer(8));
    require(!feed.wants());
    feed.wait_ms(100);
    require(feed.wants());
    require(feed.answer(9));
    require(feed.live_at(10));
}

void what_is_older_than_the_snapshot_is_no_restart_where_the_line_goes_on_step_by_step() {
    TwoLines feed;
    feed.reconnect(1);
    for (Sequence id = 1002; id <= 1004; ++id) feed.deliver(id, 1);
    require(feed.deliver(1002, 0) == Outcome::applied);
    feed.wait_ms(10);
    feed.wait_ms(50);
    require(feed.is(State::syncing, Reason::gap));
    feed.deliver(1003, 0);
    feed.deliver(1004, 0);
    require(feed.answer(1004));
    for (int i = 0; i < 20; ++i) feed.wait_ms(50);
    require(feed.live_at(1004) && feed.sync.counters().restarts == 0);
}

void a_line_that_goes_on_behind_a_gap_is_neither_a_restart_nor_replaced() {
    TwoLines feed;
    for (Sequence id = 1002; id <= 1010; ++id) feed.deliver(id, 0);
    feed.deliver(1002, 1);
    feed.deliver(1012, 0);
    feed.wait_ms(50);
    feed.deliver(1014, 0);
    require(feed.answer(1014));
    for (Sequence id = 1003; id <= 1013; ++id) {
        feed.deliver(id, 1);
        feed.wait_ms(400);
        require(feed.live_at(1014) && feed.sync.take_foreign_lines(feed.now) == 0);
    }
    feed.deliver(1014, 1);
    require(feed.deliver(1015, 1) == Outcome::applied && feed.live_at(1015));
}

void a_straddling_update_is_applied() {
    Feed feed;
    feed.lines(1);
    feed.aggregate(10, 20);
    require(feed.answer(15));
    require(feed.live_at(20));
}

void a_snapshot_ahead_of_the_stream_waits_for_it() {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    require(!feed.answer(12));
    require(feed.is(State::syncing, Reason::start) && !feed.wants());
    require(feed.deliver(11) == Outcome::waiting);
    require(feed.deliver(12) == Outcome::joined);
    require(feed.live_at(12));
}

void a_snapshot_far_ahead_never_becomes_the_book_and_is_asked_for_ever_later() {
    Feed feed;
    feed.lines(1);
    int asked = 0;
    Sequence id = 10;
    for (int ms = 0; ms < 5000; ms += 10, feed.wait_ms(10)) {
        feed.deliver(id++);
        require(feed.is(State::syncing, Reason::start));
        if (!feed.wants()) continue;
        ++asked;
        require(!feed.answer(5'000'000));
    }
    require(asked >= 5 && asked <= 9);
}

void a_snapshot_that_is_too_old_is_asked_for_ever_later() {
    Feed feed;
    feed.lines(1);
    int asked = 0;
    for (Sequence id = 10; id < 110; ++id, feed.wait_ms(100)) {
        feed.deliver(id);
        if (!feed.wants()) continue;
        ++asked;
        require(!feed.answer(8));
    }
    require(asked >= 10 && asked <= 20);
}

void a_snapshot_that_does_not_hold_what_was_told_is_not_joined() {
    Feed feed;
    feed.lines(1);
    for (Sequence id = 10; id <= 20; ++id) feed.deliver(id);
    Snapshot other = feed.snapshot(15);
    other.bids = {{{100}, {4}}};
    require(!feed.answer(other));
    require(feed.answer(15));
    require(feed.live_at(20));
}

void a_level_set_and_taken_away_again_is_no_contradiction() {
    Feed feed;
    feed.lines(1);
    feed.deliver(10, 0, kOldLevel);
    feed.deliver(11, 0, {{Side::ask, {150}, {0}}});
    require(feed.answer(11));
    require(feed.live_at(11));
}

void a_snapshot_that_quiet_lines_never_reach_is_stale() {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    require(!feed.answer(12));
    feed.now = feed.now + 999 * kMs;
    require(!feed.sync.on_time(feed.now));
    feed.now = feed.now + kMs;
    require(feed.sync.on_time(feed.now));
    require(feed.is(State::stale, Reason::silent));
    feed.deliver(13);
    require(feed.live_at(13));
}

// The snapshot may have any timestamp.
void a_snapshot_is_judged_by_no_time() {
    for (const std::int64_t us : {std::int64_t{1}, std::int64_t{1'000}, std::int64_t{9'000'000'000}}) {
        Feed feed;
        feed.lines(1);
        for (Sequence id = 10; id <= 20; ++id) feed.deliver(id);
        Snapshot snapshot = feed.snapshot(15);
        snapshot.timestamp = {us};
        require(feed.answer(snapshot));
        require(feed.live_at(20));
    }
}

void a_hole_among_what_was_kept_is_not_joined_across() {
    Feed feed;
    feed.lines(1);
    const auto request = feed.sync.take_request(feed.now);
    feed.deliver(10);
    feed.deliver(12);
    require(!feed.answer(request, feed.snapshot(10)));
    require(feed.answer(11));
    require(feed.live_at(12));
}

void what_overflowed_is_not_joined_across() {
    Feed feed(1, 63);
    feed.lines(1);
    for (Sequence id = 1; id <= 64; ++id) feed.deliver(id);
    require(feed.is(State::syncing, Reason::overflow));
    require(!feed.answer(63));
    require(feed.answer(64));
    require(feed.live_at(64));
}

void while_following_an_overflow_rejoins() {
    Feed feed(1, 63);
    feed.follow(1000);
    feed.lines(0b11);
    feed.deliver(1001, 1);
    for (Sequence id = 1003; id < 1003 + 64; ++id) feed.deliver(id, 0);
    require(feed.is(State::syncing, Reason::overflow));
    require(feed.answer(1066));
    require(feed.live_at(1066));
}

void answers_belong_to_their_requests() {
    Feed feed;
    feed.lines(1);
    const auto old = feed.sync.take_request(feed.now);
    require(!feed.wants());
    feed.lines(0);
    feed.wait_ms(100);
    feed.lines(1);
    const auto fresh = feed.sync.take_request(feed.now);
    require(!feed.answer(old, feed.snapshot(5)));
    require(feed.answer(fresh, feed.snapshot(7)));
    feed.deliver(8);
    require(!feed.answer(fresh, feed.snapshot(7)));
    require(feed.live_at(8));
}

void a_snapshot_of_before_any_line_of_now_is_not_joined() {
    Feed feed;
    feed.lines(0b01);
    const auto request = feed.sync.take_request(feed.now);
    feed.lines(0b11);
    feed.lines(0b10);
    require(!feed.answer(request, feed.snapshot(5)));
}

void a_gap_ends_live_and_keeps_what_is_behind_it() {
    Feed feed;
    feed.follow(10);
    require(feed.deliver(13) == Outcome::waiting);
    require(feed.is(State::syncing, Reason::gap));
    require(!feed.answer(11));
    feed.wait_ms(200);
    require(feed.answer(12));
    require(feed.live_at(13));
}

void what_one_line_misses_another_brings() {
    TwoLines feed;
    require(feed.deliver(1003, 0) == Outcome::waiting);
    require(feed.live_at(1001) && feed.sync.flags() == kBehind);
    require(feed.deliver(1002, 1) == Outcome::applied);
    require(feed.live_at(1003) && feed.sync.flags() == 0);
    require(feed.deliver(1003, 1) == Outcome::ignored);
    require(feed.sync.counters().gaps == 0);
}

void every_line_having_passed_it_is_a_gap() {
    TwoLines feed;
    feed.deliver(1003, 0);
    feed.deliver(1003, 1);
    require(feed.is(State::syncing, Reason::gap));
    require(feed.answer(1002));
    require(feed.live_at(1003));
}

void a_missing_update_is_waited_for_50_ms() {
    TwoLines feed;
    feed.deliver(1003, 0);
    feed.wait_ms(30);
    feed.deliver(1010, 0);
    feed.wait_ms(19);
    require(feed.live_at(1001));
    feed.wait_ms(1);
    require(feed.is(State::syncing, Reason::gap));
}

void streams_cut_differently_agree() {
    TwoLines feed;
    require(feed.deliver(1002, 0) == Outcome::applied);
    require(feed.aggregate(1002, 1005, 1) == Outcome::applied);
    require(feed.deliver(1003, 0) == Outcome::ignored);
    require(feed.aggregate(1004, 1006, 0) == Outcome::applied);
    require(feed.deliver(1006, 1) == Outcome::ignored);
    require(feed.live_at(1006) && feed.sync.counters().resyncs == 0);
}

// ---- numbering
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

void a_new_connection_counts_only_once_it_is_recognised() {
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

void a_connection_that_was_ahead_counts_once_the_book_is_there() {
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

void what_late_lines_tell_after_a_restart_is_ignored() {
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

void what_was_kept_dies_with_its_connections() {
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

void foreign_on_all_lines_that_speak_is_right_within_a_second() {
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

void a_line_that_returns_within_what_it_told_goes_on() {
    TwoLines feed;
    feed.both(1002, 1003);
    feed.reconnect(0);
    require(feed.deliver(1003, 0) == Outcome::ignored);
    require(feed.deliver(1004, 0) == Outcome::applied);
    require(feed.live_at(1004));
}

void joins() {
    a_join_applies_what_was_kept_behind_the_snapshot();
    a_snapshot_right_before_what_was_kept_fits_and_an_older_one_does_not();
    what_is_older_than_the_snapshot_is_no_restart_where_the_line_goes_on_step_by_step();
    a_line_that_goes_on_behind_a_gap_is_neither_a_restart_nor_replaced();
    a_straddling_update_is_applied();
    a_snapshot_ahead_of_the_stream_waits_for_it();
    a_snapshot_far_ahead_never_becomes_the_book_and_is_asked_for_ever_later();
    a_snapshot_that_is_too_old_is_asked_for_ever_later();
    a_snapshot_that_does_not_hold_what_was_told_is_not_joined();
    a_level_set_and_taken_away_again_is_no_contradiction();
    a_snapshot_that_quiet_lines_never_reach_is_stale();
    a_snapshot_is_judged_by_no_time();
    a_hole_among_what_was_kept_is_not_joined_across();
    what_overflowed_is_not_joined_across();
    while_following_an_overflow_rejoins();
    answers_belong_to_their_requests();
    a_snapshot_of_before_any_line_of_now_is_not_joined();
    a_gap_ends_live_and_keeps_what_is_behind_it();
    what_one_line_misses_another_brings();
    every_line_having_passed_it_is_a_gap();
    a_missing_update_is_waited_for_50_ms();
    streams_cut_differently_agree();
}

}  // namespace

void check_numbering() {
    joins();
    a_lower_id_on_its_own_connection_is_a_restart_whatever_its_time();
    the_same_id_with_other_levels_is_a_restart();
    an_old_copy_is_none_whatever_its_time();
    other_levels_under_one_id_contradict();
    a_copy_at_a_snapshots_id_that_the_snapshot_does_not_hold_contradicts();
    what_a_snapshot_holds_is_compared_with_the_book();
    a_new_connection_counts_only_once_it_is_recognised();
    a_connection_that_was_ahead_counts_once_the_book_is_there();
    a_line_of_after_the_request_does_not_carry_the_snapshot();
    what_late_lines_tell_after_a_restart_is_ignored();
    a_late_line_begins_no_chain();
    an_old_replicas_snapshot_after_a_restart_is_not_live();
    a_snapshot_of_before_a_restart_is_not_joined_though_its_id_fits();
    what_was_kept_dies_with_its_connections();
    both_lines_reconnect_and_the_new_numbering_begins_four_ids_below();
    a_line_of_another_numbering_is_named_after_a_second();
    two_numberings_at_once_are_one_restart();
    a_backlog_of_seconds_is_copies();
    foreign_on_all_lines_that_speak_is_right_within_a_second();
    a_line_that_returns_within_what_it_told_goes_on();
}

}  // namespace daypack::test
