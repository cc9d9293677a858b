// SPDX-License-Identifier: MIT
#include "engine/book_thread/figure_board.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Instance;

constexpr std::int64_t kSecond_ns = 1'000'000'000;

// A board of one symbol, whose book has nothing to do with it.
struct Board {
    Board() {
        (void)segment.add_symbol("BTC-USDC", "BTC_USDC");
        (void)table.append(test::instrument());
        book.instrument = &table[0];
        publisher.set_running();
    }
    Event figure(Figure figure, std::int64_t mantissa, int exponent, std::int64_t match_us, std::int64_t receive_ns) {
        Event event;
        event.kind = EventKind::figure;
        event.first_id = static_cast<std::uint64_t>(figure);
        event.price = {mantissa};
        event.units = static_cast<std::uint8_t>(exponent);
        event.match = {match_us};
        event.send_after_match_us = 5;
        event.receive = {receive_ns};
        return event;
    }
    void mark(std::int64_t price, std::int64_t match_us, std::int64_t receive_ns) {
        const Event event = figure(Figure::mark_price, price, -1, match_us, receive_ns);
        board.on_figures(book, {&event, 1});
    }
    void liquidation(LineIndex line, std::int64_t price, std::int64_t match_us) {
        Event event;
        event.kind = EventKind::liquidation;
        event.line = line;
        event.side = Side::ask;
        event.price = {price};
        event.units = static_cast<std::uint8_t>(-1);
        event.quantity = {15};
        event.last_id = static_cast<std::uint8_t>(-3);
        event.match = {match_us};
        event.receive = test::mono_now();
        event.last = true;
        board.on_liquidation(book, event);
    }
    daypack_perp shown() {
        Reader reader(instance.name);
        return reader.perp(0).value();
    }

    Instance instance;
    InstrumentTable table{1};
    Segment segment{instance.options()};
    Publisher publisher{segment};
    LogQueue log{64};
    std::vector<Decimal> called;      // back with these marks,
    std::vector<Liquidation> closed;  // and with these
    BookReporter reporter{
        segment,
        publisher,
        log,
        {.on_book = {},
         .on_trade = {},
         .on_figures = [this](const FiguresView& view) { called.push_back(view.figures[Figure::mark_price]); },
         .on_liquidation = [this](const Liquidation& one) { closed.push_back(one); }}};
    FigureBoard board{1, reporter};
    TrackedBook book;
    std::uint64_t cursor = 0;
};

