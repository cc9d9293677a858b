// SPDX-License-Identifier: MIT
#include "engine/shm/ring_writer.h"

#include <gtest/gtest.h>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::drain;
using test::Instance;

std::vector<unsigned> kinds(const std::vector<daypack_record>& records) {
    std::vector<unsigned> result;
    for (const auto& record : records) result.push_back(daypack_record_kind(&record));
    return result;
}

// A ring of 16 records and its writer; no slot is written.
class RingWriterTest : public testing::Test {
  protected:
    RingWriterTest() { update_.instrument = &market_; }

    // Writes so many records of one group and publishes them; each names the position that it is written at.
    void write(std::size_t records) {
        ring_.claim(records);
        for (std::size_t i = 0; i < records; ++i) {
            const Event event = delta(++u_, Side::bid, 1, 1);
            ring_.write_events({&event, 1}, update_, {});
        }
        ring_.publish();
    }

    const Instance instance_;
    const Segment segment_{instance_.options(4, 4, 16)};
    const Instrument market_ = test::instrument(Unit{5, -1}, Unit{1, 4});
    RingWriter ring_{segment_};
    Reader reader_{instance_.name};
    BookUpdate update_;
    Sequence u_ = 0;
    std::uint64_t cursor_ = 0;
};

TEST_F(RingWriterTest, ARecordHasEveryFieldOfItsEventAndItsUpdate) {
    update_.symbol = 3;
    update_.match = {1'000};
    update_.send = {1'001};
    update_.kernel_receive = {1'999};
    update_.receive = {2'000};
    update_.publish = {3'000};
    Event event = delta(12, Side::ask, 7, 8);
    event.first_id = 11;
    event.line = 2;
    SlotChange change;
    change.status = status_word(9, DAYPACK_STATE_LIVE, DAYPACK_REASON_none, DAYPACK_FLAG_BEHIND);
    change.exponents = exponents_word(market_);
    ring_.claim(1);
    ring_.write_events({&event, 1}, update_, change);
    ring_.publish();
    const auto records = drain(reader_, cursor_);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_DELTA}));
    const daypack_record& record = records[0];
    EXPECT_EQ(daypack_record_symbol(&record), 3u);
    EXPECT_EQ(daypack_record_side(&record), 1u);
    EXPECT_EQ(daypack_record_last(&record), 1u);
    EXPECT_EQ(daypack_record_line(&record), 2u);
    EXPECT_EQ(record.first_id, 11u);
    EXPECT_EQ(record.last_id, 12u);
    EXPECT_EQ(record.price, 35) << "seven ticks of 5";
    EXPECT_EQ(record.quantity, 8);
    EXPECT_EQ(record.venue_match_us, 1'000);
    EXPECT_EQ(record.venue_send_us, 1'001);
    EXPECT_EQ(record.kernel_receive_ns, 1'999);
    EXPECT_EQ(record.receive_ns, 2'000);
    EXPECT_EQ(record.publish_ns, 3'000);
    const daypack_status status = daypack_record_status(&record);
    EXPECT_EQ(status.epoch, 9u);
    EXPECT_EQ(status.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(status.flags, DAYPACK_FLAG_BEHIND);
    EXPECT_EQ(daypack_price_exponent(record.exponents), -1);
    EXPECT_EQ(daypack_quantity_exponent(record.exponents), 4);
}

TEST_F(RingWriterTest, TheRecordsOfAGroupAppearTogether) {
    const Event events[] = {delta(1, Side::bid, 1, 1, false), delta(1, Side::ask, 2, 1)};
    ring_.claim(3);
    ring_.write_snapshot(update_, {});
    EXPECT_TRUE(drain(reader_, cursor_).empty());
    ring_.write_events(events, update_, {});
    EXPECT_TRUE(drain(reader_, cursor_).empty());
    ring_.publish();
    EXPECT_EQ(kinds(drain(reader_, cursor_)),
              (std::vector<unsigned>{DAYPACK_KIND_SNAPSHOT, DAYPACK_KIND_DELTA, DAYPACK_KIND_DELTA}));
}

TEST_F(RingWriterTest, WhatIsClaimedIsLostBeforeItIsWrittenOver) {
    write(16);
    ring_.claim(2);
    EXPECT_EQ(drain(reader_, cursor_).size(), 14u);
    EXPECT_EQ(cursor_, 16u);
}

TEST_F(RingWriterTest, TheRingGoesRound) {
    write(10);
    EXPECT_EQ(drain(reader_, cursor_).size(), 10u);
    write(10);
    const auto records = drain(reader_, cursor_);
    ASSERT_EQ(records.size(), 10u);
    EXPECT_EQ(records.front().last_id, 11u);
    EXPECT_EQ(records.back().last_id, 20u);
}

TEST_F(RingWriterTest, TheNextWriterGoesOnWhereTheRingEnds) {
    write(5);
    RingWriter next(segment_);
    next.claim(1);
    next.write_snapshot(update_, {});
    next.publish();
    EXPECT_EQ(drain(reader_, cursor_).size(), 6u);
    EXPECT_EQ(daypack_load(&segment_.header().claimed), 6u);
}

TEST_F(RingWriterTest, AChangeOfTheBestStandsBeforeTheChangeOfState) {
    daypack_slot slot{};
    slot.bid_price = 1, slot.bid_quantity = 2, slot.ask_price = 3, slot.ask_quantity = 4;
    SlotChange change;
    change.top_changed = change.status_changed = true;
    update_.u = 12;
    ring_.claim(change.records());
    ring_.write_changes(update_, slot, change);
    ring_.publish();
    const auto records = drain(reader_, cursor_);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_TOP, DAYPACK_KIND_STATE}));
    EXPECT_EQ(records[0].last_id, 12u);
    EXPECT_EQ(records[0].price, 1);
    EXPECT_EQ(records[0].quantity, 2);
    EXPECT_EQ(records[0].price2, 3);
    EXPECT_EQ(records[0].quantity2, 4);
    EXPECT_EQ(records[1].last_id, 12u);
}

TEST_F(RingWriterTest, AnAdvanceIsARecordWithoutALevel) {
    Event advance = delta(13, Side::bid, 0, 0);
    advance.kind = EventKind::advance;
    ring_.claim(1);
    ring_.write_events({&advance, 1}, update_, {});
    ring_.publish();
    const auto records = drain(reader_, cursor_);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_ADVANCE}));
    EXPECT_EQ(daypack_record_last(&records[0]), 1u);
    EXPECT_EQ(records[0].quantity, 0);
}

TEST_F(RingWriterTest, ATradeCarriesItsIdsAndItsOrders) {
    Event trade = delta(0, Side::ask, 100, 3);
    trade.kind = EventKind::trade;
    trade.first_id = 99'419'870;
    trade.line = 2;
    Event orders;
    orders.first_id = 1;
    orders.last_id = 2;
    ring_.claim(1);
    ring_.write_trade(trade, orders, update_, {});
    ring_.publish();
    const auto records = drain(reader_, cursor_);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_TRADE}));
    EXPECT_EQ(records[0].first_id, 99'419'870u);
    EXPECT_EQ(records[0].price, 500);
    EXPECT_EQ(records[0].quantity, 3);
    EXPECT_EQ(daypack_record_side(&records[0]), 1u);
    EXPECT_EQ(daypack_record_line(&records[0]), 2u);
    EXPECT_EQ(records[0].id_a, 1u);
    EXPECT_EQ(records[0].id_b, 2u);
}

