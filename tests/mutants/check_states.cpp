// SPDX-License-Identifier: MIT
// Rules 4 to 7 of Sync, and JoinPace: the state of a book while something contradicts it.
#include "tests/book/sync/sync_feed.h"
#include "tests/mutants/checker.h"

namespace daypack::core::test {
namespace {

constexpr Delta kCrossing{Side::bid, {200}, {1}};
constexpr Delta kUncrossing{Side::bid, {200}, {0}};

void a_book_is_crossed_by_our_clock_whatever_the_venues_says() {
    for (const std::int64_t step_us : {std::int64_t{0}, std::int64_t{1'000'000}, std::int64_t{-1'000'000}}) {
        Feed feed;
        feed.follow(10);
        feed.deliver(12, 0, {kCrossing});
        require(feed.live_at(12) && feed.sync.flags() == kCrossed);
        feed.venue.us += step_us;
        feed.wait_ms(99);
        feed.deliver(13);
        require(feed.live_at(13));
        feed.wait_ms(1);
        feed.deliver(14);
        require(feed.is(State::invalid, Reason::crossed) && feed.wants());
        require(feed.answer(14));
        require(feed.live_at(14));
    }
}

void each_crossing_has_its_own_time() {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    feed.wait_ms(50);
    feed.deliver(13, 0, {kUncrossing});
    require(feed.sync.flags() == 0);
    feed.deliver(14, 0, {kCrossing});
    feed.wait_ms(60);
    feed.deliver(15);
    require(feed.live_at(15));
    feed.wait_ms(1000);
    require(feed.is(State::invalid, Reason::crossed));
}

// Orders rest crossed at the venue. Returns how often REST was asked.
int asked_while_crossed(Feed& feed, bool comes_and_goes, std::int64_t ms) {
    int asked = 0;
    bool crossed = true;
    for (std::int64_t at = 0; at < ms; at += 10) {
        feed.wait_ms(10);
        const bool cross = !comes_and_goes || at % 3000 < 2000;
        const Sequence id = feed.sync.last_id_from(0) + 1;
        feed.deliver(id, 0, cross == crossed ? Deltas{} : Deltas{cross ? kCrossing : kUncrossing});
        crossed = cross;
        if (!feed.wants()) continue;
        ++asked;
        Snapshot snapshot = feed.snapshot(id);
        if (crossed) snapshot.bids.push_back({{200}, {1}});
        feed.answer(snapshot);
    }
    return asked;
}

void crossed_at_the_venue_is_invalid_and_asked_for_once() {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    require(asked_while_crossed(feed, false, 60'000) == 1);
    require(feed.is(State::invalid, Reason::crossed) && feed.sync.flags() == kCrossed);
    require(feed.stands_at() == feed.sync.last_id_from(0));
    feed.deliver(feed.sync.last_id() + 1, 0, {kUncrossing});
    require(feed.live_at(feed.sync.last_id()));
}

void what_breaks_for_the_same_reason_is_asked_for_ever_later() {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    (void)asked_while_crossed(feed, true, 60'000);
    require(asked_while_crossed(feed, true, 60'000) <= 6);
}

void restarts_in_a_row_are_a_second_apart() {
    Feed feed;
    feed.follow(1000);
    feed.deliver(500);
    require(feed.wants());
    (void)feed.sync.take_request(feed.now);
    feed.deliver(20);
    feed.wait_ms(999);
    require(!feed.wants());
    feed.wait_ms(1);
    require(feed.wants());
}

// ---- lines
void without_a_line_a_book_is_stale_and_rejoins() {
    Feed feed;
    feed.follow(10);
    feed.lines(0);
    require(feed.is(State::stale, Reason::line_dead));
    require(feed.deliver(12) == Outcome::ignored && !feed.wants());
    feed.lines(1);
    require(feed.is(State::syncing, Reason::gap) && feed.wants());
    require(feed.answer(15));
    require(feed.live_at(15));
}

void updates_buffered_before_the_line_broke_are_dropped() {
    Feed feed(1, 63);
    feed.lines(1);
    feed.deliver(10);
    feed.lines(0);
    {
        Pending other(feed.pool);
        require(other.push(Event{}));
    }
    feed.lines(1);
    feed.deliver(12);
    require(!feed.answer(10));
    feed.wait_ms(200);
    require(!feed.answer(11));  // after other lines its id alone proves nothing
    feed.wait_ms(200);
    require(feed.answer(12));
    require(feed.live_at(12));
}

void the_last_trusted_line_takes_the_book_with_it() {
    TwoLines feed;
    feed.reconnect(1);
    feed.lines(0b10);
    require(feed.is(State::syncing, Reason::gap) && feed.wants());
    require(feed.deliver(1002, 1) == Outcome::waiting);
    require(!feed.answer(1001));  // the line may tell another numbering
    require(feed.answer(1002));
    require(feed.live_at(1002));
}

void an_earlier_snapshot_after_all_lines_went_is_refused() {
    Feed feed;
    feed.follow(1000);
    feed.lines(0);
    feed.lines(1);
    require(!feed.answer(5) && feed.sync.state() != State::live);
    require(feed.deliver(1002) == Outcome::waiting);
    feed.wait_ms(200);
    require(feed.answer(1002));
    require(feed.live_at(1002));
}

void a_quiet_snapshot_beside_a_foreign_line_is_stale() {
    TwoLines feed;
    feed.reconnect(1);
    feed.deliver(501, 1);
    feed.reconnect(0);
    feed.wait_ms(1200);
    if (feed.wants()) feed.answer(1001);
    require(!feed.live_at(1001));
}

void a_bad_frame_is_brought_by_another_line_or_rejoins() {
    TwoLines feed;
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    require(feed.live_at(1001) && feed.sync.flags() == kBehind);
    feed.deliver(1002, 1);
    require(feed.live_at(1002) && feed.sync.flags() == 0);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    feed.wait_ms(50);
    require(feed.is(State::syncing, Reason::bad_frame));
}

void what_a_line_loses_that_is_not_trusted_is_no_loss() {
    TwoLines feed;
    feed.reconnect(1);
    feed.sync.on_lost(1, Reason::bad_frame, feed.now);
    feed.wait_ms(1000);
    require(feed.live_at(1001) && feed.sync.flags() == 0);
}

void a_book_as_before_a_loss_waits_for_what_comes_next() {
    Feed feed;
    feed.follow(10);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    require(!feed.answer(11));
    require(feed.is(State::syncing, Reason::bad_frame));
    feed.deliver(13);
    require(feed.is(State::syncing, Reason::bad_frame));
    require(feed.answer(12));
    require(feed.live_at(13));
}

// ---- silence
struct Checked : TwoLines {
    Checked() { wait_ms(10); }
    void rest(Sequence id) {
        const MonoTime asked = now;
        wait_ms(1);
        sync.on_rest_id(id, asked, now);
    }
};

void a_later_id_at_rest_is_stale_and_then_rejoins() {
    Checked feed;
    feed.rest(1001);
    require(feed.sync.flags() == 0);
    feed.rest(1004);
    require(feed.live_at(1001) && feed.sync.flags() == kBehind);
    feed.wait_ms(50);
    require(feed.is(State::stale, Reason::silent));
    feed.wait_ms(949);
    require(!feed.wants());
    feed.wait_ms(1);
    require(feed.is(State::stale, Reason::silent) && feed.wants());
    require(feed.answer(1004));
    require(feed.is(State::stale, Reason::silent));
    feed.deliver(1005, 0);
    require(feed.live_at(1005));
}

void an_update_that_gets_there_ends_the_doubt() {
    Checked feed;
    feed.rest(1003);
    feed.wait_ms(60);
    feed.deliver(1002, 0);
    require(feed.is(State::stale, Reason::silent));
    feed.deliver(1003, 1);
    require(feed.live_at(1003));
    feed.wait_ms(5000);
    require(feed.live_at(1003));
}

void an_answer_of_rest_is_no_evidence_when_the_book_moved_meanwhile() {
    for (const Sequence reported : {Sequence{900}, Sequence{1010}}) {
        Checked feed;
        const MonoTime asked = feed.now;
        feed.wait_ms(1);
        feed.both(feed.sync.last_id() + 1);
        feed.sync.on_rest_id(reported, asked, feed.now);
        feed.wait_ms(5000);
        require(feed.live_at(1002) && feed.sync.flags() == 0);
    }
}

void a_later_id_that_living_lines_do_not_reach_is_forgotten() {
    Checked feed;
    feed.rest(5'000'000);
    for (Sequence id = 1002; id < 1302; ++id) {
        feed.wait_ms(10);
        feed.both(id);
    }
    require(feed.live_at(1301) && feed.sync.flags() == 0);
    require(feed.sync.counters().resyncs == 0);
}

void an_earlier_id_at_rest_is_stale_after_a_second_and_no_restart() {
    Checked feed;
    feed.rest(7);
    feed.wait_ms(999);
    require(feed.live_at(1001));
    feed.wait_ms(1);
    require(feed.is(State::stale, Reason::silent));
    for (int i = 0; i < 5; ++i) {
        feed.rest(7);
        feed.wait_ms(1000);
    }
    require(feed.is(State::stale, Reason::silent) && !feed.wants());
    require(feed.sync.counters().restarts == 0);
    feed.rest(1001);
    require(feed.live_at(1001));
    feed.rest(7);
    feed.wait_ms(500);
    feed.both(1002);
    feed.wait_ms(5000);
    require(feed.live_at(1002));
}

void a_book_that_nothing_confirms_is_stale() {
    Checked feed;
    feed.sync.on_rest_unanswered();
    require(feed.is(State::stale, Reason::silent));
    feed.rest(1001);
    require(feed.live_at(1001));
    feed.sync.on_rest_unanswered();
    feed.both(1002);
    require(feed.live_at(1002));
    feed.sync.on_mismatch(feed.now);
    require(feed.is(State::syncing, Reason::audit));
}

// ---- polling, depth
void an_earlier_poll_is_believed_the_third_time() {
    TwoLines feed;
    require(!feed.sync.on_polled(feed.snapshot(1005), Reason::ws_down, feed.now));
    feed.lines(0);
    const auto poll = [&](Sequence id) {
        feed.wait_ms(5000);
        return feed.sync.on_polled(feed.snapshot(id), Reason::ws_down, feed.now);
    };
    require(!poll(7) && !poll(7));
    require(poll(1002) && feed.is(State::polling, Reason::ws_down));
    require(!poll(1002));
    require(!poll(8) && !poll(8) && poll(9));
    require(feed.sync.last_id() == 9 && feed.stands_at() == 9);
}

void when_polls_stay_away_the_book_is_stale() {
    Feed feed;
    require(feed.sync.on_polled(feed.snapshot(7), Reason::rest_only, feed.now));
    feed.now = feed.now + 10'000 * kMs;
    (void)feed.sync.on_polled(feed.snapshot(7), Reason::rest_only, feed.now);
    feed.wait_ms(39'999);
    require(feed.is(State::polling, Reason::rest_only));
    feed.wait_ms(1);
    require(feed.is(State::stale, Reason::silent));
}

// A snapshot with that many bids from 100 down.
Snapshot deep(Sequence id, std::size_t bids) {
    Snapshot snapshot;
    snapshot.last_id = id;
    snapshot.asks = {{{200}, {1}}};
    for (std::size_t i = bids; i > 0; --i) snapshot.bids.push_back({{101 - static_cast<std::int64_t>(i)}, {5}});
    return snapshot;
}

void a_cut_side_is_partial_and_fetched_again_when_too_little_is_left() {
    Feed partial(1001);
    partial.lines(1);
    require(partial.answer(deep(10, 1000)));
    require(partial.sync.flags() == (kUnconfirmed | kPartial));
    Feed whole(1001);
    whole.lines(1);
    require(whole.answer(deep(10, 999)));
    require(whole.sync.flags() == kUnconfirmed);
    Feed feed(990);
    feed.lines(1);
    require(feed.answer(deep(10, 1000)));
    Sequence id = 11;
    for (std::int64_t price = -899; price < -649; ++price, ++id) {
        require(feed.sync.state() == State::live);
        feed.deliver(id, 0, {{Side::bid, {price}, {0}}});
    }
    require(feed.sync.state() == State::live);
    feed.deliver(id, 0, {{Side::bid, {-649}, {0}}});
    require(feed.is(State::syncing, Reason::depth));
}

}  // namespace

void check_states() {
    a_book_is_crossed_by_our_clock_whatever_the_venues_says();
    each_crossing_has_its_own_time();
    crossed_at_the_venue_is_invalid_and_asked_for_once();
    what_breaks_for_the_same_reason_is_asked_for_ever_later();
    restarts_in_a_row_are_a_second_apart();
    without_a_line_a_book_is_stale_and_rejoins();
    updates_buffered_before_the_line_broke_are_dropped();
    an_earlier_snapshot_after_all_lines_went_is_refused();
    the_last_trusted_line_takes_the_book_with_it();

    a_quiet_snapshot_beside_a_foreign_line_is_stale();
    a_bad_frame_is_brought_by_another_line_or_rejoins();
    what_a_line_loses_that_is_not_trusted_is_no_loss();
    a_book_as_before_a_loss_waits_for_what_comes_next();
    a_later_id_at_rest_is_stale_and_then_rejoins();
    an_update_that_gets_there_ends_the_doubt();
    an_answer_of_rest_is_no_evidence_when_the_book_moved_meanwhile();
    a_later_id_that_living_lines_do_not_reach_is_forgotten();
    an_earlier_id_at_rest_is_stale_after_a_second_and_no_restart();
    a_book_that_nothing_confirms_is_stale();
    an_earlier_poll_is_believed_the_third_time();
    when_polls_stay_away_the_book_is_stale();
    a_cut_side_is_partial_and_fetched_again_when_too_little_is_left();
}

}  // namespace daypack::core::test
