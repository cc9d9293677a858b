#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "book/sync/sync.h"
#include "tests/random.h"
#include "tests/state_hash.h"

namespace daypack::test {

// Every world of a few updates, two lines, one restart of the venue's numbering, one reconnect a line and two
// snapshots, in whatever order and however late things come: the real Sync in each of them, against the truth.
//
// A world is a list of moves. Moves that lead to the same state are looked at once, and counted: the worlds behind a
// state are as many however it was reached.
//
// What the venue does: its book has, at price 40, a mark of the numbering; at 100 the number of the last update, and at
// 50 to 52 that of the last in three. So a book that was mixed of two numberings, or lacks an update, equals no truth.
class SmallWorlds {
  public:
    struct Options {
        int old_updates = 3;
        int new_updates = 3;     // 0: no restart
        Sequence new_first = 1;  // id of the first update of the new numbering
        bool fresh = false;      // begins without a book; else both lines have told an update of a book that is live
        int reconnects = 1;      // each line
        int snapshots = 2;
        int waits = 3;
    };
    struct Result {
        std::string wrong;  // the moves, and what is wrong; empty: nothing
        double worlds = 0;
        std::uint64_t states = 0;
        std::uint64_t undecidable = 0;  // states behind which nothing was asked of the Sync
    };

    explicit SmallWorlds(const Options& options) : options_(options) {}

    Result run() {
        result_ = {};
        seen_.clear();
        std::vector<Move> moves;
        result_.worlds = look(moves);
        result_.states = seen_.size();
        return result_;
    }

