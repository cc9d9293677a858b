// SPDX-License-Identifier: MIT
#include "engine/include/daypack/events.hpp"

#include "engine/callbacks.h"
#include "engine/include/daypack/shm.h"

namespace daypack {
namespace {

static_assert(static_cast<int>(State::halted) == static_cast<int>(core::State::halted));
static_assert(static_cast<std::size_t>(Reason::refused) + 1 == core::kReasons);
static_assert(static_cast<int>(Reason::writer_stalled) == DAYPACK_REASON_writer_stalled);
static_assert(static_cast<int>(Reason::not_open) == DAYPACK_REASON_not_open);
static_assert(static_cast<int>(Flag::partial) == static_cast<int>(core::kPartial));

[[nodiscard]] Side side_of(core::Side side) noexcept {
    return side == core::Side::bid ? Side::bid : Side::ask;
}

}  // namespace

std::string_view name(State state) noexcept {
    return daypack_state_name(static_cast<unsigned>(state));
}

std::string_view name(Reason reason) noexcept {
    return daypack_reason_name(static_cast<unsigned>(reason));
}

Change Changes::operator[](std::size_t i) const noexcept {
    const core::Event& event = events_[i];
    return {{event.price.ticks, event.quantity.steps}, side_of(event.side)};
}

// Not in the header: where a compiler knows what it does, it compares each call with it.
void Handler::on_book(const BookUpdate&) {}

std::string_view BookUpdate::symbol() const noexcept {
    return view_->instrument.symbol;
}

std::string_view BookUpdate::native_symbol() const noexcept {
    return view_->instrument.native;
}

std::uint16_t BookUpdate::flags() const noexcept {
    return view_->flags;
}

std::int64_t BookUpdate::venue_match_us() const noexcept {
    return view_->match.us;
}

std::int64_t BookUpdate::venue_send_us() const noexcept {
    return view_->send.us;
}

std::int64_t BookUpdate::receive_mono_ns() const noexcept {
    return view_->receive.ns;
}

bool BookUpdate::replaced() const noexcept {
    return view_->replaced;
}

Changes BookUpdate::changes() const noexcept {
    return {view_->changes.data(), view_->changes.size()};
}

}  // namespace daypack
