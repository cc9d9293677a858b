// SPDX-License-Identifier: MIT
// Two numberings with equal updates now and then.
#include "tests/book/sync/sync_feed.h"
#include "tests/mutants/checker.h"

namespace daypack::core::test {
namespace {

void an_equal_update_is_no_copy_where_its_line_contradicted_the_chain_before() {
    OneLineTurned feed;
    for (Sequence id = 1006; id <= 1010; ++id) feed.deliver(id, 1, kOldLevel);
    feed.deliver(1011, 0);
    feed.deliver(1011, 1);
    require(feed.deliver(1012, 1, kOldLevel) == Outcome::ignored);
    require(feed.live_at(1011));
}

void nor_where_the_line_is_ahead() {
    OneLineTurned feed;
    feed.reconnect(1);
    for (Sequence id = 1011; id <= 1012; ++id) feed.deliver(id, 1, kOldLevel);
    feed.deliver(1013, 1);
    for (Sequence id = 1011; id <= 1012; ++id) feed.deliver(id, 0, kNewLevel);
    feed.deliver(1013, 0);
    require(feed.deliver(1014, 1, kOldLevel) == Outcome::ignored && feed.live_at(1013));
}

void nor_where_the_chain_that_was_given_up_said_the_same() {
    for (const bool late : {false, true}) {
        TwoLines feed;
        feed.both(1002, 1003);
        feed.deliver(1004, 0);
        feed.turn_line_0(1002, 1002);
        if (!late) feed.deliver(1004, 1);
        feed.deliver(1003, 0, kNewLevel);
        feed.deliver(1004, 0);
        if (late) feed.deliver(1004, 1);
        require(feed.deliver(1005, 1, kOldLevel) == Outcome::ignored);
        require(feed.deliver(1005, 0, kNewLevel) == Outcome::applied && feed.live_at(1005));
    }
}

void a_line_that_turns_to_the_books_numbering_is_trusted_at_once() {
    OneLineTurned feed;
    for (Sequence id = 1006; id <= 1014; ++id) feed.deliver(id, 1, kOldLevel);
    feed.deliver(1011, 0, kNewLevel);
    feed.deliver(1011, 1, kNewLevel);
    require(feed.deliver(1012, 1, kNewLevel) == Outcome::applied && feed.live_at(1012));
}

void a_line_that_sent_the_new_numbering_first_is_trusted_once_another_turns_to_it() {
    TwoLines feed;
    feed.both(1002, 1005);
    feed.reconnect(1);
    for (Sequence id = 1003; id <= 1005; ++id) feed.deliver(id, 1, kNewLevel);
    feed.turn_line_0(1003, 1005);
    require(feed.deliver(1006, 1, kNewLevel) == Outcome::applied && feed.live_at(1006));
}

void a_line_that_is_ahead_while_joining_is_no_gap() {
    Feed feed;
    feed.lines(0b11);
    feed.deliver(1010, 0);
    for (Sequence id = 1012; id <= 1015; ++id) feed.deliver(id, 1);
    for (Sequence id = 1011; id <= 1012; ++id) feed.deliver(id, 0);
    feed.deliver(1016, 1);
    require(feed.sync.counters().gaps == 0 && feed.answer(1016) && feed.live_at(1016));
}

void the_book_goes_on_at_once_with_what_a_line_sent_before_it_was_trusted() {
    TwoLines feed;
    feed.reconnect(0);
    for (Sequence id = 1002; id < 1022; ++id) feed.deliver(id, 0);
    require(feed.live_at(1001));
    feed.deliver(1002, 1);
    require(feed.live_at(1021));
}

void what_a_line_sent_before_it_went_back_is_not_followed() {
    TwoLines feed;
    feed.reconnect(0);
    for (Sequence id = 1004; id <= 1010; ++id) feed.deliver(id, 0, kOldLevel);
    feed.deliver(1002, 1);
    feed.deliver(1002, 0);
    feed.deliver(1003, 0);
    feed.deliver(1004, 0);
    require(feed.live_at(1004) && feed.sync.book().side(Side::ask).at({150}).steps == 0);
}

void a_line_that_is_gone_takes_no_place_from_another() {
    TwoLines feed;
    feed.lines(0b110);
    feed.lines(0b111);
    feed.deliver(1010, 0);
    feed.lines(0b110);
    for (Sequence id = 1002; id <= 1020; ++id) feed.deliver(id, 2);
    feed.deliver(1002, 1);
    require(feed.live_at(1020));
}

void what_two_lines_sent_before_they_were_trusted_is_not_mixed() {
    TwoLines feed;
    feed.lines(0b010);
    feed.lines(0b111);
    feed.deliver(1002, 0);
    feed.deliver(1003, 2, kOldLevel);
    feed.deliver(1004, 0);
    feed.deliver(1002, 1);
    feed.deliver(1003, 1);
    require(feed.sync.book().side(Side::ask).at({150}).steps == 0);
    require(feed.live_at(1003) || feed.live_at(1004));
}

void the_first_update_after_a_long_silence_is_joined_soon() {
    TwoLines feed;
    feed.lines(0);
    feed.lines(0b11);
    for (int ms = 0; ms < 9'000; ms += 10) {
        if (feed.wants()) (void)feed.answer(5);
        feed.wait_ms(10);
    }
    feed.deliver(6, 0);
    feed.wait_ms(100);
    require(feed.wants() && feed.answer(6));
}

void a_level_that_both_lack_makes_no_snapshot_the_book() {
    TwoLines feed;
    feed.deliver(1002, 0, kOldLevel);
    feed.deliver(1002, 1, kNewLevel);
    feed.send(1003, 1003, 0, {{Side::ask, {170}, {0}}});
    feed.deliver(1003, 1, kNewLevel);
    feed.wait_ms(20);
    Snapshot of_the_new = feed.snapshot(1003);
    of_the_new.asks = {{{160}, {3}}, {{200}, {1}}};
    require(!feed.answer(of_the_new));
}

void what_leads_across_a_snapshot_is_not_compared_with_it() {
    Feed feed;
    feed.follow(1000);
    feed.send(5, 5, 0, {{Side::bid, {91}, {7}}, {Side::ask, {150}, {1}}});
    require(feed.is(State::syncing, Reason::restart));
    feed.send(6, 10, 0, {{Side::ask, {150}, {2}}});
    Snapshot within;
    within.last_id = 8;
    within.bids = {{{91}, {7}}};
    within.asks = {{{150}, {1}}};
    feed.wait_ms(20);
    require(feed.answer(within) && feed.sync.last_id() == 10);
}

void a_snapshot_ahead_waits_for_the_window_of_the_stream() {
    Feed feed(1, 1000, 8192, 1'000);
    feed.lines(1);
    feed.deliver(5);
    feed.wait_ms(20);
    require(!feed.answer(8));
    feed.wait_ms(600);
    feed.deliver(6);
    feed.wait_ms(600);
    require(!feed.wants());
    feed.aggregate(7, 9);
    require(feed.live_at(9));
}

}  // namespace

void check_chance() {
    an_equal_update_is_no_copy_where_its_line_contradicted_the_chain_before();
    nor_where_the_line_is_ahead();
    nor_where_the_chain_that_was_given_up_said_the_same();
    a_line_that_turns_to_the_books_numbering_is_trusted_at_once();
    a_line_that_sent_the_new_numbering_first_is_trusted_once_another_turns_to_it();
    a_line_that_is_ahead_while_joining_is_no_gap();
    the_book_goes_on_at_once_with_what_a_line_sent_before_it_was_trusted();
    what_a_line_sent_before_it_went_back_is_not_followed();
    a_line_that_is_gone_takes_no_place_from_another();
    what_two_lines_sent_before_they_were_trusted_is_not_mixed();
    the_first_update_after_a_long_silence_is_joined_soon();
    a_level_that_both_lack_makes_no_snapshot_the_book();
    what_leads_across_a_snapshot_is_not_compared_with_it();
    a_snapshot_ahead_waits_for_the_window_of_the_stream();
}

}  // namespace daypack::core::test
