// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "tests/book/sync/sync_world.h"
#include "tests/support/random.h"

// Random worlds: whatever the venue, the lines and REST do, a live book is right, and when they behave it becomes live.
// A failure names its seed; DAYPACK_SEED=<seed> runs that world alone.

namespace daypack::core {
namespace {

using test::Random;
using test::SyncWorld;
using test::VenueClock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kUpdates = 1'000'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kUpdates = 1'000'000;
#else
constexpr std::uint64_t kUpdates = 10'000'000;
#endif
#else
constexpr std::uint64_t kUpdates = 10'000'000;
#endif

// Each thing happens once in this many steps; 0: never.
struct Rates {
    std::int64_t lose, garble, repeat, breaks, restart, crossing, quiet, stall;
};

std::int64_t rate(Random& random, std::int64_t most_often) {
    static constexpr std::int64_t kTimes[] = {0, 1, 10, 100};
    return most_often * kTimes[random.below(4)];
}

Rates draw_rates(Random& random) {
    return {rate(random, 30),  rate(random, 80),  rate(random, 10), rate(random, 100),
            rate(random, 400), rate(random, 100), rate(random, 50), rate(random, 100)};
}

struct Size {
    std::int64_t levels;
    int steps;
};

Size draw_size(Random& random) {
    const std::int64_t kind = random.below(40);
    if (kind == 0) return {4980 + random.below(60), 1500};
    if (kind < 4) return {980 + random.below(60), 4000};
    if (kind < 12) return {50 + random.below(300), 20'000};
    return {1 + random.below(30), 20'000};
}

SyncWorld::Options draw_options(Random& random, std::int64_t levels) {
    SyncWorld::Options options;
    options.venue.levels = levels;
    options.venue.cut = levels > 900 && levels < 2000 && !random.once_in(4) ? 1000 : 5000;
    options.venue.stream = VenueClock::draw(random);
    options.venue.rest = VenueClock::draw(random);
    options.lines = 1 + static_cast<std::size_t>(random.below(4));
    for (std::size_t line = 0; line < options.lines; ++line) {
        options.lags_us.push_back(random.once_in(2) ? 0 : random.below(200'001));
    }
    options.other_markets = random.once_in(4);
    options.aggregates = random.once_in(3);
    options.near_restarts = random.once_in(4);
    options.depth = static_cast<std::size_t>(random.once_in(3) ? 1 + random.below(2 * levels) : 1 + random.below(10));
    if (random.once_in(6)) options.max_levels = static_cast<std::size_t>(1 + random.below(levels + 10));
    if (!options.near_restarts && random.once_in(3)) {
        options.pool_events = 63 * (1 + static_cast<std::size_t>(random.below(4)));
    }
    return options;
}

void step_line(SyncWorld& world, const Rates& rates, std::size_t line, bool& stalled, Random& random) {
    if (random.once_in(4)) world.line_sends(line);
    if (random.once_in(rates.stall)) stalled = !stalled;
    if (world.in_flight(line) > 300) stalled = false;
    if (!stalled) {
        for (std::int64_t i = random.below(4); i > 0; --i) world.line_delivers(line);
    }
    if (random.once_in(rates.repeat)) world.line_repeats(line);
    if (random.once_in(rates.lose)) world.line_loses(line);
    if (random.once_in(rates.garble)) world.line_garbles(line);
    if (random.once_in(rates.breaks)) world.line_breaks(line);
    if (random.once_in(20)) world.line_returns(line);
}

void step_rest(SyncWorld& world, Random& random) {
    if (random.once_in(3)) world.sync_asks();
    const auto which = static_cast<std::size_t>(random.below(8));
    if (random.once_in(3)) world.rest_captures(which, random);
    if (random.once_in(6)) world.rest_delivers(which);
    if (random.once_in(6)) world.rest_checks(random);
}

struct Totals {
    std::uint64_t shown = 0, applied = 0, worlds = 0;
    Sync::Counters counters;

    void add(const SyncWorld& world) {
        ++worlds;
        shown += world.updates_shown();
        applied += world.updates_applied();
        const auto& more = world.sync().counters();
        counters.duplicates += more.duplicates;
        counters.gaps += more.gaps;
        counters.restarts += more.restarts;
        counters.resyncs += more.resyncs;
        counters.snapshots += more.snapshots;
        counters.refetches += more.refetches;
        counters.crossed += more.crossed;
        counters.buffer_dropped += more.buffer_dropped;
    }
};

// Returns what is wrong in the world of that seed, and at which step; empty when nothing is.
std::string run_world(std::uint64_t seed, Totals& totals) {
    Random random(seed);
    const Size size = draw_size(random);
    const Rates rates = draw_rates(random);
    SyncWorld world(draw_options(random, size.levels), random);
    std::vector<bool> stalled(4);
    bool crossing = false;
    for (int step = 0; step < size.steps && world.wrong().empty(); ++step) {
        crossing = crossing ? !random.once_in(30) : random.once_in(rates.crossing);
        if (!random.once_in(3)) world.venue_updates(random, crossing);
        world.venue_waits(random.once_in(rates.quiet) ? random.below(3'000'000) : random.below(3) * random.below(2000));
        for (std::size_t line = 0; line < world.lines(); ++line) {
            bool is_stalled = stalled[line];
            step_line(world, rates, line, is_stalled, random);
            stalled[line] = is_stalled;
        }
        step_rest(world, random);
        if (random.once_in(rates.restart)) world.venue_restarts(random);
        if (!world.wrong().empty()) return "step " + std::to_string(step) + ": " + world.wrong();
    }
    world.calm(random.once_in(2), random);
    totals.add(world);
    return world.wrong();
}

TEST(SyncModel, ABookShownLiveIsRightInEveryWorld) {
    Totals totals;
    if (const char* seed = std::getenv("DAYPACK_SEED")) {
        EXPECT_EQ(run_world(std::strtoull(seed, nullptr, 10), totals), "");
        return;
    }
    for (std::uint64_t seed = 1; totals.applied < kUpdates; ++seed) {
        ASSERT_EQ(run_world(seed, totals), "") << "DAYPACK_SEED=" << seed << " runs it again";
    }
    const Sync::Counters& saw = totals.counters;
    std::cout << totals.shown << " updates shown in " << totals.worlds << " worlds, " << totals.applied << " applied, "
              << saw.duplicates << " duplicates, " << saw.snapshots << " joins, " << saw.refetches << " refetches, "
              << saw.gaps << " gaps, " << saw.restarts << " restarts, " << saw.crossed << " crossings, "
              << saw.buffer_dropped << " events dropped by a full pool\n";
}

// The same worlds, driven by a short list of events that rapidcheck shrinks to the few that matter.
struct Kind {
    const char* name;
    int weight;
    void (*happen)(SyncWorld& world, std::size_t which, Random& random);  // which: line or answer
};
constexpr Kind kKinds[] = {
    {"update", 24, [](SyncWorld& world, std::size_t, Random& random) { world.venue_updates(random); }},
    {"cross", 1, [](SyncWorld& world, std::size_t, Random& random) { world.venue_updates(random, true); }},
    {"wait", 4, [](SyncWorld& world, std::size_t, Random& random) { world.venue_waits(random.below(100'000)); }},
    {"wait_long", 1, [](SyncWorld& world, std::size_t, Random& random) { world.venue_waits(random.below(5'000'000)); }},
    {"restart", 1, [](SyncWorld& world, std::size_t, Random& random) { world.venue_restarts(random); }},
    {"send", 4, [](SyncWorld& world, std::size_t which, Random&) { world.line_sends(which % world.lines()); }},
    {"deliver", 24, [](SyncWorld& world, std::size_t which, Random&) { world.line_delivers(which % world.lines()); }},
    {"repeat", 3, [](SyncWorld& world, std::size_t which, Random&) { world.line_repeats(which % world.lines()); }},
    {"lose", 1, [](SyncWorld& world, std::size_t which, Random&) { world.line_loses(which % world.lines()); }},
    {"garble", 1, [](SyncWorld& world, std::size_t which, Random&) { world.line_garbles(which % world.lines()); }},
    {"break", 1, [](SyncWorld& world, std::size_t which, Random&) { world.line_breaks(which % world.lines()); }},
    {"return", 2, [](SyncWorld& world, std::size_t which, Random&) { world.line_returns(which % world.lines()); }},
    {"ask", 8, [](SyncWorld& world, std::size_t, Random&) { world.sync_asks(); }},
    {"capture", 8, [](SyncWorld& world, std::size_t which, Random& random) { world.rest_captures(which, random); }},
    {"check", 2, [](SyncWorld& world, std::size_t, Random& random) { world.rest_checks(random); }},
    {"answer", 6, [](SyncWorld& world, std::size_t which, Random&) { world.rest_delivers(which); }},
};
constexpr int kWeights = std::accumulate(std::begin(kKinds), std::end(kKinds), 0,
                                         [](int sum, const Kind& kind) { return sum + kind.weight; });

struct Happening {
    const Kind* kind;
    std::uint8_t which;
    std::uint16_t seed;  // of what the venue draws
};

std::ostream& operator<<(std::ostream& out, const Happening& happening) {
    return out << happening.kind->name << '(' << int{happening.which} << ',' << happening.seed << ')';
}

Happening happening_of(const std::tuple<int, std::uint8_t, std::uint16_t>& drawn) {
    auto [draw, which, seed] = drawn;
    const Kind* kind = kKinds;
    while (draw >= kind->weight) draw -= (kind++)->weight;
    return {kind, which, seed};
}

rc::Gen<std::vector<Happening>> any_happenings() {
    const auto any = rc::gen::tuple(rc::gen::inRange(0, kWeights), rc::gen::arbitrary<std::uint8_t>(),
                                    rc::gen::arbitrary<std::uint16_t>());
    return rc::gen::scale(5.0, rc::gen::container<std::vector<Happening>>(rc::gen::map(any, happening_of)));
}

TEST(SyncModel, ABookShownLiveIsRightWhateverHappens) {
    // A process draws the same cases at every check, so the rounds stand inside the one property.
    ASSERT_TRUE(rc::check([] {
        for (int round = 0; round < 20; ++round) {
            SyncWorld::Options options;
            options.venue.levels = 3;
            options.lines = *rc::gen::inRange<std::size_t>(1, 4);
            options.aggregates = *rc::gen::arbitrary<bool>();
            options.near_restarts = *rc::gen::arbitrary<bool>();
            Random random(*rc::gen::inRange<std::uint64_t>(0, 100));
            options.venue.stream = VenueClock::draw(random);
            options.venue.rest = VenueClock::draw(random);
            SyncWorld world(options, random);
            for (const Happening& happening : *any_happenings()) {
                Random drawn(happening.seed);
                happening.kind->happen(world, happening.which, drawn);
                RC_ASSERT(world.wrong() == "");
            }
            world.calm(*rc::gen::arbitrary<bool>(), random);
            RC_ASSERT(world.wrong() == "");
        }
    })) << "RC_PARAMS with the seed above runs it again";
}

}  // namespace
}  // namespace daypack::core
