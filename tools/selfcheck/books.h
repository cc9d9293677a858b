// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "book/audit.h"
#include "book/instrument.h"
#include "book/sync/pending.h"
#include "book/sync/sync.h"
#include "net/backpack/decoder.h"
#include "tools/selfcheck/assumptions.h"
#include "tools/selfcheck/body_check.h"
#include "tools/selfcheck/figures.h"

namespace daypack::core::selfcheck {

// The books of all markets that are followed, kept by the engine's own rules, and what audits and resyncs of them say.
//
// Thread: one. Time is handed in.
class Books {
  public:
    struct Ask {
        SymbolIndex symbol;
        std::uint32_t request;
    };

    // REQUIRES: the table is whole and outlives this, and so do findings and figures.
    Books(const InstrumentTable& table, std::int64_t gap_wait_ns, std::int64_t window_ns, Findings& findings,
          Figures& figures);

    void take(const Decoded& decoded, MonoTime now);
    void on_lines(Sync::LineSet up, MonoTime now);
    void on_time(MonoTime now);

    // A snapshot that is to be fetched now; none: nothing is wanted.
    [[nodiscard]] std::optional<Ask> take_request(MonoTime now);
    void on_snapshot(const Ask& ask, const RestAnswer& answer, MonoTime now);

    // Begins an audit of this market, where none is under way and the book is LIVE. True: its snapshot is to be
    // fetched.
    [[nodiscard]] bool begin_audit(SymbolIndex symbol, MonoTime now);
    void on_audit_snapshot(SymbolIndex symbol, const RestAnswer& answer, MonoTime now);
    [[nodiscard]] bool auditing() const noexcept { return audit_.phase() != Audit::Phase::idle; }

    // Has a book that is LIVE be joined again, to see how long that takes.
    void doubt(SymbolIndex symbol, MonoTime now);

    // What a snapshot of this market told, whatever it was asked for.
    void on_depth(SymbolIndex symbol, const DepthFacts& facts, MonoTime asked, MonoTime now);

    // Judges what can be judged at the end alone.
    void finish();

  private:
    struct Seen {
        MonoTime at;
        Sequence id;
    };
    struct Book {
        std::unique_ptr<Sync> sync;
        Sequence newest = 0;       // that any line brought
        std::deque<Seen> history;  // of the last seconds
        Sequence owed = 0;         // REST showed it, and no line has brought it; 0: none
        MonoTime owed_since;
        MonoTime doubted;  // 0: it was not, or is LIVE again
    };

    [[nodiscard]] SymbolFigures& figures_of(SymbolIndex symbol);
    void on_update(SymbolIndex symbol, std::span<const Event> update, MonoTime now);
    void compare();
    void after(SymbolIndex symbol, MonoTime now);

    const InstrumentTable& table_;
    Findings& findings_;
    Figures& figures_;
    PendingPool pool_;
    std::vector<Book> books_;
    Sync::LineSet up_ = 0;
    Audit audit_;
    MonoTime audit_begun_;
    std::size_t turn_ = 0;  // whose request is looked for first
};

}  // namespace daypack::core::selfcheck
