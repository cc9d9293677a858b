#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "book/sync/sync.h"
#include "tests/random.h"
#include "tests/sync_truth.h"
#include "tests/venue_model.h"

namespace daypack::test {

// A Sync between a model of the venue, lines that delay, aggregate, lose, repeat and break, and REST answers under way.
// After each thing that happens to the Sync it is held against the truth; the first difference is kept in wrong().
class SyncWorld {
  public:
    struct Options {
        VenueModel::Options venue;
        std::size_t lines = 2;
        bool aggregates = false;  // lines send when told to, instead of after each update
        // Restarts go back by a few ids, to numbers that were used before, as a venue that fails over to a trailing
        // copy would. Only lines that lose nothing can tell then: an update that is the next by number looks right to
        // anybody.
        bool near_restarts = false;
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

    [[nodiscard]] const std::string& wrong() const { return wrong_; }
    [[nodiscard]] std::uint64_t updates_shown() const { return updates_shown_; }
    [[nodiscard]] std::uint64_t updates_applied() const { return updates_applied_; }
    [[nodiscard]] const Sync& sync() const { return sync_; }
    [[nodiscard]] std::size_t lines() const { return lines_.size(); }
    [[nodiscard]] std::size_t in_flight(std::size_t line) const { return lines_[line].flight.size(); }

    // ---- what may happen. None of it is an error at any time: where it makes no sense nothing happens. -------------

    void venue_updates(Random& random, bool crossing = false) {
        venue_.update(random, crossing);
        if (options_.aggregates) return;
        for (Line& line : lines_) send(line);
    }
    void venue_waits(std::int64_t us) {
        venue_.wait(us);
        now_.ns += us * 1000;
        sync_.on_time(now_);
        check();
    }
    void venue_restarts(Random& random) {
        for (Line& line : lines_) send(line);
        if (options_.near_restarts) {
            const auto used = static_cast<std::int64_t>(venue_.last() - venue_.told(venue_.numbering()).first) + 1;
            if (used < 1) return;                                     // it must be an id that was told
            for (Answer& answer : answers_) answer.captured = false;  // the outage fails what was under way
            venue_.restart(venue_.last() - static_cast<Sequence>(random.below(std::min<std::int64_t>(used, 60))),
                           random);
        } else {
            // A million apart, so that no id of one numbering is near one of another; below and above what was.
            const auto block = static_cast<std::uint64_t>(random.below(64));
            if (blocks_used_ >> block & 1) return;
            blocks_used_ |= std::uint64_t{1} << block;
            venue_.restart(1 + block * 1'000'000, random);
        }
        for (Line& line : lines_) line.sent = venue_.last();
    }

    void line_sends(std::size_t line) { send(lines_[line]); }
    void line_delivers(std::size_t line) {
        Line& from = lines_[line];
        if (!from.up || from.flight.empty()) return;
        const Frame frame = from.flight.front();
        from.flight.pop_front();
        from.previous = frame;
        show(frame, line);
    }
    // What it delivered last, once more.
    void line_repeats(std::size_t line) {
        Line& from = lines_[line];
        if (from.up && from.previous.last_id != 0) show(from.previous, line);
    }
    void line_loses(std::size_t line) {
        if (!options_.near_restarts && !lines_[line].flight.empty()) lines_[line].flight.pop_front();
    }
    void line_garbles(std::size_t line) {
        Line& from = lines_[line];
        if (options_.near_restarts || !from.up || from.flight.empty()) return;
        from.flight.pop_front();
        sync_.on_lost(Reason::bad_frame, now_);
        check();
    }
    void line_breaks(std::size_t line) {
        Line& broken = lines_[line];
        if (options_.near_restarts || !broken.up) return;
        broken = {};
        tell_lines();
    }
    void line_returns(std::size_t line) {
        if (!lines_[line].up) up(line);
    }

    void sync_asks() {
        if (sync_.wants_snapshot()) answers_.push_back({sync_.take_request(), false, {}});
    }
    void rest_captures(std::size_t which, Random& random) {
        if (answers_.empty()) return;
        Answer& answer = answers_[which % answers_.size()];
        if (answer.captured || (options_.near_restarts && tells_old_numbering())) return;
        answer.captured = true;
        answer.told = venue_.answer(random);
    }
    void rest_delivers(std::size_t which) {
        if (answers_.empty()) return;
        const auto at = answers_.begin() + static_cast<std::ptrdiff_t>(which % answers_.size());
        if (!at->captured) return;
        const Answer answer = std::move(*at);
        answers_.erase(at);
        Sequence applied = answer.told.snapshot.last_id;
        const bool joined = sync_.on_snapshot(answer.request, answer.told.snapshot, now_,
                                              [&applied](const Event& event) { applied = event.last_id; });
        if (joined) {
            truth_.joined(answer.told.numbering);
            if (sync_.last_id() != applied) fail("the updates that a join told are not those it applied");
        }
        check();
    }
    [[nodiscard]] std::size_t answers_under_way() const { return answers_.size(); }

