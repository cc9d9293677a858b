// SPDX-License-Identifier: MIT
#include "engine/book_thread/book_monitor.h"

#include <algorithm>
#include <utility>

namespace daypack::core {
namespace {

constexpr std::int64_t kAuditPatience_ns = 10'000'000'000;  // then it is given up, and the next has its turn
// A book gets to where the answer is within the longest window of an aggregated stream; an answer further on is of
// another market, or another numbering, and must not keep the other books from their audits.
constexpr std::int64_t kAuditAhead_ns = 2'000'000'000;
constexpr std::int64_t kAuditJoined_ns = 2'000'000'000;      // after a join: what was joined may be of another market
constexpr std::int64_t kUnjoined_ns = 10'000'000'000;        // so long a market joins by itself, if it can
constexpr std::int64_t kCheckPatience_ns = 120'000'000'000;  // an answer that never came is waited for no longer

}  // namespace

BookMonitor::BookMonitor(Options options, std::size_t symbols, std::size_t max_levels, PendingPool& pool,
                         const Segment& segment, SnapshotRequests& requests, std::vector<Resubscribes*> resubscribes,
                         LogQueue& log)
    : options_(options),
      segment_(segment),
      watched_(symbols, Watched(options.stale_after_ns)),
      turns_(symbols),
      audit_(max_levels, pool),
      requests_(requests),
      resubscribes_(std::move(resubscribes)),
      log_(log) {}

void BookMonitor::review(SymbolIndex symbol, Sync& sync, Sync::LineSet up, MonoTime now) noexcept {
    Watched& watched = watched_[symbol];
    if (const Sync::LineSet lagging = watched.silence.lagging(sync, up, now); lagging != 0) {
        resubscribe(symbol, lagging, turns_.take(symbol, lagging, 0, now), Resubscribe::Kind::subscribe_again);
    }
    if (const Sync::LineSet foreign = sync.take_foreign_lines(now); foreign != 0) {
        resubscribe(symbol, foreign, foreign, Resubscribe::Kind::foreign);
    }
    if (gives_up_audit(symbol, sync, now)) {
        audit_.cancel();
        return;  // the next audit is that of another book, if one is due
    }
    if (watched.checking_since.ns != 0 && now - watched.checking_since < kCheckPatience_ns) return;
    if (watched.silence.should_ask_rest(sync, now)) (void)check(symbol, false, now);
    const MonoTime vouched = std::max(watched.answered, watched.silence.quiet_since());
    if (watched.unanswered && now - vouched >= options_.stale_after_ns) sync.on_rest_unanswered();
    if (options_.audit_every_ns == 0 || !sync.following()) {
        watched.audit_due = {};
    } else if (watched.audit_due.ns == 0) {
        watched.audit_due = now + std::min(options_.audit_every_ns, kAuditJoined_ns);
    } else if (now - watched.audit_due >= 0 && audit_.phase() == Audit::Phase::idle && check(symbol, true, now)) {
        audit_.begin(symbol, sync.last_id());
        audit_since_ = now;
        watched.audit_due = now + options_.audit_every_ns;
    }
}

bool BookMonitor::gives_up_audit(SymbolIndex symbol, const Sync& sync, MonoTime now) const noexcept {
    if (audit_.phase() == Audit::Phase::idle || symbol != audit_.symbol()) return false;
    if (!sync.following() || now - audit_since_ >= kAuditPatience_ns) return true;
    return auditing() && !can_audit(sync) && now - audit_answered_ >= kAuditAhead_ns;
}

bool BookMonitor::check(SymbolIndex symbol, bool audit, MonoTime now) noexcept {
    SnapshotRequest request;
    request.symbol = symbol;
    request.purpose = SnapshotRequest::Purpose::check;
    request.audit = audit;
    if (!requests_.push(request)) return false;
    watched_[symbol].checking_since = now;
    segment_.symbol_counters(symbol).add(DAYPACK_SYMBOL_checks);
    return true;
}

void BookMonitor::forget(SymbolIndex symbol) noexcept {
    watched_[symbol] = Watched(options_.stale_after_ns);
    cancel_audit(symbol);
}

void BookMonitor::on_checked(SymbolIndex symbol, Sync& sync, const Snapshot* snapshot, MonoTime now) noexcept {
    const MonoTime asked = watched_[symbol].checking_since;
    watched_[symbol].checking_since = {};
    const bool audited = audit_.phase() == Audit::Phase::asked && symbol == audit_.symbol();
    if (snapshot == nullptr) {
        watched_[symbol].unanswered = true;
        if (audited) audit_.cancel();
        return;
    }
    watched_[symbol].unanswered = false;
    watched_[symbol].answered = now;
    audit_answered_ = now;
    if (audited && sync.following()) (void)audit_.on_snapshot(*snapshot);
    sync.on_rest_id(snapshot->last_id, asked, now);
}

void BookMonitor::on_unjoined(SymbolIndex symbol, Sync::LineSet up, bool others_live, MonoTime now) noexcept {
    const Sync::LineSet replaceable = turns_.take(symbol, others_live ? 0 : up, kUnjoined_ns, now);
    resubscribe(symbol, up, replaceable, Resubscribe::Kind::subscribe_again);
}

void BookMonitor::resubscribe(SymbolIndex symbol, Sync::LineSet lines, Sync::LineSet replaceable,
                              Resubscribe::Kind kind) noexcept {
    if (kind == Resubscribe::Kind::subscribe_again) {
        segment_.symbol_counters(symbol).add(DAYPACK_SYMBOL_resubscribes);
    }
    // A full queue: it is looked at again in some seconds.
    for (Resubscribes* queue : resubscribes_) (void)queue->push(Resubscribe{symbol, lines, kind, replaceable});
}

bool BookMonitor::audit_some(Sync& sync, MonoTime now) noexcept {
    const auto result = audit_.compare(sync.book(), sync.last_id());
    if (!result) return true;
    Counters counters = segment_.symbol_counters(audit_.symbol());
    counters.add(DAYPACK_SYMBOL_audits);
    counters.add(DAYPACK_SYMBOL_audit_levels, result->levels);
    if (result->mismatches() == 0) return true;
    counters.add(DAYPACK_SYMBOL_audit_ghosts, result->ghosts);
    counters.add(DAYPACK_SYMBOL_audit_missing, result->missing);
    counters.add(DAYPACK_SYMBOL_audit_wrong, result->wrong);
    log_.push({.time = now,
               .have = result->levels,
               .got = result->mismatches(),
               .symbol = audit_.symbol(),
               .kind = LogKind::audit});
    sync.on_mismatch(now);
    return false;
}

}  // namespace daypack::core