// What of a text stands in these records.
std::string text_in(const std::vector<daypack_record>& records) {
    std::string text;
    for (const daypack_record& record : records) {
        text.append(reinterpret_cast<const char*>(&record) + sizeof record.head, daypack_record_symbol(&record));
    }
    return text;
}

TEST_F(RingWriterTest, ATextStandsInAsManyRecordsAsItTakesAndSaysWhereItBeginsAndEnds) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kTextBytes, kTextBytes + 1, 8 * kTextBytes}) {
        std::string text(size, 'x');
        for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
        ASSERT_TRUE(ring_.write_text(text)) << size;
        const auto records = drain(reader_, cursor_);
        ASSERT_EQ(records.size(), std::max<std::size_t>(1, (size + kTextBytes - 1) / kTextBytes));
        EXPECT_EQ(text_in(records), text);
        for (std::size_t i = 0; i < records.size(); ++i) {
            EXPECT_EQ(daypack_record_kind(&records[i]), kTextRecord);
            EXPECT_EQ((records[i].head & kTextBegins) != 0, i == 0);
            EXPECT_EQ((records[i].head & kTextEnds) != 0, i + 1 == records.size());
        }
    }
    EXPECT_FALSE(ring_.write_text(std::string(8 * kTextBytes + 1, 'x'))) << "more than half of the ring";
    EXPECT_TRUE(drain(reader_, cursor_).empty());
}

}  // namespace
}  // namespace daypack::core
