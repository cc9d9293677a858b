// SPDX-License-Identifier: MIT
#include "tools/selfcheck/books.h"

#include <algorithm>
#include <utility>

#include "engine/include/daypack/shm.h"
#include "net/backpack/rest_depth.h"

namespace daypack::core::selfcheck {
namespace {

constexpr std::size_t kMaxLevels = 32'768;
constexpr std::size_t kDepth = 64;
constexpr std::size_t kPendingEvents = 1u << 20;
constexpr std::int64_t kAuditMax_ns = 5'000'000'000;
constexpr std::int64_t kServed_ns =
    1'000'000'000;  // from REST's showing an update until its stream must have brought it
constexpr std::int64_t kFresh_ns = 1'000'000'000;  // a snapshot is no older than that
constexpr std::int64_t kHistory_ns = 5'000'000'000;
constexpr std::int64_t kHistoryStep_ns = 50'000'000;

}  // namespace

Books::Books(const InstrumentTable& table, std::int64_t gap_wait_ns, std::int64_t window_ns, Findings& findings,
             Figures& figures)
    : table_(table), findings_(findings), figures_(figures), pool_(kPendingEvents), audit_(kMaxLevels, pool_) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        books_.emplace_back();
        books_.back().sync = std::make_unique<Sync>(kMaxLevels, kDepth, pool_, gap_wait_ns, Reason::start, window_ns);
    }
}

SymbolFigures& Books::figures_of(SymbolIndex symbol) {
    return figures_.symbols[table_[symbol].native];
}

void Books::take(const Decoded& decoded, MonoTime now) {
    if (decoded.events.empty()) return;
    const Event& first = decoded.events.front();
    switch (first.kind) {
        case EventKind::delta:
        case EventKind::advance: return on_update(first.symbol, decoded.events, now);
        case EventKind::bad:
            books_[first.symbol].sync->on_lost(first.line, Reason::bad_frame, now);
            return after(first.symbol, now);
        default: return;
    }
}

void Books::on_update(SymbolIndex symbol, std::span<const Event> update, MonoTime now) {
    Book& book = books_[symbol];
    const Sequence id = update.front().last_id;
    if (id > book.newest) book.newest = id;
    if (book.history.empty() || now - book.history.back().at >= kHistoryStep_ns) {
        book.history.push_back({now, book.newest});
        while (now - book.history.front().at > kHistory_ns) book.history.pop_front();
    }
    if (book.owed != 0 && book.newest >= book.owed) {
        book.owed = 0;
        findings_.held(Assumption::streams_served);
    }
    const bool audited = auditing() && audit_.symbol() == symbol;
    const auto outcome = book.sync->on_update(update, now, [&](std::span<const Event> applied) {
        if (!audited || !auditing()) return;
        audit_.on_update(applied);
        compare();
    });
    if (outcome == Sync::Outcome::joined && audited) audit_.cancel();
    after(symbol, now);
}

