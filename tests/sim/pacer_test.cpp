// SPDX-License-Identifier: MIT
// When the simulated exchange's events come, without a server: by the clock, or as its readers take them.
#include "tools/sim/pacer.h"

#include <gtest/gtest.h>

#include <array>

#include "tools/sim/market/listing.h"

namespace daypack::core::sim {
namespace {

class PacerTest : public testing::Test {
  protected:
    // Two markets that nobody reads, of so many updates each.
    PacerTest() {
        MarketOptions options;
        options.symbols = {"SOL_USDC", "ETH_USDC"};
        options.rate = 2'000;
        options.levels = 50;
        options.max_frames = 50;
        venue.feeds = make_feeds(options);
        for (const Feed& feed : venue.feeds) {
            venue.fanouts.emplace_back(feed.market().symbol, faults, [](const Fault&, Connection*) {});
        }
    }
    Pacer pacer(Pacer::Options options) {
        return Pacer(io, venue, options, [this](std::size_t feed) {
            if (venue.feeds[feed].take().channel == Channel::depth) ++updates[feed];
        });
    }

    boost::asio::io_context io;
    VenueState venue;
    Faults faults;
    std::array<int, 2> updates{};
};

TEST_F(PacerTest, ByTheClockEveryEventOfWhatHasBegunComesAndOfNothingElse) {
    Pacer by_clock = pacer({.pulled = false, .speed = 1'000});
    by_clock.begin(0);
    by_clock.begin(0);
    io.run();
    EXPECT_EQ(updates[0], 50);
    EXPECT_EQ(updates[1], 0);
    EXPECT_TRUE(venue.feeds[0].is_over());
}

TEST_F(PacerTest, AMarketThatIsClosedHasNoEventsUntilItIsResumed) {
    Pacer by_clock = pacer({.pulled = false, .speed = 1'000});
    by_clock.begin(0);
    venue.feeds[0].set_state("Closed");
    by_clock.begin(1);
    venue.feeds[1].set_state("Closed");
    io.run();
    EXPECT_EQ(updates[0] + updates[1], 0);
    venue.feeds[0].set_state("Open");
    by_clock.resume(0);
    io.restart();
    io.run();
    EXPECT_EQ(updates[0], 50);
    EXPECT_EQ(updates[1], 0);
}

TEST_F(PacerTest, WhereReadersSetThePaceNothingComesWhileNobodyReads) {
    Pacer pulled = pacer({.pulled = true});
    pulled.begin(0);
    pulled.want_pump();
    io.run();
    EXPECT_EQ(updates[0], 0);
    EXPECT_EQ(pulled.unsent_bytes_peak(), 0U);
}

TEST_F(PacerTest, NothingComesOnceItIsStopped) {
    Pacer by_clock = pacer({.pulled = false, .speed = 1'000});
    by_clock.begin(0);
    by_clock.stop();
    io.run();
    EXPECT_EQ(updates[0], 0);
}

}  // namespace
}  // namespace daypack::core::sim
