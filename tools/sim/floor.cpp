#include "tools/sim/floor.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>

namespace daypack::sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::int64_t kVenueLagUs = 2000;  // a frame leaves so long after its T, so that its E has passed
constexpr std::size_t kHighWaterBytes = std::size_t{128} << 10;
constexpr std::size_t kEventsATurn = 2048;  // then others get a turn on the thread
constexpr std::size_t kEventsAMarket = 16;
constexpr auto kTurn =
    std::chrono::microseconds(400);  // a wake-up for each of 10,000 events a second took a quarter of a core
constexpr std::int64_t kHousekeepingMs = 50;
constexpr auto kGoodbyeTime = std::chrono::milliseconds(300);

std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}
std::int64_t mono_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

StreamKind stream_of(Channel channel) {
    switch (channel) {
        case Channel::depth: return StreamKind::depth;
        case Channel::trade: return StreamKind::trade;
        case Channel::book_ticker: return StreamKind::book_ticker;
    }
    return StreamKind::depth;
}

}  // namespace

Floor::Floor(const SimOptions& options)
    : options_(options), front_(options), feeds_(make_feeds(options)), begun_at_(feeds_.size()) {
    for (const std::string& text : options_.faults) faults_.arm(Fault::parse(text));
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
        const std::string& symbol = feeds_[i].market().symbol;
        index_of_.emplace(symbol, i);
        fanouts_.emplace_back(symbol, faults_, [this, symbol](const Fault& fault, Connection* connection) {
            struck(fault, symbol, connection);
        });
    }
    server_.emplace(io_, *this, options_.port);
}

bool Floor::is_pulled() const noexcept {
    return options_.replay.empty() ? options_.rate == 0 : options_.speed == 0;
}

const Feed* Floor::find(const std::string& symbol) const noexcept {
    const auto found = index_of_.find(symbol);
    return found == index_of_.end() ? nullptr : &feeds_[found->second];
}

Statistics Floor::statistics() const {
    Statistics now = statistics_;
    now.connections = connections_.size();
    for (const Fanout& fanout : fanouts_) now.subscriptions += fanout.subscriptions();
    return now;
}

void Floor::run() {
    if (options_.replay.empty() && !is_pulled() && options_.max_frames == 0) {
        for (std::size_t i = 0; i < feeds_.size(); ++i) begin(i);
    }
    keep_house();
    io_.run();
    io_.restart();
    io_.run_for(kGoodbyeTime);
    server_->cut_all();
    io_.restart();
    io_.poll();
    free_curve_tables_of_this_thread();
}

void Floor::shut_down() {
    stopping_ = true;
    due_ = {};
    due_timer_.cancel();
    house_timer_.cancel();
    away_timer_.cancel();
    server_->stop_listening();
    server_->close_all();
    io_.stop();
}

// --- events ---------------------------------------------------------------------------------------------------------

void Floor::begin(std::size_t feed) {
    if (feeds_[feed].has_begun() || feeds_[feed].market().is_closed()) return;
    feeds_[feed].begin(wall_us() - kVenueLagUs);
    begun_at_[feed] = Clock::now();
    if (is_pulled()) {
        want_pump();
    } else {
        schedule(feed);
        wait_for_due();
    }
}

const Event* Floor::peek(std::size_t feed) {
    try {
        return feeds_[feed].peek();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sim: the flow of %s ends here: %s\n", feeds_[feed].market().symbol.c_str(), error.what());
        feeds_[feed].end();
        return nullptr;
    }
}

void Floor::emit(std::size_t feed) {
    Fanout& fanout = fanouts_[feed];
    Event event = feeds_[feed].take();
    if (event.channel == Channel::depth) emit_aggregates(feed, event);
    const bool counts = event.channel == Channel::depth && faults_.any() && fanout.wants_any();
    count_sent(fanout.deliver(stream_of(event.channel), std::move(event.frame)));
    if (!counts) return;
    for (const Fault& fault : faults_.strike(FaultKind::restart, feeds_[feed].market().symbol, 0)) {
        feeds_[feed].restart();
        struck(fault, feeds_[feed].market().symbol, nullptr);
    }
}

void Floor::emit_aggregates(std::size_t feed, const Event& depth) {
    constexpr std::array kKinds{StreamKind::depth_200ms, StreamKind::depth_600ms, StreamKind::depth_1000ms};
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        Aggregate& aggregate = feeds_[feed].aggregates()[i];
        if (!fanouts_[feed].wants(kKinds[i])) {
            aggregate.clear();
            continue;
        }
        if (aggregate.is_due(depth.match_us)) {
            count_sent(fanouts_[feed].deliver(kKinds[i], aggregate.flush(feeds_[feed].notation(), depth.send_us)));
        }
        aggregate.add(depth, mono_ns());
    }
}

// --- pace -----------------------------------------------------------------------------------------------------------

void Floor::schedule(std::size_t feed) {
    const Event* event = peek(feed);
    if (event == nullptr) return;
    const double speed = options_.replay.empty() ? 1 : options_.speed;
    const auto since = std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(event->due_ns) / speed));
    due_.push({begun_at_[feed] + since, feed});
}

void Floor::run_due() {
    const auto now = last_turn_ = Clock::now();
    for (std::size_t i = 0; i < kEventsATurn && !due_.empty() && due_.top().at <= now; ++i) {
        const std::size_t feed = due_.top().feed;
        due_.pop();
        emit(feed);
        schedule(feed);
    }
    wait_for_due();
}

void Floor::wait_for_due() {
    if (due_.empty()) return;
    due_timer_.expires_at(std::max(due_.top().at, last_turn_ + kTurn));
    due_timer_.async_wait([this](error_code error) {
        if (!error) run_due();
    });
}

