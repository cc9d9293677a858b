// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/shm/image_writer.h"
#include "tests/engine/follower_market.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core::test {

struct DrawnAudit {
    Sequence from = 0;  // where the book stood when it was asked for
    std::optional<Snapshot> answer{};
    std::uint64_t position = 0;
};

// One symbol of an engine: what it has published, and what the venue has sent since.
struct PublishedMarket {
    PublishedMarket(Random& random, const std::string& base)
        : native(base + "_USDC"), symbol(base + "-USDC"), venue(random) {}

    struct Place {  // of an update in the ring
        Sequence last;
        std::uint64_t position;
    };
    static constexpr std::size_t kPlaces = 1'100;  // more than the ring holds

    [[nodiscard]] BookUpdate update() const {
        BookUpdate made = update_of(index, instrument, *book, u, state, reason);
        made.publish = publish_time;
        made.match = match;
        return made;
    }

    std::string native, symbol;
    VenueMarket venue;
    std::deque<VenueUpdate> coming;  // sent, and not published
    std::deque<VenueUpdate> recent;  // the last that were published one by one
    WallTime publish_time{};         // of all that is published
    VenueTime match{};               // of the update that is being published
    SymbolIndex index = 0;
    bool listed = false;
    bool follows = false;  // it has a book that goes on with the venue's updates
    Instrument instrument = test::instrument();
    std::unique_ptr<OrderBook> book;
    std::optional<DrawnAudit> audit;
    // As published last, also by an engine that has ended.
    State state = State::syncing;
    Reason reason = Reason::start;
    Sequence u = 0;
    Levels levels;
    std::deque<Place> places;
    // A follower that looks while the ring reaches back to here has a book; none: there is no image to join.
    std::optional<std::uint64_t> joinable;
};

// Engines, one after the other on one segment, that follow drawn markets and publish them, with all that happens to
// them. One step is a moment in which everything goes on a little.
class DrawnEngines {
  public:
    struct Counts {
        std::uint64_t gaps = 0, restarts = 0, ticks = 0, polls = 0, states = 0, images = 0, images_of_the_past = 0;
        std::uint64_t kills = 0, torn_kills = 0, stops = 0, takeovers = 0, layouts = 0, removals = 0, moves = 0;
        std::uint64_t carried = 0, not_carried = 0, behind = 0;  // books, by the engine that took over
        std::uint64_t unheard = 0;  // restarts of which the engine before had not heard when it was taken over
    };
    // Called while an update, or a new book, of a market is in its slot and its records are not in the ring yet.
    std::function<void(PublishedMarket&)> on_half_way;
    // Called when readers must look for the segment anew, since nothing in theirs tells that another has its name.
    std::function<void()> on_removed;

    DrawnEngines(Random& random, SegmentOptions options) : random_(random), options_(std::move(options)) {
        for (const char* const base : {"BTC", "ETH", "SOL"})
            markets_.push_back(std::make_unique<PublishedMarket>(random_, base));
        start();
    }

    void step() {
        for (auto& market : markets_) {
            venue_steps(*market);
            if (segment_ == nullptr) continue;
            if (!market->listed && random_.once_in(200)) list(*market);
            if (!market->listed) continue;
            engine_steps(*market);
            audit_steps(*market);
        }
        life_steps();
    }
    [[nodiscard]] PublishedMarket& market(std::size_t index) noexcept { return *markets_[index]; }
    [[nodiscard]] std::size_t markets() const noexcept { return markets_.size(); }
    // Whether an engine runs; else one has died, or ended, and the next is about to start.
    [[nodiscard]] bool runs() const noexcept { return segment_ != nullptr; }
    [[nodiscard]] bool died_in_slot() const noexcept { return died_in_slot_; }
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    // Where the ring has to reach back to at least, for a join to succeed. REQUIRES: runs().
    [[nodiscard]] std::uint64_t ring_reaches() const noexcept {
        const std::uint64_t end = load_relaxed(segment_->header().published);
        const std::uint64_t room = segment_->layout().ring_events - segment_->layout().ring_events / 16;
        return end > room ? end - room : 0;
    }

