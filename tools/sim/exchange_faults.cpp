// SPDX-License-Identifier: MIT
// What goes wrong on the floor, and how it is carried out.
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>

#include "tools/sim/exchange_loop.h"
#include "tools/sim/faults/fault_frames.h"

namespace daypack::sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::uint64_t kRolling_ms = 500;  // from one line to the next, where nothing else is said

}  // namespace

void ExchangeLoop::inject(const Fault& fault) {
    faults_.arm(fault);
}

// What changes the very event at hand.
void ExchangeLoop::strike_before(std::size_t feed) {
    const std::string& symbol = feeds_[feed].market().symbol;
    for (const Fault& fault : faults_.strike(FaultKind::clock, {symbol, 0, {}})) {
        clock_.strike(fault);
        struck(fault, symbol, nullptr);
    }
}

// What changes the events that follow.
void ExchangeLoop::strike_behind(std::size_t feed) {
    const std::string& symbol = feeds_[feed].market().symbol;
    const auto strike = [&](FaultKind kind, auto&& strikes) {
        for (const Fault& fault : faults_.strike(kind, {symbol, 0, {}})) {
            if (strikes(fault)) struck(fault, symbol, nullptr);
        }
    };
    strike(FaultKind::restart, [&](const Fault& fault) {
        restart(feed, fault);
        return true;
    });
    strike(FaultKind::tick, [&](const Fault& fault) {
        if (fault.how == "coarser") return feeds_[feed].coarsen_tick();
        end_failover();
        return feeds_[feed].refine_tick();
    });
    strike(FaultKind::market, [&](const Fault& fault) {
        set_state(feed, fault.how, fault.for_ms);
        return true;
    });
    strike(FaultKind::cross, [&](const Fault& fault) {
        feeds_[feed].cross(true);
        if (fault.for_ms != 0) timers_.after_ms(fault.for_ms, [this, feed] { feeds_[feed].cross(false); });
        return true;
    });
    strike(FaultKind::venue, [&](const Fault& fault) {
        set_venue(fault);
        return true;
    });
}

// Where the book of one market, or of all, stands in the new numbering; and who is told the old one meanwhile.
void ExchangeLoop::restart(std::size_t feed, const Fault& fault) {
    end_failover();
    const bool rolling = fault.how == "rolling";
    std::set<const Connection*> old;
    for (const auto& [ordinal, connection] : connections_) old.insert(connection);
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
        if ((i != feed && fault.of != "all") || feeds_[i].market().is_closed()) continue;
        const std::uint64_t u = feeds_[i].truth().u();
        std::uint64_t begin = u / 2;
        if (fault.first_id) begin = *fault.first_id - 1;
        if (fault.shift_ids) begin = u + static_cast<std::uint64_t>(*fault.shift_ids);
        for (std::size_t which = 0; which < feeds_[i].aggregates().size(); ++which) {
            if (feeds_[i].aggregates()[which].holds()) send_aggregate(i, which, feeds_[i].match_us());
        }
        feeds_[i].restart(begin, fault.other_book, rolling);
        if (rolling) fanouts_[i].split(old, feeds_[i].old_shift(), !fault.other_book);
    }
}

// From now on there is one numbering alone.
void ExchangeLoop::end_failover() {
    ++failover_turn_;
    for (Feed& feed : feeds_) feed.end_old();
    for (Fanout& fanout : fanouts_) fanout.unite();
}

// Every line that is there now, the first of them at once. `turn`: of the failover that it is for, which is over with
// the last of them; 0: for none.
void ExchangeLoop::close_in_turn(const Fault& fault, std::uint64_t turn) {
    std::deque<std::uint64_t> lines;
    for (const auto& [ordinal, connection] : connections_) lines.push_back(ordinal);
    close_next(std::move(lines), fault.for_ms != 0 ? fault.for_ms : kRolling_ms, turn);
}

void ExchangeLoop::close_next(std::deque<std::uint64_t> lines, std::uint64_t every_ms, std::uint64_t turn) {
    if (turn != 0 && turn != failover_turn_) return;
    if (!lines.empty()) {
        const auto found = connections_.find(lines.front());
        lines.pop_front();
        if (found != connections_.end()) see_off(*found->second);
    }
    if (lines.empty()) {
        if (turn != 0) end_failover();
        return;
    }
    timers_.after_ms(every_ms, [this, lines = std::move(lines), every_ms, turn] { close_next(lines, every_ms, turn); });
}

void ExchangeLoop::delay(const Fault& fault, std::uint64_t line) {
    const auto id = lags_.add({line, fault.of, fault.by_ms, static_cast<std::int64_t>(fault.jitter_ms), 0});
    apply_lags();
    if (fault.for_ms == 0) return;
    timers_.after_ms(fault.for_ms, [this, id] {
        lags_.remove(id);
        apply_lags();
    });
}

void ExchangeLoop::apply_lags() {
    for (const auto& [ordinal, connection] : connections_) lags_.apply_to(*connection);
}

