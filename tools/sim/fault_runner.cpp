// SPDX-License-Identifier: MIT
#include "tools/sim/fault_runner.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <set>
#include <utility>

#include "tools/sim/faults/fault_frames.h"

namespace daypack::core::sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::uint64_t kRolling_ms = 500;  // from one line to the next, where nothing else is said

}  // namespace

FaultRunner::FaultRunner(boost::asio::io_context& io, const SimOptions& options, VenueState& venue,
                         FaultTargets& targets)
    : io_(io),
      options_(options),
      venue_(venue),
      targets_(targets),
      away_timer_(io),
      chaos_timer_(io),
      timers_(io),
      clock_(options.seed),
      state_turns_(venue.feeds.size()) {
    set_defaults();
    for (const std::string& text : options_.faults) faults_.arm(Fault::parse(text));
}

void FaultRunner::stop() {
    away_timer_.cancel();
    chaos_timer_.cancel();
    timers_.cancel_all();
}

// What changes the very event at hand.
void FaultRunner::strike_before(std::size_t feed) {
    const std::string& symbol = venue_.feeds[feed].market().symbol;
    for (const Fault& fault : faults_.strike(FaultKind::clock, {symbol, 0, {}})) {
        clock_.strike(fault);
        on_struck(fault, symbol, nullptr);
    }
}

// What changes the events that follow.
void FaultRunner::strike_behind(std::size_t feed) {
    const std::string& symbol = venue_.feeds[feed].market().symbol;
    const auto strike = [&](FaultKind kind, auto&& strikes) {
        for (const Fault& fault : faults_.strike(kind, {symbol, 0, {}})) {
            if (strikes(fault)) on_struck(fault, symbol, nullptr);
        }
    };
    strike(FaultKind::restart, [&](const Fault& fault) {
        restart(feed, fault);
        return true;
    });
    strike(FaultKind::tick, [&](const Fault& fault) {
        if (fault.how == "coarser") return venue_.feeds[feed].coarsen_tick();
        end_failover();
        return venue_.feeds[feed].refine_tick();
    });
    strike(FaultKind::market, [&](const Fault& fault) {
        set_state(feed, fault.how, fault.for_ms);
        return true;
    });
    strike(FaultKind::cross, [&](const Fault& fault) {
        venue_.feeds[feed].cross(true);
        if (fault.for_ms != 0) timers_.after_ms(fault.for_ms, [this, feed] { venue_.feeds[feed].cross(false); });
        return true;
    });
    strike(FaultKind::venue, [&](const Fault& fault) {
        set_venue(fault);
        return true;
    });
}

// Restarts the numbering of one market, or of all; in a rolling failover the connections there are keep the old one
// until they are closed.
void FaultRunner::restart(std::size_t feed, const Fault& fault) {
    end_failover();
    const bool rolling = fault.how == "rolling";
    std::set<const Connection*> old;
    for (const auto& [ordinal, connection] : venue_.connections) old.insert(connection);
    for (std::size_t i = 0; i < venue_.feeds.size(); ++i) {
        if ((i != feed && fault.of != "all") || venue_.feeds[i].market().is_closed()) continue;
        const std::uint64_t u = venue_.feeds[i].truth().u();
        std::uint64_t begin = u / 2;
        if (fault.first_id) begin = *fault.first_id - 1;
        if (fault.shift_ids) {  // no venue counts below zero
            const std::int64_t shift = *fault.shift_ids;
            const auto down = shift < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(shift) : 0;
            begin = shift < 0 ? u - std::min(u, down) : u + static_cast<std::uint64_t>(shift);
        }
        targets_.flush_aggregates(i);
        venue_.feeds[i].restart(begin, fault.other_book, rolling);
        if (rolling) venue_.fanouts[i].split(old, venue_.feeds[i].old_shift(), !fault.other_book);
    }
}

// Ends a rolling failover: from now on there is one numbering alone.
void FaultRunner::end_failover() {
    ++failover_turn_;
    for (Feed& feed : venue_.feeds) feed.end_old();
    for (Fanout& fanout : venue_.fanouts) fanout.unite();
}

// Every line that is there now, the first of them at once. `turn`: of the failover that it is for, which is over with
// the last of them; 0: for none.
void FaultRunner::close_in_turn(const Fault& fault, std::uint64_t turn) {
    std::deque<std::uint64_t> lines;
    for (const auto& [ordinal, connection] : venue_.connections) lines.push_back(ordinal);
    close_next(std::move(lines), fault.for_ms != 0 ? fault.for_ms : kRolling_ms, turn);
}

void FaultRunner::close_next(std::deque<std::uint64_t> lines, std::uint64_t every_ms, std::uint64_t turn) {
    if (turn != 0 && turn != failover_turn_) return;
    if (!lines.empty()) {
        const auto found = venue_.connections.find(lines.front());
        lines.pop_front();
        if (found != venue_.connections.end()) see_off(*found->second);
    }
    if (lines.empty()) {
        if (turn != 0) end_failover();
        return;
    }
    timers_.after_ms(every_ms, [this, lines = std::move(lines), every_ms, turn] { close_next(lines, every_ms, turn); });
}

void FaultRunner::delay(const Fault& fault, std::uint64_t line) {
    const auto id = lags_.add({line, fault.of, fault.by_ms, static_cast<std::int64_t>(fault.jitter_ms), 0});
    apply_lags();
    if (fault.for_ms == 0) return;
    timers_.after_ms(fault.for_ms, [this, id] {
        lags_.remove(id);
        apply_lags();
    });
}

void FaultRunner::apply_lags() {
    for (const auto& [ordinal, connection] : venue_.connections) lags_.apply_to(*connection);
}

