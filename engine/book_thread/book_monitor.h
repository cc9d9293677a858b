// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "book/audit.h"
#include "book/silence.h"
#include "book/sync/sync.h"
#include "engine/book_thread/replace_turns.h"
#include "engine/messages/log.h"
#include "engine/messages/messages.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Doubts books that look right: checks silent ones against REST, audits one after the other, and has lines subscribe
// again what they do not bring.
//
// Thread: book. Invariants: nothing here allocates after construction; no update waits for it, for it has its turn
// between updates.
class BookMonitor {
  public:
    struct Options {
        std::int64_t stale_after_ns = 0;
        std::int64_t audit_every_ns = 0;  // each book; 0: never
    };
    // `resubscribes`: one for each network thread.
    BookMonitor(Options options, std::size_t symbols, std::size_t max_levels, PendingPool& pool, const Segment& segment,
                SnapshotRequests& requests, std::vector<Resubscribes*> resubscribes, LogQueue& log);

    // Call now and then, for each symbol that is followed.
    void review(SymbolIndex symbol, Sync& sync, Sync::LineSet up, MonoTime now) noexcept;
    // The symbol is followed again, or is no longer followed: what was known of it does not count any more.
    void forget(SymbolIndex symbol) noexcept;

    // An update was applied to its book.
    void on_update(SymbolIndex symbol, std::span<const Event> update) noexcept {
        if (audit_.phase() != Audit::Phase::idle && symbol == audit_.symbol()) audit_.on_update(update);
    }
    // The book was joined again, with updates that on_update() has not seen.
    void on_joined(SymbolIndex symbol) noexcept {
        cancel_audit(symbol);
        watched_[symbol].audit_due = {};  // an audit is due soon
    }
    // A check was answered with a snapshot, or failed: null.
    void on_checked(SymbolIndex symbol, Sync& sync, const Snapshot* snapshot, MonoTime now) noexcept;
    // REST knew what none of the lines brought: they subscribe the symbol again. `others_live`: other books are live,
    // so that nothing but this market speaks against the lines. Where none is, the lines have nothing to lose, and all
    // of them may be replaced at once.
    void on_silence(SymbolIndex symbol, Sync::LineSet up, bool others_live, MonoTime now) noexcept {
        const Sync::LineSet replaceable = others_live ? turns_.take(symbol, up, 0, now) : up;
        resubscribe(symbol, up, replaceable, Resubscribe::Kind::subscribe_again);
    }
    // The same, where what the lines brought cannot be joined with what REST has.
    void on_unjoined(SymbolIndex symbol, Sync::LineSet up, bool others_live, MonoTime now) noexcept;

    // Whether a book is being compared, and of which symbol.
    [[nodiscard]] bool auditing() const noexcept { return audit_.phase() == Audit::Phase::comparing; }
    [[nodiscard]] SymbolIndex audited() const noexcept { return audit_.symbol(); }
    // Whether the book stands where the snapshot of the audit does.
    [[nodiscard]] bool can_audit(const Sync& sync) const noexcept { return audit_.ready(sync.last_id()); }
    // Compares a part of it. False: the book was wrong, and rejoins.
    bool audit_some(Sync& sync, MonoTime now) noexcept;

  private:
    struct Watched {
        explicit Watched(std::int64_t stale_after_ns) noexcept : silence(stale_after_ns) {}
        Silence silence;
        MonoTime audit_due;
        MonoTime checking_since;  // 0: no check is under way
        MonoTime answered;        // when a check was answered last; 0: never
        bool unanswered = false;  // the last check was not
    };

    [[nodiscard]] bool gives_up_audit(SymbolIndex symbol, const Sync& sync, MonoTime now) const noexcept;
    bool check(SymbolIndex symbol, bool audit, MonoTime now) noexcept;
    void resubscribe(SymbolIndex symbol, Sync::LineSet lines, Sync::LineSet replaceable,
                     Resubscribe::Kind kind) noexcept;
    void cancel_audit(SymbolIndex symbol) noexcept {
        if (audit_.phase() != Audit::Phase::idle && symbol == audit_.symbol()) audit_.cancel();
    }

    Options options_;
    const Segment& segment_;
    std::vector<Watched> watched_;
    ReplaceTurns turns_;
    Audit audit_;
    MonoTime audit_since_;
    MonoTime audit_answered_;
    SnapshotRequests& requests_;
    std::vector<Resubscribes*> resubscribes_;
    LogQueue& log_;
};

}  // namespace daypack::core