  private:
    void venue_steps(PublishedMarket& market) {
        VenueMarket& venue = market.venue;
        const bool restarts = random_.once_in(2'500);
        const bool other_units = random_.once_in(2'500);
        if (restarts) venue.restart(), ++counts_.restarts;
        if (other_units) venue.change_units(), ++counts_.ticks;
        if (restarts || other_units) {  // whoever follows is told, by a time or a number that does not fit
            market.coming.clear();
            if (market.follows) resync(market, other_units ? Reason::tick : Reason::restart);
        }
        for (std::int64_t i = random_.below(3); i > 0; --i) market.coming.push_back(venue.update());
        const bool lost = random_.once_in(700) && !market.coming.empty();
        counts_.gaps += std::uint64_t{lost};
        if (lost || market.coming.size() > 60) market.coming.pop_front();
    }

    void engine_steps(PublishedMarket& market) {
        if (!market.follows) {
            if (random_.once_in(6)) join(market, true);
            return;
        }
        const bool lags = random_.once_in(5);
        for (std::int64_t i = lags ? random_.below(2) : 8; i > 0 && !market.coming.empty(); --i) {
            VenueUpdate update = std::move(market.coming.front());
            market.coming.pop_front();
            if (update.last <= market.u) continue;
            if (update.first > market.u + 1) return resync(market, Reason::gap);
            publish(market, update);
            market.recent.push_back(std::move(update));
            if (market.recent.size() > kRecent) market.recent.pop_front();
        }
        if (random_.once_in(400)) {  // the state changes, and the book goes on
            const bool live = market.state == State::live;
            set_state(market, live ? State::stale : State::live, live ? Reason::silent : Reason::none);
            ++counts_.states;
        }
        if (random_.once_in(2'000)) join(market, true), ++counts_.polls;  // by REST, and without a word before it
    }

    static void apply(PublishedMarket& market, const VenueUpdate& update) {
        for (const LevelChange& change : update.changes) {
            market.book->apply(change.side == 0 ? Side::bid : Side::ask, {Levels::ticks(change.side, change.distance)},
                               {change.steps});
            market.levels.at[change.side][change.distance] = change.steps;
        }
        market.u = update.last;
    }

    void publish(PublishedMarket& market, const VenueUpdate& update) {
        const std::uint64_t position = load_relaxed(segment_->header().published);
        apply(market, update);
        events_.clear();
        for (const LevelChange& change : update.changes) {
            events_.push_back(delta(update.last, change.side == 0 ? Side::bid : Side::ask,
                                    Levels::ticks(change.side, change.distance), change.steps, false));
        }
        if (events_.empty()) {
            events_.push_back(delta(update.last, Side::bid, 0, 0));
            events_.back().kind = EventKind::advance;
        }
        for (Event& event : events_) event.first_id = update.first;
        market.match = {update.match_us};
        events_.back().last = true;
        publisher_->publish_book(market.update(), events_);
        market.book->clear_dirty();
        market.match = {};
        market.places.push_back({update.last, position});
        if (market.places.size() > PublishedMarket::kPlaces) market.places.pop_front();
        if (!segment_->is_private() && random_.once_in(300)) half_way(market, position);
    }

    // Takes what the venue has at some id, and what came since.
    void take_snapshot(PublishedMarket& market) {
        const VenueMarket& venue = market.venue;
        const Sequence oldest = market.coming.empty() ? venue.u() : market.coming.front().first - 1;
        const VenueMarket::Past* past = venue.drawn_between(oldest, venue.u());
        if (past == nullptr) past = venue.drawn_between(venue.u(), venue.u());
        market.book->seed(VenueMarket::snapshot_of(*past));
        market.levels = past->levels;
        market.u = past->u;
        for (; !market.coming.empty(); market.coming.pop_front()) {
            const VenueUpdate& update = market.coming.front();
            if (update.last <= market.u) continue;
            if (update.first > market.u + 1) break;
            apply(market, update);
        }
    }

    // `say_snapshot`: with a record of its own. A writer that takes over may do without: the epoch says it.
    void join(PublishedMarket& market, bool say_snapshot) {
        const std::uint64_t position = load_relaxed(segment_->header().published);
        market.instrument.tick = market.venue.tick();
        market.instrument.step = market.venue.step();
        take_snapshot(market);
        market.state = State::live;
        market.reason = Reason::none;
        if (say_snapshot) {
            publisher_->publish_snapshot(market.update());
        } else {
            publisher_->publish_book(market.update(), {});
        }
        market.book->clear_dirty();
        market.follows = true;
        market.audit.reset();
        market.joinable.reset();
        market.places.clear();
        market.recent.clear();
        if (!segment_->is_private() && random_.once_in(3)) half_way(market, position);
    }

    // The ring ends for a moment where it ended before the last records.
    void half_way(PublishedMarket& market, std::uint64_t position) {
        auto& published = segment_->header().published;
        const std::uint64_t end = load_relaxed(published);
        store_relaxed(published, position);
        on_half_way(market);
        store_relaxed(published, end);
    }

    void set_state(PublishedMarket& market, State state, Reason reason) {
        market.state = state;
        market.reason = reason;
        publisher_->publish_status(market.update());
    }

    void resync(PublishedMarket& market, Reason reason) {
        market.follows = false;
        market.audit.reset();
        set_state(market, State::syncing, reason);
    }

    // An audit asks where the book stands, gets the venue's book of some id from there on, and ends once the engine's
    // has got there. Its answer may take long, so that the image is of the past, or be ahead of the book.
    void audit_steps(PublishedMarket& market) {
        if (!market.follows) return;
        if (!market.audit) {
            if (random_.once_in(60)) market.audit.emplace().from = market.u;
            return;
        }
        DrawnAudit& audit = *market.audit;
        if (!audit.answer) {
            if (!random_.once_in(25)) return;
            const auto* const past = market.venue.drawn_between(audit.from, market.venue.u());
            if (past == nullptr) return market.audit.reset();
            audit.answer = VenueMarket::snapshot_of(*past);
            audit.position = load_relaxed(segment_->header().published);
            return;
        }
        if (audit.answer->last_id > market.u || !random_.once_in(8)) return;
        const ImageWriter images(*segment_);
        EXPECT_TRUE(images.write(market.index, *audit.answer, {market.instrument.tick, market.instrument.step},
                                 audit.position));
        ++counts_.images;
        note_joinable(market, audit.answer->last_id, audit.position);
        market.audit.reset();
    }

    // The ring has to have the image's place, and the first update beyond it.
    void note_joinable(PublishedMarket& market, Sequence image, std::uint64_t position) {
        const auto next = std::find_if(market.places.begin(), market.places.end(),
                                       [&](const PublishedMarket::Place& place) { return place.last > image; });
        market.joinable.reset();
        if (next == market.places.end()) {
            market.joinable = position;
        } else if (next != market.places.begin() || market.places.size() < PublishedMarket::kPlaces) {
            market.joinable = std::min(position, next->position);
            counts_.images_of_the_past += std::uint64_t{next->position < position};
        }
    }

    static constexpr std::size_t kRecent = 6;

    void life_steps();
    void hand_over();
    void begin_beside(PublishedMarket& market);
    void note_carried(PublishedMarket& market, std::uint64_t position);
    void end();
    void die_half_way();
    void start();
    void list(PublishedMarket& market);
    void change_layout();
    void remove_by_hand();
    void move();

    Random& random_;
    SegmentOptions options_;
    std::vector<std::unique_ptr<PublishedMarket>> markets_;
    std::unique_ptr<Segment> segment_;
    std::unique_ptr<Publisher> publisher_;
    std::vector<Event> events_;
    bool died_in_slot_ = false;
    Counts counts_;
};

}  // namespace daypack::core::test

#include "tests/engine/follower_life.h"
