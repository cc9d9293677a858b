#include "engine/cold_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "book/decimal.h"
#include "engine/clock.h"
#include "engine/limits.h"
#include "engine/symbol_choice.h"
#include "net/backoff.h"
#include "net/rest_decoder.h"

namespace daypack {
namespace {

constexpr std::int64_t kNs = 1'000'000;
// A market closes, opens or changes its tick without a word on the socket: the list is read again so often, and soon
// after something that points to it.
constexpr std::int64_t kMarketsAgain_ns = 10'000'000'000;
constexpr std::int64_t kMarketsDoubted_ns = 1'000'000'000;
// What the hot threads ask for waits this long at most; an answer of REST takes many times that.
constexpr std::chrono::milliseconds kRound{5};

}  // namespace

struct ColdAgent::Io {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
};

ColdAgent::ColdAgent(const Config& config, Wiring wiring)
    : config_(config),
      wiring_(std::move(wiring)),
      io_(std::make_unique<Io>()),
      tls_(std::make_unique<TlsContext>(TlsContext::client(config.exchange.ca_file, config.engine.fast_aes))),
      wanted_(wiring_.instruments->capacity()),
      halted_(wiring_.instruments->capacity(), Reason::none) {
    RestOptions options;
    for (const auto& url : config.exchange.rest_urls) options.urls.push_back(parse_url(url, UrlKind::rest));
    options.tls = tls_.get();
    options.requests_per_minute = static_cast<int>(config.exchange.rest_requests_per_minute);
    rest_ = std::make_unique<RestClient>(io_->context, options);
    api_ = std::make_unique<RestApi>(*rest_);
    snapshots_ = std::make_unique<SnapshotFetcher>(
        *api_, *wiring_.instruments,
        [this](const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot) {
            deliver(request, std::move(snapshot));
        },
        [this](const std::string& text) { say(text); }, [this] { doubt_markets(mono_now()); });
    Poller::Options polling;
    polling.interval_ms = config.exchange.rest_poll_interval_ms;
    polling.requests_per_minute = config.exchange.rest_requests_per_minute;
    const auto& channels = config.exchange.channels;
    polling.trades = std::find(channels.begin(), channels.end(), FeedChannel::trades) != channels.end();
    poller_ = std::make_unique<Poller>(polling, *api_, *wiring_.instruments, *wiring_.subscriptions,
                                       [this](ColdMessage message) { send(std::move(message)); });
    fetch_status();
    fetch_markets();
}

ColdAgent::~ColdAgent() {
    drain();
}

void ColdAgent::do_work() {
    const MonoTime now = mono_now();
    SnapshotRequest request;
    while (wiring_.requests->pop(request)) snapshots_->request(request, now);
    snapshots_->do_work(now);
    poll(now);
    if (markets_due_.ns != 0 && markets_due_ <= now) fetch_markets();
    std::vector<ColdMessage> unsent;
    std::swap(unsent, unsent_);
    for (auto& message : unsent) send(std::move(message));
    drain();
    tell_counters();
    io_->context.run_for(kRound);
}

void ColdAgent::set_symbols(const Config& config) {
    boost::asio::post(io_->context, [this, config] {
        config_.path = config.path;
        config_.exchange.symbols = config.exchange.symbols;
        config_.exchange.all_symbols = config.exchange.all_symbols;
        complained_.clear();
        fetch_markets();
    });
}

void ColdAgent::fetch_status() {
    api_->status([this](const RestReply<VenueStatus>& reply) {
        if (!reply.value || !reply.value->maintenance) return;
        say(fmt::format("status maintenance=1 message=\"{}\"", reply.value->message));
    });
    api_->time([this](const RestReply<VenueTime>& reply) {
        if (!reply.value) return;
        say(fmt::format("clock venue_minus_ours_ms={} (half a round trip of doubt)",
                        reply.value->us / 1000 - wall_now().ns / kNs));
    });
}

void ColdAgent::fetch_markets() {
    markets_due_ = {};
    api_->markets([this](const RestReply<MarketList>& reply) { on_markets(reply); },
                  markets_read_.ns == 0 ? RestApi::Rank::urgent : RestApi::Rank::normal);
}

// Something was read that the list of markets, as we know it, does not allow.
void ColdAgent::doubt_markets(MonoTime now) {
    const MonoTime soon = markets_read_ + kMarketsDoubted_ns;
    if (markets_due_.ns != 0 && markets_due_ - soon > 0) markets_due_ = soon - now > 0 ? soon : now;
}

void ColdAgent::on_markets(const RestReply<MarketList>& reply) {
    std::string why = reply.why;
    if (reply.value) {
        for (const auto& skipped : reply.value->skipped) say(fmt::format("market skipped why=\"{}\"", skipped));
        if (!reply.value->markets.empty()) {
            market_failures_ = 0;
            markets_read_ = mono_now();
            markets_due_ = markets_read_ + kMarketsAgain_ns;
            return follow_list(reply.value->markets);
        }
        why = "no market in the answer";
    }
    ++market_failures_;
    const std::int64_t delay_ms = next_delay_ms(market_failures_, 0.5);
    markets_due_ = mono_now() + delay_ms * kNs;
    say(fmt::format("markets failed={} retry_ms={} why=\"{}\"", market_failures_, delay_ms, why));
}

void ColdAgent::follow_list(const std::vector<Market>& markets) {
    adopt_directory(markets);
    const Wanted wanted = choose_symbols(config_, markets);
    for (const auto& complaint : wanted.complaints) {
        if (std::find(complained_.begin(), complained_.end(), complaint) != complained_.end()) continue;
        complained_.push_back(complaint);
        wiring_.write(complaint);
    }
    if (wanted.natives.empty()) {
        failed_.store(true, std::memory_order_release);  // release: pairs with the acquire in failed()
        return;
    }
    for (const auto& native : wanted.natives) want(native, markets, true);
    for (const auto& native : wanted.not_listed) want(native, markets, false);
    drop_unwanted(wanted.natives);
    const bool any = std::find(wanted_.begin(), wanted_.end(), true) != wanted_.end();
    if (!any) failed_.store(true, std::memory_order_release);  // release: pairs with the acquire in failed()
}

// The index of a symbol is that of its slot, and the segment may list symbols of an engine before this one.
void ColdAgent::adopt_directory(const std::vector<Market>& markets) {
    while (wiring_.instruments->size() < wiring_.segment->symbols()) {
        const auto index = static_cast<SymbolIndex>(wiring_.instruments->size());
        if (!wiring_.instruments->append(make_instrument(std::string(wiring_.segment->native(index)), markets))) return;
        send(ColdMessage::drop(index, (*wiring_.instruments)[index], Reason::stopped));
    }
}

void ColdAgent::want(const std::string& native, const std::vector<Market>& markets, bool listed) {
    Instrument instrument = make_instrument(native, markets);
    const auto index = wiring_.segment->add_symbol(instrument.symbol, native);
    if (!index) {
        say(fmt::format(
            "symbol left_out={} why=\"no room in shared memory, where symbols of engines before keep their places: "
            "raise max_symbols, which makes a new segment\"",
            native));
        return;
    }
    if (*index < wiring_.instruments->size()) {
        if (wanted_[*index]) return follow_market(*index, std::move(instrument));
        instrument = (*wiring_.instruments)[*index];
    } else if (!wiring_.instruments->append(instrument)) {
        return;
    }
    wanted_[*index] = true;
    halted_[*index] = instrument.halted;
    if (listed && instrument.listed && instrument.halted != Reason::closed) return follow(*index, Reason::start);
    // the venue has no book of it, and its stream is silent
    ColdMessage message = ColdMessage::add(*index, (*wiring_.instruments)[*index]);
    message.halted = instrument.halted;
    message.reason = listed && instrument.listed ? Reason::closed : Reason::no_market;
    send(std::move(message));
}

// Subscribes it and has the book thread follow it, anew where it was followed.
void ColdAgent::follow(SymbolIndex symbol, Reason first) {
    ColdMessage message = ColdMessage::add(symbol, (*wiring_.instruments)[symbol],
                                           std::make_unique<Sync>(kMaxLevels, config_.engine.depth, *wiring_.pool,
                                                                  config_.exchange.gap_wait_ms * kNs, first));
    message.halted = halted_[symbol];
    send(std::move(message));
    wiring_.subscriptions->set(symbol, true);
}

// What the list says now of a market that is wanted already.
void ColdAgent::follow_market(SymbolIndex symbol, Instrument now) {
    const Instrument& before = (*wiring_.instruments)[symbol];
    if (!now.listed || !before.listed) return;  // a list that leaves it out for once is no reason to stop
    const Reason was_halted = halted_[symbol];
    const bool other_units = now.tick != before.tick || now.step != before.step;
    if (now.halted == was_halted && !other_units) return;
    say(fmt::format("market symbol={} state={} tick={} step={}", now.native,
                    now.halted == Reason::none ? "open" : daypack_reason_name(static_cast<unsigned>(now.halted)),
                    format_decimal(now.tick.mantissa, now.tick.exponent, now.tick.decimals()),
                    format_decimal(now.step.mantissa, now.step.exponent, now.step.decimals())));
    halted_[symbol] = now.halted;
    if (now.halted == Reason::closed) {
        wiring_.subscriptions->set(symbol, false);
        ColdMessage closed = ColdMessage::add(symbol, before);
        closed.reason = closed.halted = now.halted;
        return send(std::move(closed));
    }
    if (other_units) wiring_.instruments->replace(symbol, std::move(now));
    if (other_units || was_halted == Reason::closed) {
        return follow(symbol, other_units ? Reason::tick : Reason::start);
    }
    ColdMessage message;
    message.kind = ColdMessage::Kind::market;
    message.symbol = symbol;
    message.reason = halted_[symbol];
    send(std::move(message));
}

void ColdAgent::drop_unwanted(const std::vector<std::string>& natives) {
    for (SymbolIndex i = 0; i < wiring_.instruments->size(); ++i) {
        if (!wanted_[i] || !(*wiring_.instruments)[i].listed) continue;
        if (std::find(natives.begin(), natives.end(), (*wiring_.instruments)[i].native) != natives.end()) continue;
        wanted_[i] = false;
        wiring_.subscriptions->set(i, false);
        send(ColdMessage::drop(i, (*wiring_.instruments)[i], Reason::stopped));
    }
}

// REST stands in where no line is up and each has failed often enough, or none was wanted.
Reason ColdAgent::why_to_poll() const {
    if (wiring_.lines.empty()) return Reason::rest_only;
    const std::uint32_t enough = config_.exchange.ws_failures_before_polling;
    for (const LineHealth* line : wiring_.lines) {
        if (line->up.load(std::memory_order_relaxed)) return Reason::none;
        if (line->failures.load(std::memory_order_relaxed) < enough) return Reason::none;
    }
    return Reason::ws_down;
}

void ColdAgent::poll(MonoTime now) {
    const Reason why = why_to_poll();
    if (why != polling_) {
        if (why == Reason::ws_down) say("polling begins: no line to the exchange can be held; REST stands in");
        if (why == Reason::rest_only) say("polling begins: no WebSocket, as configured");
        if (why == Reason::none) say("polling ends: a line is up");
    }
    polling_ = why;
    poller_->do_work(why, now);
}

void ColdAgent::deliver(const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot) {
    ColdMessage message;
    message.kind =
        request.purpose == SnapshotRequest::Purpose::join ? ColdMessage::Kind::snapshot : ColdMessage::Kind::checked;
    message.symbol = request.symbol;
    message.request = request.request;
    message.snapshot = std::move(snapshot);
    send(std::move(message));
}

void ColdAgent::send(ColdMessage message) {
    if (unsent_.empty() && wiring_.to_book->push(std::move(message))) {
        if (wiring_.bell != nullptr) wiring_.bell->ring();
        return;
    }
    // NOLINTNEXTLINE(bugprone-use-after-move): a push that fails leaves the message as it was
    unsent_.push_back(std::move(message));
}

void ColdAgent::drain() {
    Spent spent;
    while (wiring_.spent->pop(spent)) spent = {};
    const WallClock wall;
    LogRecord record;
    for (LogQueue* log : wiring_.logs) {
        while (log->pop(record)) wiring_.write(log_line(record, wall.at(record.time), *wiring_.instruments));
    }
}

void ColdAgent::say(const std::string& text) {
    wiring_.write(fmt::format("{} {}", utc_text(wall_now()), text));
}

void ColdAgent::tell_counters() {
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
