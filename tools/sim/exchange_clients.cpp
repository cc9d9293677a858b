// SPDX-License-Identifier: MIT
// What the exchange answers to clients that ask, connect and subscribe.
#include <algorithm>
#include <cstdio>
#include <exception>

#include "tools/sim/exchange_loop.h"
#include "tools/sim/faults/fault_answers.h"
#include "tools/sim/market/clocks.h"
#include "tools/sim/server/query.h"

namespace daypack::core::sim {
namespace {

constexpr std::string_view kMarketsPath = "/api/v1/markets";

}  // namespace

Reply ExchangeLoop::on_request(std::string_view target, const Credentials& credentials) {
    if (auto reply = on_sim_request(target)) return *reply;
    if (desk_) {
        if (auto reply = desk_->on_request(target, credentials)) return *reply;
    }
    ++statistics_.requests;
    const std::string_view path = target.substr(0, target.find('?'));
    const std::string symbol = symbol_of(target);
    if (path.ends_with("/depth")) ++statistics_.depth_requests;
    RestView view{venue_.feeds, faults_.clock(), wall_us(), !options_.replay.empty(), {}, {}, faults_.in_maintenance()};
    const std::vector<Fault> spoiling = faults_.strike_request(view, symbol, path);
    const std::string asked = faults_.mixed_up(target, symbol, path);
    const auto fresh = [&] { return answer(view, asked); };
    MarketsCache& cache = faults_.cache();
    Reply reply = path == kMarketsPath && cache.is_on() ? cache.serve(asked, mono_ns(), fresh) : fresh();
    for (const Fault& fault : spoiling) {
        if (fault.how != "other") spoil(reply, fault);
        faults_.on_struck(fault, symbol, nullptr);
    }
    return reply;
}

// What a test or a script asks of the simulation itself.
std::optional<Reply> ExchangeLoop::on_sim_request(std::string_view target) {
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    constexpr std::string_view kInject = "/_sim/inject?fault=";
    if (target == "/_sim/faults") {
        for (const std::string& line : faults_.log()) reply.body += line + "\n";
        return reply;
    }
    if (!target.starts_with(kInject)) return std::nullopt;
    try {
        faults_.inject(Fault::parse(percent_decoded(target.substr(kInject.size()))));
    } catch (const std::exception& error) {
        reply.status = 400;
        reply.body = error.what();
    }
    return reply;
}

Reply ExchangeLoop::on_upgrade() {
    Reply reply;
    reply.status = 101;
    faults_.strike_upgrade(reply);
    return reply;
}

ServerHandler::Reception ExchangeLoop::on_connection() {
    Reception reception;
    faults_.strike_connection(reception, front_);
    reception.tls = front_.context();
    return reception;
}

void ExchangeLoop::on_open(Connection& connection) {
    venue_.connections.emplace(connection.ordinal(), &connection);
    ++statistics_.connections_ever;
    faults_.on_open(connection);
}

void ExchangeLoop::on_message(Connection& connection, std::string_view text) {
    Request request = parse_request(text);
    faults_.strike_subscribe(connection, request,
                             std::any_of(request.streams.begin(), request.streams.end(), [&](const StreamName& stream) {
                                 return !stream.symbol.empty() && !venue_.index_of.contains(stream.symbol);
                             }));
    for (std::string& error : request.errors) connection.send(std::make_shared<const std::string>(std::move(error)));
    if (desk_) desk_->on_message(connection, request);
    for (const StreamName& stream : request.streams) {
        if (stream.symbol.empty()) {
            for (Fanout& fanout : venue_.fanouts) {
                if (!request.subscribe) fanout.unsubscribe(connection, stream.kind);
                if (request.subscribe) (void)fanout.subscribe(connection, stream.kind);
            }
            continue;
        }
        const auto found = venue_.index_of.find(stream.symbol);
        if (found == venue_.index_of.end() || venue_.feeds[found->second].market().is_closed())
            continue;  // silence, as at the venue
        if (stream.kind == StreamKind::mark_price && venue_.feeds[found->second].market().type() == "SPOT") continue;
        if (!request.subscribe) {
            venue_.fanouts[found->second].unsubscribe(connection, stream.kind);
        } else if (venue_.fanouts[found->second].subscribe(connection, stream.kind)) {
            pacer_.begin(found->second);
            pacer_.want_pump();
        }
    }
}

void ExchangeLoop::on_drained(Connection&) {
    pacer_.want_pump();
}

void ExchangeLoop::on_close(Connection& connection) {
    for (Fanout& fanout : venue_.fanouts) fanout.forget(connection);
    if (desk_) desk_->forget(connection);
    venue_.connections.erase(connection.ordinal());
    pacer_.want_pump();
}

}  // namespace daypack::core::sim
