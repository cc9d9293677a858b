// SPDX-License-Identifier: MIT
#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/book_thread/book_agent.h"
#include "net/backpack/decoder.h"
#include "tests/book/venue_model.h"
#include "tests/engine/shm_fixture.h"
#include "tests/support/random.h"

namespace daypack::core::test {

// The whole way from a frame's text to another process's memory, in one thread and with a clock of its own: a model of
// the venue, lines that delay, aggregate, lose, cut, repeat, go silent and break, the decoder, the queue, the book
// thread's work with its watch and audits, the publisher, REST answers under way, and a reader that looks after each
// step. (tests/book/sync/sync_world.h has numberings that restart.)
class AgentWorld {
  public:
    // `fused`: what the lines bring goes straight to the agent, and through no queue.
    AgentWorld(std::uint64_t seed, const std::string& instance, bool fused, Callbacks callbacks = {})
        : fused_(fused),
          random_(seed),
          venue_({1 + random_.below(60), 5000, 40, VenueClock::draw(random_), VenueClock::draw(random_)}, random_),
          depth_(1 + static_cast<std::size_t>(random_.below(12))),
          lines_(1 + static_cast<std::size_t>(random_.below(4))),
          segment_({instance, depth_, 2, 64, 0600, {}}),
          publisher_(segment_),
          pool_(10'000),
          agent_({&table_,
                  &segment_,
                  &publisher_,
                  fused ? BookAgent::Input::calls : BookAgent::Input::queues,
                  {{&events_, &resubscribes_, &backlog_}},
                  &to_book_,
                  &requests_,
                  &spent_,
                  &log_,
                  &pool_},
                 {2'000'000'000, random_.once_in(3) ? 0 : 500'000'000}, std::move(callbacks)),
          decoder_(table_, DepthStream::realtime) {
        (void)segment_.add_symbol("SOL-USDC", "SOL_USDC");
        (void)table_.append({"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none, true});
        reader_ = std::make_unique<Reader>(instance);
        reader_->raw().beat_stale_ns = INT64_MAX;
        publisher_.set_running();
        tell(FollowSymbol{0, &table_[0], std::make_unique<Sync>(16'384, depth_, pool_)});
        for (std::size_t line = 0; line < lines_.size(); ++line) turn(line, true);
        truth_ = venue_.history(0).base;
        truth_id_ = venue_.history(0).first - 1;
        for (auto* rate : {&lose_, &cut_, &repeat_, &mute_, &breaks_, &crosses_, &quiet_}) {
            static constexpr std::int64_t kTimes[] = {0, 1, 10, 100};
            *rate = 40 * kTimes[random_.below(4)];
        }
        for (Line& line : lines_) line.lag_us = random_.once_in(2) ? 0 : random_.below(200'001);
    }

    // One thing after the other. Why it is wrong; empty: it is not.
    std::string step() {
        if (!random_.once_in(3)) venue_.update(random_, random_.once_in(crosses_));
        wait(random_.once_in(quiet_) ? random_.below(3'000'000) : random_.below(4'000));
        for (std::size_t line = 0; line < lines_.size(); ++line) step_line(line);
        step_rest();
        return look();
    }
    // All faults end: the book must become live, at the venue's last update.
    std::string calm() {
        for (Line& line : lines_) line.lag_us = 0;
        // A book in doubt is checked against REST after 1, 5 and 30 s of quiet.
        for (int round = 0; round < 2'000 || (round < 10'000 && live_at_ != venue_.last()); ++round) {
            if (venue_.crossed() || round < 1'900) venue_.update(random_, false);
            wait(20'000);
            for (std::size_t line = 0; line < lines_.size(); ++line) {
                if (!lines_[line].up) turn(line, true);
                send(line);
                while (!lines_[line].flight.empty()) deliver(line);
            }
            step_rest();
            if (std::string wrong = look(); !wrong.empty()) return wrong;
        }
        return live_at_ == venue_.last() ? "" : "not live at the venue's last update although all is calm: " + shown_;
    }
    [[nodiscard]] std::uint64_t compared() const { return compared_; }
    [[nodiscard]] std::uint64_t counter(unsigned which) const {
        return daypack_symbol_counter(&reader_->raw(), 0, which);
    }

  private:
    struct Frame {
        std::string text;
        MonoTime due;
    };
    struct Line {
        bool up = false;
        bool mute = false;
        Sequence sent = 0;
        std::deque<Frame> flight;
        std::string previous;
        std::int64_t lag_us = 0;
    };

    void wait(std::int64_t us) {
        venue_.wait(us);
        now_ = now_ + us * 1000;
    }
    void step_line(std::size_t at) {
        Line& line = lines_[at];
        if (random_.once_in(3)) send(at);
        for (std::int64_t i = random_.below(4); i > 0 && !line.flight.empty() && now_ >= line.flight.front().due; --i) {
            deliver(at);
        }
        if (random_.once_in(lose_) && !line.flight.empty()) line.flight.pop_front();
        if (random_.once_in(cut_) && !line.flight.empty() && !line.flight.front().text.empty()) {
            std::string& frame = line.flight.front().text;
            frame.resize(static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(frame.size()))));
        }
        if (random_.once_in(repeat_) && line.up && !line.previous.empty()) take(line.previous, at);
        line.mute |= random_.once_in(mute_);
        if (random_.once_in(breaks_) && line.up) turn(at, false);
        if (random_.once_in(20) && !line.up) turn(at, true);
    }
    void step_rest() {
        SnapshotRequest request;
        while (requests_.pop(request)) asked_.push_back(request);
        if (!asked_.empty() && random_.once_in(2)) {
            const SnapshotRequest next = asked_.front();
            asked_.pop_front();
            auto snapshot = std::make_unique<Snapshot>(venue_.answer(random_).snapshot);
            if (next.purpose == SnapshotRequest::Purpose::join) {
                under_way_.push_back(JoinSnapshot{0, next.request, std::move(snapshot)});
            } else {
                under_way_.push_back(CheckSnapshot{0, std::move(snapshot)});
            }
        }
        if (!under_way_.empty() && random_.once_in(3)) {
            tell(std::move(under_way_.front()));
            under_way_.pop_front();
        }
        Resubscribe again;
        while (resubscribes_.pop(again)) {
            for (std::size_t line = 0; line < lines_.size(); ++line) {
                if ((again.lines >> line & 1) == 0) continue;
                lines_[line].mute = false;
                if (again.kind == Resubscribe::Kind::foreign && lines_[line].up) turn(line, false);
            }
        }
        RetiredBlocks spent;
        while (spent_.pop(spent)) spent = {};
        LogRecord record;
        while (log_.pop(record)) {
        }
    }
    void tell(BookCommand command) { (void)to_book_.push(std::move(command)); }
    void tell(std::span<const Event> events) {
        if (fused_) return agent_.take(events, now_);
        (void)events_.push(events);
    }

    void turn(std::size_t at, bool up) {
        lines_[at] = {up, false, venue_.last(), {}, {}, lines_[at].lag_us};
        Event event;
        event.kind = up ? EventKind::line_up : EventKind::line_down;
        event.line = static_cast<LineIndex>(at);
        event.last = true;
        tell({&event, 1});
    }
    // All that the line has not sent yet, in one frame.
    void send(std::size_t at) {
        Line& line = lines_[at];
        if (!line.up || line.sent == venue_.last()) return;
        if (!line.mute) line.flight.push_back({frame(line.sent + 1, venue_.last()), now_ + line.lag_us * 1000});
        line.sent = venue_.last();
    }
    [[nodiscard]] std::string frame(Sequence first, Sequence last) const {
        const auto& told = venue_.history(0);
        std::string sides[2];
        for (std::size_t i = told.at(first).from; i < told.at(last).to; ++i) {
            const auto& [side, price, quantity] = told.deltas[i];
            std::string& text = sides[side == Side::bid ? 1 : 0];
            text += fmt::format(R"({}["{}.{:02}","{}.{:02}"])", text.empty() ? "" : ",", price.ticks / 100,
                                price.ticks % 100, quantity.steps / 100, quantity.steps % 100);
        }
        const std::int64_t match = told.at(last).match.us;
        return fmt::format(
            R"({{"data":{{"E":{},"T":{},"U":{},"a":[{}],"b":[{}],"e":"depth","s":"SOL_USDC","u":{}}},"stream":"depth.SOL_USDC"}})",
            match + 90, match, first, sides[0], sides[1], last);
    }
    void deliver(std::size_t at) {
        lines_[at].previous = std::move(lines_[at].flight.front().text);
        lines_[at].flight.pop_front();
        take(lines_[at].previous, at);
    }
    void take(std::string text, std::size_t at) {
        const std::size_t size = text.size();
        text.append(Decoder::kPadding, '\0');
        const Decoded decoded = decoder_.decode({text.data(), size}, now_, static_cast<LineIndex>(at));
        if (!decoded.events.empty()) tell(decoded.events);
        (void)agent_.do_work(now_);
    }

    // The agent does what there is to do; then a reader looks.
    std::string look() {
        backlog_.read_ns.store(now_.ns, std::memory_order_release);  // release: as the network thread does
        for (int rounds = 0; agent_.do_work(now_) > 0; ++rounds) {
            if (rounds == 10'000) return "the agent finds no rest";
        }
        live_at_ = 0;
        daypack_book book;
        std::vector<daypack_level> bids(depth_), asks(depth_);
        const auto most = static_cast<std::uint32_t>(depth_);
        if (daypack_read_book(&reader_->raw(), 0, &book, bids.data(), most, asks.data(), most) != DAYPACK_OK) {
            return "a book that nobody writes cannot be read";
        }
        shown_ = fmt::format("{}/{} at {}, the venue at {}", daypack_state_name(book.top.state),
                             daypack_reason_name(book.top.reason), book.top.u, venue_.last());
        if (book.top.state != DAYPACK_STATE_LIVE) return {};
        live_at_ = book.top.u;
        ++compared_;
        if (book.top.u > venue_.last()) return "LIVE beyond what the venue has told: " + shown_;
        if (book.top.u < truth_id_) {
            truth_ = venue_.history(0).base;
            truth_id_ = venue_.history(0).first - 1;
        }
        for (; truth_id_ < book.top.u; ++truth_id_) {
            const auto& update = venue_.history(0).at(truth_id_ + 1);
            for (std::size_t i = update.from; i < update.to; ++i) truth_.apply(venue_.history(0).deltas[i]);
        }
        bids.resize(book.bids);
        asks.resize(book.asks);
        if (!same(bids, Side::bid, book.known_to_bid)) return "LIVE, and the bids are wrong: " + shown_;
        if (!same(asks, Side::ask, book.known_to_ask)) return "LIVE, and the asks are wrong: " + shown_;
        return {};
    }
    [[nodiscard]] bool same(const std::vector<daypack_level>& levels, Side side, std::int64_t known_to) const {
        auto right = truth_.best_first(side, known_to == 0 ? std::nullopt : std::optional(Price{known_to}));
        if (right.size() > depth_) right.resize(depth_);
        return std::equal(levels.begin(), levels.end(), right.begin(), right.end(),
                          [](const daypack_level& level, const Level& other) {
                              return level.price == other.price.ticks && level.quantity == other.quantity.steps;
                          });
    }

    bool fused_;
    Random random_;
    VenueModel venue_;
    std::size_t depth_;
    std::vector<Line> lines_;
    MonoTime now_{daypack_monotonic_ns() + 1'000'000'000};  // runs otherwise than ours: no beat is ever late
    InstrumentTable table_{2};
    Segment segment_;
    Publisher publisher_;
    PendingPool pool_;
    EventQueue events_{65'536};
    Resubscribes resubscribes_{1'024};
    BookCommands to_book_{1'024};
    SnapshotRequests requests_{1'024};
    RetiredQueue spent_{1'024};
    LogQueue log_{1'024};
    Backlog backlog_;
    BookAgent agent_;
    Decoder decoder_;
    std::unique_ptr<Reader> reader_;
    std::deque<SnapshotRequest> asked_;
    std::deque<BookCommand> under_way_;
    std::int64_t lose_ = 0, cut_ = 0, repeat_ = 0, mute_ = 0, breaks_ = 0, crosses_ = 0, quiet_ = 0;
    MapBook truth_;  // at truth_id_
    Sequence truth_id_ = 0;
    Sequence live_at_ = 0;  // 0: it was not live when it was last looked at
    std::uint64_t compared_ = 0;
    std::string shown_;
};

// Worlds of so many steps each. A failure names its seed, and the step.
inline void run_agent_worlds(std::uint64_t first_seed, std::uint64_t worlds, int steps, bool fused = false) {
    const Instance instance;
    std::uint64_t compared = 0, resyncs = 0, silences = 0, audits = 0, gaps = 0;
    for (std::uint64_t seed = first_seed; seed < first_seed + worlds; ++seed) {
        AgentWorld world(seed, instance.name, fused);
        std::string wrong;
        int step = 0;
        for (; step < steps && wrong.empty(); ++step) wrong = world.step();
        if (wrong.empty()) wrong = world.calm();
        ASSERT_EQ(wrong, "") << "step " << step << "; DAYPACK_SEED=" << seed << " runs it again";
        compared += world.compared();
        gaps += world.counter(DAYPACK_SYMBOL_gaps);
        resyncs += world.counter(DAYPACK_SYMBOL_resyncs);
        silences += world.counter(DAYPACK_SYMBOL_silences);
        audits += world.counter(DAYPACK_SYMBOL_audits);
        EXPECT_EQ(world.counter(DAYPACK_SYMBOL_resyncs_audit), 0u) << "a book was wrong and shown, of seed " << seed;
    }
    std::printf(
        "%llu worlds of %d steps: %llu books read LIVE and right, %llu gaps, %llu resyncs, %llu silences, "
        "%llu audits\n",
        static_cast<unsigned long long>(worlds), steps, static_cast<unsigned long long>(compared),
        static_cast<unsigned long long>(gaps), static_cast<unsigned long long>(resyncs),
        static_cast<unsigned long long>(silences), static_cast<unsigned long long>(audits));
}

}  // namespace daypack::core::test
