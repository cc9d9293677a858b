// States, reasons and books are a function without the venue's times: the same worlds under other clocks.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/random.h"
#include "tests/sync_world.h"

namespace daypack {
namespace {

using test::Random;
using test::SyncWorld;
using test::VenueClock;

std::uint64_t digest_of(std::uint64_t seed, VenueClock stream, VenueClock rest) {
    Random random(seed);
    SyncWorld::Options options;
    options.venue.levels = 5;
    options.venue.stream = stream;
    options.venue.rest = rest;
    options.lines = 1 + static_cast<std::size_t>(random.below(4));
    options.aggregates = random.once_in(3);
    options.near_restarts = random.once_in(4);
    for (std::size_t line = 0; line < options.lines; ++line) options.lags_us.push_back(random.below(50'001));
    SyncWorld world(options, random);
    for (int step = 0; step < 3'000; ++step) {
        world.venue_updates(random, random.once_in(200));
        world.venue_waits(random.once_in(100) ? random.below(2'000'000) : random.below(4'000));
        for (std::size_t line = 0; line < world.lines(); ++line) {
            if (random.once_in(3)) world.line_sends(line);
            for (std::int64_t i = random.below(4); i > 0; --i) world.line_delivers(line);
            if (random.once_in(50)) world.line_repeats(line);
            if (random.once_in(200)) world.line_loses(line);
            if (random.once_in(300)) world.line_garbles(line);
            if (random.once_in(500)) world.line_breaks(line);
            if (random.once_in(20)) world.line_returns(line);
        }
        world.sync_asks();
        world.rest_captures(0, random);
        if (random.once_in(3)) world.rest_delivers(0);
        world.rest_checks(random);
        if (random.once_in(1'000)) world.venue_restarts(random);
    }
    return world.digest();
}

TEST(SyncWithoutTime, OtherTimesOfTheVenueChangeNothing) {
    using Kind = VenueClock::Kind;
    const VenueClock clocks[] = {
        {Kind::right, -86'400'000'000}, {Kind::right, 1'000}, {Kind::jitters, 0}, {Kind::steps, 0}, {Kind::free, 0}};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::uint64_t expected = digest_of(seed, {}, {});
        for (const VenueClock& clock : clocks) {
            EXPECT_EQ(digest_of(seed, clock, {}), expected) << seed;
            EXPECT_EQ(digest_of(seed, {}, clock), expected) << seed;
        }
    }
}

}  // namespace
}  // namespace daypack