TEST(FigureBoard, ShowsAllThatAFrameTellsWithItsTimes) {
    Board board;
    const std::int64_t now = test::mono_now().ns;
    const std::vector<Event> frame{board.figure(Figure::mark_price, 866'619, -1, 1'000, now),
                                   board.figure(Figure::index_price, 8'665'721'727'129, -8, 1'000, now),
                                   board.figure(Figure::funding_rate, -125, -7, 1'000, now),
                                   board.figure(Figure::next_funding_us, 3'600'000'000, 0, 1'000, now)};
    board.board.on_figures(board.book, frame);
    const daypack_perp shown = board.shown();
    EXPECT_EQ(shown.known, DAYPACK_PERP_MARK | DAYPACK_PERP_INDEX | DAYPACK_PERP_FUNDING);
    EXPECT_EQ(shown.mark_price, 866'619);
    EXPECT_EQ(shown.mark_exponent, -1);
    EXPECT_EQ(shown.index_price, 8'665'721'727'129);
    EXPECT_EQ(shown.index_exponent, -8);
    EXPECT_EQ(shown.funding_rate, -125);
    EXPECT_EQ(shown.funding_exponent, -7);
    EXPECT_EQ(shown.next_funding_us, 3'600'000'000);
    EXPECT_EQ(shown.mark_venue_us, 1'000);
    EXPECT_GT(shown.mark_receive_ns, 0);
    Reader reader(board.instance.name);
    const auto records = test::drain(reader, board.cursor);
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(daypack_record_kind(&records[0]), unsigned{DAYPACK_KIND_MARK_PRICE});
    EXPECT_EQ(records[0].price, 866'619);
    EXPECT_EQ(records[0].price2, 8'665'721'727'129);
    EXPECT_EQ(daypack_exponent(records[0].exponents, 0), -1);
    EXPECT_EQ(daypack_exponent(records[0].exponents, 2), -8);
    EXPECT_EQ(records[0].venue_match_us, 1'000);
    EXPECT_EQ(records[0].venue_send_us, 1'005);
    EXPECT_EQ(daypack_record_kind(&records[1]), unsigned{DAYPACK_KIND_FUNDING});
    EXPECT_EQ(records[1].price, -125);
    EXPECT_EQ(records[1].id_a, 3'600'000'000u);
    EXPECT_EQ(board.called, (std::vector<Decimal>{{866'619, -1}}));
}

TEST(FigureBoard, OneGroupLeavesTheOthersAloneAndWhatIsNotToldAgainIsGone) {
    Board board;
    const std::int64_t now = test::mono_now().ns;
    const std::vector<Event> both{board.figure(Figure::mark_price, 10, 0, 1, now),
                                  board.figure(Figure::index_price, 11, -2, 1, now)};
    board.board.on_figures(board.book, both);
    board.board.on_polled(board.book, {0, {127'385'214, -5}, {2'000}}, {now});
    const std::vector<Event> day{
        board.figure(Figure::last_price, 9, 0, 3, now), board.figure(Figure::volume, 18, -1, 3, now),
        board.figure(Figure::quote_volume, 162, -1, 3, now), board.figure(Figure::trade_count, 4, 0, 3, now)};
    board.board.on_figures(board.book, day);
    daypack_perp shown = board.shown();
    EXPECT_EQ(shown.known, DAYPACK_PERP_MARK | DAYPACK_PERP_INDEX | DAYPACK_PERP_OPEN_INTEREST | DAYPACK_PERP_LAST |
                               DAYPACK_PERP_VOLUME | DAYPACK_PERP_QUOTE_VOLUME);
    EXPECT_EQ(shown.open_interest, 127'385'214);
    EXPECT_EQ(shown.open_interest_exponent, -5);
    EXPECT_EQ(shown.open_interest_venue_us, 2'000);
    EXPECT_EQ(shown.quote_volume, 162);
    EXPECT_EQ(shown.quote_volume_exponent, -1);
    board.mark(12, 2, now);  // of a market whose index is not told any more
    shown = board.shown();
    EXPECT_EQ(shown.known & (DAYPACK_PERP_MARK | DAYPACK_PERP_INDEX), DAYPACK_PERP_MARK);
    EXPECT_EQ(shown.index_price, 0);
    EXPECT_EQ(shown.index_exponent, 0);
    EXPECT_EQ(shown.open_interest, 127'385'214);
    EXPECT_EQ(shown.last_price, 9);
}

TEST(FigureBoard, ALaggingLineSetsNothingBackAndACopyIsToldOnce) {
    Board board;
    const std::int64_t now = test::mono_now().ns;
    board.mark(100, 1'000'000, now);
    board.mark(100, 1'000'000, now + 1);
    board.mark(101, 2'000'000, now + kSecond_ns);
    board.mark(100, 1'000'000, now + kSecond_ns + 1);
    EXPECT_EQ(board.shown().mark_price, 101);
    EXPECT_EQ(board.called.size(), 2u);
    EXPECT_EQ(board.segment.symbol_counters(0).get(DAYPACK_SYMBOL_figures), 2u);
}

TEST(FigureBoard, AClockOfTheVenueThatIsSetBackIsFollowedWithinSeconds) {
    Board board;
    const std::int64_t start = test::mono_now().ns;
    board.mark(100, 1'000'000'000, start);
    std::optional<int> followed;
    for (int second = 1; second <= 10; ++second) {
        board.mark(100 + second, 1'000'000 * second, start + second * kSecond_ns);
        if (board.shown().mark_price == 100) continue;
        EXPECT_EQ(board.shown().mark_price, 100 + second) << "each one from then on";
        if (!followed) followed = second;
    }
    EXPECT_EQ(followed, 5);
}

TEST(FigureBoard, ALiquidationIsToldOnceWhicheverLineBringsIt) {
    Board board;
    board.liquidation(0, 866'001, 1'000);
    board.liquidation(1, 866'001, 1'000);
    ASSERT_EQ(board.closed.size(), 1u);
    EXPECT_EQ(board.closed[0].price, (Decimal{866'001, -1}));
    EXPECT_EQ(board.closed[0].quantity, (Decimal{15, -3}));
    EXPECT_EQ(board.closed[0].side, Side::ask);
    board.liquidation(0, 866'001, 1'000);
    EXPECT_EQ(board.closed.size(), 2u) << "two equal ones of one line are two";
    board.liquidation(1, 866'001, 1'000);
    EXPECT_EQ(board.closed.size(), 2u);
    board.liquidation(1, 866'001, 1'001);
    EXPECT_EQ(board.closed.size(), 3u) << "another time is another one";
    Reader reader(board.instance.name);
    const auto records = test::drain(reader, board.cursor);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(daypack_record_kind(&records[0]), unsigned{DAYPACK_KIND_LIQUIDATION});
    EXPECT_EQ(records[0].quantity, 15);
    EXPECT_EQ(daypack_exponent(records[0].exponents, 1), -3);
    EXPECT_EQ(daypack_record_side(&records[0]), unsigned{DAYPACK_SIDE_ASK});
}

}  // namespace
}  // namespace daypack::core
