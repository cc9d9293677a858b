// SPDX-License-Identifier: MIT
#include "engine/shm/ring_writer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/shm/slot_figures.h"

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

bool RingWriter::write_text(std::string_view text) noexcept {
    const std::size_t records = std::max<std::size_t>(1, (text.size() + kTextBytes - 1) / kTextBytes);
    if (records > (mask_ + 1) / 2) return false;
    claim(records);
    for (std::size_t i = 0; i < records; ++i) {
        const std::string_view part = text.substr(i * kTextBytes, kTextBytes);
        std::array<std::uint64_t, kTextBytes / 8> words{};
        std::memcpy(words.data(), part.data(), part.size());
        auto* const to = &ring_[position_++ & mask_].head;
        store_relaxed(to[0], std::uint64_t{kTextRecord} | (i == 0 ? kTextBegins : 0) |
                                 (i + 1 == records ? kTextEnds : 0) | part.size() << 32);
        for (std::size_t word = 0; word < words.size(); ++word) store_relaxed(to[1 + word], words[word]);
    }
    publish();
    return true;
}

void RingWriter::write_mark(std::span<const std::uint64_t> words) noexcept {
    claim(1);
    auto* const to = &ring_[position_++ & mask_].head;
    store_relaxed(to[0], std::uint64_t{kMarkRecord});
    for (std::size_t i = 0; i < kMarkWords; ++i) store_relaxed(to[1 + i], i < words.size() ? words[i] : 0);
    publish();
}

std::size_t RingWriter::records_of(const Figures& figures) noexcept {
    return 1 + std::size_t{figures.group == FigureGroup::mark && figures.has(Figure::funding_rate)};
}

void RingWriter::write_figures(const Figures& figures, const BookUpdate& update, std::uint64_t status) noexcept {
    SlotChange change;
    change.status = status;
    const auto at = [&](Figure figure) { return figures[figure]; };
    const Decimal none;
    switch (figures.group) {
        case FigureGroup::mark:
            change.exponents = exponents_word(at(Figure::mark_price), none, at(Figure::index_price), none);
            write({.head = record_head(DAYPACK_KIND_MARK_PRICE, update.symbol),
                   .price = at(Figure::mark_price).mantissa,
                   .price2 = at(Figure::index_price).mantissa},
                  update, change);
            if (!figures.has(Figure::funding_rate)) return;
            change.exponents = exponents_word(at(Figure::funding_rate), none, none, none);
            return write({.head = record_head(DAYPACK_KIND_FUNDING, update.symbol),
                          .price = at(Figure::funding_rate).mantissa,
                          .id_a = static_cast<std::uint64_t>(at(Figure::next_funding_us).mantissa)},
                         update, change);
        case FigureGroup::open_interest:
            change.exponents = exponents_word(none, at(Figure::open_interest), none, none);
            return write({.head = record_head(DAYPACK_KIND_OPEN_INTEREST, update.symbol),
                          .quantity = at(Figure::open_interest).mantissa},
                         update, change);
        case FigureGroup::day:
            change.exponents = exponents_word(at(Figure::last_price), at(Figure::volume), at(Figure::open_price),
                                              at(Figure::quote_volume));
            return write({.head = record_head(DAYPACK_KIND_TICKER, update.symbol),
                          .price = at(Figure::last_price).mantissa,
                          .quantity = at(Figure::volume).mantissa,
                          .price2 = at(Figure::open_price).mantissa,
                          .quantity2 = at(Figure::quote_volume).mantissa,
                          .id_a = static_cast<std::uint64_t>(at(Figure::trade_count).mantissa)},
                         update, change);
    }
}

void RingWriter::write_liquidation(const Event& event, const BookUpdate& update, std::uint64_t status) noexcept {
    SlotChange change;
    change.status = status;
    change.exponents = exponents_word(event.value(), event.size(), {}, {});
    write({.head = record_head(DAYPACK_KIND_LIQUIDATION, update.symbol, event),
           .price = event.price.ticks,
           .quantity = event.quantity.steps},
          update, change);
}

}  // namespace daypack::core
