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

namespace daypack::core {

// True when every level that the update sets is as the book has it.
[[nodiscard]] bool agrees(std::span<const Event> update, const OrderBook& book) noexcept;

// Decides which lines are trusted to send the numbering of the book, and how each update relates to that numbering. No
// rule here uses a timestamp of the venue, because its clocks step, jitter and differ from line to line: only ids and
// levels are evidence.
//
// The chain is the run of consecutive updates of one numbering; its tip is the last of them. The caller stores the
// updates themselves.
//
// - An update is a copy only if its ids and levels equal those that are remembered under its last id.
// - A line becomes trusted when one of its updates is recognised as a copy, or when it sends the first update after a
//   snapshot that was requested after the line came up. Until then its updates are foreign, because a stand-by machine
//   of the venue may send other levels under the same ids. After a foreign update that contradicts the chain, none of
//   the line's updates counts as a copy while its ids stay consecutive: two numberings have equal updates now and then,
//   as when both remove the same level.
// - A trusted line whose ids go back shows that the venue has restarted its numbering, unless it repeats an update of
//   its own. The other lines are then late: they begin no chain until they are recognised, go back too, or reconnect.
//   An update of a chain that was given up is no copy.
// - Two trusted lines that send different levels under the same ids contradict each other.
//
// Thread: book. Invariant: a line is trusted only while it is up.
class Numbering {
  public:
    // The lines that are up, a bit each.
    using LineSet = std::uint32_t;
    static constexpr std::size_t kMaxLines = 32;
    // When foreign updates stay unexplained for this long while the chain does not advance, the numbering has
    // restarted. The bound leaves time to be right again within a second. Lines may lag behind each other by more, and
    // two cases then look alike: the chain is at 1010, a line that has reconnected sends 1012, and all others send
    // nothing for a second. In the first case 1011 was sent while that line was down, and a line that is 2 s late
    // brings it a second later; taking this for a restart costs one snapshot. In the second case the venue has
    // restarted its numbering at 1012 and the other lines are dead; waiting would show a wrong book. So both are taken
    // for a restart.
    static constexpr std::int64_t kUnexplained_ns = 750'000'000;
    // A line that has sent another numbering than the chain's for this long is of no use.
    static constexpr std::int64_t kForeign_ns = 1'000'000'000;
    // The same, where the line may only be late behind the chain, or the chain behind the line.
    static constexpr std::int64_t kMeet_ns = 7'000'000'000;

    // How an update relates to the chain.
    enum class Relation : std::uint8_t {
        next,           // it follows on the chain's tip, or straddles it
        copy,           // the chain has it already, with the same levels
        old,            // trusted line: at or before the tip, and too old or cut too differently to be compared
        ahead,          // trusted line: ids are missing between the tip and the update
        foreign,        // the line is not trusted
        beyond,         // foreign, and the first update after a snapshot, but ids are missing: the snapshot is too old
        restart,        // trusted line: its ids went back
        contradiction,  // trusted line: the levels differ from those remembered under the same ids
    };
    struct Classification {
        Relation relation;
        UpdateKey key;
    };

    // `window_ns`: see Sync.
    explicit Numbering(std::int64_t window_ns = 0) noexcept : window_ns_(window_ns) {}

    // Classifies one update, and may make its line trusted.
    // `tip`: the last id of the chain; 0: there is no chain yet, and any line that is not late may begin one.
    // `standing`: the book at the tip; null while there is none. While no update has followed on its snapshot, the
    // caller compares a copy at the tip with it.
    [[nodiscard]] Classification classify(std::span<const Event> update, Sequence tip, const OrderBook* standing,
                                          MonoTime now) noexcept;
    // Adds an update to the chain, or to those that are held behind its hole.
    void remember(const Event& update, UpdateKey key) noexcept {
        remembered_.add(update.last_id, key);
        if ((up_ & ~trusted_) != 0) [[unlikely]]
            compare_untrusted(update.last_id, key);
    }
    // The chain advanced, so foreign updates get another kUnexplained_ns to be explained.
    void on_chain_advanced(MonoTime now) noexcept {
        old_since_ = {};
        candidates_ = 0;
        if ((up_ & ~trusted_) != 0) [[unlikely]]
            restart_unexplained_timers(now);
    }

    // Ends the chain: no line is trusted, and nothing is remembered.
    void reset() noexcept;
    // Trusts no line, but remembers the chain: a line that sends a copy of it resumes it.
    void distrust_all() noexcept;
    // Begins a chain of that line, because its ids went back. The other trusted lines are late, and so is every line
    // that sent the end of the chain before.
    void restart_by(LineIndex line) noexcept;
    // Begins a chain with an update of that line alone.
    void begin_with(LineIndex line) noexcept;
    // Begins a chain at a snapshot. Each of the candidates becomes trusted if it sends the first update after it.
    void begin_at_snapshot(LineSet candidates) noexcept;

