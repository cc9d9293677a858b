// SPDX-License-Identifier: MIT
#include "engine/shm/publisher.h"

#include <optional>

#include "engine/shm/slot_figures.h"

namespace daypack::core {

Publisher::Publisher(const Segment& segment) noexcept : slots_(segment), ring_(segment), heartbeat_(segment.header()) {}

void Publisher::publish_book(const BookUpdate& update, std::span<const Event> events) noexcept {
    const std::optional<SlotChange> change = slots_.write_quantities(update);
    if (!change) return publish_levels(update, events);
    ring_.claim(events.size() + std::size_t{change->status_changed});
    ring_.write_events(events, update, *change);
    if (change->status_changed) [[unlikely]]
        ring_.write_state(update, change->status, change->exponents);
    ring_.publish();
}

void Publisher::publish_levels(const BookUpdate& update, std::span<const Event> events) noexcept {
    const SlotChange change = slots_.write_book(update);
    ring_.claim(events.size() + change.records());
    ring_.write_events(events, update, change);
    if (change.records() != 0) ring_.write_changes(update, slots_.slot(update.symbol), change);
    ring_.publish();
}

void Publisher::publish_snapshot(const BookUpdate& update) noexcept {
    const SlotChange change = slots_.write_book(update);
    ring_.claim(1 + change.records());
    ring_.write_snapshot(update, change);
    ring_.write_changes(update, slots_.slot(update.symbol), change);
    ring_.publish();
}

void Publisher::publish_status(const BookUpdate& update) noexcept {
    const SlotChange change = slots_.write_status(update);
    if (change.records() == 0) return;
    ring_.claim(change.records());
    ring_.write_changes(update, slots_.slot(update.symbol), change);
    ring_.publish();
}

void Publisher::publish_trade(const Event& trade, const Event& orders, const BookUpdate& update) noexcept {
    ring_.claim(1);
    ring_.write_trade(trade, orders, update, slots_.unchanged(update));
    ring_.publish();
}

void Publisher::publish_figures(const Figures& figures, const BookUpdate& update) noexcept {
    daypack_slot& slot = slots_.slot(update.symbol);
    write_figures(slot, figures, update.receive.ns);
    ring_.claim(RingWriter::records_of(figures));
    ring_.write_figures(figures, update, load_relaxed(slot.status));
    ring_.publish();
}

void Publisher::publish_liquidation(const Event& event, const BookUpdate& update) noexcept {
    ring_.claim(1);
    ring_.write_liquidation(event, update, load_relaxed(slots_.slot(update.symbol).status));
    ring_.publish();
}

}  // namespace daypack::core
