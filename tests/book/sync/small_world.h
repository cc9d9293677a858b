// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "book/sync/sync.h"
#include "tests/book/sync/state_hash.h"

namespace daypack::core::test {

// A world has a few updates, two lines, a restart of the venue's numbering, reconnects, and snapshots of either
// numbering. This class lists the possible moves, makes them, and checks after each whether the Sync is right.
//
// The venue's book has a mark of the numbering at price 40, the number of the last update at 100, and the numbers of
// the last three updates at 50 to 52. So a book that mixes two numberings, or lacks an update, equals no true book.
//
// Some cases cannot be decided (book/README.md lists them). There only the fact concerned is not checked:
// - Two numberings are alive at once. While a line continues the old one after the new one was sent, over a connection
//   that came up since, or where no open connection has changed from one to the other, a book of either is right, but
//   not a mix of them, and not one that stops advancing.
// - A quiet market looks like a stale replica. A snapshot of the old numbering that no update has followed is as good
//   as one of the new, until a line sends a later update.
// - A numbering goes on at exactly last + 1. An update follows or straddles an unconfirmed snapshot of the other
//   numbering, or the first buffered update follows on one of the other numbering. That world ends.
// Lines are assumed to lag by less than half a second: a line that sends the old numbering later keeps it alive. A
// numbering belongs to connections: while none that sent the new one is up, the old one may be the venue's. Updates of
// a connection that is gone or named as foreign, and so about to be replaced, do not show that the book stopped.
//
// With `strict` less is excused: the order of the numberings is known for good once a connection showed it; lines may
// lag for ever; a snapshot is unconfirmed only while no open connection has sent the new numbering, and only the first
// update of a connection may follow it; every update ever sent shows that the book stopped. The Sync of today satisfies
// that in the smaller worlds only.
class SmallWorld {
  public:
    struct Options {
        int old_updates = 3;
        int new_updates = 3;     // 0: no restart
        Sequence new_first = 1;  // id of the first update of the new numbering
        bool fresh = false;      // begins without a book; else both lines have sent an update of a live book
        int reconnects = 1;      // each line
        int snapshots = 2;
        int waits = 3;
        // For each line, bit i is set where it sends update i and the next in one frame, as an aggregated stream does.
        std::array<unsigned, 2> joined{};
        bool strict = false;
    };
    struct Move {
        enum class Kind : std::uint8_t { deliver, lose_line, return_line, answer, wait };
        Kind kind;
        int a = 0;
        int b = 0;
    };

    static constexpr std::size_t kLines = 2;
    static constexpr std::int64_t kMs = 1'000'000;

    explicit SmallWorld(const Options& options) : options_(options) {
        for (const bool newer : {false, true}) {
            for (Sequence at = 0; at < kTruths; ++at) truths_[newer][at] = bids(newer, first_of(newer) - 1 + at);
        }
    }

    // One connection, as the venue sees it.
    struct Line {
        bool up = true;
        bool sent_old = false;  // it sent the old numbering over this connection
        bool sent_new = false;
        bool goes_on = false;  // it sent the old numbering after another line sent the new one
        bool is_late = true;   // it was up before the new one was sent, and lags by less than half a second
        int next = 0;          // of the venue's updates
        int reconnects = 0;
    };
    // One course of events up to now, and what it takes to judge what readers were shown.
    struct Way {
        MonoTime now{1'000 * kMs};
        std::array<Line, kLines> lines;
        int snapshots = 0;
        int waits = 0;
        bool asked = false;
        bool shown = false;  // a connection sent the old numbering, and then the new one, which is thus the newer
        bool undecidable = false;
        std::uint32_t request = 0;
        MonoTime new_sent;   // when the new numbering was first sent; 0: not yet
        MonoTime new_since;  // the same, or when the book was last right of either numbering
        std::array<std::array<MonoTime, 6>, kLines>
            sent{};                          // when each line first sent each update, since the book last changed
        Sequence stood_at = 0;               // LIVE, at the last look; 0: it was not
        std::array<Sequence, 2> answered{};  // the last snapshot of each numbering; 0: none
        const char* wrong = nullptr;
    };

