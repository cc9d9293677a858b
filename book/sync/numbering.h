// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "book/event.h"
#include "book/order_book.h"
#include "book/sync/remembered.h"
#include "book/sync/update_key.h"
#include "book/types.h"

namespace daypack {

// All that the update says is what the book holds.
[[nodiscard]] bool agrees(std::span<const Event> update, const OrderBook& book) noexcept;

// Which connections tell the numbering of the book, and what an update of each is worth. No rule here looks at a time
// of the venue: its clocks step, jitter and differ from line to line; ids and levels alone are evidence.
//
// - An update is a copy only if its edges and its levels equal what is remembered of that id.
// - A line counts once one of its updates was recognised as a copy, or it brought the first update behind a snapshot
//   that was asked for after it came up. Until then what it brings is foreign: a stand-by of the venue may tell other
//   things under the same ids. Once it did, none of its updates is a copy for as long as it goes on step by step: two
//   numberings say the same now and then, where they remove the same level.
// - A line that counts and goes back, without bringing copies of what it told, shows that the venue numbers anew. What
//   others told is no excuse: of a chain that was given up nothing is a copy. The other lines are then late: they do
//   not begin anything until they are recognised, show the same, or are connected anew.
// - Two lines that count and tell other things under one id contradict each other.
//
// The chain: the updates of one numbering that follow one another, up to its tip. Whoever uses this keeps them.
//
// Thread: book. Invariant: a line counts only while it is up.
class Numbering {
  public:
    // The lines that are up, a bit each.
    using LineSet = std::uint32_t;
    static constexpr std::size_t kMaxLines = 32;
    // Foreign updates of a line that nothing explained for so long, while the chain stood still, mean another
    // numbering; it leaves time to be right again within a second. Lines may lag behind each other by more, and two
    // worlds then tell the very same: the chain is at 1010, a line that was connected anew tells 1012, and all others
    // tell nothing for a second. In the first, 1011 was told while that line was gone, and a line that is 2 s late
    // brings it a second later: a restart that was none, which costs a snapshot. In the second the venue numbers anew
    // from 1012, and the other lines are dead: to wait would show a wrong book. So it is a restart in both.
    static constexpr std::int64_t kUnexplained_ns = 750'000'000;
    // A line that tells another numbering than the chain for so long is of no use.
    static constexpr std::int64_t kForeign_ns = 1'000'000'000;
    // The same, where the line and the chain may only be late behind each other.
    static constexpr std::int64_t kMeet_ns = 7'000'000'000;

    enum class Relation : std::uint8_t {
        next,     // follows on the chain's tip, or reaches across it
        copy,     // is in the chain already, just like that
        old,      // of a line that counts, at or before the tip; nothing is remembered that it could be held against
        ahead,    // of a line that counts; something is missing between the tip and it
        foreign,  // of a line that does not count
        beyond,   // the same, and was to be the first behind a snapshot, but lies further on: that is too old
        restart,  // of a line that counts, and went back
        contradiction,  // of a line that counts, and not what another told under the same ids
    };
    struct Classification {
        Relation relation;
        UpdateKey key;
    };

    // `tip`: the last id of the chain; 0: there is none yet, and any line that is not late may begin it.
    // `standing`: a book that stands at the tip; null: there is none.
    [[nodiscard]] Classification classify(std::span<const Event> update, Sequence tip, const OrderBook* standing,
                                          MonoTime now) noexcept;
    // It is part of the chain from now on, or waits for what is missing before it.
    void remember(const Event& update, UpdateKey key) noexcept {
        remembered_.add(update.last_id, key);
        if ((up_ & ~trusted_) != 0) [[unlikely]]
            compare_untrusted(update.last_id, key);
    }
    // The chain went on: what is foreign has time again to be explained.
    void on_chain_advanced(MonoTime now) noexcept {
        old_since_ = {};
        candidates_ = 0;
        if ((up_ & ~trusted_) != 0) [[unlikely]]
            restart_unexplained_timers(now);
    }

    // The chain ends, and nobody counts, nor is anything remembered.
    void reset() noexcept;
    // The same, but who tells again what is remembered goes on with the chain.
    void distrust_all() noexcept;
    // The same, and the next chain is that line's: it went back, so that all others are late, and so is whoever tells
    // again what the chain held.
    void restart_by(LineIndex line) noexcept;
    // A chain that begins with an update of that line alone.
    void begin_with(LineIndex line) noexcept;
    // A snapshot alone is the chain: the first update behind it, of one of these lines, is to be its next.
    void begin_at_snapshot(LineSet candidates) noexcept;

    void on_lines(LineSet up) noexcept;

