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

namespace daypack {

// Doubts books that look right: asks REST about those that are silent, audits one after the other, and has lines
// subscribe again what they do not bring.
//
// Thread: book. Nothing here allocates after construction, and no update waits for it: it has its turn between updates.
class BookMonitor {
  public:
    struct Options {
        std::int64_t stale_after_ns = 0;
        std::int64_t audit_every_ns = 0;  // each book; 0: never
    };
    // `resubscribes`: one a network thread.
    BookMonitor(Options options, std::size_t symbols, std::size_t max_levels, PendingPool& pool, const Segment& segment,
                SnapshotRequests& requests, std::vector<Resubscribes*> resubscribes, LogQueue& log);

    // Now and then, of each symbol that is followed.
    void look(SymbolIndex symbol, Sync& sync, Sync::LineSet up, MonoTime now) noexcept;
    // The symbol is followed again, or no longer.
    void forget(SymbolIndex symbol) noexcept;

    // An update was applied to its book.
    void on_update(SymbolIndex symbol, std::span<const Event> update) noexcept {
        if (audit_.phase() != Audit::Phase::idle && symbol == audit_.symbol()) audit_.on_update(update);
    }
    // It was joined again, with updates that on_update() was not told of.
    void on_joined(SymbolIndex symbol) noexcept {
        cancel_audit(symbol);
        watched_[symbol].audit_due = {};  // it is to be audited soon
    }
    // A check was answered; null: it was not.
    void on_checked(SymbolIndex symbol, Sync& sync, const Snapshot* snapshot, MonoTime now) noexcept;
    // REST knew what none of the lines brought: they are to subscribe it again. `others_live`: other books are, so that
    // nothing but this market speaks against the lines. Where none is, the lines have nothing to lose, and all of them
    // may be replaced at once.
    void on_silence(SymbolIndex symbol, Sync::LineSet up, bool others_live, MonoTime now) noexcept {
        const Sync::LineSet replaceable = others_live ? turns_.take(symbol, up, 0, now) : up;
        resubscribe(symbol, up, replaceable, Resubscribe::Kind::subscribe_again);
    }
    // The same, where the lines told nothing that what REST tells could be joined with.
    void on_unjoined(SymbolIndex symbol, Sync::LineSet up, bool others_live, MonoTime now) noexcept;

    // The symbol whose book is being compared, while one is.
    [[nodiscard]] bool auditing() const noexcept { return audit_.phase() == Audit::Phase::comparing; }
    [[nodiscard]] SymbolIndex audited() const noexcept { return audit_.symbol(); }
    // Its book stands where the snapshot does.
    [[nodiscard]] bool can_audit(const Sync& sync) const noexcept { return audit_.ready(sync.last_id()); }
    // Compares some of it. False: the book was wrong, and rejoins.
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
    SnapshotRequests& requests_;
    std::vector<Resubscribes*> resubscribes_;
    LogQueue& log_;
};

}  // namespace daypack
