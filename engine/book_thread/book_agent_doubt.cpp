// SPDX-License-Identifier: MIT
// What speaks against a book: audits, the bookTicker, and lines that contradict each other.
#include <bit>

#include "engine/book_thread/book_agent.h"

namespace daypack {

std::size_t BookAgent::audit(MonoTime now) noexcept {
    const SymbolIndex symbol = watch_.audited();
    if (!watch_.can_audit(*books_[symbol].sync)) return 0;
    if (!watch_.audit_some(*books_[symbol].sync, now)) {
        tell(symbol, {});
        show(symbol, now);
    }
    return 1;
}

void BookAgent::on_ticker(std::span<const Event> events, MonoTime now) noexcept {
    const Event& bid = events.front();
    const Event& ask = events.back();
    TrackedBook& book = books_[bid.symbol];
    ++book.tickers;
    book.touch.on_ticker(bid.last_id, {bid.price, bid.quantity}, {ask.price, ask.quantity});
    check_touch(book, bid.symbol, now);
}

// A cross-check between two streams of the venue: where they tell of the same id, they must tell the same.
void BookAgent::check_touch(TrackedBook& book, SymbolIndex symbol, MonoTime now) noexcept {
    if (!book.sync->following() || !book.touch.take(book.sync->last_id())) return;
    Counters counters = wiring_.segment->symbol_counters(symbol);
    counters.add(DAYPACK_SYMBOL_touch_checks);
    const TouchCheck::Verdict verdict = book.touch.judge(book.sync->book(), now);
    if (verdict == TouchCheck::Verdict::agrees) return;
    counters.add(DAYPACK_SYMBOL_touch_mismatches);
    if (verdict == TouchCheck::Verdict::contradicts) book.sync->on_mismatch(now);
    if (verdict != TouchCheck::Verdict::disbelieved) return;
    LogRecord record;
    record.kind = LogKind::touch;
    record.symbol = symbol;
    record.have = book.sync->last_id();
    record.got = static_cast<std::uint64_t>(book.touch.away_ns() / 1'000'000'000);
    record.time = now;
    log(record);
}

void BookAgent::tell(SymbolIndex symbol, MonoTime receive) noexcept {
    TrackedBook& book = books_[symbol];
    const std::uint64_t before = book.told.contradictions;
    book.tell(wiring_.segment->symbol_counters(symbol), wall_.at(receive));
    // The segment has no counter of them. The 1st, 2nd, 4th …: told, and not in a stream.
    const std::uint64_t contradictions = book.told.contradictions;
    if (contradictions == before || !std::has_single_bit(contradictions)) return;
    LogRecord record;
    record.kind = LogKind::contradiction;
    record.symbol = symbol;
    record.have = contradictions;
    record.got = book.told.foreign;
    record.time = looked_;
    log(record);
}

}  // namespace daypack