void FaultRunner::on_struck(const Fault& fault, const std::string& symbol, const Connection* connection) {
    const std::uint64_t line = connection == nullptr ? 0 : connection->ordinal();
    std::string text = std::string("fault ") + name_of(fault.kind) + "@" + std::to_string(fault.at);
    if (!fault.how.empty()) text += " how=" + fault.how;
    if (!fault.of.empty()) text += " of=" + fault.of;
    if (fault.by_ms != 0) text += " by_ms=" + std::to_string(fault.by_ms);
    if (fault.for_ms != 0) text += " for_ms=" + std::to_string(fault.for_ms);
    if (!symbol.empty())
        text += " symbol=" + symbol +
                " u=" + std::to_string(venue_.find(symbol) == nullptr ? 0 : venue_.find(symbol)->truth().u());
    if (line != 0) text += " line=" + std::to_string(line);
    std::fprintf(stderr, "sim: %s\n", text.c_str());
    log_.push_back(std::move(text));
    asio::post(io_, [this, fault, line] { carry_out(fault, line); });
}

// What ends connections is done here, when nobody walks over a list of them.
void FaultRunner::carry_out(const Fault& fault, std::uint64_t line) {
    if (fault.kind == FaultKind::away) return go_away_for(fault.for_ms);
    if (fault.kind == FaultKind::lag) return delay(fault, line);
    if (fault.kind == FaultKind::restart && fault.how == "rolling") return close_in_turn(fault, failover_turn_);
    if (fault.kind == FaultKind::close && fault.how == "each") return close_in_turn(fault, 0);
    std::vector<Connection*> struck;
    for (const auto& [ordinal, connection] : venue_.connections) {
        if (line == 0 || line == ordinal) struck.push_back(connection);
    }
    for (Connection* connection : struck) {
        if (fault.kind == FaultKind::close && fault.how == "unanswered") {
            connection->ignore_close();
        } else if (fault.kind == FaultKind::close) {
            see_off(*connection);
        }
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

void FaultRunner::set_state(std::size_t feed, const std::string& state, std::uint64_t for_ms) {
    const bool was_closed = venue_.feeds[feed].market().is_closed();
    venue_.feeds[feed].set_state(state);
    if (was_closed && !venue_.feeds[feed].market().is_closed()) targets_.on_opened(feed);
    const std::uint64_t turn = ++state_turns_[feed];
    if (for_ms == 0) return;
    timers_.after_ms(for_ms, [this, feed, turn] {
        if (turn == state_turns_[feed]) set_state(feed, "Open", 0);
    });
}

// The venue's maintenance: what is Open is in the state that the fault names.
void FaultRunner::set_venue(const Fault& fault) {
    const std::uint64_t turn = ++maintenance_turn_;
    maintenance_ = true;
    for (std::size_t feed = 0; fault.how != "Maintenance" && feed < venue_.feeds.size(); ++feed) {
        if (venue_.feeds[feed].market().is_open()) set_state(feed, fault.how, fault.for_ms);
    }
    if (fault.for_ms == 0) return;
    timers_.after_ms(fault.for_ms, [this, turn] {
        if (turn == maintenance_turn_) maintenance_ = false;
    });
}

void FaultRunner::set_defaults() {
    clock_ = VenueClock(options_.seed);
    clock_.set_jitter(options_.jitter && options_.replay.empty());
    lags_.clear();
    if (options_.odd_lag_ms > 0) lags_.add({0, "odd", options_.odd_lag_ms, 0, 0});
    cache_.turn_on(static_cast<std::uint64_t>(options_.markets_cache_ms));
    mixups_.clear();
}

void FaultRunner::begin_chaos() {
    if (options_.chaos_seed == 0) return;
    chaos_.emplace(options_.chaos_seed, options_.chaos_unkind ? Chaos::Unkind::yes : Chaos::Unkind::no,
                   options_.accounts != 0 ? Chaos::Accounts::yes : Chaos::Accounts::no);
    do_harm();
}

void FaultRunner::end_chaos() {
    chaos_timer_.cancel();
    chaos_.reset();
    faults_ = {};
    set_defaults();
    apply_lags();
}

// Random faults, from time to time, the same ones in the same order for the same seed.
void FaultRunner::do_harm() {
    chaos_timer_.expires_after(std::chrono::milliseconds(options_.chaos_every_ms));
    chaos_timer_.async_wait([this](error_code error) {
        if (error || !chaos_) return;
        std::vector<std::uint64_t> lines;
        for (const auto& [ordinal, connection] : venue_.connections) lines.push_back(ordinal);
        std::vector<std::string> symbols;
        for (const Feed& feed : venue_.feeds) symbols.push_back(feed.market().symbol);
        inject(Fault::parse(chaos_->next(lines, symbols)));
        do_harm();
    });
}

// A reader that is on its way out is owed nothing: else a flow that readers pull would run dry for it.
void FaultRunner::see_off(Connection& connection) {
    for (Fanout& fanout : venue_.fanouts) fanout.forget(connection);
    connection.close();
}

void FaultRunner::go_away_for(std::uint64_t ms) {
    targets_.go_away();
    away_timer_.expires_after(std::chrono::milliseconds(ms));
    away_timer_.async_wait([this](error_code error) {
        if (!error) come_back();
    });
}

void FaultRunner::come_back() {
    try {
        targets_.listen_again();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sim: still away: %s\n", error.what());
        away_timer_.expires_after(std::chrono::milliseconds(50));
        away_timer_.async_wait([this](error_code cancelled) {
            if (!cancelled) come_back();
        });
    }
}

}  // namespace daypack::core::sim
