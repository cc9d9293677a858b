// SPDX-License-Identifier: MIT
// Every world of two updates, some of six, and a few larger ones that are drawn.
#include <cstdint>

#include "tests/book/sync/named_world.h"
#include "tests/book/sync/small_worlds_list.h"
#include "tests/book/sync/sync_feed.h"
#include "tests/book/sync/sync_world.h"
#include "tests/mutants/checker.h"

namespace daypack::core::test {
namespace {

void every_small_world_is_right() {
    const SmallWorld::Options all[] = {
        {.old_updates = 1,
         .new_updates = 1,
         .new_first = 5,
         .reconnects = 0,
         .snapshots = 1,
         .waits = 2,
         .strict = true},
        {.old_updates = 1,
         .new_updates = 1,
         .new_first = 20,
         .fresh = true,
         .reconnects = 0,
         .snapshots = 1,
         .waits = 1,
         .strict = true},
        {.old_updates = 2, .new_updates = 0, .reconnects = 0, .snapshots = 1, .waits = 2, .strict = true},
    };
    for (const SmallWorld::Options& world : all) require(SmallWorlds({.world = world}).run().wrong.empty());
    for (const SmallWorld::Options& world : kDrawnWorlds) {
        require(SmallWorlds({.world = world, .tried = 48, .states_max = 5'000}).run().wrong.empty());
    }
}

// An update with which a line resumes the chain is compared with a snapshot of its id.
void an_old_snapshot_at_the_id_of_a_copy_is_refused() {
    NamedWorld world({.new_first = 11});
    world.go("d0 d0 d0 d0 d0 d0 lose0 ret(0,5) d1 d1 d1 d1 d1 d1 w1100 ans(1,1) lose1 d0 ret(1,5) d1 w1100 ans(0,2)");
    require(world.shows_no_old_book());
}

// Updates of others are no copies for a line whose ids go back behind its first update.
void a_line_goes_back_to_what_a_given_up_chain_held() {
    NamedWorld world({.new_first = 5, .fresh = true});
    world.go("lose0 ret(0,0) lose1 ret(1,3) d1 ans(0,0) d1 w1100 w60 ans(0,1) d0 d0 d0 d1 d0 d0");
    require(world.shows_no_old_book());
    world.go("d0 lose1 ret(1,4) ans(1,2) d1 d1");
    require(world.live_and_right(7));
}

void a_book_that_no_line_of_now_got_to_is_stale_once_these_are_quiet() {
    NamedWorld world({.new_first = 5, .fresh = true});
    world.go("lose0 ret(0,3) d0 ans(0,0) w60 w1100 ans(0,0) d0 d1 d0 d1 d1 lose1 ret(1,6) w1100");
    require(world.sync().last_id() == 13 && world.sync().state() == State::stale);
}

void a_snapshot_that_a_copy_leads_to_is_too_old_where_the_chain_got_further() {
    NamedWorld world({.old_updates = 2, .new_updates = 0});
    world.go("d0 d0 lose0 ret(0,1) d1 lose1 ret(1,0) ans(0,1) d1 ans(0,0) w600 w1100");
    require(world.sync().state() != State::live);
}

// Line 0 continues from the snapshot; line 1's first update lies beyond it.
void a_first_update_beyond_a_snapshot_is_not_proved_to_be_of_its_numbering() {
    NamedWorld world({.new_first = 12});
    world.go("lose0 ret(0,0) d1 d1 lose1 w1100 ret(1,5) ans(0,0) w1100 w600 ans(0,1) d0 d0 d1 d0");
    require(world.sync().last_id() == 13);
}

void a_snapshot_at_a_tip_of_which_only_a_digest_is_known_is_compared_with_the_buffered_updates() {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b111);
    feed.deliver(1005, 2, kOldLevel);
    feed.deliver(1002, 1);
    feed.deliver(1003, 1);
    feed.deliver(1002, 0);
    feed.wait_ms(0);
    feed.wait_ms(50);
    require(feed.is(State::syncing, Reason::gap) && !feed.answer(1003));
}

// Buffered updates do not lead across a missing update.
void nothing_is_buffered_across_what_a_line_sent_before_it_was_trusted() {
    NamedWorld world({.new_first = 20});
    world.go("d1 d1 w600 d0 d1 d0 w1100 lose1 ret(1,3) d0 d1 d1 w600 d0 lose0 d1 ret(0,5) ans(1,0)");
    require(world.sync().last_id() != 22);
}

void held_updates_before_a_second_hole_are_dropped() {
    TwoLines feed;
    feed.deliver(1003, 0);
    feed.deliver(1005, 1);
    require(!feed.answer(1003) && feed.answer(1004) && feed.live_at(1005));
}

void step_line(SyncWorld& world, std::size_t line, Random& random) {
    if (random.once_in(4)) world.line_sends(line);
    for (std::int64_t i = random.below(4); i > 0; --i) world.line_delivers(line);
    if (random.once_in(10)) world.line_repeats(line);
    if (random.once_in(300)) world.line_loses(line);
    if (random.once_in(800)) world.line_garbles(line);
    if (random.once_in(1'000)) world.line_breaks(line);
    if (random.once_in(20)) world.line_returns(line);
}

void drawn_worlds_are_right() {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Random random(seed);
        SyncWorld::Options options;
        options.lines = 1 + static_cast<std::size_t>(seed % 3);
        options.aggregates = seed % 4 == 0;
        options.venue.stream = VenueClock::draw(random);
        options.venue.rest = VenueClock::draw(random);
        if (seed % 2 == 0) options.lags_us = {0, 30'000, 100'000};
        SyncWorld world(options, random);
        for (int step = 0; step < 4'000 && world.wrong().empty(); ++step) {
            if (!random.once_in(3)) world.venue_updates(random, random.once_in(300));
            world.venue_waits(random.once_in(500) ? random.below(3'000'000) : random.below(4'000));
            for (std::size_t line = 0; line < world.lines(); ++line) step_line(world, line, random);
            if (random.once_in(3)) world.sync_asks();
            const auto which = static_cast<std::size_t>(random.below(8));
            if (random.once_in(3)) world.rest_captures(which, random);
            if (random.once_in(6)) world.rest_delivers(which);
            if (random.once_in(6)) world.rest_checks(random);
            if (random.once_in(1'500)) world.venue_restarts(random);
        }
        world.calm(false, random);
        if (!world.wrong().empty()) std::printf("seed %d: %s\n", static_cast<int>(seed), world.wrong().c_str());
        require(world.wrong().empty());
    }
}

}  // namespace

void check_worlds() {
    a_snapshot_at_a_tip_of_which_only_a_digest_is_known_is_compared_with_the_buffered_updates();
    nothing_is_buffered_across_what_a_line_sent_before_it_was_trusted();
    held_updates_before_a_second_hole_are_dropped();
    a_first_update_beyond_a_snapshot_is_not_proved_to_be_of_its_numbering();
    a_snapshot_that_a_copy_leads_to_is_too_old_where_the_chain_got_further();
    a_book_that_no_line_of_now_got_to_is_stale_once_these_are_quiet();
    a_line_goes_back_to_what_a_given_up_chain_held();
    an_old_snapshot_at_the_id_of_a_copy_is_refused();
    every_small_world_is_right();
    drawn_worlds_are_right();
}

}  // namespace daypack::core::test
