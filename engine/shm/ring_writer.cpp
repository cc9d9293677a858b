// SPDX-License-Identifier: MIT
#include "engine/shm/ring_writer.h"

namespace daypack::core {

RingWriter::RingWriter(const Segment& segment) noexcept
    : header_(&segment.header()),
      ring_(segment.ring()),
      mask_(segment.layout().ring_events - 1),
      position_(load_relaxed(header_->claimed)) {}

void RingWriter::write_snapshot(const BookUpdate& update, SlotChange change) noexcept {
    write({.head = record_head(DAYPACK_KIND_SNAPSHOT, update.symbol), .last_id = update.u}, update, change);
}

void RingWriter::write_changes(const BookUpdate& update, const daypack_slot& slot, SlotChange change) noexcept {
    if (change.top_changed) {
        write({.head = record_head(DAYPACK_KIND_TOP, update.symbol),
               .last_id = update.u,
               .price = load_relaxed(slot.bid_price),
               .quantity = load_relaxed(slot.bid_quantity),
               .price2 = load_relaxed(slot.ask_price),
               .quantity2 = load_relaxed(slot.ask_quantity)},
              update, change);
    }
    if (change.status_changed) write_state(update, change.status, change.exponents);
}

void RingWriter::write_state(const BookUpdate& update, std::uint64_t status, std::uint64_t exponents) noexcept {
    SlotChange change;
    change.status = status;
    change.exponents = exponents;
    write({.head = record_head(DAYPACK_KIND_STATE, update.symbol), .last_id = update.u}, update, change);
}

void RingWriter::write_trade(const Event& trade, const Event& orders, const BookUpdate& update,
                             SlotChange change) noexcept {
    write({.head = record_head(DAYPACK_KIND_TRADE, update.symbol, trade),
           .first_id = trade.first_id,
           .last_id = trade.last_id,
           .price = trade.price.ticks * update.instrument->tick.mantissa,
           .quantity = trade.quantity.steps * update.instrument->step.mantissa,
           .id_a = orders.first_id,
           .id_b = orders.last_id},
          update, change);
}

}  // namespace daypack::core
