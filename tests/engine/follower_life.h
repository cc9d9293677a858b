// SPDX-License-Identifier: MIT
// The life of a drawn engine: how it ends, and how another one goes on. Included by follower_engine.h.
#pragma once
#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "tests/engine/follower_engine.h"
#include "tests/engine/take_over_here.h"

namespace daypack::core::test {

inline void DrawnEngines::life_steps() {
    if (segment_ == nullptr) {  // readers have a look at what the dead one left, now and then
        if (random_.once_in(3)) start();
        return;
    }
    if (random_.once_in(6'000)) move();
    if (random_.once_in(1'500)) hand_over();
    if (random_.once_in(3'000)) {  // likewise, by one that goes on with no book record by record
        end();
        start();
        const bool say_snapshot = random_.once_in(2);
        for (auto& market : markets_) {
            if (market->listed) join(*market, say_snapshot);
        }
        ++counts_.takeovers;
    }
    if (!random_.once_in(1'500)) return;
    if (random_.once_in(3)) {
        segment_->stop();
        for (auto& market : markets_) market->state = State::down, market->reason = Reason::stopped;
        ++counts_.stops;
    } else {
        if (random_.once_in(2)) die_half_way();
        ++counts_.kills;
    }
    end();
    if (random_.once_in(3)) change_layout();
    if (random_.once_in(5)) remove_by_hand();
}

// Another engine has its books in private memory, and takes over.
inline void DrawnEngines::hand_over() {
    SegmentOptions takes = options_;
    takes.takeover = true;
    auto next = std::make_unique<Segment>(takes);
    ASSERT_TRUE(next->is_private());
    publisher_ = std::make_unique<Publisher>(*next);
    publisher_->set_running();
    beat(*publisher_);
    std::swap(segment_, next);
    for (auto& market : markets_) {
        if (market->listed) begin_beside(*market);
    }
    const std::uint64_t position = load_relaxed(next->header().claimed);
    next.reset();
    const std::vector<SymbolIndex> behind = take_over_here(*segment_);
    publisher_ = std::make_unique<Publisher>(*segment_);
    beat(*publisher_);
    for (auto& market : markets_) {
        if (!market->follows) continue;
        note_carried(*market, position);
        if (std::find(behind.begin(), behind.end(), market->index) == behind.end()) continue;
        ++counts_.behind;
        resync(*market, Reason::audit);
    }
    ++counts_.takeovers;
}

// The next engine has joined some updates ago, or just now, and has then got as far as it has, perhaps not as far as
// the one before.
inline void DrawnEngines::begin_beside(PublishedMarket& market) {
    list(market);
    market.audit.reset();
    if (!market.follows) {
        market.state = State::syncing;
        market.reason = Reason::start;
        market.joinable.reset();
        return;
    }
    market.publish_time = wall_now();
    if (random_.once_in(6)) {  // the venue counts anew, and the engine before has not heard of it
        ++counts_.unheard;
        market.venue.restart();
        market.coming.clear();
        join(market, true);
        for (std::int64_t i = random_.below(150); i > 0; --i) publish(market, market.venue.update());
        market.recent.clear();
        market.places.clear();
        market.publish_time = {};
        return;
    }
    const auto joinable = market.joinable;
    const std::deque<VenueUpdate> recent = std::move(market.recent);
    const auto since = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(recent.size()) + 1));
    const Sequence from = since < recent.size() ? recent[since].first - 1 : market.u;
    const VenueMarket::Past* const past = random_.once_in(6) ? nullptr : market.venue.drawn_between(from, from);
    if (past == nullptr) {
        join(market, true);
    } else {
        market.book->seed(VenueMarket::snapshot_of(*past));
        market.levels = past->levels;
        market.u = past->u;
        market.state = State::live;
        market.reason = Reason::none;
        publisher_->publish_snapshot(market.update());
        market.book->clear_dirty();
        const std::size_t lacks = random_.once_in(6) ? 1 : 0;
        for (std::size_t i = since; i + lacks < recent.size(); ++i) publish(market, recent[i]);
        while (lacks == 0 && !random_.once_in(3) && !market.coming.empty() &&
               market.coming.front().first == market.u + 1) {
            publish(market, market.coming.front());
            market.coming.pop_front();
        }
        market.joinable = joinable;
    }
    market.recent.clear();
    market.places.clear();
    market.publish_time = {};
}

// Whether the ring leads from the book of the engine before to that of this one.
inline void DrawnEngines::note_carried(PublishedMarket& market, std::uint64_t position) {
    bool replaced = false;
    for (; position < load_relaxed(segment_->header().published); ++position) {
        const daypack_record& record = segment_->ring()[position & (segment_->layout().ring_events - 1)];
        replaced = replaced || (daypack_record_kind(&record) == DAYPACK_KIND_SNAPSHOT &&
                                daypack_record_symbol(&record) == market.index);
    }
    counts_.carried += std::uint64_t{!replaced};
    counts_.not_carried += std::uint64_t{replaced};
    if (replaced) market.joinable.reset();
}

inline void DrawnEngines::end() {
    publisher_.reset();
    segment_.reset();
    for (auto& market : markets_) market->follows = false, market->audit.reset();
}

// It dies while it writes: records that were claimed are not there, a slot and an image are half written.
inline void DrawnEngines::die_half_way() {
    auto& head = segment_->header();
    if (random_.once_in(2)) {
        store_relaxed(head.claimed, load_relaxed(head.claimed) + 1 + static_cast<std::uint64_t>(random_.below(4)));
    }
    const PublishedMarket& market = *markets_[static_cast<std::size_t>(random_.below(2))];
    if (random_.once_in(2)) {
        auto& slot = segment_->slot(market.index);
        store_relaxed(slot.sequence, load_relaxed(slot.sequence) | 1);
        died_in_slot_ = true;
    }
    if (daypack_image* const image = segment_->image(market.index, 0, 0); random_.once_in(2) && image != nullptr) {
        store_relaxed(image->sequence, load_relaxed(image->sequence) | 1);
    }
    ++counts_.torn_kills;
}

inline void DrawnEngines::start() {
    segment_ = std::make_unique<Segment>(options_);
    publisher_ = std::make_unique<Publisher>(*segment_);
    died_in_slot_ = false;
    for (auto& market : markets_) {
        market->state = State::syncing;
        market->reason = Reason::start;
        market->joinable.reset();
        // The last one is listed late, unless an engine before has done so.
        if (market->listed || market != markets_.back()) list(*market);
    }
    publisher_->set_running();
    beat(*publisher_);
}

inline void DrawnEngines::list(PublishedMarket& market) {
    market.index = segment_->add_symbol(market.symbol, market.native).value();
    market.listed = true;
    market.book = std::make_unique<OrderBook>(4 * kSpan, segment_->layout().depth);
}

// The next engine has another configuration, so it makes another segment, which retires this one.
inline void DrawnEngines::change_layout() {
    options_.depth = std::size_t{4} << random_.below(3);
    options_.ring_events = std::size_t{256} << random_.below(3);
    options_.image_levels = random_.once_in(3) ? kSpan / 4 : kSpan;
    ++counts_.layouts;
}

// The next engine knows nothing of this one: its ring begins at 0, and its directory has another order.
inline void DrawnEngines::remove_by_hand() {
    unlink(("/dev/shm/daypack." + options_.instance).c_str());
    for (auto& market : markets_) market->listed = false;
    std::rotate(markets_.begin(), markets_.begin() + 1, markets_.end());
    start();
    on_removed();
    ++counts_.removals;
}

// The file is removed while the engine runs, which goes on in another one; images are left behind.
inline void DrawnEngines::move() {
    unlink(segment_->path().c_str());
    Segment::Room room = segment_->make_room();
    segment_->copy_to(room);
    segment_->move_to(room);
    for (auto& market : markets_) market->joinable.reset();
    ++counts_.moves;
}

}  // namespace daypack::core::test
