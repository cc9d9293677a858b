// SPDX-License-Identifier: MIT
#include "tools/sim/market/feed.h"

#include <algorithm>
#include <utility>

namespace daypack::core::sim {
namespace {

constexpr std::size_t kNumberingsKept = 4;  // beside that of now
constexpr std::size_t kTradesKept = 1000;   // what /api/v1/trades gives at most

std::map<std::int64_t, std::int64_t> refined(const std::map<std::int64_t, std::int64_t>& side) {
    std::map<std::int64_t, std::int64_t> finer;
    for (const auto& [price, quantity] : side) finer.emplace_hint(finer.end(), price * 10, quantity);
    return finer;
}

}  // namespace

void Aggregate::add(const Event& depth, std::int64_t now_ns) {
    if (first_u_ == 0) {
        since_ns_ = now_ns;
        first_u_ = depth.first_u;
        first_us_ = depth.match_us;
    }
    last_u_ = depth.u;
    last_us_ = depth.match_us;
    for (const Change& change : depth.changes) (change.bid ? bids_ : asks_)[change.price] = change.quantity;
}

std::string Aggregate::flush(const Notation& notation, std::int64_t send_us) {
    Event merged;
    merged.first_u = first_u_;
    merged.u = last_u_;
    merged.match_us = last_us_;
    merged.send_us = send_us;
    for (const auto& [price, quantity] : bids_) merged.changes.push_back({true, price, quantity});
    for (const auto& [price, quantity] : asks_) merged.changes.push_back({false, price, quantity});
    append_depth_frame(merged.frame, notation, merged, window_);
    clear();
    return std::move(merged.frame);
}

void Aggregate::clear() noexcept {
    first_u_ = 0;
    bids_.clear();
    asks_.clear();
}

void Aggregate::refine() {
    for (auto* side : {&bids_, &asks_}) *side = refined(*side);
}

Feed::Feed(Market market) : market_(std::move(market)), notation_(market_), truth_(1), over_(true) {}

Feed::Feed(std::unique_ptr<Source> source, std::size_t history_changes)
    : market_(source->market()),
      notation_(market_),
      source_(std::move(source)),
      history_changes_(history_changes),
      truth_(history_changes),
      match_us_(source_->start_us()) {
    truth_.start(source_->start_book(), source_->start_u());
}

void Feed::begin(std::int64_t venue_us) {
    if (std::exchange(begun_, true) || source_ == nullptr) return;
    source_->begin(venue_us);
}

const Event* Feed::peek() {
    if (!next_ && !over_) {
        next_.emplace();
        over_ = !source_->next(*next_);
        if (over_) next_.reset();
    }
    return next_ ? &*next_ : nullptr;
}

Event Feed::take() {
    Event event = std::move(*next_);
    next_.reset();
    match_us_ = std::max(match_us_, event.match_us);
    if (event.channel == Channel::depth) {
        if (crossing_) {
            event.changes.push_back(*std::exchange(crossing_, std::nullopt));
            event.frame.clear();
            append_depth_frame(event.frame, notation_, event);
        }
        truth_.apply(event.u, event.changes);
        if (both_) past_.front().apply(event.u + old_shift_, event.changes);
    }
    if (event.channel == Channel::trade) {
        trades_.push_front({event.trade, event.match_us / 1000});
        if (trades_.size() > kTradesKept) trades_.pop_back();
    }
    return event;
}

void Feed::restart(std::uint64_t u, bool other_book, bool both) {
    past_.push_front(std::exchange(truth_, Truth(history_changes_)));
    if (past_.size() > kNumberingsKept) past_.pop_back();
    const Truth& old = past_.front();
    truth_.start(other_book ? source_->stand_by().value_or(old.now()) : old.now(), u);
    old_shift_ = old.u() - u;
    both_ = both;
    source_->renumber(u - old.u());
    if (next_) next_->renumber(u - old.u());
    for (Aggregate& aggregate : aggregates_) aggregate.clear();
}

void Feed::cross(bool on) {
    const Book& book = truth_.now();
    if (on == is_crossed() || book.asks.empty()) return;
    if (on) crossing_price_ = book.asks.begin()->first * 2;
    crossing_ = Change{true, crossing_price_, on ? market_.step_units() : 0};
    if (!on) crossing_price_ = 0;
}

bool Feed::refine_tick() {
    if (source_ == nullptr || !source_->refine_tick()) return false;
    market_.tick = source_->market().tick;
    notation_ = Notation(market_);
    truth_.start({refined(truth_.now().bids), refined(truth_.now().asks)}, truth_.u());
    past_.clear();
    both_ = false;
    crossing_price_ *= 10;
    if (crossing_) crossing_->price *= 10;
    if (next_) next_->refine();
    for (Made& made : trades_) made.trade.price *= 10;
    for (Aggregate& aggregate : aggregates_) aggregate.refine();
    return true;
}

bool Feed::coarsen_tick() {
    if (source_ == nullptr || !source_->coarsen_tick()) return false;
    market_.tick = source_->market().tick;
    notation_.price_padding = market_.price_decimals();
    return true;
}

std::string Feed::past_depth_body(std::size_t levels, std::int64_t timestamp_us) const {
    const Truth& past = past_.empty() ? truth_ : past_.front();
    return sim::depth_body(notation_, past.now(), past.u(), timestamp_us, levels);
}

std::string Feed::depth_body(std::size_t levels, std::uint64_t u, std::int64_t timestamp_us) const {
    return sim::depth_body(notation_, u == truth_.u() ? truth_.now() : truth_.at(u).value_or(truth_.now()), u,
                           timestamp_us, levels);
}

std::string Feed::trades_body(std::size_t limit) const {
    std::string out = "[";
    for (std::size_t i = 0; i < std::min(limit, trades_.size()); ++i) {
        if (i > 0) out.push_back(',');
        append_trade_row(out, notation_, trades_[i].trade, trades_[i].at_ms);
    }
    out.push_back(']');
    return out;
}

std::string Feed::truth_body(std::optional<std::uint64_t> u, std::optional<std::size_t> ago) const {
    if (source_ == nullptr || ago.value_or(0) > past_.size()) return {};
    for (std::size_t i = ago.value_or(0); i <= past_.size(); ++i) {
        const Truth& truth = i == 0 ? truth_ : past_[i - 1];
        if (!u || *u == truth.u()) return sim::truth_body(notation_, truth.now(), truth.u());
        if (const auto book = truth.at(*u)) return sim::truth_body(notation_, *book, *u);
        if (ago) break;
    }
    return {};
}

}  // namespace daypack::core::sim
