#include "engine/publisher.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "engine/segment.h"

namespace daypack {
namespace {

[[nodiscard]] std::string own_instance(const char* name) {
    return std::string(name) + "." + std::to_string(getpid());
}

TEST(Publisher, AnotherMappingReadsWhatWasPublished) {
    const std::string instance = own_instance("publisher");
    {
        Segment segment({.instance = instance, .depth = 8, .max_symbols = 4, .ring_events = 16});
        Publisher publisher(segment);
        const auto symbol = segment.add_symbol("BTC-USDC", "BTC_USDC");
        ASSERT_TRUE(symbol);
        publisher.set_running();
        publisher.beat(MonoTime{daypack_monotonic_ns()});
        OrderBook book(100);
        const Instrument instrument{"BTC_USDC", "BTC-USDC", Unit{1, -1}, Unit{1, -5}, Reason::none, true};
        book.seed(
            {7, VenueTime{1}, {{Price{99}, Quantity{3}}, {Price{100}, Quantity{5}}}, {{Price{101}, Quantity{2}}}});
        publisher.publish_snapshot(
            {*symbol, &instrument, &book, 7, State::live, Reason::none, kUnconfirmed, {}, {}, {}, {}, {}});

        daypack_reader reader;
        ASSERT_EQ(daypack_open(&reader, instance.c_str()), DAYPACK_OK);
        daypack_book read;
        std::vector<daypack_level> bids(8), asks(8);
        ASSERT_EQ(daypack_find(&reader, "BTC_USDC"), 0);
        publisher.beat(MonoTime{daypack_monotonic_ns()});
        ASSERT_EQ(daypack_read_book(&reader, 0, &read, bids.data(), 8, asks.data(), 8), DAYPACK_OK);
        EXPECT_EQ(read.top.state, DAYPACK_STATE_LIVE);
        EXPECT_EQ(read.top.u, 7u);
        EXPECT_EQ(read.bids, 2u);
        EXPECT_EQ(bids[0].price, 100);
        EXPECT_EQ(bids[1].quantity, 3);
        EXPECT_EQ(read.asks, 1u);
        EXPECT_EQ(read.top.ask_price, 101);
        std::uint64_t cursor = 0, lost = 0;
        daypack_record record;
        ASSERT_EQ(daypack_read_record(&reader, &cursor, &record, &lost), DAYPACK_OK);
        EXPECT_EQ(daypack_record_kind(&record), unsigned{DAYPACK_KIND_SNAPSHOT});
        daypack_close(&reader);
    }
    unlink(("/dev/shm/daypack." + instance).c_str());
}

}  // namespace
}  // namespace daypack
