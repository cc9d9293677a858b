// SPDX-License-Identifier: MIT
// Rules 1 and 2 of Sync: joins, and the updates that are applied.
#include "tests/book/sync/sync_feed.h"
#include "tests/mutants/checker.h"

namespace daypack::core::test {
namespace {

void a_join_applies_the_updates_buffered_behind_the_snapshot() {
    Feed feed;
    feed.lines(1);
    for (Sequence id = 10; id <= 20; ++id) require(feed.deliver(id) == Outcome::waiting);
    require(feed.is(State::syncing, Reason::start));
    require(feed.answer(15));
    require(feed.live_at(20) && feed.sync.flags() == 0);
    require(feed.sync.replayed_at_join().updates == 5);
}

void a_snapshot_right_before_the_buffered_updates_fits_and_an_older_one_does_not() {
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
    feed.lines(0b111);
    feed.deliver(1050, 2, kOldLevel);  // so that nothing of line 1 is kept
    for (Sequence id = 1002; id <= 1010; ++id) feed.deliver(id, 1);
    require(feed.deliver(1002, 0) == Outcome::applied);
    feed.lines(0b011);
    feed.wait_ms(0);
    feed.wait_ms(50);
    require(feed.is(State::syncing, Reason::gap));
    for (Sequence id = 1003; id <= 1010; ++id) feed.deliver(id, 0);
    feed.wait_ms(20);
    require(feed.answer(1010));
    for (int i = 0; i < 20; ++i) feed.wait_ms(50);
    require(feed.live_at(1010) && feed.sync.counters().restarts == 0);
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

void a_snapshot_that_contradicts_the_lines_is_not_joined() {
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

void a_hole_among_buffered_updates_is_not_joined_across() {
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

}  // namespace

void check_joins() {
    a_join_applies_the_updates_buffered_behind_the_snapshot();
    a_snapshot_right_before_the_buffered_updates_fits_and_an_older_one_does_not();
    what_is_older_than_the_snapshot_is_no_restart_where_the_line_goes_on_step_by_step();
    a_line_that_goes_on_behind_a_gap_is_neither_a_restart_nor_replaced();
    a_straddling_update_is_applied();
    a_snapshot_ahead_of_the_stream_waits_for_it();
    a_snapshot_far_ahead_never_becomes_the_book_and_is_asked_for_ever_later();
    a_snapshot_that_is_too_old_is_asked_for_ever_later();
    a_snapshot_that_contradicts_the_lines_is_not_joined();
    a_level_set_and_taken_away_again_is_no_contradiction();
    a_snapshot_that_quiet_lines_never_reach_is_stale();
    a_snapshot_is_judged_by_no_time();
    a_hole_among_buffered_updates_is_not_joined_across();
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

}  // namespace daypack::core::test
