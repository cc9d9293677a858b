// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "book/silence.h"
#include "book/sync/sync.h"
#include "tests/book/map_book.h"
#include "tests/support/random.h"
#include "tools/sim/market/event.h"

namespace daypack::core::test {

// Feeds a generated or recorded flow of the simulator over lagging lines into a Sync, in one thread, in steps of 1 ms.
// On request faults are drawn: lost or unreadable frames, lines that break, numberings that restart.
// The test decides what the venue's clocks show.
class FlowWorld {
  public:
    // Returns what the clock shows for the update `u` when the true time is `us`.
    using Clock = std::function<std::int64_t(std::int64_t us, std::uint64_t u)>;
    struct Options {
        std::vector<std::int64_t> lags_ms{0, 5};  // of each line
        std::int64_t jitter_ms = 0;               // and at most so much more, drawn for each frame
        bool faults = false;
        std::uint64_t seed = 1;
        std::int64_t run_ms = 10'000;
        double speed = 1;
    };

    FlowWorld(sim::Source& source, const Options& options, Clock stream, Clock rest)
        : options_(options),
          source_(source),
          stream_(std::move(stream)),
          rest_(std::move(rest)),
          random_(options.seed),
          lines_(options.lags_ms.size()) {
        for (const auto& [price, quantity] : source.start_book().bids) book_.apply({Side::bid, {price}, {quantity}});
        for (const auto& [price, quantity] : source.start_book().asks) book_.apply({Side::ask, {price}, {quantity}});
        at_us_ = source.start_us();
        id_ = source.start_u();
        truth_ = book_;
        truth_id_ = id_;
        source.begin(1'700'000'000'000'000);
        has_next_ = next();
        report_lines();
    }

    void run() {
        for (std::int64_t ms = 0; ms < options_.run_ms && (has_next_ || in_flight()); ++ms) step(ms);
        check_all();
    }
    // A digest of every state, reason and flag, of what each update changed, and of every level at each change of
    // state, each join and each 256th update.
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    [[nodiscard]] const Sync& sync() const { return sync_; }
    [[nodiscard]] std::uint64_t changes() const { return changes_; }       // of the state
    [[nodiscard]] std::uint64_t books() const { return books_; }           // looked at as a whole
    [[nodiscard]] std::uint64_t unlike() const { return unlike_; }         // LIVE, and not the truth: without faults
    [[nodiscard]] std::uint64_t not_live_ms() const { return not_live_; }  // since it was first LIVE
    [[nodiscard]] std::uint64_t updates() const { return updates_; }

  private:
    struct Update {
        std::uint64_t first_id = 0, last_id = 0;
        std::int64_t match_us = 0;
        std::vector<sim::Change> changes;
    };
    struct Frame {
        std::size_t update = 0;  // since the flow began
        std::int64_t due_ms = 0;
        bool cut = false;
    };
    struct Line {
        bool up = true;
        std::deque<Frame> flight;
    };
    struct Answer {
        std::uint32_t request = 0;
        std::int64_t due_ms = 0;
        Snapshot snapshot;
    };

    bool next() {
        do {
            if (!source_.next(event_)) return false;
        } while (event_.channel != sim::Channel::depth);
        return true;
    }
    [[nodiscard]] bool in_flight() const {
        return std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return !line.flight.empty(); });
    }

