// SPDX-License-Identifier: MIT
// Which book is audited when, in one thread with time handed in: the audits of one market take nothing from another's.
#include "engine/book_thread/book_monitor.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "tests/book/sync/sync_feed.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::kMs;

constexpr SymbolIndex kSymbols = 3;

// Books that follow their lines, each looked at every 10 ms, and REST, which answers a check after 20 ms.
class Books {
  public:
    explicit Books(std::int64_t audit_every_ms)
        : monitor_({.stale_after_ns = 60'000 * kMs, .audit_every_ns = audit_every_ms * kMs}, kSymbols, 8'192, pool_,
                   segment_, requests_, {&resubscribes_}, log_) {
        for (SymbolIndex i = 0; i < kSymbols; ++i) {
            (void)segment_.add_symbol("S" + std::to_string(i), "S" + std::to_string(i));
            feeds_[i].follow(1'000);
        }
    }
    // `beyond`: how far the answers for each symbol lie beyond its book.
    void run_ms(std::int64_t ms, const std::array<Sequence, kSymbols>& beyond) {
        for (const MonoTime end = now_ + ms * kMs; now_ < end; now_ = now_ + 10 * kMs) {
            for (SymbolIndex i = 0; i < kSymbols; ++i) step(i);
            SnapshotRequest request;
            if (asked_at_.ns == 0 && requests_.pop(request)) {
                asked_ = request.symbol;
                asked_at_ = now_;
            } else if (asked_at_.ns != 0 && now_ - asked_at_ >= 20 * kMs) {
                answer(beyond[asked_]);
            }
        }
    }
    [[nodiscard]] std::uint64_t audits(SymbolIndex symbol) const {
        return segment_.symbol_counters(symbol).get(DAYPACK_SYMBOL_audits);
    }
    [[nodiscard]] std::uint64_t wrong(SymbolIndex symbol) const {
        return segment_.symbol_counters(symbol).get(DAYPACK_SYMBOL_audit_wrong);
    }

  private:
    void step(SymbolIndex symbol) {
        Feed& feed = feeds_[symbol];
        feed.now = now_;
        (void)feed.deliver(feed.sync.last_id() + 1);
        const Event update = last_of(feed);
        monitor_.on_update(symbol, {&update, 1});
        monitor_.review(symbol, feed.sync, 1, now_);
        while (monitor_.auditing() && monitor_.audited() == symbol && monitor_.can_audit(feed.sync)) {
            (void)monitor_.audit_some(feed.sync, now_);
        }
    }
    // The update that the feed has just delivered.
    static Event last_of(const Feed& feed) {
        Event event;
        event.first_id = event.last_id = feed.sync.last_id();
        event.side = Side::bid;
        event.price = {100};
        event.quantity = {static_cast<std::int64_t>(event.last_id)};
        event.last = true;
        return event;
    }
    void answer(Sequence beyond) {
        Feed& feed = feeds_[asked_];
        const Snapshot snapshot = feed.snapshot(feed.sync.last_id() + beyond);
        monitor_.on_checked(asked_, feed.sync, &snapshot, now_);
        asked_at_ = {};
    }

    test::Instance instance_;
    Segment segment_{{instance_.name, 8, kSymbols, 1'024, 0600, {}}};
    PendingPool pool_{1'000};
    SnapshotRequests requests_{16};
    Resubscribes resubscribes_{16};
    LogQueue log_{64};
    BookMonitor monitor_;
    std::array<Feed, kSymbols> feeds_;
    MonoTime now_{1'000'000'000};
    SymbolIndex asked_ = 0;
    MonoTime asked_at_;
};

TEST(BookMonitor, EachBookIsAuditedInItsTurn) {
    Books books(5'000);
    books.run_ms(21'000, {});
    for (SymbolIndex i = 0; i < kSymbols; ++i) {
        EXPECT_GE(books.audits(i), 4u) << i;
        EXPECT_LE(books.audits(i), 5u) << i;
        EXPECT_EQ(books.wrong(i), 0u) << i;
    }
}

// REST answers of some markets are another market's, or of another numbering: their books never get there.
TEST(BookMonitor, AnswersThatNoBookGetsToKeepNoOtherBookFromItsAudit) {
    for (const std::int64_t every_ms : {1'000, 5'000, 30'000}) {
        Books books(every_ms);
        books.run_ms(100'000, {1'000'000, 1'000'000, 0});
        EXPECT_GE(books.audits(2), static_cast<std::uint64_t>(100'000 / (every_ms + 6'000))) << every_ms;
        EXPECT_EQ(books.audits(0) + books.audits(1), 0u) << every_ms;
    }
}

// On a stream of updates that span a second the book stands behind most answers for as long.
TEST(BookMonitor, AnAnswerThatTheBookGetsToWithinASecondIsCompared) {
    Books books(5'000);
    books.run_ms(21'000, {90, 0, 0});  // 100 updates a second
    EXPECT_GE(books.audits(0), 4u);
}

}  // namespace
}  // namespace daypack::core
