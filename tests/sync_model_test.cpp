#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/random.h"
#include "tests/sync_world.h"

// Random worlds: whatever the venue, the lines and REST do, a book that is shown live is right, and where they behave
// it becomes live. A failure names its seed; DAYPACK_SEED=<seed> runs that world alone.

namespace daypack {
namespace {

using test::Random;
using test::SyncWorld;

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

// How often each thing happens, once in so many steps; 0: never.
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
    options.venue.timestamp_is_match = random.once_in(2);
    options.venue.clock_error_us = random.below(800'001) - 400'000;
    options.lines = 1 + static_cast<std::size_t>(random.below(3));
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

// What is wrong in the world of that seed, and at which step; empty: nothing.
std::string run_world(std::uint64_t seed, Totals& totals) {
    Random random(seed);
    const Size size = draw_size(random);
    const Rates rates = draw_rates(random);
    SyncWorld world(draw_options(random, size.levels), random);
    std::vector<bool> stalled(3);
    bool crossing = false;
    for (int step = 0; step < size.steps && world.wrong().empty(); ++step) {
        crossing = crossing ? !random.once_in(30) : random.once_in(rates.crossing);
        if (!random.once_in(3)) world.venue_updates(random, crossing);
        world.venue_waits(random.once_in(rates.quiet) ? random.below(3'000'000) : random.below(3) * random.below(2000));
        for (std::size_t line = 0; line < 3 && line < world.lines(); ++line) {
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

// The same worlds, driven by a short list of happenings that rapidcheck shrinks to the few that matter.
enum class What : std::uint8_t {
    update,
    cross,
    wait,
    long_wait,
    restart,
    send,
    deliver,
    repeat,
    lose,
    garble,
    breaks,
    returns,
    ask,
    capture,
    answer
};
struct Happening {
    What what;
    std::uint8_t which;  // line or request
    std::uint16_t seed;  // of what the venue draws
};

std::ostream& operator<<(std::ostream& out, const Happening& happening) {
    static constexpr const char* kNames[] = {"update", "cross",   "wait",   "long_wait", "restart",
                                             "send",   "deliver", "repeat", "lose",      "garble",
                                             "breaks", "returns", "ask",    "capture",   "answer"};
    return out << kNames[static_cast<int>(happening.what)] << '(' << int{happening.which} << ',' << happening.seed
               << ')';
}

rc::Gen<Happening> any_happening() {
    const auto what = rc::gen::weightedElement<What>({{24, What::update},
                                                      {1, What::cross},
                                                      {4, What::wait},
                                                      {1, What::long_wait},
                                                      {1, What::restart},
                                                      {4, What::send},
                                                      {24, What::deliver},
                                                      {3, What::repeat},
                                                      {1, What::lose},
                                                      {1, What::garble},
                                                      {1, What::breaks},
                                                      {2, What::returns},
                                                      {8, What::ask},
                                                      {8, What::capture},
                                                      {6, What::answer}});
    return rc::gen::map(rc::gen::tuple(what, rc::gen::arbitrary<std::uint8_t>(), rc::gen::arbitrary<std::uint16_t>()),
                        [](const auto& t) {
                            return Happening{std::get<0>(t), std::get<1>(t), std::get<2>(t)};
                        });
}

void happen(SyncWorld& world, const Happening& happening) {
    Random random(happening.seed);
    const std::size_t line = happening.which % world.lines();
    switch (happening.what) {
        case What::update: return world.venue_updates(random);
        case What::cross: return world.venue_updates(random, true);
        case What::wait: return world.venue_waits(random.below(100'000));
        case What::long_wait: return world.venue_waits(random.below(5'000'000));
        case What::restart: return world.venue_restarts(random);
        case What::send: return world.line_sends(line);
        case What::deliver: return world.line_delivers(line);
        case What::repeat: return world.line_repeats(line);
        case What::lose: return world.line_loses(line);
        case What::garble: return world.line_garbles(line);
        case What::breaks: return world.line_breaks(line);
        case What::returns: return world.line_returns(line);
        case What::ask: return world.sync_asks();
        case What::capture: return world.rest_captures(happening.which, random);
        case What::answer: return world.rest_delivers(happening.which);
    }
}

TEST(SyncModel, ABookShownLiveIsRightWhateverHappens) {
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(rc::check([] {
            SyncWorld::Options options;
            options.venue.levels = 3;
            options.venue.timestamp_is_match = *rc::gen::arbitrary<bool>();
            options.venue.clock_error_us = *rc::gen::inRange(-400'000, 400'000);
            options.lines = *rc::gen::inRange<std::size_t>(1, 4);
            options.aggregates = *rc::gen::arbitrary<bool>();
            options.near_restarts = *rc::gen::arbitrary<bool>();
            Random random(*rc::gen::inRange<std::uint64_t>(0, 100));
            SyncWorld world(options, random);
            const auto happenings = *rc::gen::scale(5.0, rc::gen::container<std::vector<Happening>>(any_happening()));
            for (const Happening& happening : happenings) {
                happen(world, happening);
                RC_ASSERT(world.wrong() == "");
            }
            world.calm(*rc::gen::arbitrary<bool>(), random);
            RC_ASSERT(world.wrong() == "");
        })) << "RC_PARAMS with the seed above runs it again";
    }
}

}  // namespace
}  // namespace daypack