    void setup(Way& way, Sync& sync) const {
        sync.on_lines(0b11, way.now);
        if (options_.fresh) return ask(way, sync);
        way.now = way.now + Sync::kSettle_ns;
        const std::uint32_t request = sync.take_request(way.now);
        (void)sync.on_snapshot(request, snapshot(false, kStart - 1), way.now);
        for (LineIndex line = 0; line < kLines; ++line) {
            feed_update(way, sync, line, false, kStart, kStart);
            way.lines[line].sent_old = true;
        }
    }

    void moves_of(const Way& way, std::vector<Move>& moves) const {
        using Kind = Move::Kind;
        moves.clear();
        for (int line = 0; line < static_cast<int>(kLines); ++line) {
            const Line& at = way.lines[static_cast<std::size_t>(line)];
            if (at.up && at.next < updates()) moves.push_back({Kind::deliver, line});
            if (at.up && at.reconnects < options_.reconnects) moves.push_back({Kind::lose_line, line});
            if (at.up) continue;
            for (int next = std::max(at.next - 1, 0); next <= updates(); ++next) {
                if (begins_frame(line, next)) moves.push_back({Kind::return_line, line, next});
            }
        }
        if (way.asked && way.snapshots < options_.snapshots) {
            for (int update = -1; update < options_.old_updates; ++update) moves.push_back({Kind::answer, 0, update});
            const int first = options_.new_updates == 0 ? 0 : -1;
            for (int update = first; update < options_.new_updates; ++update)
                moves.push_back({Kind::answer, 1, update});
        }
        if (way.waits < options_.waits) {
            for (int which = 0; which < 3; ++which) moves.push_back({Kind::wait, which});
        }
    }

    void make(Way& way, Sync& sync, const Move& move) const {
        const auto index = static_cast<std::size_t>(move.a);
        switch (move.kind) {
            case Move::Kind::deliver: deliver(way, sync, index); break;
            case Move::Kind::lose_line:
                way.lines[index].up = false;
                ++way.lines[index].reconnects;
                if (!options_.strict) way.sent[index] = {};
                report_lines(way, sync);
                break;
            case Move::Kind::return_line:
                way.lines[index].up = true;
                way.lines[index].next = move.b;
                way.lines[index].sent_old = way.lines[index].sent_new = way.lines[index].goes_on = false;
                way.lines[index].is_late = way.new_sent.ns == 0;
                report_lines(way, sync);
                break;
            case Move::Kind::answer: answer(way, sync, move.a != 0, move.b); break;
            case Move::Kind::wait:
                ++way.waits;
                pass(way, sync, kWaits_ms[index]);
                return;
        }
        ask(way, sync);
        check(way, sync);
    }

    [[nodiscard]] std::uint64_t hash(const Way& way, const Sync& sync) const {
        StateHash hash{way.now};
        hash.add(sync);
        for (const Line& line : way.lines) {
            hash.mix(std::uint64_t{line.up} | std::uint64_t{line.sent_old} << 1 | std::uint64_t{line.sent_new} << 2 |
                     std::uint64_t{line.goes_on} << 3 | std::uint64_t{line.is_late} << 4 |
                     static_cast<std::uint64_t>(line.next) << 8 | static_cast<std::uint64_t>(line.reconnects) << 16);
        }
        hash.mix(std::uint64_t{way.asked} | std::uint64_t{way.shown} << 2 | way.answered[0] << 8 |
                 way.answered[1] << 32);
        hash.mix(static_cast<std::uint64_t>(way.snapshots) << 8 | static_cast<std::uint64_t>(way.waits));
        hash.mix(way.stood_at);
        // The judge of a book looks a second back at most, so all that was longer ago makes the same state.
        const auto age = [&](MonoTime since) {
            return since.ns == 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(std::min(way.now - since, kLong_ns));
        };
        hash.mix(age(way.new_since));
        for (const auto& line : way.sent) {
            for (const MonoTime sent : line) hash.mix(age(sent));
        }
        return hash.value;
    }

