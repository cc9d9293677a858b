// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/include/daypack/follow.h"
#include "engine/shm/image_writer.h"
#include "tests/engine/shm_fixture.h"
#include "tests/engine/take_over_here.h"

namespace daypack::core::test {

inline constexpr std::size_t kRoom = 256;  // levels a side of everything here

using Side_ = std::map<std::int64_t, std::int64_t>;  // quantity by price
struct Truth {
    Side_ bids, asks;
    bool operator==(const Truth&) const = default;
};

// A market, what its engine publishes of it, and what it has been.
class Market {
  public:
    explicit Market(const Instance& instance, std::size_t ring = 256)
        : options_(options_of(instance, ring)), writer_(std::make_unique<Writer>(options_, 4 * kRoom)) {}

    // The next update of some levels.
    void update(std::mt19937& random) {
        const Sequence first = u_ + 1;
        u_ += random() % 4 == 0 ? 1 + random() % 5 : 1;  // some are of several ids
        std::vector<Event> events;
        const std::size_t levels = random() % 8 == 0 ? 0 : 1 + random() % 4;
        for (std::size_t i = 0; i < levels; ++i) {
            const bool bid = random() % 2 == 0;
            const auto ticks = static_cast<std::int64_t>(bid ? 1000 - random() % 60 : 1001 + random() % 60);
            const auto steps = static_cast<std::int64_t>(random() % 3 == 0 ? 0 : 1 + random() % 9);
            events.push_back(delta(u_, bid ? Side::bid : Side::ask, ticks, steps, i + 1 == levels));
            events.back().first_id = first;
            auto& side = bid ? now_.bids : now_.asks;
            if (steps == 0)
                side.erase(ticks);
            else
                side[ticks] = steps;
        }
        if (levels == 0) {
            events.push_back(delta(u_, Side::bid, 0, 0));
            events.back().first_id = first;
            events.back().kind = EventKind::advance;
            writer_->publisher.publish_book(writer_->update(u_), events);
        } else {
            writer_->apply(events);
        }
        remember();
    }
    // An update of some bids.
    void set_bids(const std::vector<std::int64_t>& prices, std::int64_t steps) {
        ++u_;
        std::vector<Event> events;
        for (const std::int64_t ticks : prices) {
            events.push_back(delta(u_, Side::bid, ticks, steps, ticks == prices.back()));
            if (steps == 0)
                now_.bids.erase(ticks);
            else
                now_.bids[ticks] = steps;
        }
        writer_->apply(events);
        remember();
    }
    void advance() {
        ++u_;
        publish_advance();
        remember();
    }
    // Another engine that has the book already, and says nothing but the epoch.
    void take_over() {
        writer_.reset();
        writer_ = std::make_unique<Writer>(options_, 4 * kRoom);
        writer_->book.seed(snapshot());
        writer_->publisher.publish_book(writer_->update(u_), {});
        writer_->book.clear_dirty();
    }
    // Another engine has the book in private memory, receives an update as this one does, goes on there, and then takes
    // over from this one.
    void hand_over(const std::function<void()>& meanwhile) {
        SegmentOptions takes = options_;
        takes.takeover = true;
        auto next = std::make_unique<Writer>(takes, 4 * kRoom);
        next->publish_time = wall_now();
        next->book.seed(snapshot());
        next->publisher.publish_snapshot(next->update(u_));
        next->book.clear_dirty();
        advance();
        std::swap(writer_, next);
        publish_advance();
        meanwhile();
        next.reset();
        EXPECT_TRUE(take_over_here(writer_->segment).empty());
        writer_->publisher = Publisher(writer_->segment);
        writer_->publish_time = {};
    }
    // The engine publishes a level that the venue does not have.
    void set_wrong_bid(std::int64_t price) {
        writer_->apply({delta(++u_, Side::bid, price, 5)});
        remember();
    }
    void change_state(State state) {
        writer_->publisher.publish_status(
            writer_->update(u_, state, state == State::live ? Reason::none : Reason::silent));
    }
    // What the control thread does: a snapshot comes, and some time later its audit passes.
    void snapshot_comes() { asked_ = {snapshot(), load_relaxed(writer_->segment.header().published)}; }
    void answer_is_late() { asked_->second = load_relaxed(writer_->segment.header().published); }
    void audit_passes() {
        if (!asked_) return;
        const ImageWriter images(writer_->segment);
        EXPECT_TRUE(images.write(writer_->symbol, asked_->first, {{1, -1}, {1, -3}}, asked_->second));
        asked_.reset();
    }
    void seed() {
        writer_->book.seed(snapshot());
        writer_->publisher.publish_snapshot(writer_->update(u_));
        writer_->book.clear_dirty();
    }

    [[nodiscard]] const Truth* at(Sequence u) const {
        const auto found = past_.find(u);
        return found == past_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] Sequence u() const { return u_; }
    [[nodiscard]] Writer& writer() { return *writer_; }

  private:
    void publish_advance() {
        std::vector<Event> events{delta(u_, Side::bid, 0, 0)};
        events.back().kind = EventKind::advance;
        writer_->publisher.publish_book(writer_->update(u_), events);
    }
    static SegmentOptions options_of(const Instance& instance, std::size_t ring) {
        SegmentOptions options = instance.options(4, 4, ring);
        options.image_levels = kRoom;
        return options;
    }
    [[nodiscard]] Snapshot snapshot() const {
        Snapshot made;
        made.last_id = u_;
        for (const auto& [price, quantity] : now_.bids) made.bids.push_back({Price{price}, Quantity{quantity}});
        for (const auto& [price, quantity] : now_.asks) made.asks.push_back({Price{price}, Quantity{quantity}});
        return made;
    }
    void remember() {
        past_[u_] = now_;
        if (past_.size() > 2'000) past_.erase(past_.begin());
    }

    SegmentOptions options_;
    std::unique_ptr<Writer> writer_;
    Truth now_{{{999, 1}}, {{1002, 1}}};
    Sequence u_ = 100;
    std::map<Sequence, Truth> past_{{100, now_}};
    std::optional<std::pair<Snapshot, std::uint64_t>> asked_;
};

// A reader with a follower of its own memory.
class Follower {
  public:
    explicit Follower(const Instance& instance, std::uint32_t room = kRoom, const char* name = "BTC-USDC")
        : reader_(instance.name), bids_(room), asks_(room) {
        reader_.raw().beat_stale_ns = INT64_MAX;
        daypack_follow_begin(&book_, &reader_.raw(), name, bids_.data(), asks_.data(), room);
    }
    int poll() { return daypack_follow_poll(&book_); }
    [[nodiscard]] Truth levels() const {
        Truth read;
        for (const unsigned side : {DAYPACK_SIDE_BID, DAYPACK_SIDE_ASK}) {
            for (std::uint32_t i = 0; i < daypack_follow_levels(&book_, side); ++i) {
                const daypack_level level = daypack_follow_level(&book_, side, i);
                (side == DAYPACK_SIDE_BID ? read.bids : read.asks)[level.price] = level.quantity;
            }
        }
        return read;
    }
    [[nodiscard]] const daypack_follower& book() const { return book_; }
    [[nodiscard]] std::string words() const {
        char text[400];
        return daypack_follow_explain(&book_, text, sizeof text);
    }

  private:
    Reader reader_;
    std::vector<daypack_level> bids_, asks_;
    daypack_follower book_{};
};

}  // namespace daypack::core::test
