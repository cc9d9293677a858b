// SPDX-License-Identifier: MIT
// What may show that a book is wrong: audits, and the stream of best bids and offers.
#include "engine/book_thread/book_agent.h"

namespace daypack::core {

std::size_t BookAgent::audit(MonoTime now) noexcept {
    TrackedBook& book = books_[monitor_.audited()];
    if (!monitor_.can_audit(*book.sync)) return 0;
    if (!monitor_.audit_some(*book.sync, now)) {
        reporter_.publish_counters(book, {});
        publish_state(book, now);
    }
    return 1;
}

void BookAgent::on_ticker(TrackedBook& book, std::span<const Event> events, MonoTime now) noexcept {
    const Event& bid = events.front();
    const Event& ask = events.back();
    ++book.tickers;
    book.touch.on_ticker(bid.last_id, {bid.price, bid.quantity}, {ask.price, ask.quantity});
    check_touch(book, now);
}

// Compares two streams of the venue: under the same id they must say the same.
void BookAgent::check_touch(TrackedBook& book, MonoTime now) noexcept {
    if (!book.sync->following() || !book.touch.take(book.sync->last_id())) return;
    Counters counters = wiring_.segment->symbol_counters(book.symbol);
    counters.add(DAYPACK_SYMBOL_touch_checks);
    const TouchCheck::Verdict verdict = book.touch.judge(book.sync->book(), now);
    if (verdict == TouchCheck::Verdict::agrees) return;
    counters.add(DAYPACK_SYMBOL_touch_mismatches);
    if (verdict == TouchCheck::Verdict::contradicts) book.sync->on_mismatch(now);
    if (verdict != TouchCheck::Verdict::disbelieved) return;
    reporter_.log({.time = now,
                   .have = book.sync->last_id(),
                   .got = static_cast<std::uint64_t>(book.touch.away_ns() / 1'000'000'000),
                   .symbol = book.symbol,
                   .kind = LogKind::touch});
}

}  // namespace daypack::core