    void step(std::int64_t ms) {
        now_.ns += 1'000'000;
        while (has_next_ && static_cast<double>(event_.due_ns) <= static_cast<double>(ms) * 1e6 * options_.speed) {
            venue_tells(ms);
            has_next_ = next();
        }
        if (options_.faults && random_.once_in(2'500)) {  // its numbering restarts, below or above
            const auto before = id_;
            id_ = random_.once_in(2) ? before / 2 : before + 1'000'000;
            shift_ += id_ - before;
        }
        for (std::size_t line = 0; line < lines_.size(); ++line) step_line(line, ms);
        (void)sync_.on_time(now_);
        for (Sync::LineSet named = sync_.take_foreign_lines(now_), line = 0; named != 0; named >>= 1, ++line) {
            if ((named & 1) != 0) turn(lines_[line], false), turn(lines_[line], true);
        }
        look();
        step_rest(ms);
        not_live_ += was_live_ && sync_.state() != State::live ? 1 : 0;
    }
    void venue_tells(std::int64_t ms) {
        Update update{event_.first_u + shift_, event_.u + shift_, event_.match_us, event_.changes};
        id_ = update.last_id;
        at_us_ = update.match_us;
        for (const sim::Change& change : update.changes) book_.apply(delta_of(change));
        updates_sent_.push_back(std::move(update));
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            Line& line = lines_[i];
            if (!line.up || (options_.faults && random_.once_in(1'000))) continue;
            std::int64_t due_ms =
                ms + options_.lags_ms[i] + (options_.jitter_ms == 0 ? 0 : random_.below(options_.jitter_ms + 1));
            if (!line.flight.empty()) due_ms = std::max(due_ms, line.flight.back().due_ms);
            line.flight.push_back({updates_sent_.size() - 1, due_ms, options_.faults && random_.once_in(2'000)});
        }
    }
    void step_line(std::size_t index, std::int64_t ms) {
        Line& line = lines_[index];
        while (!line.flight.empty() && line.flight.front().due_ms <= ms) {
            const Frame frame = line.flight.front();
            line.flight.pop_front();
            if (frame.cut) {
                sync_.on_lost(static_cast<LineIndex>(index), Reason::bad_frame, now_);
                look();
            } else {
                feed_update(updates_sent_[frame.update], static_cast<LineIndex>(index));
            }
        }
        if (!options_.faults) return;
        if (line.up && random_.once_in(3'000)) {
            turn(line, false);
        } else if (!line.up && random_.once_in(100)) {
            turn(line, true);
        }
    }
    void turn(Line& line, bool up) {
        line.up = up;
        line.flight.clear();
        report_lines();
    }
    void report_lines() {
        Sync::LineSet up = 0;
        for (std::size_t line = 0; line < lines_.size(); ++line) up |= Sync::LineSet{lines_[line].up} << line;
        sync_.on_lines(up, now_);
        look();
    }
    void feed_update(const Update& update, LineIndex line) {
        events_.clear();
        Event event;
        event.first_id = update.first_id;
        event.last_id = update.last_id;
        event.match = {stream_(update.match_us, update.last_id)};
        event.receive = now_;
        event.line = line;
        if (update.changes.empty()) event.kind = EventKind::advance, events_.push_back(event);
        for (const sim::Change& change : update.changes) {
            const Delta delta = delta_of(change);
            event.side = delta.side;
            event.price = delta.price;
            event.quantity = delta.quantity;
            events_.push_back(event);
        }
        events_.back().last = true;
        (void)sync_.on_update(events_, now_, [&](std::span<const Event> applied) {
            mix(applied.front().last_id);
            for (const Event& each : applied) {
                mix(static_cast<std::uint64_t>(sync_.book().side(each.side).at(each.price).steps));
            }
            if (++updates_ % 256 == 0) check_all();
        });
        look();
    }
    void step_rest(std::int64_t ms) {
        if (sync_.wants_snapshot(now_)) {
            Answer answer{sync_.take_request(now_), ms + 20, book_.snapshot(id_, {rest_(at_us_, id_)}, 100'000)};
            answers_.push_back(std::move(answer));
        }
        while (!answers_.empty() && answers_.front().due_ms <= ms) {
            const Answer answer = std::move(answers_.front());
            answers_.pop_front();
            (void)sync_.on_snapshot(answer.request, answer.snapshot, now_);
            look();
        }
        if (check_asked_.ns != 0) {
            sync_.on_rest_id(check_id_, check_asked_, now_);
            check_asked_ = {};
            look();
        }
        if (!silence_.should_ask_rest(sync_, now_)) return;
        check_asked_ = now_;
        check_id_ = id_;
    }

    void look() {
        mix(static_cast<std::uint64_t>(sync_.state()) | static_cast<std::uint64_t>(sync_.reason()) << 8 |
            std::uint64_t{sync_.flags()} << 16);
        mix(sync_.last_id() | std::uint64_t{sync_.wants_snapshot(now_)} << 63);
        was_live_ = was_live_ || sync_.state() == State::live;
        if (state_ == sync_.state() && reason_ == sync_.reason() && joins_ == sync_.counters().snapshots) return;
        ++changes_;
        state_ = sync_.state();
        reason_ = sync_.reason();
        joins_ = sync_.counters().snapshots;
        check_all();
    }
    void check_all() {
        ++books_;
        for (const Side side : {Side::bid, Side::ask}) {
            for (const Level& level : best_first(sync_.book().side(side))) {
                mix(static_cast<std::uint64_t>(level.price.ticks));
                mix(static_cast<std::uint64_t>(level.quantity.steps));
            }
        }
        if (options_.faults || sync_.state() != State::live) return;
        for (; truth_at_ < updates_sent_.size() && truth_id_ < sync_.last_id(); ++truth_at_) {
            for (const sim::Change& change : updates_sent_[truth_at_].changes) truth_.apply(delta_of(change));
            truth_id_ = updates_sent_[truth_at_].last_id;
        }
        bool same = truth_id_ == sync_.last_id();
        for (const Side side : {Side::bid, Side::ask}) {
            same = same && best_first(sync_.book().side(side)) == truth_.best_first(side);
        }
        unlike_ += same ? 0 : 1;
    }
    [[nodiscard]] static Delta delta_of(const sim::Change& change) {
        return {change.bid ? Side::bid : Side::ask, {change.price}, {change.quantity}};
    }
    void mix(std::uint64_t word) {
        digest_ = (digest_ ^ word) * 0x9E37'79B9'7F4A'7C15;
        digest_ ^= digest_ >> 29;
    }

    Options options_;
    sim::Source& source_;
    Clock stream_, rest_;
    Random random_;
    PendingPool pool_{100'000};
    Sync sync_{16'384, 50, pool_};
    Silence silence_{60'000'000'000};
    MonoTime now_{1'000'000'000};
    std::vector<Line> lines_;
    sim::Event event_;
    bool has_next_ = false;
    std::deque<Update> updates_sent_;
    MapBook book_;  // of the venue, now
    std::uint64_t id_ = 0;
    std::int64_t at_us_ = 0;
    std::uint64_t shift_ = 0;  // of ids, modulo 2^64
    MapBook truth_;            // at the id where the Sync was last looked at as a whole
    std::uint64_t truth_id_ = 0;
    std::size_t truth_at_ = 0;
    std::deque<Answer> answers_;
    MonoTime check_asked_;
    std::uint64_t check_id_ = 0;
    std::vector<Event> events_;
    std::uint64_t digest_ = 0x1234'5678'9ABC'DEF1;
    State state_ = State::down;
    Reason reason_ = Reason::none;
    std::uint64_t joins_ = 0, changes_ = 0, books_ = 0, unlike_ = 0, not_live_ = 0, updates_ = 0;
    bool was_live_ = false;
};

// The venue's clocks as they may be, and be wrong.
struct NamedClock {
    const char* name;
    FlowWorld::Clock tell;
};
inline const std::vector<NamedClock>& odd_clocks() {
    static const std::vector<NamedClock> clocks{
        {"a day behind", [](std::int64_t us, std::uint64_t) { return us - 86'400'000'000; }},
        {"frozen", [](std::int64_t, std::uint64_t) { return std::int64_t{1'700'000'000'000'000}; }},
        {"stepping", [](std::int64_t us, std::uint64_t u) { return us + (u / 50 % 2 == 0 ? 3'000'000 : -3'000'000); }},
        {"backwards", [](std::int64_t us, std::uint64_t) { return -us; }},
        {"permuted", [](std::int64_t us, std::uint64_t u) { return us - Random(u).below(100'000); }},
        {"none", [](std::int64_t, std::uint64_t) { return std::int64_t{0}; }},
    };
    return clocks;
}
inline std::int64_t right_clock(std::int64_t us, std::uint64_t) {
    return us;
}

}  // namespace daypack::core::test