    [[nodiscard]] LineSet up() const noexcept { return up_; }
    [[nodiscard]] LineSet trusted() const noexcept { return trusted_; }
    // Those that can still bring the chain's next update.
    [[nodiscard]] LineSet may_bring_next() const noexcept { return trusted_ | candidates_; }
    // The last id that this line told over its connection; 0: none.
    [[nodiscard]] Sequence last_id_of(LineIndex line) const noexcept { return lines_[line].last_id; }
    // A line told something, and does not count.
    [[nodiscard]] bool any_foreign() const noexcept;
    // The latest id that a line which counts told; 0: none does.
    [[nodiscard]] Sequence newest_trusted() const noexcept;
    // What lines told up to this id before they were trusted was dropped, and not lost: those that are trusted bring
    // it. 0: nothing.
    [[nodiscard]] Sequence newest_dropped() const noexcept { return newest_dropped_; }
    // The latest id of the chain, or of one that it may go on with; 0: none.
    [[nodiscard]] Sequence newest_remembered() const noexcept { return remembered_.newest(); }
    // Every line that counts has told an id beyond that.
    [[nodiscard]] bool all_passed(Sequence id) const noexcept;
    // Updates of a line were explained by nothing for kUnexplained_ns, while the chain did not go on. It may be a line
    // that counts, if it is behind by more than is remembered.
    [[nodiscard]] bool unexplained(MonoTime now) const noexcept;
    // A line told what the chain came to hold, and had gone back by then: it shows that the venue numbers anew.
    [[nodiscard]] bool restart_proven() const noexcept { return proves_restart_ != kNoLine; }
    // The lines that told foreign updates for kForeign_ns; each is named once in that time.
    [[nodiscard]] LineSet take_foreign(MonoTime now) noexcept;
    // What was unexplained, or superseded the chain, is the numbering from now on: the line that told it counts, the
    // others are late. Returns the last id that it told, the tip of the next chain; 0: no line of its own told it, and
    // any may begin.
    Sequence follow_unexplained() noexcept;

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    struct UpdateIdentity {
        Sequence last_id = 0;  // 0: nothing
        UpdateKey key = 0;
        bool operator==(const UpdateIdentity&) const = default;
    };
    // What one connection has told. What is behind `last_key` is kept while the line does not count.
    struct Line {
        Sequence last_id = 0;
        UpdateKey last_key = 0;
        // The first that it told, since it last went back; and before that.
        Sequence began_at = 0;
        Sequence began_at_before = 0;
        // The first of its updates that lay beyond the tip: once the chain gets there, the two are compared.
        UpdateIdentity first_ahead;
        bool missed = false;  // the chain came by where it waited, with another update
        // It told other levels than the chain under the same ids, and goes on step by step: what says the same now
        // says so by chance.
        bool contradicts_chain = false;
        UpdateIdentity ahead_before_restart;  // what it waited with when it went back
        static constexpr std::size_t kRecent = 4;
        std::array<UpdateIdentity, kRecent> recent{};  // its last ones, likewise
        std::size_t recent_count = 0;
        MonoTime foreign_since;      // 0: nothing foreign
        MonoTime unexplained_since;  // likewise, or since the chain last went on
    };

    [[nodiscard]] static LineSet bit(LineIndex line) noexcept { return LineSet{1} << line; }
    static void note_beginning(Line& line, Sequence last_id) noexcept {
        line.began_at_before = std::exchange(line.began_at, last_id);
    }
    [[nodiscard]] Relation classify_trusted(Line& line, const Event& first, UpdateKey key, Sequence tip) const noexcept;
    [[nodiscard]] Relation classify_untrusted(LineIndex line, std::span<const Event> update, UpdateKey key,
                                              Sequence tip, const OrderBook* standing, MonoTime now) noexcept;
    [[nodiscard]] bool continues_snapshot(const Line& line, const Event& first, UpdateKey key,
                                          Sequence tip) const noexcept;
    void trust(LineIndex line, Sequence last_id) noexcept;
    [[nodiscard]] static bool is_recent(const Line& line, UpdateIdentity update) noexcept;
    [[nodiscard]] static bool contradicts_recent(const Line& line, UpdateIdentity update) noexcept;
    void note_foreign(LineIndex line, UpdateIdentity update, Sequence tip, MonoTime now) noexcept;
    void retire_unless_followed(const Event& first) noexcept;
    void retire_chain(bool may_go_on) noexcept;
    void clear_contradictions() noexcept;
    // The chain that was given up held the very same there: a copy of it tells neither chain from the other.
    [[nodiscard]] bool was_in_previous_chain(Sequence last_id, UpdateKey key) const noexcept {
        return !previous_may_go_on_ && previous_chain_.find(last_id) == key;
    }
    void compare_untrusted(Sequence last_id, UpdateKey key) noexcept;
    void restart_unexplained_timers(MonoTime now) noexcept;

    static constexpr LineIndex kNoLine = kMaxLines;

    LineSet up_ = 0;
    LineSet trusted_ = 0;
    LineSet candidates_ = 0;              // of a snapshot that no update has followed
    LineSet late_after_restart_ = 0;      // lines that tell what was before the venue numbered anew, as another showed
    LineSet late_after_jump_ = 0;         // lines that tell what was before the chain jumped ahead: they may get there
    Sequence newest_dropped_ = 0;         // of this chain, by lines that were not trusted then
    MonoTime old_since_;                  // 0: nothing old since the chain last went on
    LineIndex proves_restart_ = kNoLine;  // a line that told what the chain came to hold, and had gone back by then
    std::array<Line, kMaxLines> lines_{};
    Remembered remembered_;
    Remembered previous_chain_;        // what was remembered when another chain last began
    bool previous_may_go_on_ = false;  // it jumped ahead, and did not go back
};

}  // namespace daypack
