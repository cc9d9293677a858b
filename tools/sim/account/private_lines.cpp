// SPDX-License-Identifier: MIT
#include "tools/sim/account/private_lines.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "tools/sim/market/clocks.h"

namespace daypack::core::sim {
namespace {

constexpr std::int64_t kOtherServer_us = 41;  // what the clock of the even connections' server is ahead

// E is told by the server that a connection happens to have.
std::string of_server(std::string frame, std::uint64_t line) {
    constexpr std::string_view kKey = "\"E\":";
    const std::size_t at = frame.find(kKey);
    if (line % 2 == 1 || at == std::string::npos) return frame;
    const std::size_t begin = at + kKey.size();
    const std::size_t end = frame.find(',', begin);
    std::int64_t sent_us = 0;
    std::from_chars(frame.data() + begin, frame.data() + end, sent_us);
    return frame.replace(begin, end - begin, std::to_string(sent_us + kOtherServer_us));
}

}  // namespace

bool PrivateLines::subscribe(Connection& connection, std::size_t account, Subscription subscription) {
    Line& line = lines_[&connection];
    const bool was_lost = std::exchange(line.is_lost, false);
    return line.subscriptions.emplace(account, std::move(subscription)).second || was_lost;
}

void PrivateLines::unsubscribe(Connection& connection, const Subscription& subscription) {
    const auto found = lines_.find(&connection);
    if (found == lines_.end()) return;
    std::erase_if(found->second.subscriptions, [&](const auto& one) { return one.second == subscription; });
}

void PrivateLines::forget(Connection& connection) {
    lines_.erase(&connection);
}

std::size_t PrivateLines::subscriptions() const noexcept {
    std::size_t count = 0;
    for (const auto& [connection, line] : lines_) count += line.subscriptions.size();
    return count;
}

void PrivateLines::lose(Line& line, const Fault& fault) {
    line.is_lost = true;
    line.lost_until_ns = fault.for_ms == 0 ? 0 : mono_ns() + static_cast<std::int64_t>(fault.for_ms) * 1'000'000;
}

bool PrivateLines::is_lost(const Line& line) const {
    return line.is_lost && (line.lost_until_ns == 0 || mono_ns() < line.lost_until_ns);
}

// Null: what strikes all lines at once.
PrivateLines::Fate PrivateLines::strike(const Notice& notice, Connection* connection) {
    Fate fate;
    const std::uint64_t ordinal = connection == nullptr ? 0 : connection->ordinal();
    for (const Fault& fault : faults_.strike(FaultKind::private_frame, {notice.symbol, ordinal, {}})) {
        fate.drop |= fault.how == "drop";
        fate.duplicate |= fault.how == "duplicate";
        fate.late |= fault.how == "late";
        if (fault.how == "lost") {
            for (auto& [one, line] : lines_) {
                if (connection == nullptr || one == connection) lose(line, fault);
            }
        }
        struck_(fault, connection);
    }
    return fate;
}

void PrivateLines::send(Connection& connection, const Notice& notice, bool names_symbol) {
    connection.send(
        std::make_shared<const std::string>(of_server(frame_of(notice, names_symbol), connection.ordinal())));
}

void PrivateLines::send(Connection& connection, Line& line, const Message& message, const Fate& fate) {
    if (fate.late) {
        if (line.late) connection.send(std::move(line.late));
        line.late = message;
        return;
    }
    connection.send(message);
    if (fate.duplicate) connection.send(message);
    if (line.late) connection.send(std::exchange(line.late, nullptr));
}

std::size_t PrivateLines::deliver(std::size_t account, const Notice& notice) {
    const auto hears = [&](const auto& one) {
        const Subscription& subscription = one.second;
        return one.first == account && subscription.stream == notice.stream &&
               (subscription.symbol.empty() || subscription.symbol == notice.symbol);
    };
    const bool is_heard = std::any_of(lines_.begin(), lines_.end(), [&](const auto& one) {
        return std::any_of(one.second.subscriptions.begin(), one.second.subscriptions.end(), hears);
    });
    if (!is_heard) return 0;
    const Fate of_all = faults_.any() ? strike(notice, nullptr) : Fate{};
    std::size_t sent = 0;
    for (auto& [connection, line] : lines_) {
        for (const auto& one : line.subscriptions) {
            if (!hears(one)) continue;
            Fate fate = faults_.any() ? strike(notice, connection) : Fate{};
            if (fate.drop || of_all.drop || is_lost(line)) continue;
            fate.duplicate |= of_all.duplicate;
            fate.late |= of_all.late;
            const bool names_symbol = !one.second.symbol.empty();
            send(*connection, line,
                 std::make_shared<const std::string>(of_server(frame_of(notice, names_symbol), connection->ordinal())),
                 fate);
            ++sent;
        }
    }
    return sent;
}

}  // namespace daypack::core::sim
