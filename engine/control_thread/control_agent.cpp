// SPDX-License-Identifier: MIT
#include "engine/control_thread/control_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "engine/threads/wall_clock.h"
#include "net/backpack/rest_decoder.h"

namespace daypack {
namespace {

// A market whose book is refused for good is asked for again at the pace of audits, and no faster than this.
constexpr std::int64_t kRefusedAgain_s = 5;
// What the hot threads ask for waits this long at most; an answer of REST takes many times that.
constexpr std::chrono::milliseconds kRound{5};

}  // namespace

struct ControlAgent::Io {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
};

ControlAgent::ControlAgent(const Config& config, Wiring wiring)
    : config_(config),
      wiring_(std::move(wiring)),
      io_(std::make_unique<Io>()),
      tls_(std::make_unique<TlsContext>(TlsContext::client(config.exchange.ca_file, config.engine.fast_aes))) {
    RestOptions options;
    for (const auto& url : config.exchange.rest_urls) options.urls.push_back(parse_url(url, UrlKind::rest));
    options.tls = tls_.get();
    options.requests_per_minute = static_cast<int>(config.exchange.rest_requests_per_minute);
    options.refusal = refusal;
    rest_ = std::make_unique<RestClient>(io_->context, options);
    api_ = std::make_unique<RestApi>(*rest_);
    const auto say_text = [this](const std::string& text) { say(text); };
    const auto send_on = [this](BookCommand message) { send(std::move(message)); };
    depth_reader_ = std::make_unique<DepthReader>(
        *wiring_.instruments, std::max(config.exchange.snapshot_interval_s, kRefusedAgain_s) * 1000, say_text,
        [this](SymbolIndex symbol, const Grid& grid) { markets_->refine_units(symbol, grid); });
    snapshots_ = std::make_unique<SnapshotFetcher>(
        *api_, *wiring_.instruments, *depth_reader_,
        [this](const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot) {
            deliver(request, std::move(snapshot));
        },
        say_text, [this](SymbolIndex symbol) { markets_->doubt(symbol, mono_now()); });
    Poller::Options polling;
    polling.interval_ms = config.exchange.rest_poll_interval_ms;
    polling.requests_per_minute = config.exchange.rest_requests_per_minute;
    const auto& channels = config.exchange.channels;
    polling.trades = std::find(channels.begin(), channels.end(), FeedChannel::trades) != channels.end();
    poller_ =
        std::make_unique<Poller>(polling, *api_, *wiring_.instruments, *wiring_.subscriptions, *depth_reader_, send_on);
    venue_ = std::make_unique<VenueWatch>(*api_, say_text, [this] { markets_->doubt_all(mono_now()); });
    markets_ = std::make_unique<MarketFollower>(
        config, *api_,
        MarketFollower::Wiring{wiring_.instruments, wiring_.subscriptions, wiring_.segment, wiring_.pool, send_on,
                               say_text, wiring_.write},
        mono_now());
}

ControlAgent::~ControlAgent() {
    drain();
}

void ControlAgent::do_work() {
    const MonoTime now = mono_now();
    SnapshotRequest request;
    while (wiring_.requests->pop(request)) snapshots_->request(request);
    snapshots_->do_work(now);
    poll(now);
    venue_->do_work(now);
    markets_->do_work(now);
    std::vector<BookCommand> unsent;
    std::swap(unsent, unsent_);
    for (auto& message : unsent) send(std::move(message));
    drain();
    tell_counters();
    io_->context.run_for(kRound);
    if (markets_->failed()) failed_.store(true, std::memory_order_release);  // release: pairs with failed()'s acquire
}

void ControlAgent::set_symbols(const Config& config) {
    boost::asio::post(io_->context, [this, config] { markets_->set_symbols(config); });
}

// REST stands in where no line is up and each has failed often enough, or none was wanted.
Reason ControlAgent::why_to_poll() const {
    if (wiring_.lines.empty()) return Reason::rest_only;
    const std::uint32_t enough = config_.exchange.ws_failures_before_polling;
    for (const LineHealth* line : wiring_.lines) {
        if (line->up.load(std::memory_order_relaxed)) return Reason::none;
        if (line->failures.load(std::memory_order_relaxed) < enough) return Reason::none;
    }
    return Reason::ws_down;
}

void ControlAgent::poll(MonoTime now) {
    const Reason why = why_to_poll();
    if (why != polling_) {
        if (why == Reason::ws_down) say("polling begins: no line to the exchange can be held; REST stands in");
        if (why == Reason::rest_only) say("polling begins: no WebSocket, as configured");
        if (why == Reason::none) say("polling ends: a line is up");
    }
    polling_ = why;
    poller_->do_work(why, now);
}

void ControlAgent::deliver(const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot) {
    if (request.purpose == SnapshotRequest::Purpose::check) {
        return send(CheckSnapshot{request.symbol, std::move(snapshot)});
    }
    send(JoinSnapshot{request.symbol, request.request, std::move(snapshot)});
}

void ControlAgent::send(BookCommand message) {
    if (unsent_.empty() && wiring_.to_book->push(std::move(message))) {
        if (wiring_.bell != nullptr) wiring_.bell->ring();
        return;
    }
    // NOLINTNEXTLINE(bugprone-use-after-move): a push that fails leaves the message as it was
    unsent_.push_back(std::move(message));
}

void ControlAgent::drain() {
    RetiredBlocks spent;
    while (wiring_.spent->pop(spent)) spent = {};
    const WallClock wall;
    LogRecord record;
    for (LogQueue* log : wiring_.logs) {
        while (log->pop(record)) wiring_.write(log_line(record, wall.at(record.time), *wiring_.instruments));
    }
}

void ControlAgent::say(const std::string& text) {
    wiring_.write(fmt::format("{} {}", utc_text(wall_now()), text));
}

void ControlAgent::tell_counters() {
    Counters counters = wiring_.segment->engine_counters();
    const RestStats& stats = rest_->stats();
    counters.set(DAYPACK_ENGINE_rest_requests, stats.requests);
    counters.set(DAYPACK_ENGINE_rest_ok, stats.ok);
    counters.set(DAYPACK_ENGINE_rest_refused, stats.refused);
    counters.set(DAYPACK_ENGINE_rest_limited, stats.limited);
    counters.set(DAYPACK_ENGINE_rest_server, stats.server);
    counters.set(DAYPACK_ENGINE_rest_failed, stats.failed);
}

}  // namespace daypack
