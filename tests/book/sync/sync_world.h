// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "book/silence.h"
#include "book/sync/sync.h"
#include "tests/book/sync/sync_truth.h"
#include "tests/book/venue_model.h"
#include "tests/support/random.h"

namespace daypack::core::test {

// Runs a Sync against a model of the venue, with lines that lag, aggregate, lose, repeat and break, and with REST
// answers that are now and then of an old numbering or of another market. A line that the Sync names as foreign
// reconnects. The Sync is compared with the truth after each event; wrong() has the first difference.
class SyncWorld {
  public:
    struct Options {
        VenueModel::Options venue;
        std::size_t lines = 2;
        bool aggregates = false;  // lines send on request, not after each update
        // Restarts go back by a few ids, to numbers that were used before, as a venue that fails over to a trailing
        // copy would. Only lines that lose nothing show it then, and only a REST that never answers of the old
        // numbering again: what is the next by number looks right to anybody.
        bool near_restarts = false;
        bool other_markets = false;  // REST answers with another market's book now and then, while this one is traded
        std::vector<std::int64_t> lags_us;  // of each line; none: 0
        std::size_t depth = 10;
        std::size_t max_levels = 16'384;
        std::size_t pool_events = 10'000;
    };

    SyncWorld(const SyncWorld&) = delete;
    SyncWorld& operator=(const SyncWorld&) = delete;
    SyncWorld(const Options& options, Random& random)
        : options_(options),
          venue_(options.venue, random),
          pool_(options.pool_events),
          sync_(options.max_levels, options.depth, pool_),
          lines_(options.lines) {
        for (std::size_t line = 0; line < options_.lines; ++line) up(line);
    }

    // A digest of all states, reasons, flags, ids, best prices and requests so far.
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }
    [[nodiscard]] std::uint64_t updates_shown() const { return updates_shown_; }
    [[nodiscard]] std::uint64_t updates_applied() const { return updates_applied_; }
    [[nodiscard]] const Sync& sync() const { return sync_; }
    [[nodiscard]] std::size_t lines() const { return lines_.size(); }
    [[nodiscard]] std::size_t in_flight(std::size_t line) const { return lines_[line].flight.size(); }

    // ---- what may happen: each may be called at any time, and does nothing where it makes no sense ----