    void on_lines(LineSet up) noexcept;

    [[nodiscard]] LineSet up() const noexcept { return up_; }
    [[nodiscard]] LineSet trusted() const noexcept { return trusted_; }
    // The lines that can still bring the chain's next update.
    [[nodiscard]] LineSet may_bring_next() const noexcept { return trusted_ | candidates_; }
    // The last id that this line sent over its connection; 0: none.
    [[nodiscard]] Sequence last_id_of(LineIndex line) const noexcept { return lines_[line].last_id; }
    // True when a line that is not trusted has sent updates.
    [[nodiscard]] bool any_foreign() const noexcept;
    // The latest id that a trusted line has sent; 0: no line is trusted.
    [[nodiscard]] Sequence newest_trusted() const noexcept;
    // The latest id of the chain, or of the chain that may be resumed; 0: none.
    [[nodiscard]] Sequence newest_remembered() const noexcept { return remembered_.newest(); }
    // True when every line that can bring the chain's next update has sent a later id than that.
    [[nodiscard]] bool all_passed(Sequence id) const noexcept;
    // True when a line's updates were not explained for kUnexplained_ns, while the chain did not advance. The line may
    // be a trusted one, if it is behind by more than is remembered.
    [[nodiscard]] bool unexplained(MonoTime now) const noexcept;
    // True when a line went back after it had sent an update that the chain reached only later: so the numbering that
    // it sends now is the newer one.
    [[nodiscard]] bool restart_proven() const noexcept { return proves_restart_ != kNoLine; }
    // The lines that have sent foreign updates for kForeign_ns. Each is named once in that time.
    [[nodiscard]] LineSet take_foreign(MonoTime now) noexcept;
    // Makes the unexplained or newer numbering the chain: the line that sends it becomes trusted, and the others are
    // late. Returns that line's last id, which is the chain's tip; 0 when there is no such line and any may begin.
    Sequence follow_unexplained() noexcept;

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    struct UpdateIdentity {
        Sequence last_id = 0;  // 0: none
        UpdateKey key = 0;
        bool operator==(const UpdateIdentity&) const = default;
    };
    // What one connection has sent. The members after `began_at_before` are used only while the line is not trusted.
    struct Line {
        Sequence last_id = 0;
        UpdateKey last_key = 0;
        // The first id that it sent since it last went back, and the one it began at before that.
        Sequence began_at = 0;
        Sequence began_at_before = 0;
        // The first of its updates beyond the tip. The two are compared once the chain reaches that id.
        UpdateIdentity first_ahead;
        bool missed = false;  // the chain passed the id of first_ahead with a different update
        // It sent other levels than the chain under the same ids, and its ids are consecutive since: updates that are
        // equal now are so by chance.
        bool contradicts_chain = false;
        UpdateIdentity ahead_before_restart;  // first_ahead when its ids went back
        static constexpr std::size_t kRecent = 4;
        std::array<UpdateIdentity, kRecent> recent{};  // its last updates
        std::size_t recent_count = 0;
        MonoTime foreign_since;      // 0: none of its updates is foreign
        MonoTime unexplained_since;  // the same, or when the chain last advanced
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
    // True when the chain that was given up has the same update, which then cannot tell the two chains apart.
    [[nodiscard]] bool was_in_previous_chain(Sequence last_id, UpdateKey key) const noexcept {
        return !previous_may_go_on_ && previous_chain_.find(last_id) == key;
    }
    void compare_untrusted(Sequence last_id, UpdateKey key) noexcept;
    void restart_unexplained_timers(MonoTime now) noexcept;

    static constexpr LineIndex kNoLine = kMaxLines;

    LineSet up_ = 0;
    LineSet trusted_ = 0;
    LineSet candidates_ = 0;              // lines that may send the first update after a snapshot
    LineSet late_after_restart_ = 0;      // lines that still send the numbering that another line has left
    LineSet late_after_jump_ = 0;         // lines that still send ids from before a gap, and may get beyond it
    MonoTime old_since_;                  // 0: no old update since the chain last advanced
    LineIndex proves_restart_ = kNoLine;  // the line that makes restart_proven() true
    std::int64_t window_ns_;
    std::array<Line, kMaxLines> lines_{};
    Remembered remembered_;
    Remembered previous_chain_;        // what was remembered when the chain last began
    bool previous_may_go_on_ = false;  // the chain began after a gap, so both may be of one numbering
};

}  // namespace daypack::core
