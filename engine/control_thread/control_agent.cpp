// SPDX-License-Identifier: MIT
#include "engine/control_thread/control_agent.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>

#include "engine/shm/atomic_words.h"
#include "engine/shm/clock_quality.h"
#include "engine/threads/wall_clock.h"
#include "net/backpack/rest_decoder.h"

namespace daypack::core {
namespace {

// A market whose book is refused for a lasting reason is asked for again at the pace of audits, but no faster than
// this.
constexpr std::int64_t kRefusedAgain_s = 5;
// The longest that a request of a hot thread waits here; an answer of REST takes many times that.
constexpr std::chrono::milliseconds kRound{5};
constexpr std::int64_t kSegmentCheck_ns = 200'000'000;   // two system calls each
constexpr std::int64_t kClockCheck_ns = 10'000'000'000;  // time services poll every 16 s and more
// Before an engine succeeds another one, its books are waited for: so long, and the time that the budget of requests
// needs for a segment full of symbols, so many times.
constexpr std::int64_t kJoin_ms = 30'000;
constexpr std::int64_t kTimesSlower = 2;
constexpr std::int64_t kChangeAgain_ns = 500'000'000;  // the engine before needs a moment to end
constexpr int kChangeTries = 20;                       // before it is told

}  // namespace

struct ControlAgent::Io {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
};

ControlAgent::ControlAgent(const Config& config, Wiring wiring)
    : wiring_(std::move(wiring)),
      log_([this](const std::string& text) { wiring_.write(fmt::format("{} {}", utc_text(wall_now()), text)); },
           wiring_.write),
      sender_(*wiring_.commands, wiring_.bell),
      images_(*wiring_.segment, *wiring_.instruments, [this](const std::string& text) { log_.line(text); }),
      io_(std::make_unique<Io>()) {
    make_rest(config);
    const ExchangeConfig& exchange = config.exchange;
    join_ms_ = kJoin_ms + std::int64_t{config.engine.max_symbols} * kTimesSlower * 60'000 /
                              std::max<std::int64_t>(exchange.rest_requests_per_minute, 1);
    const auto log = [this](const std::string& text) { log_.line(text); };
    const auto send = [this](BookCommand command) {
        images_.on_send(command);
        sender_.send(std::move(command));
    };
    depth_reader_ = std::make_unique<DepthReader>(
        *wiring_.instruments, std::max(exchange.snapshot_interval_s, kRefusedAgain_s) * 1000, log,
        [this](SymbolIndex symbol, const Grid& grid) { markets_->refine_units(symbol, grid); });
    std::vector<std::string> first;
    for (const std::string& symbol : config.engine.priority) first.push_back(native_symbol(symbol).value_or(symbol));
    seed_order_ = std::make_unique<SeedOrder>(std::move(first), *wiring_.instruments, *wiring_.segment);
    snapshots_ = std::make_unique<SnapshotFetcher>(
        *api_, *wiring_.instruments, *depth_reader_, send, log,
        [this](SymbolIndex symbol) { markets_->doubt(symbol, mono_now()); }, seed_order_.get());
    Poller::Options polling;
    polling.interval_ms = exchange.rest_poll_interval_ms;
    polling.requests_per_minute = exchange.rest_requests_per_minute;
    const auto asked_for = [&channels = exchange.channels](FeedChannel channel) {
        return std::find(channels.begin(), channels.end(), channel) != channels.end();
    };
    polling.trades = asked_for(FeedChannel::trades);
    polling.failures_before_polling = exchange.ws_failures_before_polling;
    poller_ = std::make_unique<Poller>(
        polling, *api_,
        Poller::Wiring{wiring_.instruments, wiring_.subscriptions, depth_reader_.get(), wiring_.lines, send, log});
    if (asked_for(FeedChannel::open_interest)) {
        open_interest_ =
            std::make_unique<OpenInterestReader>(*api_, *wiring_.instruments, *wiring_.subscriptions, send);
    }
    venue_ = std::make_unique<VenueWatch>(*api_, log, [this] { markets_->doubt_all(mono_now()); });
    markets_ = std::make_unique<MarketFollower>(
        config, *api_,
        MarketInstaller::Wiring{wiring_.instruments, wiring_.subscriptions, wiring_.segment, wiring_.pool, send}, log_,
        mono_now());
}

ControlAgent::~ControlAgent() {
    free_retired();
}

void ControlAgent::make_rest(const Config& config) {
    tls_ = std::make_unique<TlsContext>(TlsContext::client(config.exchange.ca_file, config.engine.fast_aes));
    const ExchangeConfig& exchange = config.exchange;
    rest_ = std::make_unique<RestClient>(io_->context,
                                         rest_options(exchange.rest_urls, exchange.rest_requests_per_minute, *tls_));
    api_ = std::make_unique<RestApi>(*rest_);
}

void ControlAgent::do_work() {
    const MonoTime now = mono_now();
    hand_over(now);
    keep_segment(now);
    SnapshotRequest request;
    while (wiring_.requests->pop(request)) snapshots_->request(request);
    snapshots_->do_work(now);
    poller_->do_work(now);
    if (open_interest_ != nullptr) open_interest_->do_work(now);
    venue_->do_work(now);
    markets_->do_work(now);
    sender_.send_unsent();
    free_retired();
    images_.do_work();
    write_logs();
    publish_counters();
    if (now - clock_checked_ >= kClockCheck_ns) {
        clock_checked_ = now;
        write_clock(wiring_.segment->header());
    }
    wait_for_network();
    if (markets_->failed()) fail(Failure::no_symbols);
}

// While readers wait, this thread looks for them every 100 µs at the ring, and else sleeps through: the price of their
// waiting is paid only by who has it. The network is looked at as often, since Asio's own waits count milliseconds.
void ControlAgent::wait_for_network() {
    if (wiring_.hand_over != nullptr && wiring_.hand_over->waits_for_lock()) {
        (void)io_->context.poll();
        return;
    }
    if (wiring_.waker == nullptr || !wiring_.waker->has_readers()) {
        io_->context.run_for(kRound);
        return;
    }
    (void)prctl(PR_SET_TIMERSLACK, 1'000, 0, 0, 0);  // ns; 50 µs by default
    timespec next{};
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (std::int64_t waited_ns = 0; waited_ns < std::chrono::nanoseconds(kRound).count();
         waited_ns += Waker::kEvery_ns) {
        (void)wiring_.waker->wake(load_relaxed(wiring_.segment->header().published));
        (void)io_->context.poll();
        next.tv_nsec += Waker::kEvery_ns;
        if (next.tv_nsec >= 1'000'000'000) next.tv_nsec -= 1'000'000'000, ++next.tv_sec;
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
    }
}

void ControlAgent::keep_segment(MonoTime now) {
    if (wiring_.keeper == nullptr || now - segment_checked_ < kSegmentCheck_ns) return;
    if (wiring_.segment->is_private() || failed()) return;
    segment_checked_ = now;
    const SegmentKeeper::Finding found = wiring_.keeper->check();
    switch (found.result) {
        case SegmentKeeper::Result::in_order: return;
        case SegmentKeeper::Result::moved: return log_.line(found.words);
        case SegmentKeeper::Result::failed: return log_.line_once(found.words);
        case SegmentKeeper::Result::lost: break;
    }
    log_.line_once(found.words);
    fail(Failure::instance_lost);
}

void ControlAgent::hand_over(MonoTime now) {
    if (wiring_.hand_over == nullptr || failed()) return;
    if (change_again_.ns != 0 && now >= change_again_) take_instance(now);
    const HandOver::Finding found = wiring_.hand_over->check(now, join_ms_);
    if (!found.words.empty()) log_.line(found.words);
    if (!found.warning.empty()) log_.line(found.warning);
    switch (found.result) {
        case HandOver::Result::in_order:
        case HandOver::Result::told: return;
        case HandOver::Result::taken_over: return take_instance(now);
        case HandOver::Result::handed_over:
            if (wiring_.on_change) (void)wiring_.on_change(false);
            return fail(Failure::handed_over);
        case HandOver::Result::lost: return fail(Failure::instance_lost);
    }
}

void ControlAgent::take_instance(MonoTime now) {
    change_again_ = {};
    const std::string trouble = wiring_.on_change ? wiring_.on_change(true) : std::string();
    if (trouble.empty()) return;
    change_again_ = now + kChangeAgain_ns;
    if (++change_tries_ == kChangeTries) log_.line("warning: " + trouble + "; until then it is tried again");
}

// The first failure is the one that is told.
void ControlAgent::fail(Failure failure) noexcept {
    Failure none = Failure::none;
    failure_.compare_exchange_strong(none, failure);
}

void ControlAgent::place(std::string native, std::function<void(std::optional<SymbolIndex>)> then) {
    boost::asio::post(io_->context,
                      [this, native = std::move(native), then = std::move(then)] { then(markets_->place(native)); });
}

void ControlAgent::set_symbols(const Config& config) {
    boost::asio::post(io_->context, [this, config] { markets_->set_symbols(config); });
}

void ControlAgent::free_retired() {
    RetiredBlocks retired;
    while (wiring_.retired->pop(retired)) {
        images_.on_retired(retired);
        retired = {};
    }
}

void ControlAgent::write_logs() {
    const WallClock wall;
    LogRecord record;
    // No reader sees a book of an engine that still joins beside another one.
    const bool joins = wiring_.segment->is_private() && !failed();
    for (LogQueue* log : wiring_.logs) {
        while (log->pop(record)) {
            std::string line = log_line(record, wall.at(record.time), *wiring_.instruments);
            if (joins && record.kind == LogKind::state) line += " joining=1";
            wiring_.write(line);
        }
    }
}

void ControlAgent::publish_counters() {
    Counters counters = wiring_.segment->engine_counters();
    const RestStats& stats = rest_->stats();
    counters.set(DAYPACK_ENGINE_rest_requests, stats.requests);
    counters.set(DAYPACK_ENGINE_rest_ok, stats.ok);
    counters.set(DAYPACK_ENGINE_rest_refused, stats.refused);
    counters.set(DAYPACK_ENGINE_rest_limited, stats.limited);
    counters.set(DAYPACK_ENGINE_rest_server, stats.server);
    counters.set(DAYPACK_ENGINE_rest_failed, stats.failed);
    std::uint64_t dropped = 0;
    for (const LogQueue* log : wiring_.logs) dropped += log->dropped();
    counters.set(DAYPACK_ENGINE_log_dropped, dropped);
}

}  // namespace daypack::core
