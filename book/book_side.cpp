// SPDX-License-Identifier: MIT
#include "book/book_side.h"

#include <algorithm>

namespace daypack::core {
namespace {

// How many free ticks there are above the best level when the window is moved, and how many before it moves again.
constexpr std::uint64_t kAbove = TickWindow::kTicks / 8;
constexpr std::uint64_t kAboveMax = TickWindow::kTicks / 2;
// How many levels beyond the depth the top has when it is filled. That many must be deleted before it is filled again,
// and that many inserted before it is shortened.
constexpr std::size_t kSlack = 32;
// The longest side that was recorded has 5,400 levels.
constexpr std::size_t kUsualLevels = 8'192;

}  // namespace

BookSide::BookSide(Side side, std::size_t max_levels, std::size_t depth)
    : mirror_(side == Side::bid ? 0 : -1),
      max_levels_(max_levels),
      depth_(std::min(std::max<std::size_t>(depth, 1), max_levels)) {
    tail_.reserve(max_levels + 1);
    top_.resize(depth_ + 2 * kSlack + 1);
    top_.clear();
    // The pages are touched here so that the book thread has no page fault. The rest of the tail stays untouched
    // because no side of the venue is that long.
    tail_.resize(std::min(max_levels + 1, kUsualLevels));
    tail_.clear();
}

void BookSide::clear() noexcept {
    window_.clear();
    tail_.clear();
    top_.clear();
    size_ = 0;
    seeded_ = 0;
    known_to_.reset();
    dirty_.touch(0, DirtyRanks::kAll);
}

std::size_t BookSide::seed(std::span<const Level> ascending, bool truncated) noexcept {
    clear();
    const std::size_t kept = std::min(ascending.size(), max_levels_);
    if (kept == 0) return ascending.size();
    const auto nth_worst = [&](std::size_t i) {  // of those that are kept
        return mirror_ == 0 ? ascending[ascending.size() - kept + i] : ascending[kept - 1 - i];
    };
    window_.move_to(TickWindow::base_for(key(nth_worst(kept - 1).price), kAbove));
    for (std::size_t i = 0; i < kept; ++i) {
        const Level level = nth_worst(i);
        if (window_.below(key(level.price))) {
            tail_.push_back(level);
        } else {
            window_.set(key(level.price), level.quantity.steps);
        }
    }
    size_ = seeded_ = kept;
    fill_top();
    if (truncated || kept < ascending.size()) known_to_ = nth_worst(0).price;
    return ascending.size() - kept;
}

std::size_t BookSide::add_in_window(Key at, Quantity quantity) noexcept {
    window_.set(at, quantity.steps);
    return added(at, quantity);
}

std::size_t BookSide::remove_in_window(Key at) noexcept {
    window_.erase(at);
    return removed(at);
}

// Applies a level in the tail, or above the window, which then moves up to it.
std::size_t BookSide::apply_outside(Key at, Quantity quantity) noexcept {
    if (size_ == 0 && quantity.steps != 0) window_.move_to(TickWindow::base_for(at, kAbove));
    if (!window_.below(at)) {
        if (quantity.steps == 0) return 0;
        if (window_.above(at)) move_window(TickWindow::base_for(at, kAbove));
        return add_in_window(at, quantity);
    }
    const std::size_t found = in_tail(at);
    const auto there = tail_.begin() + static_cast<std::ptrdiff_t>(found);
    const bool is_there = found < tail_.size() && key(there->price) == at;
    if (quantity.steps == 0) {
        if (!is_there) return 0;
        tail_.erase(there);
        return removed(at);
    }
    if (is_there) {
        there->quantity = quantity;
        if (at >= key(top_.front().price)) set_in_top(at, quantity);
        return 0;
    }
    tail_.insert(there, Level{{at ^ mirror_}, quantity});
    return added(at, quantity);
}

std::size_t BookSide::added(Key at, Quantity quantity) noexcept {
    // where the top holds all levels, a worse level belongs to it, too
    const bool in_top = top_.size() == size_ || at >= key(top_.front().price);
    ++size_;
    if (in_top) insert_in_top({{at ^ mirror_}, quantity});
    if (size_ <= max_levels_) return 0;
    drop_worst();
    return 1;
}

std::size_t BookSide::removed(Key at) noexcept {
    --size_;
    if (at < key(top_.front().price)) return 0;
    erase_from_top(at);
    follow_best_down();
    return 0;
}

std::optional<Level> BookSide::next_worse(std::optional<Price> price) const noexcept {
    const auto found = price ? window_.next_below(key(*price)) : window_.best();
    if (found) return Level{{*found ^ mirror_}, {window_.at(*found)}};
    const std::size_t end = price ? in_tail(key(*price)) : tail_.size();
    return end == 0 ? std::nullopt : std::optional(tail_[end - 1]);
}

Quantity BookSide::at(Price price) const noexcept {
    const Key at = key(price);
    if (!window_.below(at)) return {window_.above(at) ? 0 : window_.at(at)};
    const std::size_t found = in_tail(at);
    return found < tail_.size() && tail_[found].price == price ? tail_[found].quantity : Quantity{};
}

std::span<const Level> BookSide::known_top() const noexcept {
    const std::span<const Level> all = top_;
    if (all.empty() || is_known(all.front().price)) return all;
    return all.subspan(find(all, key(*known_to_)));
}

// A binary search without a branch on the compared values, because nothing predicts where the next update falls.
std::size_t BookSide::find(std::span<const Level> worst_first, Key at) const noexcept {
    const Level* from = worst_first.data();
    for (std::size_t left = worst_first.size(); left > 0;) {
        const std::size_t half = (left + 1) / 2;
        from += key(from[half - 1].price) < at ? half : 0;
        left -= half;
    }
    return static_cast<std::size_t>(from - worst_first.data());
}

BookSide::Key BookSide::worst() const noexcept {
    return tail_.empty() ? *window_.worst() : key(tail_.front().price);
}

// Moves the window down after the best level was deleted; without a tail there is nothing to take in.
void BookSide::follow_best_down() noexcept {
    if (tail_.empty()) return;
    const Key best = key(top_.back().price);
    if (!window_.below(best) && best - window_.base() >= static_cast<Key>(TickWindow::kTicks - kAboveMax)) return;
    const Key base = TickWindow::base_for(best, kAbove);
    if (base < window_.base()) move_window(base);
}

void BookSide::move_window(Key base) noexcept {
    while (!window_.empty()) {
        const Key worst = *window_.worst();
        if (worst >= base) break;
        tail_.push_back({{worst ^ mirror_}, {window_.at(worst)}});
        window_.erase(worst);
    }
    window_.move_to(base);
    while (!tail_.empty() && !window_.below(key(tail_.back().price))) {
        window_.set(key(tail_.back().price), tail_.back().quantity.steps);
        tail_.pop_back();
    }
}

void BookSide::drop_worst() noexcept {
    if (tail_.empty()) {
        window_.erase(worst());
    } else {
        tail_.erase(tail_.begin());
    }
    --size_;
    if (top_.size() > size_) top_.erase(top_.begin());
    const Key edge = worst();
    if (!known_to_ || key(*known_to_) < edge) known_to_ = Price{edge ^ mirror_};
    dirty_.touch(0, DirtyRanks::kAll);
}

void BookSide::set_in_top(Key at, Quantity quantity) noexcept {
    const std::size_t found = find(top_, at);
    top_[found].quantity = quantity;
    const auto rank_behind = static_cast<std::uint32_t>(top_.size() - found);
    dirty_.touch(rank_behind - 1, rank_behind);
}

void BookSide::insert_in_top(Level level) noexcept {
    const std::size_t to = find(top_, key(level.price));
    dirty_.touch(static_cast<std::uint32_t>(top_.size() - to), DirtyRanks::kAll);
    top_.insert(top_.begin() + static_cast<std::ptrdiff_t>(to), level);
    if (top_.size() > depth_ + 2 * kSlack) top_.erase(top_.begin(), top_.begin() + static_cast<std::ptrdiff_t>(kSlack));
}

void BookSide::erase_from_top(Key at) noexcept {
    const std::size_t found = find(top_, at);
    dirty_.touch(static_cast<std::uint32_t>(top_.size() - found - 1), DirtyRanks::kAll);
    top_.erase(top_.begin() + static_cast<std::ptrdiff_t>(found));
    if (top_.size() < depth_ && top_.size() < size_) fill_top();
}

void BookSide::fill_top() noexcept {
    std::optional<Price> last;
    if (!top_.empty()) last = top_.front().price;
    const std::size_t more = std::min(size_, depth_ + kSlack) - top_.size();
    top_.insert(top_.begin(), more, Level{});
    for (std::size_t i = more; i-- > 0; last = top_[i].price) top_[i] = *next_worse(last);
}

}  // namespace daypack::core
