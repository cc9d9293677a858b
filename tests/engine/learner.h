// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <daypack/events.hpp>
#include <map>
#include <string>

namespace daypack {

// Learns each book from what callbacks say has changed, in the slowest and most obvious way, and compares what it has
// learnt with the book at every callback.
//
// Thread: that of the callbacks; the results are read when there are none any more.
class Learner : public Handler {
  public:
    // `full_every`: how often all levels are compared; the best kShort of a side are each time.
    explicit Learner(std::uint64_t full_every = 1) : full_every_(full_every) {}

    void on_book(const BookUpdate& book) noexcept override {
        ++calls;
        Learnt& learnt = books_[book.id()];
        if (book.replaced()) {
            ++replaced;
            learnt = {};
            learnt.units = book.units();
            for (const Side side : {Side::bid, Side::ask}) {
                for (const Level level : book.levels(side)) learnt.of(side)[level.price] = level.quantity;
            }
            if (!book.changes().empty()) complain(book, "changes beside a book that was replaced");
        }
        if (!(learnt.units == book.units())) complain(book, "other units, and it was not replaced");
        for (const auto& c : book.changes()) {
            ++changes;
            if (c.quantity == 0) {
                learnt.of(c.side).erase(c.price);
            } else {
                learnt.of(c.side)[c.price] = c.quantity;
            }
        }
        const bool full = calls % full_every_ == 0;
        for (const Side side : {Side::bid, Side::ask}) compare(book, learnt, side, full);
        live += book.live() ? 1 : 0;
    }

    std::uint64_t calls = 0, changes = 0, replaced = 0, live = 0, compared = 0;
    std::string wrong;  // the first thing that was; empty: nothing

  private:
    static constexpr std::size_t kShort = 30;

    struct Learnt {
        std::array<std::map<std::int64_t, std::int64_t>, 2> sides;
        Units units;
        std::map<std::int64_t, std::int64_t>& of(Side side) { return sides[static_cast<std::size_t>(side)]; }
    };

    void compare(const BookUpdate& book, Learnt& learnt, Side side, bool full) {
        auto& levels = learnt.of(side);
        const auto known_to = book.known_to(side);
        std::size_t left = full ? SIZE_MAX : kShort;
        auto at = book.levels(side).begin();
        const auto check = [&](const auto& level) {
            if (left == 0) return false;
            --left;
            ++compared;
            const bool known = !known_to || (side == Side::bid ? level.first >= *known_to : level.first <= *known_to);
            const bool there = at != std::default_sentinel;
            if (known != there || (there && (*at).price != level.first) || (there && (*at).quantity != level.second)) {
                complain(book, "the learnt book is another one");
                return false;
            }
            if (there) ++at;
            return there;
        };
        bool goes_on = true;
        if (side == Side::bid) {
            for (auto level = levels.rbegin(); goes_on && level != levels.rend(); ++level) goes_on = check(*level);
        } else {
            for (auto level = levels.begin(); goes_on && level != levels.end(); ++level) goes_on = check(*level);
        }
        if (goes_on && at != std::default_sentinel) complain(book, "the book has levels that were not learnt");
    }
    void complain(const BookUpdate& book, const char* what) {
        if (!wrong.empty()) return;
        wrong = std::string(what) + ": " + std::string(book.symbol()) + " " + std::string(name(book.state())) + "/" +
                std::string(name(book.reason())) + " at " + std::to_string(book.u()) + ", call " +
                std::to_string(calls) + (book.replaced() ? ", replaced" : "");
    }

    std::uint64_t full_every_;
    std::map<SymbolId, Learnt> books_;
};

}  // namespace daypack
