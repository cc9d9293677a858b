// SPDX-License-Identifier: MIT
// What faults do to connections as they come up, and to requests.
#include "tools/sim/fault_runner.h"
#include "tools/sim/faults/fault_answers.h"
#include "tools/sim/market/wire.h"

namespace daypack::core::sim {
namespace {

using namespace std::string_view_literals;
constexpr auto kTornHello = "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"sv;  // the first bytes of a ServerHello
constexpr auto kOldHello =                                                     // a whole one, of TLS 1.1
    "\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02not random, which no client mind\x00\x00\x2f\x00"sv;
constexpr auto kPlainRefusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"sv;

}  // namespace

std::vector<Fault> FaultRunner::strike_request(RestView& view, const std::string& symbol, std::string_view path) {
    const Faults::Occurrence request{symbol, 0, path};
    const auto strike = [&](FaultKind kind, auto&& strikes) {
        for (const Fault& fault : faults_.strike(kind, request)) {
            strikes(fault);
            on_struck(fault, symbol, nullptr);
        }
    };
    strike(FaultKind::listing, [&](const Fault& fault) {
        const auto found = venue_.index_of.find(fault.symbol);
        if (found == venue_.index_of.end()) return;
        if (fault.how == "omitted") {
            view.omitted = venue_.feeds[found->second].market().symbol;
        } else {
            set_state(found->second, "Unlisted", fault.for_ms);
        }
    });
    strike(FaultKind::cache,
           [&](const Fault& fault) { cache_.turn_on(fault.for_ms != 0 ? fault.for_ms : MarketsCache::kUsual_ms); });
    if (path.ends_with("/depth")) strike(FaultKind::stale, [&](const Fault& fault) { view.stale = fault; });
    std::vector<Fault> spoiling = faults_.strike(FaultKind::rest, request);
    for (const Fault& fault : spoiling) {
        if (fault.how != "other") continue;
        mixups_.push_back({fault, SteadyClock::now() + std::chrono::milliseconds(fault.for_ms)});
    }
    return spoiling;
}

std::string FaultRunner::mixed_up(std::string_view target, const std::string& symbol, std::string_view path) {
    const auto now = SteadyClock::now();
    std::string asked(target);
    for (const auto& [fault, until] : mixups_) {
        if (symbol.empty() || (!fault.symbol.empty() && fault.symbol != symbol)) continue;
        if (!fault.path.empty() && !path.ends_with("/" + fault.path)) continue;
        std::string other = fault.as;
        for (std::size_t i = 0; other.empty() && i < venue_.feeds.size(); ++i) {
            const Market& market = venue_.feeds[i].market();
            if (market.symbol != symbol && !market.is_closed()) other = market.symbol;
        }
        if (!other.empty()) asked = with_symbol(target, other);
    }
    std::erase_if(mixups_, [now](const Mixup& mixup) { return mixup.until <= now; });
    return asked;
}

void FaultRunner::strike_upgrade(Reply& reply) {
    for (const Fault& fault : faults_.strike(FaultKind::upgrade, {})) {
        spoil(reply, fault);
        on_struck(fault, {}, nullptr);
    }
}

void FaultRunner::strike_subscribe(Connection& connection, Request& request, bool has_unknown_market) {
    if (!faults_.any()) return;
    const auto strike = [&](std::uint64_t line) {
        for (const Fault& fault : faults_.strike(FaultKind::subscribe, {{}, line, {}})) {
            if (fault.how == "ack") {
                connection.send(std::make_shared<const std::string>(R"({"id":null,"result":null})"));
            } else if (fault.how == "loud" && has_unknown_market) {
                connection.send(std::make_shared<const std::string>(error_frame(4005, "Invalid market")));
            } else if (fault.how == "mum") {
                request.errors.clear();
            }
            on_struck(fault, {}, &connection);
        }
    };
    strike(0);
    strike(connection.ordinal());
}

void FaultRunner::strike_connection(ServerHandler::Reception& reception, TlsFront& front) {
    for (const Fault& fault : faults_.strike(FaultKind::cert, {})) {
        if (!options_.tls) continue;
        front.show(fault.which);
        on_struck(fault, {}, nullptr);
    }
    for (const Fault& fault : faults_.strike(FaultKind::connect, {})) {
        reception.refuse |= fault.how == "refuse";
        reception.silent |= fault.how == "silent";
        if (fault.how == "torn") reception.instead = kTornHello;
        if (fault.how == "old") reception.instead = kOldHello;
        if (fault.how == "plain") reception.instead = kPlainRefusal;
        if (fault.how == "slow") reception.delay_ms = static_cast<std::int64_t>(fault.for_ms);
        on_struck(fault, {}, nullptr);
    }
}

}  // namespace daypack::core::sim
