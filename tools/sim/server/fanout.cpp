// SPDX-License-Identifier: MIT
#include "tools/sim/server/fanout.h"

#include <algorithm>

#include "tools/sim/faults/fault_frames.h"
#include "tools/sim/market/clocks.h"
#include "tools/sim/market/frame_edit.h"

namespace daypack::core::sim {

bool Fanout::subscribe(Connection& connection, StreamKind kind) {
    List& subscribers = list(kind);
    if (std::find(subscribers.begin(), subscribers.end(), &connection) != subscribers.end()) return false;
    subscribers.push_back(&connection);
    muted_.erase(&connection);
    return true;
}

void Fanout::unsubscribe(Connection& connection, StreamKind kind) {
    std::erase(list(kind), &connection);
}

void Fanout::forget(Connection& connection) {
    for (List& subscribers : lists_) std::erase(subscribers, &connection);
    late_.erase(&connection);
    muted_.erase(&connection);
    old_.erase(&connection);
}

bool Fanout::wants_any() const noexcept {
    return std::any_of(lists_.begin(), lists_.end(), [](const List& subscribers) { return !subscribers.empty(); });
}

std::size_t Fanout::subscriptions() const noexcept {
    std::size_t count = 0;
    for (const List& subscribers : lists_) count += subscribers.size();
    return count;
}

std::size_t Fanout::most_unsent_bytes() const noexcept {
    std::size_t most = 0;
    for (const List& subscribers : lists_) {
        for (const Connection* connection : subscribers) most = std::max(most, connection->unsent_bytes());
    }
    return most;
}

bool Fanout::is_muted(const Connection* connection) const {
    const auto found = muted_.find(connection);
    return found != muted_.end() && (found->second == 0 || mono_ns() < found->second);
}

Fanout::Fate Fanout::strike(StreamKind kind, Connection* connection) {
    Fate fate;
    const std::uint64_t line = connection == nullptr ? 0 : connection->ordinal();
    const auto strike_kind = [&](FaultKind fault_kind, auto&& strikes) {
        for (const Fault& fault : faults_.strike(fault_kind, {symbol_, line, {}})) {
            strikes(fault);
            struck_(fault, connection);
        }
    };
    const auto nothing_here = [](const Fault&) {};
    if (kind == StreamKind::book_ticker) {
        strike_kind(FaultKind::touch, [&](const Fault&) { fate.touch = true; });
    }
    if (kind <= StreamKind::depth_1000ms) {
        strike_kind(FaultKind::drop, [&](const Fault&) { fate.drop = true; });
        strike_kind(FaultKind::duplicate, [&](const Fault&) { fate.duplicate = true; });
        strike_kind(FaultKind::reorder, [&](const Fault&) { fate.late = true; });
        strike_kind(FaultKind::frame, [&](const Fault& fault) {
            frame_faults_.push_back(fault);
            fate.frame = &frame_faults_.back();
        });
        strike_kind(FaultKind::mute, [&](const Fault& fault) {
            const std::int64_t until =
                fault.for_ms == 0 ? 0 : mono_ns() + static_cast<std::int64_t>(fault.for_ms) * 1'000'000;
            for (const Connection* one : list(StreamKind::depth)) {
                if (connection == nullptr || one == connection) muted_[one] = until;
            }
        });
    }
    for (const FaultKind each :
         {FaultKind::close, FaultKind::reset, FaultKind::stall, FaultKind::violate, FaultKind::lag}) {
        strike_kind(each, nothing_here);
    }
    if (connection == nullptr) strike_kind(FaultKind::away, nothing_here);
    return fate;
}

void Fanout::send(Connection& connection, const Message& message, const Fate& fate) {
    if (fate.late) {
        late_[&connection] = message;
        return;
    }
    if (fate.frame == nullptr) {
        connection.send(message);
    } else if (fate.frame->how == "fragments") {
        connection.send(std::make_shared<const std::string>(fragmented(*message)), Connection::Form::raw);
    } else {
        const auto form = fate.frame->how == "binary" ? Connection::Form::binary : Connection::Form::text;
        connection.send(std::make_shared<const std::string>(mutated(*message, *fate.frame)), form);
    }
    if (fate.duplicate) connection.send(message);
    if (const auto late = late_.find(&connection); late != late_.end()) {
        connection.send(late->second);
        late_.erase(late);
    }
}

std::size_t Fanout::deliver(StreamKind kind, std::string&& frame) {
    const List& subscribers = list(kind);
    if (subscribers.empty()) return 0;
    const bool is_depth = kind <= StreamKind::depth_1000ms;
    const bool faulty = faults_.any();
    frame_faults_.clear();
    frame_faults_.reserve(64);
    const Fate of_all = faulty ? strike(kind, nullptr) : Fate{};
    if (of_all.drop) return 0;
    Message of_old;
    if (!old_.empty()) {
        std::string shifted = frame;
        if (is_depth || kind == StreamKind::book_ticker) shift_ids(shifted, old_shift_);
        of_old = std::make_shared<const std::string>(std::move(shifted));
    }
    const auto of_now = std::make_shared<const std::string>(std::move(frame));
    std::size_t sent = 0;
    for (Connection* connection : subscribers) {
        Fate fate = faulty ? strike(kind, connection) : Fate{};
        if (fate.drop || (is_depth && is_muted(connection))) continue;
        const bool is_old = old_.contains(connection);
        if (is_old && kind == StreamKind::book_ticker && !same_book_) continue;
        const Message& message = is_old ? of_old : of_now;
        fate.duplicate |= of_all.duplicate;
        fate.late |= of_all.late;
        if (fate.frame == nullptr) fate.frame = of_all.frame;
        if (is_depth) {
            send(*connection, message, fate);
        } else if (fate.touch || of_all.touch) {
            connection->send(std::make_shared<const std::string>(with_other_touch(*message)));
        } else {
            connection->send(message);
        }
        ++sent;
    }
    return sent;
}

}  // namespace daypack::core::sim
