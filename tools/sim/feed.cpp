#include "tools/sim/feed.h"

#include <algorithm>
#include <utility>

namespace daypack::sim {
namespace {

constexpr std::size_t kTradesKept = 1000;  // what /api/v1/trades gives at most

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
    if (event.channel == Channel::depth) truth_.apply(event.u, event.changes);
    if (event.channel == Channel::trade) {
        trades_.push_front({event.trade, event.match_us / 1000});
        if (trades_.size() > kTradesKept) trades_.pop_back();
    }
    return event;
}

void Feed::restart() {
    const std::uint64_t u = truth_.u() / 2;
    truth_.start(truth_.now(), u);
    source_->renumber(u);
    next_.reset();
    for (Aggregate& aggregate : aggregates_) aggregate.clear();
}

bool Feed::refine_tick() {
    if (source_ == nullptr || !source_->refine_tick()) return false;
    market_.tick = source_->market().tick;
    notation_ = Notation(market_);
    truth_.start({refined(truth_.now().bids), refined(truth_.now().asks)}, truth_.u());
    if (next_) next_->refine();
    for (Made& made : trades_) made.trade.price *= 10;
    for (Aggregate& aggregate : aggregates_) aggregate.refine();
    return true;
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

std::string Feed::truth_body(std::optional<std::uint64_t> u) const {
    if (source_ == nullptr) return {};
    if (!u || *u == truth_.u()) return sim::truth_body(notation_, truth_.now(), truth_.u());
    const auto book = truth_.at(*u);
    return book ? sim::truth_body(notation_, *book, *u) : std::string{};
}

}  // namespace daypack::sim
