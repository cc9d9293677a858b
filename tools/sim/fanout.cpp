#include "tools/sim/fanout.h"

#include <algorithm>

namespace daypack::sim {

bool Fanout::subscribe(Connection& connection, StreamKind kind) {
    List& subscribers = list(kind);
    if (std::find(subscribers.begin(), subscribers.end(), &connection) != subscribers.end()) return false;
    subscribers.push_back(&connection);
    return true;
}

void Fanout::unsubscribe(Connection& connection, StreamKind kind) {
    std::erase(list(kind), &connection);
}

void Fanout::forget(Connection& connection) {
    for (List& subscribers : lists_) std::erase(subscribers, &connection);
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

bool Fanout::strike(bool is_depth, Connection* connection) {
    bool drop = false;
    const std::uint64_t line = connection == nullptr ? 0 : connection->ordinal();
    const auto strike_kind = [&](FaultKind kind) {
        for (const Fault& fault : faults_.strike(kind, symbol_, line)) {
            drop |= kind == FaultKind::drop;
            struck_(fault, connection);
        }
    };
    if (is_depth) strike_kind(FaultKind::drop);
    strike_kind(FaultKind::close);
    if (connection == nullptr) strike_kind(FaultKind::away);
    return drop;
}

std::size_t Fanout::deliver(StreamKind kind, std::string&& frame) {
    const List& subscribers = list(kind);
    if (subscribers.empty()) return 0;
    const bool is_depth = kind <= StreamKind::depth_1000ms;
    const bool faulty = faults_.any();
    if (faulty && strike(is_depth, nullptr)) return 0;
    const auto message = std::make_shared<const std::string>(std::move(frame));
    std::size_t sent = 0;
    for (Connection* connection : subscribers) {
        if (faulty && strike(is_depth, connection)) continue;
        connection->send(message);
        ++sent;
    }
    return sent;
}

}  // namespace daypack::sim
