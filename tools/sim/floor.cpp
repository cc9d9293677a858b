#include "tools/sim/floor.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>

#include "tools/sim/fault_frames.h"

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
using namespace std::string_view_literals;
constexpr auto kTornHello = "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"sv;  // the first bytes of a ServerHello
constexpr auto kOldHello =                                                     // a whole one, of TLS 1.1
    "\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02not random, which no client mind\x00\x00\x2f\x00"sv;
constexpr auto kPlainRefusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"sv;
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

// The answer as `rest:how=…` or `upgrade:how=…` wants it.
void spoil(Reply& reply, const Fault& fault) {
    const std::string& how = fault.how;
    const auto refuse = [&](int status, const char* type, const char* body) {
        reply.status = status;
        reply.content_type = type;
        reply.body = body;
        if (fault.retry_after_s != 0) reply.header = "Retry-After: " + std::to_string(fault.retry_after_s);
    };
    constexpr const char* kHtml = "<!DOCTYPE html><html><body><h1>Not here</h1></body></html>";
    reply.delay_ms = static_cast<std::int64_t>(fault.for_ms);
    if (how == "429") refuse(429, "text/plain", "Too Many Requests");
    if (how == "451") refuse(451, "text/plain", "Unavailable For Legal Reasons");
    if (how == "403") refuse(403, "text/html", kHtml);
    if (how == "400") refuse(400, "text/plain", "failed to parse parameter `symbol`");
    if (how == "500") refuse(500, "application/json", R"({"code":"INTERNAL_ERROR","message":"Internal error"})");
    if (how == "503") refuse(503, "text/html", kHtml);
    if (how == "html") refuse(200, "text/html", kHtml);
    if (how == "redirect") {
        refuse(302, "text/html", kHtml);
        reply.header = "Location: https://example.com/";
    }
    if (how == "silent") reply.manner = Manner::silent;
    if (how == "cut") reply.manner = Manner::cut;
    if (how == "endless") reply.manner = Manner::endless;
    if (how == "drip") reply.manner = Manner::drip;
    if (how == "bad_accept") reply.manner = Manner::bad_accept;
    if (how == "wrong") {
        // The last digit of the first quantity is another one.
        const std::size_t at = reply.body.find("\"]");
        if (at != std::string::npos && at > 0) reply.body[at - 1] = reply.body[at - 1] == '7' ? '8' : '7';
    }
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
    if (options_.chaos_seed != 0) {
        chaos_.emplace(options_.chaos_seed);
        do_harm();
    }
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
    chaos_timer_.cancel();
    market_timers_.clear();
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
    if (feeds_[feed].market().is_closed()) return;
    Fanout& fanout = fanouts_[feed];
    Event event = feeds_[feed].take();
    if (event.channel == Channel::depth) emit_aggregates(feed, event);
    const bool counts = event.channel == Channel::depth && faults_.any() && fanout.wants_any();
    count_sent(fanout.deliver(stream_of(event.channel), std::move(event.frame)));
    if (!counts) return;
    const std::string& symbol = feeds_[feed].market().symbol;
    for (const Fault& fault : faults_.strike(FaultKind::restart, {symbol, 0, {}})) {
        feeds_[feed].restart();
        struck(fault, symbol, nullptr);
    }
    for (const Fault& fault : faults_.strike(FaultKind::tick, {symbol, 0, {}})) {
        if (feeds_[feed].refine_tick()) struck(fault, symbol, nullptr);
    }
    for (const Fault& fault : faults_.strike(FaultKind::market, {symbol, 0, {}})) {
        set_market(feed, fault);
        struck(fault, symbol, nullptr);
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
        if (feeds_[feed].market().is_closed()) continue;
        emit(feed);
        if (!feeds_[feed].market().is_closed()) schedule(feed);
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
            if (!feeds_[feed].has_begun() || feeds_[feed].market().is_closed() || !fanouts_[feed].wants_any() ||
                unsent_bytes >= kHighWaterBytes)
                continue;
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
    if (auto reply = on_sim_request(target)) return *reply;
    ++statistics_.requests;
    const std::string_view path = target.substr(0, target.find('?'));
    const std::string symbol = symbol_of(target);
    std::uint64_t stale_by = 0;
    if (path.ends_with("/depth")) {
        ++statistics_.depth_requests;
        for (const Fault& fault : faults_.strike(FaultKind::stale, {symbol, 0, path})) {
            stale_by = fault.by;
            struck(fault, symbol, nullptr);
        }
    }
    Reply reply = answer({feeds_, wall_us(), !options_.replay.empty(), stale_by}, target);
    for (const Fault& fault : faults_.strike(FaultKind::rest, {symbol, 0, path})) {
        spoil(reply, fault);
        struck(fault, symbol, nullptr);
    }
    return reply;
}

// What a test or a script asks of the simulation itself.
std::optional<Reply> Floor::on_sim_request(std::string_view target) {
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

Reply Floor::on_upgrade() {
    Reply reply;
    reply.status = 101;
    for (const Fault& fault : faults_.strike(FaultKind::upgrade, {})) {
        spoil(reply, fault);
        struck(fault, {}, nullptr);
    }
    return reply;
}

ServerHandler::Reception Floor::on_connection() {
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

void Floor::inject(const Fault& fault) {
    faults_.arm(fault);
}

void Floor::struck(const Fault& fault, const std::string& symbol, Connection* connection) {
    const std::uint64_t line = connection == nullptr ? 0 : connection->ordinal();
    std::string text = std::string("fault ") + name_of(fault.kind) + "@" + std::to_string(fault.at);
    if (!fault.how.empty()) text += " how=" + fault.how;
    if (fault.for_ms != 0) text += " for_ms=" + std::to_string(fault.for_ms);
    if (!symbol.empty())
        text += " symbol=" + symbol + " u=" + std::to_string(find(symbol) == nullptr ? 0 : find(symbol)->truth().u());
    if (line != 0) text += " line=" + std::to_string(line);
    std::fprintf(stderr, "sim: %s\n", text.c_str());
    fault_log_.push_back(std::move(text));
    asio::post(io_, [this, fault, line] { carry_out(fault, line); });
}

// What ends connections is done here, when nobody walks over a list of them.
void Floor::carry_out(const Fault& fault, std::uint64_t line) {
    if (fault.kind == FaultKind::away) {
        go_away();
        away_timer_.expires_after(std::chrono::milliseconds(fault.for_ms));
        away_timer_.async_wait([this](error_code error) {
            if (!error) come_back();
        });
        return;
    }
    std::vector<Connection*> struck;
    for (const auto& [ordinal, connection] : connections_) {
        if (line == 0 || line == ordinal) struck.push_back(connection);
    }
    for (Connection* connection : struck) {
        if (fault.kind == FaultKind::close) see_off(*connection);
        if (fault.kind == FaultKind::reset) connection->reset();
        if (fault.kind == FaultKind::stall) {
            connection->stall(static_cast<std::int64_t>(fault.for_ms), fault.how == "deaf");
        }
        if (fault.kind == FaultKind::violate) {
            connection->send(std::make_shared<const std::string>(violation(fault.how)), Connection::Form::raw);
        }
    }
}

void Floor::set_market(std::size_t feed, const Fault& fault) {
    const bool was_closed = feeds_[feed].market().is_closed();
    feeds_[feed].set_state(fault.how);
    if (was_closed && !feeds_[feed].market().is_closed() && feeds_[feed].has_begun() && !is_pulled()) {
        schedule(feed);
        wait_for_due();
    }
    if (fault.for_ms == 0) return;
    auto& timer = market_timers_.try_emplace(feed, io_).first->second;
    timer.expires_after(std::chrono::milliseconds(fault.for_ms));
    timer.async_wait([this, feed](error_code error) {
        if (error) return;
        Fault open;
        open.how = "Open";
        set_market(feed, open);
        want_pump();
    });
}

void Floor::end_chaos() {
    chaos_timer_.cancel();
    chaos_.reset();
    faults_ = {};
}

// Random faults, from time to time, the same ones in the same order for the same seed.
void Floor::do_harm() {
    chaos_timer_.expires_after(std::chrono::milliseconds(options_.chaos_every_ms));
    chaos_timer_.async_wait([this](error_code error) {
        if (error || !chaos_) return;
        std::vector<std::uint64_t> lines;
        for (const auto& [ordinal, connection] : connections_) lines.push_back(ordinal);
        inject(Fault::parse(chaos_->next(lines)));
        do_harm();
    });
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
