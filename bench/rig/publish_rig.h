// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/rig/input.h"
#include "bench/rig/measure.h"
#include "bench/rig/same_stores.h"
#include "bench/rig/scratch_segment.h"
#include "book/order_book.h"
#include "net/base/clock.h"

namespace daypack::core::bench {

// Publishes two books in turn that differ in the quantity of one bid. So each publication finds one level changed, and
// nothing but publishing takes time.
//
// Thread: the one that measures.
class PublishRig {
  public:
    // `rank` is that of the bid that changes. Beyond the published depth, the slot does not show the change.
    PublishRig(const Input& input, std::size_t rank) : ours_(input.instrument()), like_(input.instrument()) {
        if (input.seed.bids.size() <= rank)
            throw std::runtime_error("the input's book is too small for the publish row");
        const Level level = input.seed.bids[input.seed.bids.size() - 1 - rank];
        for (std::size_t i = 0; i < books_.size(); ++i) {
            OrderBook& book = *(books_[i] = std::make_unique<OrderBook>(32'768, 64));
            book.seed(input.seed);
            updates_[i] = ours_.update(book);
            updates_[i].match = updates_[i].send = input.seed.timestamp;
            ours_.publisher().publish_snapshot(updates_[i]);
            like_.publisher().publish_snapshot(like_.update(book));
            book.clear_dirty();
            Event& event = events_[i];
            event.price = level.price;
            event.quantity = {level.quantity.steps + 1 + static_cast<std::int64_t>(i)};
            event.match = input.seed.timestamp;
            event.send_after_match_us = 100;
            event.last = true;
            book.apply(event.side, event.price, event.quantity);
        }
        like_stores_.emplace(ours_, like_, [this](std::size_t) { publish(); });
    }

    [[nodiscard]] double ours() {
        return beating(ours_, [this] { publish(); });
    }
    [[nodiscard]] double like() {
        return beating(like_, [this] { store_alike(); });
    }
    [[nodiscard]] std::size_t stores() const noexcept { return like_stores_->count(); }
    [[nodiscard]] std::vector<std::string> instances() const { return {ours_.instance(), like_.instance()}; }

    // Publishes one update; store_alike() does only the stores that this takes.
    void publish() noexcept {
        const std::size_t i = ++u_ % 2;
        BookUpdate& update = updates_[i];
        events_[i].first_id = events_[i].last_id = update.u = u_;
        update.match.us += 10;  // times go on, as they do
        update.send.us += 10;
        update.receive.ns += 10'000;
        update.publish.ns += 10'000;
        ours_.publisher().publish_book(update, {&events_[i], 1});
    }
    void store_alike() noexcept { like_stores_->run(++u_); }

  private:
    template <class One>
    static double beating(ScratchSegment& segment, One&& one) {
        return ns_each([&] {
            for (std::size_t done = 0; done < kRound; done += kUntilBeat) {
                (void)segment.publisher().beat(mono_now());
                segment.publisher().caught_up();
                for (std::size_t i = 0; i < kUntilBeat; ++i) one();
            }
            return kRound;
        });
    }

    static constexpr std::size_t kRound = 32'768;
    static constexpr std::size_t kUntilBeat = 2'048;  // so that no reader takes the writer for dead

    ScratchSegment ours_, like_;
    std::array<std::unique_ptr<OrderBook>, 2> books_;
    std::array<BookUpdate, 2> updates_;
    std::array<Event, 2> events_{};
    std::optional<SameStores> like_stores_;
    std::uint64_t u_ = 1'000;
};

}  // namespace daypack::core::bench