    // Faults end, and everything is delivered: the book must become live. `quiet`: the venue makes no more updates at
    // all; else it stops only for the last rounds, so that REST, which trails, can catch up.
    void calm(bool quiet, Random& random) {
        if (venue_.crossed()) venue_updates(random);
        for (std::size_t line = 0; line < lines_.size(); ++line) line_returns(line);
        for (int round = 0; round < 20 && wrong_.empty(); ++round) {
            if (!quiet && round < 10) venue_updates(random);
            venue_waits(100'000);
            for (std::size_t line = 0; line < lines_.size(); ++line) {
                line_sends(line);
                while (!lines_[line].flight.empty() && wrong_.empty()) line_delivers(line);
            }
            sync_asks();
            for (std::size_t i = answers_.size(); i > 0; --i) {
                rest_captures(0, random);
                rest_delivers(0);
            }
        }
        if (sync_.state() != State::live) return fail("not live although all is calm");
        if (!quiet && sync_.last_id() != venue_.last()) fail("not at the venue's last update although all is calm");
    }

  private:
    struct Frame {
        std::size_t numbering = 0;
        Sequence first_id = 0;
        Sequence last_id = 0;  // 0: none
    };
    struct Line {
        bool up = false;
        Sequence sent = 0;  // in the venue's present numbering
        std::deque<Frame> flight;
        Frame previous;
    };
    struct Answer {
        std::uint32_t request = 0;
        bool captured = false;
        VenueModel::Answer told;
    };

    void fail(const std::string& what) {
        if (!wrong_.empty()) return;
        wrong_ = what + ": state " + std::to_string(static_cast<int>(sync_.state())) + " reason " +
                 std::to_string(static_cast<int>(sync_.reason())) + " at " + std::to_string(sync_.last_id()) +
                 "; the venue is at " + std::to_string(venue_.last());
    }

    void up(std::size_t line) {
        lines_[line].up = true;
        lines_[line].sent = venue_.last();
        tell_lines();
    }
    void tell_lines() {
        Sync::LineSet up = 0;
        for (std::size_t line = 0; line < lines_.size(); ++line) up |= Sync::LineSet{lines_[line].up} << line;
        sync_.on_lines(up);
        check();
    }

    // All that the line has not sent yet, in one frame.
    void send(Line& line) {
        if (!line.up || line.sent == venue_.last()) return;
        line.flight.push_back({venue_.numbering(), line.sent + 1, venue_.last()});
        line.sent = venue_.last();
    }

    // Lines lag less than a restart takes; so REST is not back before they have told all of the old numbering.
    [[nodiscard]] bool tells_old_numbering() const {
        return std::any_of(lines_.begin(), lines_.end(), [this](const Line& line) {
            return !line.flight.empty() && line.flight.front().numbering != venue_.numbering();
        });
    }

    void show(const Frame& frame, std::size_t line) {
        const auto& told = venue_.told(frame.numbering);
        events_.clear();
        Event event;
        event.first_id = frame.first_id;
        event.last_id = frame.last_id;
        event.match = told.at(frame.last_id).match;
        event.receive = now_;
        event.line = static_cast<LineIndex>(line);
        for (std::size_t i = told.at(frame.first_id).from; i < told.at(frame.last_id).to; ++i) {
            event.side = told.deltas[i].side;
            event.price = told.deltas[i].price;
            event.quantity = told.deltas[i].quantity;
            events_.push_back(event);
        }
        if (events_.empty()) {
            event.kind = EventKind::advance;
            events_.push_back(event);
        }
        events_.back().last = true;

        ++updates_shown_;
        truth_.shown(frame.numbering, frame.last_id);
        Sequence applied = sync_.last_id();
        const auto outcome = sync_.on_update(events_, now_, [&](std::span<const Event> update) {
            ++updates_applied_;
            applied = update.front().last_id;
            if (sync_.last_id() != applied) fail("told of an update at which the book does not stand");
        });
        if (sync_.last_id() != applied) fail("the updates that were told are not those that were applied");
        if (outcome == Sync::Outcome::applied && applied < frame.last_id) fail("applied, and not there");
        check();
    }

    void check() {
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
    std::uint64_t blocks_used_ = 1;
    std::uint64_t updates_shown_ = 0;
    std::uint64_t updates_applied_ = 0;
    std::string wrong_;
};

}  // namespace daypack::test
