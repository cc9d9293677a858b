// SPDX-License-Identifier: MIT
// What the floor answers to those who ask, connect and subscribe.
#include <cstdio>
#include <exception>

#include "tools/sim/exchange_loop.h"
#include "tools/sim/faults/fault_answers.h"
#include "tools/sim/market/clocks.h"

namespace daypack::sim {
namespace {

using namespace std::string_view_literals;
constexpr auto kTornHello = "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"sv;  // the first bytes of a ServerHello
constexpr auto kOldHello =                                                     // a whole one, of TLS 1.1
    "\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02not random, which no client mind\x00\x00\x2f\x00"sv;
constexpr auto kPlainRefusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"sv;
constexpr std::string_view kMarketsPath = "/api/v1/markets";

}  // namespace

// What strikes a request, and what the view then holds.
void ExchangeLoop::strike_request(RestView& view, const std::string& symbol, std::string_view path) {
    const Faults::Occurrence request{symbol, 0, path};
    const auto strike = [&](FaultKind kind, auto&& strikes) {
        for (const Fault& fault : faults_.strike(kind, request)) {
            strikes(fault);
            struck(fault, symbol, nullptr);
        }
    };
    strike(FaultKind::listing, [&](const Fault& fault) {
        const auto found = index_of_.find(fault.symbol);
        if (found == index_of_.end()) return;
        if (fault.how == "omitted") {
            view.omitted = feeds_[found->second].market().symbol;
        } else {
            set_state(found->second, "Unlisted", fault.for_ms);
        }
    });
    strike(FaultKind::cache,
           [&](const Fault& fault) { cache_.turn_on(fault.for_ms != 0 ? fault.for_ms : MarketsCache::kUsual_ms); });
    if (!path.ends_with("/depth")) return;
    ++statistics_.depth_requests;
    strike(FaultKind::stale, [&](const Fault& fault) { view.stale = fault; });
}

Reply ExchangeLoop::on_request(std::string_view target) {
    if (auto reply = on_sim_request(target)) return *reply;
    ++statistics_.requests;
    const std::string_view path = target.substr(0, target.find('?'));
    const std::string symbol = symbol_of(target);
    RestView view{feeds_, clock_, wall_us(), !options_.replay.empty(), {}, {}, maintenance_};
    strike_request(view, symbol, path);
    const std::vector<Fault> spoiling = faults_.strike(FaultKind::rest, {symbol, 0, path});
    for (const Fault& fault : spoiling) {
        if (fault.how == "other") mixups_.push_back({fault, Clock::now() + std::chrono::milliseconds(fault.for_ms)});
    }
    const std::string asked = mixed_up(target, symbol, path);
    const auto fresh = [&] { return answer(view, asked); };
    Reply reply = path == kMarketsPath && cache_.is_on() ? cache_.serve(asked, mono_ns(), fresh) : fresh();
    for (const Fault& fault : spoiling) {
        if (fault.how != "other") spoil(reply, fault);
        struck(fault, symbol, nullptr);
    }
    return reply;
}

// The request that is answered in place of this one: where something before the venue mixes markets up, another's.
std::string ExchangeLoop::mixed_up(std::string_view target, const std::string& symbol, std::string_view path) {
    const auto now = Clock::now();
    std::string asked(target);
    for (const auto& [fault, until] : mixups_) {
        if (symbol.empty() || (!fault.symbol.empty() && fault.symbol != symbol)) continue;
        if (!fault.path.empty() && !path.ends_with("/" + fault.path)) continue;
        std::string other = fault.as;
        for (std::size_t i = 0; other.empty() && i < feeds_.size(); ++i) {
            const Market& market = feeds_[i].market();
            if (market.symbol != symbol && !market.is_closed()) other = market.symbol;
        }
        if (!other.empty()) asked = with_symbol(target, other);
    }
    std::erase_if(mixups_, [now](const Mixup& mixup) { return mixup.until <= now; });
    return asked;
}

// What a test or a script asks of the simulation itself.
std::optional<Reply> ExchangeLoop::on_sim_request(std::string_view target) {
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    constexpr std::string_view kInject = "/_sim/inject?fault=";
    if (target == "/_sim/faults") {
        for (const std::string& line : fault_log_) reply.body += line + "\n";
        return reply;
    }
    if (!target.starts_with(kInject)) return std::nullopt;
    try {
        inject(Fault::parse(percent_decoded(target.substr(kInject.size()))));
    } catch (const std::exception& error) {
        reply.status = 400;
        reply.body = error.what();
    }
    return reply;
}

Reply ExchangeLoop::on_upgrade() {
    Reply reply;
    reply.status = 101;
    for (const Fault& fault : faults_.strike(FaultKind::upgrade, {})) {
        spoil(reply, fault);
        struck(fault, {}, nullptr);
    }
    return reply;
}

ServerHandler::Reception ExchangeLoop::on_connection() {
    Reception reception;
    for (const Fault& fault : faults_.strike(FaultKind::cert, {})) {
        if (!options_.tls) continue;
        front_.show(fault.which);
        struck(fault, {}, nullptr);
    }
    for (const Fault& fault : faults_.strike(FaultKind::connect, {})) {
        reception.refuse |= fault.how == "refuse";
        reception.silent |= fault.how == "silent";
        if (fault.how == "torn") reception.instead = kTornHello;
        if (fault.how == "old") reception.instead = kOldHello;
        if (fault.how == "plain") reception.instead = kPlainRefusal;
        if (fault.how == "slow") reception.delay_ms = static_cast<std::int64_t>(fault.for_ms);
        struck(fault, {}, nullptr);
    }
    reception.tls = front_.context();
    return reception;
}

void ExchangeLoop::on_open(Connection& connection) {
    connections_.emplace(connection.ordinal(), &connection);
    ++statistics_.connections_ever;
    lags_.apply_to(connection);
}

void ExchangeLoop::on_message(Connection& connection, std::string_view text) {
    Request request = parse_request(text);
    for (std::string& error : request.errors) connection.send(std::make_shared<const std::string>(std::move(error)));
    for (const StreamName& stream : request.streams) {
        const auto found = index_of_.find(stream.symbol);
        if (found == index_of_.end() || feeds_[found->second].market().is_closed())
            continue;  // silence, as at the venue
        if (!request.subscribe) {
            fanouts_[found->second].unsubscribe(connection, stream.kind);
        } else if (fanouts_[found->second].subscribe(connection, stream.kind)) {
            begin(found->second);
            want_pump();
        }
    }
}

void ExchangeLoop::on_drained(Connection&) {
    want_pump();
}

void ExchangeLoop::on_close(Connection& connection) {
    for (Fanout& fanout : fanouts_) fanout.forget(connection);
    connections_.erase(connection.ordinal());
    want_pump();
}

}  // namespace daypack::sim