// What may have changed with the state of a book.
void Books::after(SymbolIndex symbol, MonoTime now) {
    Book& book = books_[symbol];
    book.sync->clear_dirty();
    if (auditing() && audit_.symbol() == symbol && !book.sync->following()) {
        audit_.cancel();
        ++figures_of(symbol).audits_lost;
    }
    if (book.doubted.ns == 0 || book.sync->state() != State::live) return;
    figures_of(symbol).resync_us.add((now - book.doubted) / 1'000);
    book.doubted = {};
}

void Books::compare() {
    const SymbolIndex symbol = audit_.symbol();
    const Sync& sync = *books_[symbol].sync;
    while (auditing() && audit_.ready(sync.last_id())) {
        const auto result = audit_.compare(sync.book(), sync.last_id());
        if (!result) continue;
        SymbolFigures& figures = figures_of(symbol);
        ++figures.audits;
        figures.levels_compared += result->levels;
        if (result->mismatches() != 0) ++figures.audits_differ;
    }
}

void Books::on_lines(Sync::LineSet up, MonoTime now) {
    up_ = up;
    for (std::size_t i = 0; i < books_.size(); ++i) {
        books_[i].sync->on_lines(up, now);
        after(static_cast<SymbolIndex>(i), now);
    }
}

void Books::on_time(MonoTime now) {
    for (std::size_t i = 0; i < books_.size(); ++i) {
        Book& book = books_[i];
        const auto symbol = static_cast<SymbolIndex>(i);
        if (book.sync->on_time(now) && auditing() && audit_.symbol() == symbol) audit_.cancel();
        after(symbol, now);
        if (book.owed == 0 || up_ == 0 || now - book.owed_since < kServed_ns) continue;
        const std::string& native = table_[symbol].native;
        // A frame that could not be read may have brought it, while the other line was being replaced.
        if (!findings_.may_be_wrong(native)) {
            findings_.broken(Assumption::streams_served, native,
                             native + ": REST showed id " + std::to_string(book.owed) + ", the lines are at " +
                                 std::to_string(book.newest));
        }
        book.owed = 0;
    }
    if (auditing() && now - audit_begun_ >= kAuditMax_ns) {
        ++figures_of(audit_.symbol()).audits_lost;
        audit_.cancel();
    }
}

std::optional<Books::Ask> Books::take_request(MonoTime now) {
    for (std::size_t i = 0; i < books_.size(); ++i) {
        const std::size_t which = (turn_ + i) % books_.size();
        Sync& sync = *books_[which].sync;
        if (!sync.wants_snapshot(now) || sync.awaits_first_update(now)) continue;
        turn_ = which + 1;
        return Ask{static_cast<SymbolIndex>(which), sync.take_request(now)};
    }
    return std::nullopt;
}

void Books::on_snapshot(const Ask& ask, const RestAnswer& answer, MonoTime now) {
    Snapshot snapshot;  // without an id where there is none: it does not fit, and is fetched again
    if (answer.status != 200 || parse_depth(answer.body, table_[ask.symbol], snapshot)) snapshot = {};
    (void)books_[ask.symbol].sync->on_snapshot(ask.request, snapshot, now);
    // The book may stand elsewhere now without an update that the audit has seen: an answer that is late can come while
    // it is compared.
    if (auditing() && audit_.symbol() == ask.symbol) {
        audit_.cancel();
        ++figures_of(ask.symbol).audits_lost;
    }
    after(ask.symbol, now);
}

bool Books::begin_audit(SymbolIndex symbol, MonoTime now) {
    const Sync& sync = *books_[symbol].sync;
    if (auditing() || sync.state() != State::live) return false;
    audit_.begin(symbol, sync.last_id());
    audit_begun_ = now;
    return true;
}

void Books::on_audit_snapshot(SymbolIndex symbol, const RestAnswer& answer, MonoTime now) {
    if (audit_.phase() != Audit::Phase::asked || audit_.symbol() != symbol) return;
    Snapshot snapshot;
    const bool read = answer.status == 200 && !parse_depth(answer.body, table_[symbol], snapshot);
    if (!read) audit_.cancel();
    if (!read || !audit_.on_snapshot(snapshot)) {
        ++figures_of(symbol).audits_lost;
        if (auditing()) audit_.cancel();
        return;
    }
    compare();
    after(symbol, now);
}

void Books::doubt(SymbolIndex symbol, MonoTime now) {
    Book& book = books_[symbol];
    if (book.sync->state() != State::live) return;
    book.doubted = now;
    book.sync->on_mismatch(now);
    if (auditing() && audit_.symbol() == symbol) audit_.cancel();
}

void Books::on_depth(SymbolIndex symbol, const DepthFacts& facts, MonoTime asked, MonoTime now) {
    if (!facts.has_id) return;
    Book& book = books_[symbol];
    SymbolFigures& figures = figures_of(symbol);
    figures.bids_max = std::max(figures.bids_max, facts.bids);
    figures.asks_max = std::max(figures.asks_max, facts.asks);
    if (book.newest != 0) {
        figures.snapshot_ahead.add(static_cast<std::int64_t>(facts.last_id) - static_cast<std::int64_t>(book.newest));
    }
    if (facts.last_id <= book.newest) {
        findings_.held(Assumption::streams_served);
    } else if (book.owed == 0) {
        book.owed = facts.last_id;
        book.owed_since = now;
    }
    Sequence known = 0;  // well before it was asked for
    for (const Seen& seen : book.history) {
        if (asked - seen.at >= kFresh_ns) known = seen.id;
    }
    if (known == 0) return;
    const std::string& native = table_[symbol].native;
    findings_.note(Assumption::snapshot_fresh, facts.last_id >= known, native,
                   native + ": id " + std::to_string(facts.last_id) + ", when the stream had been at " +
                       std::to_string(known) + " for a second");
}

void Books::finish() {
    for (std::size_t i = 0; i < books_.size(); ++i) {
        const auto symbol = static_cast<SymbolIndex>(i);
        SymbolFigures& figures = figures_of(symbol);
        figures.state = daypack_state_name(static_cast<unsigned>(books_[i].sync->state()));
        const std::string& native = table_[symbol].native;
        for (std::uint64_t k = figures.audits_differ; k < figures.audits; ++k) findings_.held(Assumption::books_equal);
        if (figures.audits_differ == 0 || findings_.may_be_wrong(native)) continue;
        findings_.broken(Assumption::books_equal, native,
                         native + ": " + std::to_string(figures.audits_differ) + " of " +
                             std::to_string(figures.audits) + " audits found other levels than the venue's");
    }
}

}  // namespace daypack::core::selfcheck
