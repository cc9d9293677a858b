// SPDX-License-Identifier: MIT
#include "engine/shm/publisher.h"

#include <gtest/gtest.h>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Child;
using test::delta;
using test::drain;
using test::failed;
using test::fresh_state_of;
using test::Instance;
using test::Writer;

std::vector<std::pair<std::int64_t, std::int64_t>> pairs(const std::vector<daypack_level>& levels) {
    std::vector<std::pair<std::int64_t, std::int64_t>> result;
    for (const auto& level : levels) result.emplace_back(level.price, level.quantity);
    return result;
}

std::vector<unsigned> kinds(const std::vector<daypack_record>& records) {
    std::vector<unsigned> result;
    for (const auto& record : records) result.push_back(daypack_record_kind(&record));
    return result;
}

TEST(Publisher, AnotherProcessReadsWhatWasPublished) {
    const Instance instance;
    Writer writer(instance.options());
    writer.market = test::instrument(Unit{5, -1}, Unit{1, 4});  // ticks of 0.5, steps of 10,000
    writer.book.seed({7, {}, {{Price{99}, Quantity{3}}, {Price{100}, Quantity{5}}}, {{Price{101}, Quantity{2}}}});
    auto update = writer.update(7);
    update.flags = kUnconfirmed;
    update.match = {1'000};
    update.send = {1'001};
    update.receive = {2'000};
    update.publish = {3'000};
    writer.publisher.publish_snapshot(update);
    Child child([&](const auto&) -> std::string {
        Reader reader(instance.name);
        const auto index = reader.find("BTC-USDC");
        if (!index) return failed("BTC-USDC is not found");
        if (reader.find("BTC_USDC") != index) return failed("its native name finds another symbol");
        if (reader.names(*index).native != "BTC_USDC") return failed("its native name is another");
        const auto book = reader.book(*index);
        if (!book) return failed("a book that nobody writes cannot be read");
        const auto& top = book->head.top;
        if (top.u != 7) return failed("u is " + std::to_string(top.u));
        if (top.price_exponent != -1 || top.quantity_exponent != 4) return failed("the units are others");
        if (top.flags != kUnconfirmed) return failed("the flags are " + std::to_string(top.flags));
        if (pairs(book->bids) != std::vector<std::pair<std::int64_t, std::int64_t>>{{500, 5}, {495, 3}}) {
            return failed("the bids are others than were published");
        }
        if (pairs(book->asks) != std::vector<std::pair<std::int64_t, std::int64_t>>{{505, 2}}) {
            return failed("the asks are others than were published");
        }
        if (top.bid_price != 500 || top.bid_quantity != 5) return failed("the best bid is not that of the book");
        if (top.ask_price != 505 || top.ask_quantity != 2) return failed("the best ask is not that of the book");
        if (book->head.venue_match_us != 1'000) return failed("the venue's time of matching is another");
        if (book->head.venue_send_us != 1'001) return failed("the venue's time of sending is another");
        if (book->head.receive_ns != 2'000) return failed("the time of receipt is another");
        if (top.publish_ns != 3'000) return failed("the time of publishing is another");
        return {};
    });
    EXPECT_EQ(child.failure(), "");
}

TEST(Publisher, AnUpdateLeavesItsDeltasTheNewTopAndTheNewStateInThisOrder) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    Reader reader(instance.name);
    std::uint64_t cursor = 0;
    EXPECT_EQ(kinds(drain(reader, cursor)),
              (std::vector<unsigned>{DAYPACK_KIND_SNAPSHOT, DAYPACK_KIND_TOP, DAYPACK_KIND_STATE}));

    writer.apply({delta(11, Side::bid, 90, 4, false), delta(11, Side::ask, 110, 6)});
    auto records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_DELTA, DAYPACK_KIND_DELTA}));
    EXPECT_EQ(daypack_record_last(&records[0]), 0u);
    EXPECT_EQ(daypack_record_last(&records[1]), 1u);
    EXPECT_EQ(daypack_record_side(&records[1]), 1u);
    EXPECT_EQ(records[1].price, 110);
    EXPECT_EQ(records[1].quantity, 6);
    EXPECT_EQ(records[1].first_id, 11u);

    writer.apply({delta(12, Side::bid, 102, 4)});  // crosses: a new top, and a new flag
    records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_DELTA, DAYPACK_KIND_TOP, DAYPACK_KIND_STATE}));
    EXPECT_EQ(records[1].price, 102);
    EXPECT_EQ(records[1].price2, 101);
    EXPECT_EQ(daypack_record_status(&records[2]).flags, DAYPACK_FLAG_CROSSED);
    EXPECT_EQ(reader.top(0)->flags, DAYPACK_FLAG_CROSSED);

    Event advance;
    advance.kind = EventKind::advance;
    advance.first_id = advance.last_id = 13;
    advance.last = true;
    writer.publisher.publish_book(writer.update(13), {&advance, 1});
    EXPECT_EQ(kinds(drain(reader, cursor)), (std::vector<unsigned>{DAYPACK_KIND_ADVANCE}));
    EXPECT_EQ(reader.top(0)->u, 13u);

    writer.publisher.publish_status(writer.update(13, State::stale, Reason::silent));
    records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_STATE}));
    EXPECT_EQ(daypack_record_status(&records[0]).state, DAYPACK_STATE_STALE);
    EXPECT_EQ(daypack_record_status(&records[0]).reason, DAYPACK_REASON_silent);
    writer.publisher.publish_status(writer.update(13, State::stale, Reason::silent));
    EXPECT_TRUE(drain(reader, cursor).empty()) << "nothing changed";
}

TEST(Publisher, ATradeLeavesTheSlotAsItIsAndCarriesTheStateOfTheBook) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    const daypack_slot before = writer.segment.slot(0);
    Reader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    Event trade = delta(0, Side::ask, 100, 3);
    trade.kind = EventKind::trade;
    writer.publisher.publish_trade(trade, {}, writer.update(10));
    const auto records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_TRADE}));
    EXPECT_EQ(records[0].status, before.status);
    EXPECT_EQ(records[0].exponents, before.exponents);
    EXPECT_EQ(writer.segment.slot(0).sequence, before.sequence);
}

TEST(Publisher, AChangeOfStateAloneKeepsTheBook) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    writer.publisher.publish_status(writer.update(10, State::syncing, Reason::gap));
    Reader reader(instance.name);
    EXPECT_EQ(fresh_state_of(writer.publisher, reader), "SYNCING/gap");
    EXPECT_EQ(reader.book(0)->bids.size(), 1u);
    EXPECT_EQ(reader.top(0)->u, 10u);
}

TEST(Publisher, DownHasNoNumbersAndTheNextUpdateBringsThemAllBack) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    writer.apply({delta(11, Side::bid, 90, 4)});
    writer.publisher.publish_status(writer.update(11, State::down, Reason::no_market));
    Reader reader(instance.name);
    EXPECT_EQ(fresh_state_of(writer.publisher, reader), "DOWN/no_market");
    EXPECT_EQ(reader.top(0)->u, 0u);
    EXPECT_EQ(reader.top(0)->bid_quantity, 0);
    EXPECT_TRUE(reader.book(0)->bids.empty());
    writer.apply({delta(12, Side::ask, 120, 4)});
    EXPECT_EQ(reader.book(0)->bids.size(), 2u);
    EXPECT_EQ(reader.book(0)->asks.size(), 2u);
}

}  // namespace
}  // namespace daypack::core