void Floor::want_pump() {
    if (!is_pulled() || std::exchange(pump_wanted_, true)) return;
    asio::post(io_, [this] {
        pump_wanted_ = false;
        pump();
    });
}

// A few events of each market in turn, until each market's slowest reader has enough to chew on.
void Floor::pump() {
    if (stopping_) return;
    std::size_t taken = 0;
    for (bool more = true; more && taken < kEventsATurn;) {
        more = false;
        for (std::size_t feed = 0; feed < feeds_.size(); ++feed) {
            const std::size_t unsent_bytes = fanouts_[feed].most_unsent_bytes();
            statistics_.unsent_bytes_peak = std::max(statistics_.unsent_bytes_peak, unsent_bytes);
            if (!feeds_[feed].has_begun() || !fanouts_[feed].wants_any() || unsent_bytes >= kHighWaterBytes) continue;
            for (std::size_t i = 0; i < kEventsAMarket && peek(feed) != nullptr; ++i, ++taken) {
                emit(feed);
                more = true;
            }
        }
    }
    if (taken >= kEventsATurn) want_pump();
}

// Every few milliseconds: what no event would bring about.
void Floor::keep_house() {
    constexpr std::array kKinds{StreamKind::depth_200ms, StreamKind::depth_600ms, StreamKind::depth_1000ms};
    const std::int64_t now_ns = mono_ns();
    for (std::size_t feed = 0; feed < feeds_.size(); ++feed) {
        for (std::size_t i = 0; i < kKinds.size(); ++i) {
            Aggregate& aggregate = feeds_[feed].aggregates()[i];
            if (!aggregate.is_overdue(now_ns)) continue;
            const std::int64_t send_us = options_.replay.empty() ? wall_us() : feeds_[feed].match_us();
            count_sent(fanouts_[feed].deliver(kKinds[i], aggregate.flush(feeds_[feed].notation(), send_us)));
        }
    }
    std::vector<Connection*> too_slow;
    for (const auto& [ordinal, connection] : connections_) {
        if (connection->unsent_bytes() > options_.unread_bytes_max) too_slow.push_back(connection);
    }
    for (Connection* connection : too_slow) {
        std::fprintf(stderr, "sim: line %llu closed: %zu bytes unread\n",
                     static_cast<unsigned long long>(connection->ordinal()), connection->unsent_bytes());
        ++statistics_.readers_closed;
        connection->cut();
    }
    const auto ticks_a_ping =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, options_.ping_interval_ms / kHousekeepingMs));
    if (++house_ticks_ % ticks_a_ping == 0) server_->ping_all();
    house_timer_.expires_after(std::chrono::milliseconds(kHousekeepingMs));
    house_timer_.async_wait([this](error_code error) {
        if (!error) keep_house();
    });
}

// --- readers --------------------------------------------------------------------------------------------------------

Reply Floor::on_request(std::string_view target) {
    ++statistics_.requests;
    std::uint64_t stale_by = 0;
    const std::string symbol = depth_symbol(target);
    if (!symbol.empty()) {
        ++statistics_.depth_requests;
        for (const Fault& fault : faults_.strike(FaultKind::stale, symbol, 0)) {
            stale_by = fault.by;
            struck(fault, symbol, nullptr);
        }
    }
    return answer({feeds_, wall_us(), !options_.replay.empty(), stale_by}, target);
}

void Floor::on_open(Connection& connection) {
    connections_.emplace(connection.ordinal(), &connection);
    ++statistics_.connections_ever;
}

void Floor::on_message(Connection& connection, std::string_view text) {
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

void Floor::on_drained(Connection&) {
    want_pump();
}

void Floor::on_close(Connection& connection) {
    for (Fanout& fanout : fanouts_) fanout.forget(connection);
    connections_.erase(connection.ordinal());
    want_pump();
}

// --- faults ---------------------------------------------------------------------------------------------------------

const TlsContext* Floor::next_tls() {
    if (!options_.tls) return nullptr;
    for (const Fault& fault : faults_.strike(FaultKind::cert, {}, 0)) {
        front_.show(fault.which);
        struck(fault, {}, nullptr);
    }
    return front_.context();
}

void Floor::inject(const Fault& fault) {
    faults_.arm(fault);
}

void Floor::struck(const Fault& fault, const std::string& symbol, Connection* connection) {
    const std::uint64_t line = connection == nullptr ? 0 : connection->ordinal();
    std::string text = std::string("fault ") + name_of(fault.kind) + "@" + std::to_string(fault.at);
    if (!symbol.empty())
        text += " symbol=" + symbol + " u=" + std::to_string(find(symbol) == nullptr ? 0 : find(symbol)->truth().u());
    if (line != 0) text += " line=" + std::to_string(line);
    std::fprintf(stderr, "sim: %s\n", text.c_str());
    fault_log_.push_back(std::move(text));
    asio::post(io_, [this, fault, line] { carry_out(fault, line); });
}

// What ends connections is done here, when nobody walks over a list of them.
void Floor::carry_out(const Fault& fault, std::uint64_t line) {
    if (fault.kind == FaultKind::close) {
        for (const auto& [ordinal, connection] : connections_) {
            if (line == 0 || line == ordinal) see_off(*connection);
        }
    } else if (fault.kind == FaultKind::away) {
        go_away();
        away_timer_.expires_after(std::chrono::milliseconds(fault.for_ms));
        away_timer_.async_wait([this](error_code error) {
            if (!error) come_back();
        });
    }
}

// A reader that is on its way out is owed nothing: else a flow that readers pull would run dry for it.
void Floor::see_off(Connection& connection) {
    for (Fanout& fanout : fanouts_) fanout.forget(connection);
    connection.close();
}

void Floor::go_away() {
    server_->stop_listening();
    server_->cut_all();
}

void Floor::come_back() {
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