    // From here on all is well: every line is up and sends all updates, then 10 more a second; REST
    // answers each request in 20 ms with the current book; a line that is named as foreign reconnects. How long
    // it takes until the book is LIVE and right; negative: it is not within `bound_ms`.
    [[nodiscard]] std::int64_t comes_right_in_ms(Way& way, Sync& sync, std::int64_t bound_ms) const {
        const bool newer = options_.new_updates > 0;
        Sequence last = id_of(updates() - 1);
        for (std::size_t line = 0; line < kLines; ++line) {
            if (!way.lines[line].up) way.lines[line].next = updates(), way.lines[line].up = true;
        }
        report_lines(way, sync);
        for (std::size_t line = 0; line < kLines; ++line) {
            while (way.lines[line].next < updates()) deliver(way, sync, line);
        }
        if (way.undecidable || (newer && way.answered[0] == last)) return 0;
        for (std::int64_t ms = 0; ms < bound_ms; ms += kTick_ms) {
            way.now = way.now + kTick_ms * kMs;
            (void)sync.on_time(way.now);
            const Sync::LineSet foreign = sync.take_foreign_lines(way.now);
            if (foreign != 0) {
                sync.on_lines(0b11 & ~foreign, way.now);
                sync.on_lines(0b11, way.now);
            }
            if (ms % 100 == 0) {
                ++last;
                for (LineIndex line = 0; line < kLines; ++line) feed_update(way, sync, line, newer, last, last);
            }
            if (ms % 20 == 0) {
                if (way.asked) (void)sync.on_snapshot(way.request, snapshot(newer, last), way.now);
                way.asked = false;
                ask(way, sync);
            }
            if (sync.state() != State::live || sync.last_id() != last) continue;
            const auto right = bids(newer, last);
            const auto top = sync.book().side(Side::bid).top();
            if (std::equal(right.begin(), right.end(), top.begin(), top.end())) return ms + kTick_ms;
        }
        return -1;
    }

    [[nodiscard]] static std::string describe(const std::vector<Move>& moves) {
        std::string text;
        for (const Move& move : moves) {
            static constexpr const char* kNames[] = {"deliver", "lose", "return", "answer", "wait"};
            text += std::string(text.empty() ? "" : " ") + kNames[static_cast<int>(move.kind)] + "(" +
                    std::to_string(move.a) + "," + std::to_string(move.b) + ")";
        }
        return text;
    }

