// SPDX-License-Identifier: MIT
// A drawn world of one thread, in which what a follower shows must be, at each look, the very book that was published
// last.
#pragma once
#include <array>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/engine/follower_engine.h"
#include "tests/engine/follower_in_c.h"

namespace daypack::core::test {

// A reader with a follower of its own memory, as C or as C++ has it.
class DrawnFollower {
  public:
    DrawnFollower(const std::string& instance, const std::string& name, std::uint32_t room, bool in_c)
        : in_c_(in_c), reader_(instance), bids_(room), asks_(room) {
        reader_.raw().beat_stale_ns = INT64_MAX;
        daypack_follow_begin(&book_, &reader_.raw(), name.c_str(), bids_.data(), asks_.data(), room);
    }
    int poll() { return in_c_ ? follower_in_c_poll(&book_) : daypack_follow_poll(&book_); }
    // Looks as one to whom the writer seems dead, which is when a reader looks for another segment of the name.
    void poll_in_doubt() {
        reader_.raw().beat_stale_ns = 0;
        (void)poll();
        reader_.raw().beat_stale_ns = INT64_MAX;
    }
    [[nodiscard]] std::uint32_t levels(unsigned side) const {
        return in_c_ ? follower_in_c_levels(&book_, side) : daypack_follow_levels(&book_, side);
    }
    [[nodiscard]] daypack_level level(unsigned side, std::uint32_t rank) const {
        return in_c_ ? follower_in_c_level(&book_, side, rank) : daypack_follow_level(&book_, side, rank);
    }
    [[nodiscard]] const daypack_follower& book() const noexcept { return book_; }

  private:
    bool in_c_;
    Reader reader_;
    std::vector<daypack_level> bids_, asks_;
    daypack_follower book_{};
};

class FollowerWorld {
  public:
    struct Counts {
        std::uint64_t compared = 0, live = 0, without = 0, busy = 0, unlisted = 0, half_way = 0, cut = 0, due = 0;
        std::uint64_t joins = 0, lost = 0;
    };

    explicit FollowerWorld(std::uint64_t seed)
        : random_(seed), engines_(random_, options_of(instance_)), followers_(kLooksOnceIn.size()) {
        engines_.on_half_way = [this](PublishedMarket& market) { look_half_way(market); };
        engines_.on_removed = [this] {
            for (auto& follower : followers_) follower.reader->poll_in_doubt();
        };
        for (Place& place : followers_) replace(place);
    }

