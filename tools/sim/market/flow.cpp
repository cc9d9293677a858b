// SPDX-License-Identifier: MIT
#include "tools/sim/market/flow.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "tools/sim/market/text.h"

namespace daypack::core::sim {
namespace {

// How the updates fall, of 1: at the best level, ranks 1-9, 10-99, 100-499, 500-1499, deeper. Recorded markets have
// 13-24 % at the best, 3-12 % on ranks 1-9 and 24-62 % at rank 100 or deeper.
constexpr double kAtBest = 0.185;
constexpr double kToRank9 = kAtBest + 0.07;
constexpr double kToRank99 = kToRank9 + 0.285;
constexpr double kToRank499 = kToRank99 + 0.27;
constexpr double kToRank1499 = kToRank499 + 0.17;

constexpr double kModify = 0.76;    // of updates behind the best; the rest inserts and deletes in equal parts
constexpr double kSeveral = 0.003;  // of frames
constexpr double kMaxDistance = 600'000;

std::uint64_t seed_of(const Market& market, std::uint64_t seed) {
    std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;  // FNV-1a: the same everywhere, unlike std::hash
    for (const char c : market.symbol) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

// Ticks from the touch of the level at a rank: dense near the touch, sparse far from it.
double distance_of(std::int64_t rank) {
    const auto r = static_cast<double>(rank);
    if (r <= 500) return 1.8 * r;
    if (r <= 1500) return 900 + 8.5 * (r - 500);
    return 9400 + 30 * (r - 1500) + 0.02 * (r - 1500) * (r - 1500);
}

}  // namespace

Flow::Flow(Market market, const FlowOptions& options)
    : market_(std::move(market)),
      notation_(market_),
      options_(options),
      random_(seed_of(market_, options.seed)),
      arrivals_(options.per_second),
      tick_units_(market_.tick_units()),
      step_units_(market_.step_units()),
      start_ticks_(parse_fixed(market_.start_price, notation_.price_decimals).value_or(0) / tick_units_),
      target_levels_(options.levels > 0 ? options.levels : 1200 + random_.below(1800)) {
    if (start_ticks_ < 20) {
        throw std::runtime_error("market " + market_.symbol + ": a start price of " + market_.start_price +
                                 " leaves no room for a book");
    }
    build_side(bids_, target_levels_);
    build_side(asks_, target_levels_ + random_.below(target_levels_ / 4 + 1));
    start_u_ = u_ = 1'000'000'000 + random_.bits() % 8'000'000'000;
    trade_id_ = 90'000'000 + random_.below(100'000'000);
    order_id_ = 60'000'000'000 + random_.bits() % 10'000'000'000;
}

void Flow::build_side(PriceLadder& side, std::int64_t levels) {
    const std::int64_t touch = side.is_bid() ? start_ticks_ : start_ticks_ + 1;
    const double room = side.is_bid() ? 0.95 * static_cast<double>(touch) : kMaxDistance;
    const double scale = std::min(1.0, std::min(room, kMaxDistance) / distance_of(levels));
    std::vector<std::int64_t> prices;
    std::int64_t last = -1;
    for (std::int64_t rank = 0; rank < levels; ++rank) {
        const double jitter = rank == 0 ? 0 : random_.unit() * 0.8;
        last = std::max(last + 1, static_cast<std::int64_t>(distance_of(rank) * scale + jitter));
        if (static_cast<double>(last) > room) break;
        prices.push_back(side.worse(touch, last));
    }
    auto& book = side.is_bid() ? start_book_.bids : start_book_.asks;
    for (auto price = prices.rbegin(); price != prices.rend(); ++price) {  // the best last: nothing has to make room
        const std::int64_t steps = some_steps();
        side.insert(*price, steps);
        book[*price * tick_units_] = steps * step_units_;
    }
}

bool Flow::next(Event& event) {
    if (ready_.empty()) {
        if (options_.max_depth_frames != 0 && depth_frames_ == options_.max_depth_frames) return false;
        make_update();
    }
    event = std::move(ready_.front());
    ready_.pop_front();
    return true;
}

void Flow::renumber(std::uint64_t by) {
    u_ += by;
    for (Event& event : ready_) event.renumber(by);
}

bool Flow::refine_tick() {
    if (grid_ticks_ != 1) return false;  // the unit is finer than the tick already
    market_.refine_tick();
    notation_ = Notation(market_);
    start_ticks_ *= 10;
    bids_.refine();
    asks_.refine();
    for (Event& event : ready_) event.refine();
    return true;
}

bool Flow::coarsen_tick() {
    market_.coarsen_tick();
    notation_.price_padding = market_.price_decimals();
    grid_ticks_ *= 10;
    return true;
}

// The nearest price on the grid that is no better.
std::int64_t Flow::on_grid(const PriceLadder& side, std::int64_t price_ticks) const noexcept {
    const std::int64_t down = price_ticks / grid_ticks_ * grid_ticks_;
    return side.is_bid() || down == price_ticks ? down : down + grid_ticks_;
}

// The touch stays; behind it every third level has another size and every eleventh is not there.
std::optional<Book> Flow::stand_by() {
    Book book;
    for (PriceLadder* side : {&bids_, &asks_}) {
        for (std::int64_t rank = side->size() - 1; rank > 0; --rank) {
            if (rank % 11 == 5) {
                side->erase(rank);
            } else if (rank % 3 == 1) {
                side->set(rank, side->steps(rank) + 1 + rank % 7);
            }
        }
        auto& levels = side->is_bid() ? book.bids : book.asks;
        for (std::int64_t rank = 0; rank < side->size(); ++rank) {
            levels.emplace(side->price(rank) * tick_units_, side->steps(rank) * step_units_);
        }
    }
    return book;
}

// One update of the book, with the trade that caused it and the best bid and offer that it changed.
void Flow::make_update() {
    const Top before = top();
    trades_.clear();
    Event depth;
    stamp(depth);
    depth.first_u = u_ + 1;
    if (random_.chance(kSeveral)) {
        random_.chance(0.5) ? merge_several(depth) : sweep(depth);
    } else {
        one_change(depth);
    }
    u_ = depth.u = std::max(depth.u, depth.first_u);
    append_depth_frame(depth.frame, notation_, depth);
    ++depth_frames_;

    for (Event& made : trades_) ready_.push_back(std::move(made));
    const Top after = top();
    if (after == before) return ready_.push_back(std::move(depth));
    // Either may come first, as at the venue.
    if (random_.chance(0.5)) {
        ready_.push_back(ticker_of(depth, after, -7));
        ready_.push_back(std::move(depth));
    } else {
        Event ticker = ticker_of(depth, after, 9);
        ready_.push_back(std::move(depth));
        ready_.push_back(std::move(ticker));
    }
}

Event Flow::ticker_of(const Event& depth, const Top& best, std::int64_t sent_later_us) const {
    Event ticker;
    ticker.channel = Channel::book_ticker;
    ticker.due_ns = depth.due_ns;
    ticker.match_us = depth.match_us;
    ticker.send_us = depth.send_us + sent_later_us;
    ticker.u = depth.u;
    append_book_ticker_frame(ticker.frame, notation_, ticker, best);
    return ticker;
}

void Flow::stamp(Event& event) noexcept {
    event.due_ns = arrivals_.next(random_);
    event.match_us = epoch_us_ + event.due_ns / 1000;
    event.send_us = event.match_us + 90 + static_cast<std::int64_t>(random_.exponential(150));
}

// Several updates in one frame, as the venue does under load: U < u, levels in no order.
void Flow::merge_several(Event& depth) {
    const std::int64_t updates = 2 + random_.below(4);
    for (std::int64_t i = 0; i < updates; ++i) one_change(depth);
    depth.u = depth.first_u + static_cast<std::uint64_t>(updates) - 1;
}

// One order that takes several levels: one number, U == u.
void Flow::sweep(Event& depth) {
    PriceLadder& hit = random_.chance(0.5) ? bids_ : asks_;
    const std::int64_t levels = 1 + random_.below(4);
    if (hit.size() < target_levels_ / 2 + levels) return one_change(depth);
    for (std::int64_t i = 0; i < levels; ++i) {
        trade(depth, hit, hit.best(), hit.steps(0));
        erase(depth, hit, 0);
    }
    if (hit.steps(0) > 1) modify(depth, hit, 0, 1 + random_.below(hit.steps(0) - 1));
}

void Flow::one_change(Event& depth) {
    const double where = random_.unit();
    if (where <= kAtBest) return change_best(depth);
    if (where <= kToRank9) return change_behind(depth, 1, 9);
    if (where <= kToRank99) return change_behind(depth, 10, 99);
    if (where <= kToRank499) return change_behind(depth, 100, 499);
    if (where <= kToRank1499) return change_behind(depth, 500, 1499);
    change_behind(depth, 1500, std::max(bids_.size(), asks_.size()));
}

// The side that moves the touch; more often the one that brings the price back to its start.
PriceLadder& Flow::walking_side(bool toward_start) noexcept {
    const double drift = static_cast<double>(bids_.best() - start_ticks_) / static_cast<double>(start_ticks_);
    const double asks_improve = std::clamp(0.5 + drift, 0.1, 0.9);
    return random_.chance(asks_improve) == toward_start ? asks_ : bids_;
}

void Flow::change_best(Event& depth) {
    const std::int64_t room = asks_.best() - bids_.best() - 1;
    if (room > 0 && random_.chance(room > 4 ? 0.6 : 0.3)) return improve(depth, room);
    const double what = random_.unit();
    if (what < 0.1) {
        PriceLadder& side = walking_side(false);
        if (side.size() > std::max<std::int64_t>(2, target_levels_ / 2)) {
            if (random_.chance(0.5)) trade(depth, side, side.best(), side.steps(0));
            return erase(depth, side, 0);
        }
    }
    PriceLadder& side = random_.chance(0.5) ? bids_ : asks_;
    const std::int64_t steps = side.steps(0);
    if (what < 0.35 && steps > 1) {
        const std::int64_t taken = 1 + random_.below(steps - 1);
        trade(depth, side, side.best(), taken);
        return modify(depth, side, 0, steps - taken);
    }
    modify(depth, side, 0, some_steps());
}

void Flow::improve(Event& depth, std::int64_t room_ticks) {
    PriceLadder& side = walking_side(true);
    const std::int64_t better = 1 + random_.below(std::min<std::int64_t>(room_ticks, 3));
    const std::int64_t price = on_grid(side, side.worse(side.best(), -better * grid_ticks_));
    const PriceLadder& other = side.is_bid() ? asks_ : bids_;
    const bool fits =
        side.is_bid() ? price > side.best() && price < other.best() : price < side.best() && price > other.best();
    if (!fits) return modify(depth, side, 0, some_steps());
    insert(depth, side, price);
}

void Flow::change_behind(Event& depth, std::int64_t from_rank, std::int64_t to_rank) {
    PriceLadder& side = random_.chance(0.5) ? bids_ : asks_;
    const std::int64_t last = std::min(to_rank, side.size() - 1);
    if (last < 1) return modify(depth, side, 0, some_steps());
    const std::int64_t first = std::min(from_rank, last);
    const std::int64_t rank = first + random_.below(last - first + 1);
    if (!random_.chance(kModify)) {
        // Pulls the size back to where it began.
        const double excess = static_cast<double>(side.size() - target_levels_) / static_cast<double>(target_levels_);
        const bool less = random_.chance(std::clamp(0.5 + excess, 0.1, 0.9));
        if (less && side.size() > 2) return erase(depth, side, rank);
        if (!less && insert_near_rank(depth, side, rank)) return;
    }
    modify(depth, side, rank, some_steps());
}

// Into the gap before the level at `rank` or one of the next; false where there is none.
bool Flow::insert_near_rank(Event& depth, PriceLadder& side, std::int64_t rank) {
    for (std::int64_t r = std::max<std::int64_t>(rank, 1); r < std::min(rank + 8, side.size()); ++r) {
        const std::int64_t gap = std::abs(side.price(r) - side.price(r - 1));
        if (gap < 2) continue;
        const std::int64_t price = on_grid(side, side.worse(side.price(r - 1), 1 + random_.below(gap - 1)));
        const bool fits = side.is_bid() ? price > side.price(r) : price < side.price(r);
        if (!fits) continue;  // no price of the grid lies between them
        insert(depth, side, price);
        return true;
    }
    return false;
}

void Flow::modify(Event& depth, PriceLadder& side, std::int64_t rank, std::int64_t steps) {
    if (steps == side.steps(rank)) ++steps;
    side.set(rank, steps);
    record(depth, side, side.price(rank), steps);
}

void Flow::erase(Event& depth, PriceLadder& side, std::int64_t rank) {
    record(depth, side, side.price(rank), 0);
    side.erase(rank);
}

void Flow::insert(Event& depth, PriceLadder& side, std::int64_t price_ticks) {
    const std::int64_t steps = some_steps();
    side.insert(price_ticks, steps);
    record(depth, side, price_ticks, steps);
}

// No price twice in a frame: what comes later replaces.
void Flow::record(Event& depth, const PriceLadder& side, std::int64_t price_ticks, std::int64_t steps) {
    const Change change{side.is_bid(), price_ticks * tick_units_, steps * step_units_};
    for (Change& made : depth.changes) {
        if (made.bid != change.bid || made.price != change.price) continue;
        made = change;
        return;
    }
    depth.changes.push_back(change);
}

void Flow::trade(const Event& depth, const PriceLadder& hit, std::int64_t price_ticks, std::int64_t steps) {
    Event made;
    made.channel = Channel::trade;
    made.due_ns = depth.due_ns;
    made.match_us = depth.match_us / 1000 * 1000;  // the venue's trades know milliseconds only
    made.send_us = depth.send_us - 20;
    made.trade = {++trade_id_, price_ticks * tick_units_, steps * step_units_, 0, 0, hit.is_bid()};
    order_id_ += 1 + static_cast<std::uint64_t>(random_.below(20'000));
    made.trade.seller_order = order_id_;
    made.trade.buyer_order = order_id_ - 1 - static_cast<std::uint64_t>(random_.below(9'000));
    append_trade_frame(made.frame, notation_, made);
    trades_.push_back(std::move(made));
}

// From dust to whales: the logarithm is what is spread evenly.
std::int64_t Flow::some_steps() noexcept {
    const double decades = notation_.quantity_decimals >= 4 ? 4.5 : 3.5;
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::pow(10.0, random_.unit() * decades)));
}

Top Flow::top() const noexcept {
    return {bids_.best() * tick_units_, bids_.steps(0) * step_units_, asks_.best() * tick_units_,
            asks_.steps(0) * step_units_};
}

}  // namespace daypack::core::sim