  private:
    static constexpr Sequence kStart = 10;
    static constexpr Sequence kTruths = 9;
    static constexpr std::int64_t kNew = 1'000;  // what quantities of the new numbering begin at
    static constexpr std::int64_t kLong_ns = 1'000 * kMs;
    static constexpr std::int64_t kLate_ns = 500 * kMs;
    static constexpr std::int64_t kWaits_ms[] = {60, 600, 1'100};
    static constexpr std::int64_t kTick_ms = 10;

    [[nodiscard]] int updates() const { return options_.old_updates + options_.new_updates; }
    [[nodiscard]] bool is_new(int update) const { return update >= options_.old_updates; }
    [[nodiscard]] Sequence id_of(int update) const {
        return is_new(update) ? options_.new_first + static_cast<Sequence>(update - options_.old_updates)
                              : kStart + 1 + static_cast<Sequence>(update);
    }
    [[nodiscard]] bool joined_with_next(std::size_t line, int update) const {
        return update + 1 < updates() && is_new(update) == is_new(update + 1) &&
               (options_.joined[line] >> update & 1) != 0;
    }
    [[nodiscard]] bool begins_frame(int line, int update) const {
        return update == 0 || update >= updates() || !joined_with_next(static_cast<std::size_t>(line), update - 1);
    }
    [[nodiscard]] static std::int64_t content(bool is_new, Sequence id) {
        return static_cast<std::int64_t>(id) + (is_new ? kNew : 0);
    }
    [[nodiscard]] Sequence first_of(bool is_new) const { return is_new ? options_.new_first : kStart; }

    // The book of a numbering after the update `id`.
    [[nodiscard]] std::vector<Level> bids(bool is_new, Sequence id) const {
        std::vector<Level> levels{{{40}, {is_new ? 2 : 1}}};
        for (std::int64_t slot = 0; slot < 3; ++slot) {
            for (Sequence at = id; at >= first_of(is_new) && at + 3 > id; --at) {
                if (static_cast<std::int64_t>(at % 3) == slot) levels.push_back({{50 + slot}, {content(is_new, at)}});
            }
        }
        if (id >= first_of(is_new)) levels.push_back({{100}, {content(is_new, id)}});
        return levels;
    }
    [[nodiscard]] Snapshot snapshot(bool is_new, Sequence id) const {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = {static_cast<std::int64_t>(id * 7'919 % 13)};
        snapshot.bids = bids(is_new, id);
        snapshot.asks = {{{200}, {1}}};
        return snapshot;
    }
    // One frame: the last of each level that its ids set.
    static void feed_update(const Way& way, Sync& sync, LineIndex line, bool is_new, Sequence first, Sequence last) {
        std::array<Event, 4> events;
        std::size_t count = 0;
        for (Sequence id = std::max(first, last >= 2 ? last - 2 : 0); id <= last; ++id, ++count) {
            events[count].price = {50 + static_cast<std::int64_t>(id % 3)};
            events[count].quantity = {content(is_new, id)};
        }
        events[count].price = {100};
        events[count].quantity = {content(is_new, last)};
        events[count].last = true;
        ++count;
        for (Event& event : events) {
            event.first_id = first;
            event.last_id = last;
            event.match = {static_cast<std::int64_t>(last * 104'729 % 17)};  // as good as any other
            event.receive = way.now;
            event.line = line;
        }
        (void)sync.on_update({events.data(), count}, way.now);
    }

    void deliver(Way& way, Sync& sync, std::size_t index) const {
        Line& line = way.lines[index];
        const int from = line.next;
        int update = from;
        while (joined_with_next(index, update)) ++update;
        line.next = update + 1;
        const bool newer = is_new(update);
        const Sequence first = id_of(from);
        const Sequence last = id_of(update);
        if (newer && way.new_sent.ns == 0) way.new_sent = way.new_since = way.now;
        if (newer && line.sent_old) way.shown = true;
        if (!newer && !line.sent_new && way.new_sent.ns != 0) {
            line.goes_on = true;
            if (!options_.strict && way.now - way.new_sent >= kLate_ns) line.is_late = false;
        }
        if (newer) line.goes_on = false;
        MonoTime& sent = way.sent[index][static_cast<std::size_t>(update)];
        if (sent.ns == 0) sent = way.now;
        const bool first_word = !line.sent_old && !line.sent_new;
        (newer ? line.sent_new : line.sent_old) = true;
        const Sequence other = way.answered[newer ? 0 : 1];
        const bool alone = !options_.strict && (sync.flags() & kUnconfirmed) != 0 && sync.last_id() == other;
        if ((first_word || alone) && other != 0 && first <= other + 1 && other < last) way.undecidable = true;
        if (!options_.strict && other_follows(sync, newer, last)) way.undecidable = true;
        feed_update(way, sync, static_cast<LineIndex>(index), newer, first, last);
    }
    // True when the first buffered update follows on that id, and is of the other numbering.
    [[nodiscard]] static bool other_follows(const Sync& sync, bool newer, Sequence id) {
        const Event* const buffered = StateHash::first_waiting_of(sync);
        return buffered != nullptr && (buffered->quantity.steps >= kNew) != newer && buffered->first_id <= id + 1 &&
               buffered->last_id > id;
    }
    static void report_lines(const Way& way, Sync& sync) {
        Sync::LineSet up = 0;
        for (std::size_t line = 0; line < kLines; ++line) up |= Sync::LineSet{way.lines[line].up} << line;
        sync.on_lines(up, way.now);
    }
    void answer(Way& way, Sync& sync, bool newer, int update) const {
        ++way.snapshots;
        way.asked = false;
        const Sequence id = first_of(newer) + static_cast<Sequence>(update + 1) - (newer ? 1 : 0);
        way.answered[newer ? 1 : 0] = id;
        if (other_follows(sync, newer, id)) way.undecidable = true;
        (void)sync.on_snapshot(way.request, snapshot(newer, id), way.now);
    }
    static void ask(Way& way, Sync& sync) {
        if (!sync.wants_snapshot(way.now)) return;
        way.request = sync.take_request(way.now);
        way.asked = true;
    }
    void pass(Way& way, Sync& sync, std::int64_t for_ms) const {
        for (std::int64_t ms = 0; ms < for_ms && way.wrong == nullptr; ms += kTick_ms) {
            way.now = way.now + kTick_ms * kMs;
            (void)sync.on_time(way.now);
            if (sync.take_foreign_lines(way.now) != 0 && !options_.strict) way.sent = {};
            ask(way, sync);
            check(way, sync);
        }
    }

    // ---- the truth

    void check(Way& way, const Sync& sync) const {
        const Sequence stands_at = sync.state() == State::live ? sync.last_id() : 0;
        if (stands_at != way.stood_at) on_book_changed(way);
        way.stood_at = stands_at;
        if (way.new_sent.ns != 0 && is_undecidable(way, sync)) way.new_since = way.now;
        if (stands_at == 0) return;
        const bool is_old = equals(sync, false);
        const bool is_newer = options_.new_updates > 0 && equals(sync, true);
        if (!is_old && !is_newer) {
            way.wrong = "a book of no numbering";
        } else if (!is_newer && way.new_since.ns != 0 && way.now - way.new_since >= kLong_ns) {
            way.wrong = "the old numbering, long after the new one was sent";
        } else if (does_not_advance(way, stands_at, is_newer)) {
            way.wrong = "it stands still";
        }
    }
    // The book has changed, so updates that were sent before count as known; or, if strict, as sent now.
    void on_book_changed(Way& way) const {
        for (auto& line : way.sent) {
            for (MonoTime& sent : line) sent = options_.strict && sent.ns != 0 ? way.now : MonoTime{};
        }
    }
    // True when the evidence does not show which of the two numberings is the venue's.
    [[nodiscard]] bool is_undecidable(const Way& way, const Sync& sync) const {
        bool shown = options_.strict && way.shown;
        bool sent = false;
        bool is_up = false;
        for (const Line& line : way.lines) {
            shown = shown || (line.up && line.sent_old && line.sent_new);
            sent = is_up = is_up || (line.up && line.sent_new);
        }
        if (!options_.strict) {
            if (!is_up) return true;
            sent = false;
            for (int i = options_.old_updates; i < updates(); ++i) {
                sent = sent || (id_of(i) > way.stood_at && first_sent(way, i).ns != 0);
            }
        }
        const bool alive = std::any_of(way.lines.begin(), way.lines.end(), [&](const Line& line) {
            return line.up && line.goes_on && (!line.is_late || !shown);
        });
        return alive || (!sent && (sync.flags() & kUnconfirmed) != 0);
    }
    // True when a later id of its numbering was sent a second ago, and the book has not advanced since.
    [[nodiscard]] bool does_not_advance(const Way& way, Sequence at, bool newer) const {
        for (int i = newer ? options_.old_updates : 0; i < (newer ? updates() : options_.old_updates); ++i) {
            const MonoTime sent = first_sent(way, i);
            if (sent.ns != 0 && way.now - sent >= kLong_ns && id_of(i) > at) return true;
        }
        return false;
    }
    // 0: no line did.
    [[nodiscard]] static MonoTime first_sent(const Way& way, int update) {
        const MonoTime a = way.sent[0][static_cast<std::size_t>(update)];
        const MonoTime b = way.sent[1][static_cast<std::size_t>(update)];
        return a.ns == 0 || (b.ns != 0 && b < a) ? b : a;
    }
    [[nodiscard]] bool equals(const Sync& sync, bool newer) const {
        const Sequence at = sync.last_id() + 1 - first_of(newer);
        if (at >= kTruths) return false;
        const auto& levels = truths_[newer][at];
        const auto top = sync.book().side(Side::bid).top();
        return std::equal(levels.begin(), levels.end(), top.begin(), top.end());
    }

    Options options_;
    std::array<std::array<std::vector<Level>, kTruths>, 2> truths_;
};

}  // namespace daypack::core::test