    // Returns what a follower showed wrongly; empty where nothing.
    const std::string& step() {
        engines_.step();
        for (std::size_t i = 0; i < followers_.size() && fault_.empty(); ++i) {
            if (random_.once_in(2'000)) replace(followers_[i]);
            if (random_.once_in(kLooksOnceIn[i])) look(followers_[i]);
        }
        return fault_;
    }
    [[nodiscard]] Counts counts() const {
        Counts all = counts_;
        for (const Place& place : followers_) add(all, place);
        return all;
    }
    [[nodiscard]] const DrawnEngines::Counts& engine_counts() const noexcept { return engines_.counts(); }

  private:
    // How rarely each looks: the last are lapped again and again.
    static constexpr std::array<std::int64_t, 6> kLooksOnceIn{1, 1, 2, 8, 60, 300};
    struct Place {
        std::unique_ptr<DrawnFollower> reader;
        std::string native;
        std::uint32_t room = 0;
    };

    static SegmentOptions options_of(const Instance& instance) {
        SegmentOptions options = instance.options(8, 3, 512);
        options.image_levels = kSpan;
        return options;
    }
    static void add(Counts& to, const Place& place) {
        if (place.reader == nullptr) return;
        to.joins += place.reader->book().joins;
        to.lost += place.reader->book().lost;
    }

    void replace(Place& place) {
        add(counts_, place);
        const PublishedMarket& market = engines_.market(static_cast<std::size_t>(random_.below(3)));
        place.native = market.native;
        place.room = random_.once_in(4) ? kSpan / 5 : kSpan;
        place.reader = std::make_unique<DrawnFollower>(
            instance_.name, random_.once_in(2) ? market.native : market.symbol, place.room, random_.once_in(2));
    }
    [[nodiscard]] PublishedMarket& market_of(const Place& place) noexcept {
        std::size_t i = 0;
        while (engines_.market(i).native != place.native) ++i;
        return engines_.market(i);
    }

    void look(Place& place) {
        PublishedMarket& market = market_of(place);
        const bool due = engines_.runs() && market.joinable && *market.joinable >= engines_.ring_reaches();
        counts_.due += std::uint64_t{due};
        const int result = place.reader->poll();
        const daypack_follower& book = place.reader->book();
        if (result == DAYPACK_OK) return compare(place, market);
        if (book.top.state == DAYPACK_STATE_LIVE) return tell(place, market, "LIVE without a book");
        if (result == DAYPACK_BUSY) {
            ++counts_.busy;
            if (engines_.runs() || !engines_.died_in_slot()) tell(place, market, "busy, and nobody writes");
            return;
        }
        if (result == DAYPACK_NO_SYMBOL) {
            ++counts_.unlisted;
            if (market.listed && engines_.runs()) tell(place, market, "no symbol, and it is listed");
            return;
        }
        ++counts_.without;
        if (due) return tell(place, market, "no book, and an image could be joined");
        if (book.waits_since_ns == 0 || book.waits_for == DAYPACK_FOLLOW_WAITS_NOTHING || book.top.bid_quantity != 0) {
            tell(place, market, "no book, and nothing is said of it");
        }
    }

    // While an update is in the slot and not in the ring, a book is kept, and not shown as LIVE.
    void look_half_way(PublishedMarket& market) {
        for (Place& place : followers_) {
            if (place.native != market.native || !random_.once_in(2)) continue;
            const daypack_follower& book = place.reader->book();
            const daypack_follower before = book;
            const int result = place.reader->poll();
            ++counts_.half_way;
            const bool live = result == DAYPACK_OK && book.top.state == DAYPACK_STATE_LIVE;
            if (live && book.u != market.u) tell(place, market, "LIVE, and the slot is further");
            if (before.joined && !book.joined && before.epoch == book.epoch && before.lost == book.lost &&
                before.inode == book.inode && market.joinable && *market.joinable >= engines_.ring_reaches()) {
                tell(place, market, "lost while its records were on their way");
            }
        }
    }

    void compare(const Place& place, const PublishedMarket& market) {
        ++counts_.compared;
        const daypack_follower& book = place.reader->book();
        const bool live = book.top.state == DAYPACK_STATE_LIVE;
        counts_.live += std::uint64_t{live};
        if (book.u != market.u) return tell(place, market, "another u");
        if (engines_.runs() && market.reason == Reason::start) {
            return tell(place, market, "the book of a writer before");
        }
        if (live != (market.state == State::live)) return tell(place, market, "another state");
        if (book.top.u != book.u || book.top.price_exponent != market.instrument.tick.exponent ||
            book.top.quantity_exponent != market.instrument.step.exponent) {
            return tell(place, market, "other units");
        }
        for (const unsigned side : {DAYPACK_SIDE_BID, DAYPACK_SIDE_ASK}) compare_side(place, market, side);
    }

    void compare_side(const Place& place, const PublishedMarket& market, unsigned side) {
        const DrawnFollower& reader = *place.reader;
        const daypack_follower& book = reader.book();
        const std::int64_t tick = market.instrument.tick.mantissa;
        const std::int64_t step = market.instrument.step.mantissa;
        const auto distance = [&](std::int64_t price) {  // beyond all where it is none of these
            const std::int64_t ticks = price / tick;
            const std::int64_t far = side == DAYPACK_SIDE_BID ? 1000 - ticks : ticks - 1001;
            return price % tick != 0 || far < 0 ? std::int64_t{kSpan} : far;
        };
        auto expected = market.levels.at[side];
        if (const std::int64_t known_to = book.known_to[side]; known_to != 0) {
            ++counts_.cut;
            const std::int64_t whole = std::min<std::int64_t>(distance(known_to) + 1, kSpan);
            std::fill(expected.begin() + whole, expected.end(), std::int8_t{0});
        }
        std::array<std::int8_t, kSpan> is{};
        std::int64_t last = -1;
        for (std::uint32_t rank = 0; rank < reader.levels(side); ++rank) {
            const daypack_level level = reader.level(side, rank);
            const std::int64_t far = distance(level.price);
            if (far <= last || far >= std::int64_t{kSpan}) return tell(place, market, "a level where none is");
            if (level.quantity <= 0 || level.quantity % step != 0) return tell(place, market, "no such quantity");
            is[static_cast<std::size_t>(far)] = static_cast<std::int8_t>(level.quantity / step);
            last = far;
        }
        if (is != expected) return tell(place, market, side == DAYPACK_SIDE_BID ? "other bids" : "other asks");
        const daypack_level best = reader.levels(side) != 0 ? reader.level(side, 0) : daypack_level{0, 0};
        const daypack_level shown = side == DAYPACK_SIDE_BID ? daypack_level{book.top.bid_price, book.top.bid_quantity}
                                                             : daypack_level{book.top.ask_price, book.top.ask_quantity};
        if (shown.price != best.price || shown.quantity != best.quantity) tell(place, market, "another best");
    }

    void tell(const Place& place, const PublishedMarket& market, const char* what) {
        if (!fault_.empty()) return;
        const daypack_follower& book = place.reader->book();
        std::ostringstream text;
        text << what << ": " << place.native << " at u " << book.u << " of " << market.u << ", joined " << book.joined
             << ", state " << unsigned{book.top.state} << " of " << static_cast<unsigned>(market.state) << ", "
             << book.joins << " joins, " << book.lost << " lost, after " << counts_.compared << " comparisons";
        fault_ = text.str();
    }

    Random random_;
    Instance instance_;
    DrawnEngines engines_;
    std::vector<Place> followers_;
    Counts counts_;
    std::string fault_;
};

}  // namespace daypack::core::test