    void venue_updates(Random& random, bool crossing = false) {
        venue_.update(random, crossing);
        if (options_.aggregates) return;
        for (Line& line : lines_) send(line);
    }
    void venue_waits(std::int64_t us) {
        venue_.wait(us);
        now_.ns += us * 1000;
        if (sync_.on_time(now_)) joined(answered_);
        replace(sync_.take_foreign_lines(now_));
        check();
    }
    // The lines change to the new numbering on their connections, on new ones, or one after another.
    void venue_restarts(Random& random) {
        for (Line& line : lines_) {
            send(line);
            if (line.numbering != venue_.numbering()) return;  // the last restart is still on its way
        }
        if (options_.near_restarts) {
            const auto used = static_cast<std::int64_t>(venue_.last() - venue_.history(venue_.numbering()).first) + 1;
            if (used < 1) return;                                     // it must be an id that was used
            for (Answer& answer : answers_) answer.captured = false;  // the outage fails the answers in flight
            venue_.restart(venue_.last() - static_cast<Sequence>(random.below(std::min<std::int64_t>(used, 60))), 0,
                           random);
        } else {
            // A million apart, so that no id of one numbering is near one of another; below and above what was.
            const auto block = static_cast<std::uint64_t>(random.below(64));
            if (blocks_used_ >> block & 1) return;
            blocks_used_ |= std::uint64_t{1} << block;
            venue_.restart(1 + block * 1'000'000, random.once_in(2) ? 0 : random.below(500'000), random);
        }
        const bool rolling = random.once_in(3);
        const bool cut = random.once_in(2);
        for (Line& line : lines_) {
            line.moves = now_ + (rolling ? random.below(500'000'000) : 0);
            line.cut = rolling || cut;
        }
        move_lines();
    }

    void line_sends(std::size_t line) {
        move_lines();
        send(lines_[line]);
    }
    void line_delivers(std::size_t line) {
        Line& from = lines_[line];
        if (!from.up || from.flight.empty() || now_ < from.flight.front().due) return;
        const Frame frame = from.flight.front();
        from.flight.pop_front();
        from.previous = frame;
        from.delivers = frame.numbering;
        feed_update(frame, line);
    }
    // The line delivers its last frame once more.
    void line_repeats(std::size_t line) {
        Line& from = lines_[line];
        if (from.up && from.previous.last_id != 0) feed_update(from.previous, line);
    }
    void line_loses(std::size_t line) {
        if (!options_.near_restarts && !lines_[line].flight.empty()) lines_[line].flight.pop_front();
    }
    void line_garbles(std::size_t line) {
        Line& from = lines_[line];
        if (options_.near_restarts || !from.up || from.flight.empty()) return;
        from.flight.pop_front();
        sync_.on_lost(static_cast<LineIndex>(line), Reason::bad_frame, now_);
        check();
    }
    void line_breaks(std::size_t line) {
        Line& broken = lines_[line];
        if (options_.near_restarts || !broken.up) return;
        take_down(broken);
    }
    void line_returns(std::size_t line) {
        if (!lines_[line].up) up(line);
    }

    void sync_asks() {
        if (sync_.wants_snapshot(now_)) {
            asked_ = sync_.take_request(now_);
            answers_.push_back({asked_, false, {}});
        }
    }
    void rest_captures(std::size_t which, Random& random) {
        if (answers_.empty()) return;
        Answer& answer = answers_[which % answers_.size()];
        if (answer.captured || (options_.near_restarts && sends_old_numbering())) return;
        answer.captured = true;
        answer.content = venue_.answer(random);
        const bool traded = sync_.joining() && now_ - shown_at_ < 100'000'000;
        if (options_.other_markets && traded && random.once_in(10)) answer.content = another(random);
    }
    void rest_delivers(std::size_t which) {
        if (answers_.empty()) return;
        const auto at = answers_.begin() + static_cast<std::ptrdiff_t>(which % answers_.size());
        if (!at->captured) return;
        const Answer answer = std::move(*at);
        answers_.erase(at);
        // The answer to the last request alone may wait for the stream.
        const bool wanted = sync_.joining() && answer.request == asked_;
        if (sync_.on_snapshot(answer.request, answer.content.snapshot, now_)) {
            joined(answer.content.numbering);
        } else if (wanted) {
            answered_ = answer.content.numbering;
        }
        check();
    }
    // Checks a quiet book with REST, as the owner of a Sync does.
    void rest_checks(Random& random) {
        if (check_asked_.ns != 0) {
            sync_.on_rest_id(check_id_, check_asked_, now_);
            check_asked_ = {};
            check();
        }
        if (!silence_.should_ask_rest(sync_, now_) || (options_.near_restarts && sends_old_numbering())) return;
        check_asked_ = now_;
        check_id_ = venue_.answer(random).snapshot.last_id;
    }

    // All faults end and everything is delivered, so the book must become live. `quiet`: the venue makes no more
    // updates at all; otherwise it stops for the last rounds only, so that REST can catch up.
    void calm(bool quiet, Random& random) {
        if (venue_.crossed()) venue_updates(random);
        options_.other_markets = false;
        options_.lags_us.clear();
        for (Line& line : lines_) {
            line.moves = {};
            for (Frame& frame : line.flight) frame.due = {};
        }
        move_lines();
        // A book that broke for the same reason again and again is asked for every 10 s.
        for (int round = 0; round < 300 && wrong_.empty(); ++round) {
            if (round >= 150 && sync_.state() == State::live && sync_.last_id() == venue_.last()) break;
            if (!quiet && round < 150) venue_updates(random);
            venue_waits(100'000);
            for (std::size_t line = 0; line < lines_.size(); ++line) {
                line_returns(line);
                line_sends(line);
                while (!lines_[line].flight.empty() && wrong_.empty()) line_delivers(line);
            }
            rest_checks(random);
            sync_asks();
            for (std::size_t i = answers_.size(); i > 0; --i) {
                rest_captures(0, random);
                rest_delivers(0);
            }
        }
        if (quiet) return;  // a market where nothing happens may be in doubt
        if (sync_.state() != State::live) return fail("not live although all is calm");
        if (sync_.last_id() != venue_.last()) fail("not at the venue's last update although all is calm");
    }

  private:
    struct Frame {
        std::size_t numbering = 0;
        Sequence first_id = 0;
        Sequence last_id = 0;  // 0: none
        MonoTime due;
    };
    struct Line {
        bool up = false;
        std::size_t numbering = 0;  // of the venue's instance behind the connection
        Sequence sent = 0;          // of it
        std::size_t delivers = 0;   // the numbering of its last frame, or of its first
        MonoTime moves;             // when it goes on to the venue's newest numbering, where there is a newer one
        bool cut = false;           // then with another connection
        std::deque<Frame> flight;
        Frame previous;
    };
    struct Answer {
        std::uint32_t request = 0;
        bool captured = false;
        VenueModel::Answer content;
    };

    void fail(const std::string& what) {
        if (!wrong_.empty()) return;
        wrong_ = what + ": state " + std::to_string(static_cast<int>(sync_.state())) + " reason " +
                 std::to_string(static_cast<int>(sync_.reason())) + " at " + std::to_string(sync_.last_id()) +
                 "; the venue is at " + std::to_string(venue_.last());
    }

    void up(std::size_t line) {
        lines_[line].up = true;
        lines_[line].numbering = lines_[line].delivers = venue_.numbering();
        lines_[line].sent = venue_.last();
        report_lines();
    }
    void take_down(Line& line) {
        line = {};
        line.numbering = venue_.numbering();
        truth_.line_gone();
        report_lines();
    }
    void replace(Sync::LineSet named) {
        for (std::size_t line = 0; line < lines_.size(); ++line) {
            if ((named >> line & 1) == 0 || !lines_[line].up) continue;
            take_down(lines_[line]);
            up(line);
        }
    }
    void move_lines() {
        for (Line& line : lines_) {
            if (line.numbering == venue_.numbering() || now_ < line.moves) continue;
            if (line.cut && line.up) {
                take_down(line);
                continue;
            }
            line.numbering = venue_.numbering();
            line.sent = venue_.history(line.numbering).first - 1;
        }
    }
    void joined(std::size_t numbering) {
        truth_.joined(numbering);
        answered_ = numbering;
    }
    // Returns another market's book with ids far from this one's; with near ids only an audit could find out.
    [[nodiscard]] VenueModel::Answer another(Random& random) const {
        VenueModel::Answer answer;
        answer.numbering = SyncTruth::kOther;
        answer.snapshot.last_id =
            static_cast<Sequence>(random.below(100'000'000)) + (random.once_in(2) ? 500'000'000 : 0);
        if (answer.snapshot.last_id < 100'000'000) answer.snapshot.last_id %= 900;
        answer.snapshot.bids = {{{1'000}, {5}}, {{1'001}, {6}}};
        answer.snapshot.asks = {{{1'002}, {7}}};
        return answer;
    }

    void report_lines() {
        Sync::LineSet up = 0;
        for (std::size_t line = 0; line < lines_.size(); ++line) up |= Sync::LineSet{lines_[line].up} << line;
        sync_.on_lines(up, now_);
        check();
    }

    // All that the line has not sent yet, in one frame.
    void send(Line& line) {
        const Sequence last = venue_.history(line.numbering).last();
        if (!line.up || line.sent == last) return;
        const auto index = static_cast<std::size_t>(&line - lines_.data());
        const std::int64_t lag_us = index < options_.lags_us.size() ? options_.lags_us[index] : 0;
        line.flight.push_back({line.numbering, line.sent + 1, last, now_ + lag_us * 1000});
        line.sent = last;
    }

    // Lines lag less than a restart takes, so REST is not back before they have sent all of the old numbering.
    [[nodiscard]] bool sends_old_numbering() const {
        return std::any_of(lines_.begin(), lines_.end(), [this](const Line& line) {
            return line.numbering != venue_.numbering() || (line.up && line.delivers != venue_.numbering());
        });
    }

    void feed_update(const Frame& frame, std::size_t line) {
        const auto& history = venue_.history(frame.numbering);
        events_.clear();
        Event event;
        event.first_id = frame.first_id;
        event.last_id = frame.last_id;
        event.match = history.at(frame.last_id).match;
        event.receive = now_;
        event.line = static_cast<LineIndex>(line);
        for (std::size_t i = history.at(frame.first_id).from; i < history.at(frame.last_id).to; ++i) {
            event.side = history.deltas[i].side;
            event.price = history.deltas[i].price;
            event.quantity = history.deltas[i].quantity;
            events_.push_back(event);
        }
        if (events_.empty()) {
            event.kind = EventKind::advance;
            events_.push_back(event);
        }
        events_.back().last = true;

        ++updates_shown_;
        shown_at_ = now_;
        const std::uint64_t foreign = sync_.counters().foreign;
        Sequence applied = sync_.last_id();
        const auto outcome = sync_.on_update(events_, now_, [&](std::span<const Event> update) {
            ++updates_applied_;
            applied = update.front().last_id;
            if (sync_.last_id() != applied) fail("the book is not at the update that is passed on");
        });
        if (outcome == Sync::Outcome::joined) joined(answered_);
        truth_.shown(frame.numbering, frame.last_id, sync_.counters().foreign == foreign, now_);
        if (outcome != Sync::Outcome::joined && sync_.last_id() != applied) {
            fail("the updates that were passed on are not those that were applied");
        }
        if (outcome == Sync::Outcome::applied && applied < frame.last_id) fail("applied, and not there");
        check();
    }

    void check() {
        const auto fold = [this](std::uint64_t what) { digest_ = (digest_ ^ what) * 0x9E37'79B9'7F4A'7C15 + 1; };
        fold(static_cast<std::uint64_t>(sync_.state()) << 32 | static_cast<std::uint64_t>(sync_.reason()) << 16 |
             sync_.flags());
        fold(sync_.last_id());
        fold(sync_.wants_snapshot(now_) ? 1 : 0);
        for (const Side side : {Side::bid, Side::ask}) {
            const auto best = sync_.book().side(side).best();
            fold(best ? static_cast<std::uint64_t>(best->price.ticks * 4096 + best->quantity.steps) : 0);
        }
        for (const Line& line : lines_) {
            if (!line.flight.empty() && line.flight.front().numbering != venue_.numbering()) truth_.old_is_alive(now_);
        }
        if (wrong_.empty()) wrong_ = truth_.difference(sync_, now_);
    }

    Options options_;
    VenueModel venue_;
    SyncTruth truth_{venue_};
    PendingPool pool_;
    Sync sync_;
    MonoTime now_{1};
    std::vector<Line> lines_;
    std::vector<Answer> answers_;
    std::vector<Event> events_;
    Silence silence_{60'000'000'000};
    MonoTime check_asked_;  // 0: none in flight
    Sequence check_id_ = 0;
    MonoTime shown_at_;         // when a line last sent anything
    std::size_t answered_ = 0;  // the numbering of the answer that a Sync may hold
    std::uint32_t asked_ = 0;   // the last request
    std::uint64_t digest_ = 0;
    std::uint64_t blocks_used_ = 1;
    std::uint64_t updates_shown_ = 0;
    std::uint64_t updates_applied_ = 0;
    std::string wrong_;
};

}  // namespace daypack::core::test