  private:
    static constexpr Sequence kStart = 10;
    static constexpr std::size_t kLines = 2;
    static constexpr std::int64_t kMs = 1'000'000;
    static constexpr std::int64_t kWaits_ms[] = {60, 600, 1'100};
    static constexpr std::int64_t kTick_ms = 10;

    struct Move {
        enum class Kind : std::uint8_t { deliver, lose_line, return_line, answer, wait };
        Kind kind;
        int a = 0;
        int b = 0;
    };
    struct Line {
        bool up = true;
        int next = 0;  // of the venue's updates
        int reconnects = 0;
        bool told_old = false;  // over this connection
        bool told_new = false;
    };
    // One way through a world.
    struct Play {
        explicit Play(PendingPool& pool) : sync(8, 4, pool) {}
        Sync sync;
        MonoTime now{1'000 * kMs};
        Line lines[kLines];
        int snapshots = 0;
        int waits = 0;
        bool asked = false;
        std::uint32_t request = 0;
        MonoTime new_told;       // when an update of the new numbering was first told; 0: not yet
        MonoTime told[2][16]{};  // when each update was first told
        Sequence stood_at = 0;   // LIVE, at the last look; 0: it was not
        MonoTime stood_since;
        // A connection told the old numbering, and then the new one: it shows which of them is the newer. Where none
        // did, and the old one goes on elsewhere after the new one was told, nobody can know.
        bool shown = false;
        bool goes_on = false;
        bool undecidable = false;
        Sequence answered[2]{};  // the last snapshot of each numbering; 0: none
        std::string wrong;
    };

    [[nodiscard]] int updates() const { return options_.old_updates + options_.new_updates; }
    [[nodiscard]] bool is_new(int update) const { return update >= options_.old_updates; }
    [[nodiscard]] Sequence id_of(int update) const {
        return is_new(update) ? options_.new_first + static_cast<Sequence>(update - options_.old_updates)
                              : kStart + 1 + static_cast<Sequence>(update);
    }
    [[nodiscard]] static std::int64_t content(bool is_new, Sequence id) {
        return static_cast<std::int64_t>(id) + (is_new ? 1'000 : 0);
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

    void setup(Play& play) const {
        play.sync.on_lines(0b11, play.now);
        if (options_.fresh) return ask(play);
        play.now = play.now + Sync::kSettle_ns;
        const std::uint32_t request = play.sync.take_request(play.now);
        (void)play.sync.on_snapshot(request, snapshot(false, kStart - 1), play.now);
        for (LineIndex line = 0; line < kLines; ++line) {
            show(play, line, false, kStart);
            play.lines[line].told_old = true;
        }
    }
    [[nodiscard]] Snapshot snapshot(bool is_new, Sequence id) const {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = {static_cast<std::int64_t>(id * 7'919 % 13)};
        snapshot.bids = bids(is_new, id);
        snapshot.asks = {{{200}, {1}}};
        return snapshot;
    }
    static void show(Play& play, LineIndex line, bool is_new, Sequence id) {
        Event events[2];
        for (Event& event : events) {
            event.first_id = event.last_id = id;
            event.match = {static_cast<std::int64_t>(id * 104'729 % 17)};  // as good as any other
            event.receive = play.now;
            event.quantity = {content(is_new, id)};
            event.line = line;
        }
        events[0].price = {50 + static_cast<std::int64_t>(id % 3)};
        events[1].price = {100};
        events[1].last = true;
        (void)play.sync.on_update(events, play.now);
    }

    // ---- moves
    // --------------------------------------------------------------------------------------------------------

    [[nodiscard]] std::vector<Move> moves_of(const Play& play) const {
        using Kind = Move::Kind;
        std::vector<Move> moves;
        for (int line = 0; line < static_cast<int>(kLines); ++line) {
            const Line& at = play.lines[line];
            if (at.up && at.next < updates()) moves.push_back({Kind::deliver, line});
            if (at.up && at.reconnects < options_.reconnects) moves.push_back({Kind::lose_line, line});
            if (at.up) continue;
            for (int next = std::max(at.next - 1, 0); next <= updates(); ++next) {
                moves.push_back({Kind::return_line, line, next});
            }
        }
        if (play.asked && play.snapshots < options_.snapshots) {
            for (int update = -1; update < options_.old_updates; ++update) moves.push_back({Kind::answer, 0, update});
            for (int update = -1; update < options_.new_updates; ++update) moves.push_back({Kind::answer, 1, update});
            if (options_.new_updates == 0) moves.pop_back();
        }
        if (play.waits < options_.waits) {
            for (int which = 0; which < 3; ++which) moves.push_back({Kind::wait, which});
        }
        return moves;
    }

    void make(Play& play, const Move& move) const {
        switch (move.kind) {
            case Move::Kind::deliver: deliver(play, move.a); break;
            case Move::Kind::lose_line:
                play.lines[move.a].up = false;
                ++play.lines[move.a].reconnects;
                tell_lines(play);
                break;
            case Move::Kind::return_line:
                play.lines[move.a].up = true;
                play.lines[move.a].next = move.b;
                play.lines[move.a].told_old = play.lines[move.a].told_new = false;
                tell_lines(play);
                break;
            case Move::Kind::answer: answer(play, move.a != 0, move.b); break;
            case Move::Kind::wait:
                ++play.waits;
                for (std::int64_t ms = 0; ms < kWaits_ms[move.a] && play.wrong.empty(); ms += kTick_ms) {
                    play.now = play.now + kTick_ms * kMs;
                    (void)play.sync.on_time(play.now);
                    ask(play);
                    check(play);
                }
                break;
        }
        ask(play);
        check(play);
    }
    void deliver(Play& play, int line) const {
        Line& at = play.lines[line];
        const int update = at.next++;
        const bool newer = is_new(update);
        const Sequence id = id_of(update);
        if (newer && play.new_told.ns == 0) play.new_told = play.now;
        if (newer && at.told_old) play.shown = true;
        if (!newer && !at.told_new && play.new_told.ns != 0) play.goes_on = true;
        if (play.goes_on && !play.shown) play.undecidable = true;
        MonoTime& told = play.told[newer ? 1 : 0][newer ? update - options_.old_updates : update];
        if (told.ns == 0) told = play.now;
        // Nobody can tell a numbering that goes on where the other one stood.
        const bool first = !at.told_old && !at.told_new;
        (newer ? at.told_new : at.told_old) = true;
        const Sequence other = play.answered[newer ? 0 : 1];
        if (first && other != 0 && id == other + 1) play.undecidable = true;
        show(play, static_cast<LineIndex>(line), newer, id);
    }
    static void tell_lines(Play& play) {
        Sync::LineSet up = 0;
        for (std::size_t line = 0; line < kLines; ++line) up |= Sync::LineSet{play.lines[line].up} << line;
        play.sync.on_lines(up, play.now);
    }
    void answer(Play& play, bool newer, int update) const {
        ++play.snapshots;
        play.asked = false;
        const Sequence id = newer ? options_.new_first + static_cast<Sequence>(update + 1) - 1
                                  : kStart + static_cast<Sequence>(update + 1);
        play.answered[newer ? 1 : 0] = id;
        (void)play.sync.on_snapshot(play.request, snapshot(newer, id), play.now);
    }
    static void ask(Play& play) {
        if (!play.sync.wants_snapshot(play.now)) return;
        play.request = play.sync.take_request(play.now);
        play.asked = true;
    }

    // ---- the truth
    // ----------------------------------------------------------------------------------------------------

    void check(Play& play) const {
        if (!play.wrong.empty()) return;
        const Sequence stands_at = play.sync.state() == State::live ? play.sync.last_id() : 0;
        if (stands_at != play.stood_at) play.stood_since = play.now;
        play.stood_at = stands_at;
        if (stands_at == 0) return;
        const bool is_old = equals(play.sync, false);
        const bool is_newer = options_.new_updates > 0 && equals(play.sync, true);
        if (!is_old && !is_newer) {
            play.wrong = "a book of no numbering";
        } else if (!is_newer && play.new_told.ns != 0 && play.now - play.new_told >= 1'000 * kMs) {
            play.wrong = "the old numbering, long after the new one was told";
        } else {
            for (int i = 0; i < (is_newer ? options_.new_updates : options_.old_updates); ++i) {
                const MonoTime told = play.told[is_newer ? 1 : 0][i];
                const Sequence id = id_of(is_newer ? options_.old_updates + i : i);
                const MonoTime since = std::max(told, play.stood_since);
                if (told.ns != 0 && id > play.sync.last_id() && play.now - since >= 1'000 * kMs) {
                    play.wrong = "it stands still";
                }
            }
        }
        if (play.wrong.empty()) return;
        play.wrong += ": at " + std::to_string(play.sync.last_id());
    }
    [[nodiscard]] bool equals(const Sync& sync, bool is_new) const {
        const auto levels = bids(is_new, sync.last_id());
        const auto top = sync.book().side(Side::bid).top();
        return std::equal(levels.begin(), levels.end(), top.begin(), top.end());
    }

    // ---- the search
    // ---------------------------------------------------------------------------------------------------

    // How many worlds there are behind these moves.
    double look(std::vector<Move>& moves) {
        PendingPool pool(64);
        auto play = std::make_unique<Play>(pool);
        setup(*play);
        for (const Move& move : moves) make(*play, move);
        if (play->undecidable) {
            ++result_.undecidable;
            return 1;
        }
        if (!play->wrong.empty()) {
            explain(moves);
            result_.wrong = describe(moves) + " -> " + play->wrong;
            return 0;
        }
        const auto [place, fresh] = seen_.try_emplace(hash(*play), 0.0);
        if (!fresh) return place->second;
        const std::uint64_t key = place->first;
        const std::vector<Move> next = moves_of(*play);
        play.reset();
        double worlds = next.empty() ? 1 : 0;
        for (const Move& move : next) {
            moves.push_back(move);
            worlds += look(moves);
            moves.pop_back();
            if (!result_.wrong.empty()) return worlds;
        }
        seen_[key] = worlds;
        return worlds;
    }
    [[nodiscard]] static std::uint64_t hash(const Play& play) {
        StateHash hash{play.now};
        hash.add(play.sync);
        for (const Line& line : play.lines) {
            hash.mix(std::uint64_t{line.up} | std::uint64_t{line.told_old} << 1 | std::uint64_t{line.told_new} << 2 |
                     static_cast<std::uint64_t>(line.next) << 8 | static_cast<std::uint64_t>(line.reconnects) << 16);
        }
        hash.mix(static_cast<std::uint64_t>(play.snapshots) << 8 | static_cast<std::uint64_t>(play.waits));
        hash.mix(std::uint64_t{play.asked} | std::uint64_t{play.shown} << 2 | play.answered[0] << 8 |
                 play.answered[1] << 32);
        hash.age(play.new_told);
        hash.mix(play.stood_at);
        if (play.stood_at != 0) hash.since(play.stood_since);
        for (const auto& numbering : play.told) {
            for (const MonoTime told : numbering) hash.age(told);
        }
        return hash.value;
    }
    // What the Sync showed after each move.
    void explain(const std::vector<Move>& moves) const {
        PendingPool pool(64);
        Play play(pool);
        setup(play);
        for (const Move& move : moves) {
            make(play, move);
            std::printf("%s: state %d reason %d at %llu, asked %d, restarts %llu\n", describe({move}).c_str(),
                        static_cast<int>(play.sync.state()), static_cast<int>(play.sync.reason()),
                        static_cast<unsigned long long>(play.sync.last_id()), play.asked ? 1 : 0,
                        static_cast<unsigned long long>(play.sync.counters().restarts));
        }
    }
    [[nodiscard]] std::string describe(const std::vector<Move>& moves) const {
        std::string text;
        for (const Move& move : moves) {
            static constexpr const char* kNames[] = {"deliver", "lose", "return", "answer", "wait"};
            text += std::string(text.empty() ? "" : " ") + kNames[static_cast<int>(move.kind)] + "(" +
                    std::to_string(move.a) + "," + std::to_string(move.b) + ")";
        }
        return text;
    }

    Options options_;
    Result result_;
    std::unordered_map<std::uint64_t, double> seen_;
};

}  // namespace daypack::test