void ExchangeLoop::struck(const Fault& fault, const std::string& symbol, Connection* connection) {
    const std::uint64_t line = connection == nullptr ? 0 : connection->ordinal();
    std::string text = std::string("fault ") + name_of(fault.kind) + "@" + std::to_string(fault.at);
    if (!fault.how.empty()) text += " how=" + fault.how;
    if (!fault.of.empty()) text += " of=" + fault.of;
    if (fault.by_ms != 0) text += " by_ms=" + std::to_string(fault.by_ms);
    if (fault.for_ms != 0) text += " for_ms=" + std::to_string(fault.for_ms);
    if (!symbol.empty())
        text += " symbol=" + symbol + " u=" + std::to_string(find(symbol) == nullptr ? 0 : find(symbol)->truth().u());
    if (line != 0) text += " line=" + std::to_string(line);
    std::fprintf(stderr, "sim: %s\n", text.c_str());
    fault_log_.push_back(std::move(text));
    asio::post(io_, [this, fault, line] { carry_out(fault, line); });
}

// What ends connections is done here, when nobody walks over a list of them.
void ExchangeLoop::carry_out(const Fault& fault, std::uint64_t line) {
    if (fault.kind == FaultKind::away) {
        go_away();
        away_timer_.expires_after(std::chrono::milliseconds(fault.for_ms));
        away_timer_.async_wait([this](error_code error) {
            if (!error) come_back();
        });
        return;
    }
    if (fault.kind == FaultKind::lag) return delay(fault, line);
    if (fault.kind == FaultKind::restart && fault.how == "rolling") return close_in_turn(fault, failover_turn_);
    if (fault.kind == FaultKind::close && fault.how == "each") return close_in_turn(fault, 0);
    std::vector<Connection*> struck;
    for (const auto& [ordinal, connection] : connections_) {
        if (line == 0 || line == ordinal) struck.push_back(connection);
    }
    for (Connection* connection : struck) {
        if (fault.kind == FaultKind::close) see_off(*connection);
        if (fault.kind == FaultKind::reset) connection->reset();
        if (fault.kind == FaultKind::restart && fault.how == "cut") connection->cut();
        if (fault.kind == FaultKind::stall) {
            connection->stall(static_cast<std::int64_t>(fault.for_ms), fault.how == "deaf");
        }
        if (fault.kind == FaultKind::violate) {
            connection->send(std::make_shared<const std::string>(violation(fault.how)), Connection::Form::raw);
        }
    }
}

void ExchangeLoop::set_state(std::size_t feed, const std::string& state, std::uint64_t for_ms) {
    const bool was_closed = feeds_[feed].market().is_closed();
    feeds_[feed].set_state(state);
    if (was_closed && !feeds_[feed].market().is_closed() && feeds_[feed].has_begun()) {
        want_pump();
        if (!is_pulled()) {
            schedule(feed);
            wait_for_due();
        }
    }
    const std::uint64_t turn = ++state_turns_[feed];
    if (for_ms == 0) return;
    timers_.after_ms(for_ms, [this, feed, turn] {
        if (turn == state_turns_[feed]) set_state(feed, "Open", 0);
    });
}

// The venue's maintenance: what is Open is in the state that the fault names.
void ExchangeLoop::set_venue(const Fault& fault) {
    const std::uint64_t turn = ++maintenance_turn_;
    maintenance_ = true;
    for (std::size_t feed = 0; fault.how != "Maintenance" && feed < feeds_.size(); ++feed) {
        if (feeds_[feed].market().is_open()) set_state(feed, fault.how, fault.for_ms);
    }
    if (fault.for_ms == 0) return;
    timers_.after_ms(fault.for_ms, [this, turn] {
        if (turn == maintenance_turn_) maintenance_ = false;
    });
}

void ExchangeLoop::set_defaults() {
    clock_ = VenueClock(options_.seed);
    clock_.set_jitter(options_.jitter && options_.replay.empty());
    lags_.clear();
    if (options_.odd_lag_ms > 0) lags_.add({0, "odd", options_.odd_lag_ms, 0, 0});
    cache_.turn_on(static_cast<std::uint64_t>(options_.markets_cache_ms));
    mixups_.clear();
}

void ExchangeLoop::end_chaos() {
    chaos_timer_.cancel();
    chaos_.reset();
    faults_ = {};
    set_defaults();
    apply_lags();
}

// Random faults, from time to time, the same ones in the same order for the same seed.
void ExchangeLoop::do_harm() {
    chaos_timer_.expires_after(std::chrono::milliseconds(options_.chaos_every_ms));
    chaos_timer_.async_wait([this](error_code error) {
        if (error || !chaos_) return;
        std::vector<std::uint64_t> lines;
        for (const auto& [ordinal, connection] : connections_) lines.push_back(ordinal);
        std::vector<std::string> symbols;
        for (const Feed& feed : feeds_) symbols.push_back(feed.market().symbol);
        inject(Fault::parse(chaos_->next(lines, symbols)));
        do_harm();
    });
}

// A reader that is on its way out is owed nothing: else a flow that readers pull would run dry for it.
void ExchangeLoop::see_off(Connection& connection) {
    for (Fanout& fanout : fanouts_) fanout.forget(connection);
    connection.close();
}

void ExchangeLoop::go_away() {
    server_->stop_listening();
    server_->cut_all();
}

void ExchangeLoop::come_back() {
    try {
        server_->listen();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sim: still away: %s\n", error.what());
        away_timer_.expires_after(std::chrono::milliseconds(50));
        away_timer_.async_wait([this](error_code cancelled) {
            if (!cancelled) come_back();
        });
    }
}

}  // namespace daypack::sim
