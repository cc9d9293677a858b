// SPDX-License-Identifier: MIT
#include "engine/engine_parts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "engine/metrics/account_metrics.h"
#include "engine/metrics/exposition.h"
#include "engine/shm/atomic_words.h"
#include "net/backpack/subscribe_frame.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

SegmentOptions segment_options(const EngineConfig& config) {
    return {.instance = config.instance,
            .depth = config.depth,
            .max_symbols = config.max_symbols,
            .ring_events = config.ring_events,
            .mode = static_cast<mode_t>(config.shm_mode),
            .group = config.shm_group,
            .named = config.shared_memory,
            .image_levels = config.image_levels,
            .takeover = config.takeover};
}

std::vector<Channel> channels_of(const ExchangeConfig& config) {
    std::vector<Channel> channels;
    const auto add = [&](Channel channel) {
        if (std::find(channels.begin(), channels.end(), channel) == channels.end()) channels.push_back(channel);
    };
    for (const FeedChannel channel : config.channels) {
        switch (channel) {
            case FeedChannel::l2_book: add(Channel::depth); break;
            case FeedChannel::trades: add(Channel::trade); break;
            case FeedChannel::l1_book: add(Channel::ticker); break;
            case FeedChannel::ticker: add(Channel::day); break;
            case FeedChannel::funding:
            case FeedChannel::index: add(Channel::mark_price); break;
            case FeedChannel::liquidations: add(Channel::liquidation); break;
            case FeedChannel::open_interest:  // REST has it
            case FeedChannel::order_info:
            case FeedChannel::fills:
            case FeedChannel::positions:
            case FeedChannel::balances: break;
        }
    }
    return channels;
}

std::string account_state_words(const AccountReport& report, const AccountStateNews& news) {
    return fmt::format("account name={} part={} state={} reason={} unconfirmed={}", report.account,
                       account_kind_name(news.kind), daypack_state_name(static_cast<unsigned>(news.state.state)),
                       daypack_reason_name(static_cast<unsigned>(news.state.reason)), news.state.unconfirmed ? 1 : 0);
}

}  // namespace

thread_local const Engine::Parts* Engine::Parts::calling = nullptr;

Engine::Parts::Parts(Config c, Callbacks callbacks, Log l)
    : config(std::move(c)),
      plan(plan_threads(config, UsableCores())),
      log(sink_of(std::move(l))),
      segment(segment_options(config.engine)),
      keeper(segment),
      succession(segment),
      publisher(segment),
      instruments(config.engine.max_symbols),
      subscriptions(config.engine.max_symbols),
      pool(config.engine.queue_events * kPendingQueues),
      requests(2 * config.engine.max_symbols),
      to_book(2 * config.engine.max_symbols),
      retired(2 * config.engine.max_symbols),
      book_log(kLogRecords),
      chosen(config) {
    is_joining = segment.is_private();
    store_relaxed(segment.header().threads, plan.word());
    if (config.engine.shared_memory && !segment.is_private()) {
        waker.emplace(config.engine.instance, segment.access());
    }
    make_nets();
    make_accounts(std::move(callbacks.on_account));
    make_book(std::move(callbacks));
    make_control();
    if (!segment.is_private()) make_metrics();
}

Doorbell* Engine::Parts::bell_of_book() noexcept {
    return plan.idle == IdleMode::spin || plan.is_fused() ? nullptr : &book_bell;
}

void Engine::Parts::make_nets() {
    const ExchangeConfig& exchange = config.exchange;
    const std::size_t lines = exchange.rest_only || !exchange.websocket ? 0 : exchange.lines;
    health = std::vector<LineHealth>(lines);
    std::vector<Url> urls;
    for (const auto& url : exchange.ws_urls) urls.push_back(parse_url(url, UrlKind::websocket));
    const std::size_t threads = config.net_threads_in_use();
    for (std::size_t i = 0; i < threads; ++i) {
        nets.push_back(std::make_unique<Net>(config.engine, plan.is_fused(), bell_of_book()));
        Net& net = *nets.back();
        net.tls = TlsContext::client(exchange.ca_file, config.engine.fast_aes);
        NetAgent::Options options;
        options.channels = channels_of(exchange);
        options.depth = exchange.depth_stream;
        options.idle = plan.idle;
        if (plan.is_fused()) options.wait_ms = 1;  // the beat of its books must not be late
        for (std::size_t line = i; line < lines; line += threads) {
            LineOptions of_line;
            of_line.index = static_cast<LineIndex>(line);
            for (std::size_t u = 0; u < urls.size(); ++u) of_line.urls.push_back(urls[(line + u) % urls.size()]);
            of_line.stream_frames = subscribe_frames;
            of_line.ping_interval_ms = static_cast<int>(exchange.ping_interval_ms);
            of_line.line_dead_ms = static_cast<int>(exchange.line_dead_ms);
            of_line.frame_bytes_max = exchange.max_frame_bytes;
            of_line.kernel_times = config.engine.kernel_timestamps;
            of_line.tls = &net.tls;
            if (line < exchange.local_address.size()) of_line.local_address = exchange.local_address[line];
            options.lines.push_back(std::move(of_line));
        }
        net.agent = std::make_unique<NetAgent>(
            std::move(options), NetAgent::Wiring{&instruments, &subscriptions, &net.sink, &net.log, &segment,
                                                 health.data(), &net.resubscribes});
    }
    for (std::size_t line = 0; line < lines; ++line) {
        // A line's counters are found by its index, and so is what lies behind them.
        if (segment.add_line(urls[line % urls.size()].name()) != line) {
            throw std::runtime_error(fmt::format("shared memory has no place for line {}: lower `lines`", line));
        }
    }
    const std::size_t capacity = plan.is_fused() ? 0 : nets.front()->events.capacity();
    segment.engine_counters().set(DAYPACK_ENGINE_queue_capacity, capacity);
}

LogWriter::Sink Engine::Parts::sink_of(Log host) const {
    if (!host) return to_descriptor(STDERR_FILENO);
    return [this, host = std::move(host)](std::string_view text, int) {
        calling = this;
        host(std::string(text.substr(0, text.size() - 1)));
        return static_cast<std::ptrdiff_t>(text.size());
    };
}

void Engine::Parts::make_book(Callbacks callbacks) {
    const auto input = plan.is_fused() ? BookAgent::Input::calls : BookAgent::Input::queues;
    BookAgent::Wiring wiring{&instruments, &segment,  &publisher, input,     {},
                             &to_book,     &requests, &retired,   &book_log, &pool};
    if (config.engine.shared_memory) {
        wiring.keeper = &keeper;
        wiring.hand_over = &succession;
    }
    for (auto& net : nets) wiring.sources.push_back({&net->events, &net->resubscribes, &net->agent->backlog()});
    BookMonitor::Options doubts;
    doubts.stale_after_ns = ms_to_ns(config.exchange.stale_after_ms);
    doubts.audit_every_ns = s_to_ns(config.exchange.snapshot_interval_s);
    book = std::make_unique<BookAgent>(std::move(wiring), doubts, std::move(callbacks));
    if (plan.is_fused()) nets.front()->agent->write_to(book_sink.emplace(*book));
}

void Engine::Parts::make_accounts(std::function<void(const AccountReport&)> on_account) {
    AccountThread::Wiring wiring;
    wiring.say = [this](const std::string& words) { say(words); };
    wiring.tell = [this, on_account = std::move(on_account)](const AccountReport& report) {
        if (const auto* news = std::get_if<AccountStateNews>(&report.news)) say(account_state_words(report, *news));
        if (!on_account) return;
        calling = this;
        on_account(report);
    };
    accounts = account_threads(config, wiring);
}

// Events under way to the book thread, as any thread may ask: the queue counts by two atomic positions.
std::uint64_t Engine::Parts::queued() const noexcept {
    std::uint64_t events = 0;
    for (const auto& net : nets) events += net->events.size();
    return events;
}

// The server reads what every reader reads, by a mapping of its own.
void Engine::Parts::make_metrics() {
    if (config.engine.metrics_listen.empty()) return;
    if (!config.engine.shared_memory) {
        throw std::runtime_error("metrics_listen needs shared memory with a name: leave one of the two out");
    }
    daypack_close(&metrics_reader.raw);  // where an earlier try had the segment, and did not get the address
    const int result = daypack_open_as(&metrics_reader.raw, config.engine.instance.c_str(), geteuid());
    if (result != DAYPACK_OK) {
        throw std::runtime_error(
            fmt::format("metrics_listen: the segment cannot be read ({})", daypack_result_name(result)));
    }
    metrics.emplace(config.engine.metrics_listen, [this] {
        std::vector<AccountFigures> figures;
        for (const auto& account : accounts) figures.push_back(account->figures());
        return metrics_text(metrics_reader.raw, plan.is_fused() ? 0 : queued()) + account_metrics_text(figures);
    });
}

void Engine::Parts::make_control() {
    std::vector<LogQueue*> logs{&book_log};
    for (auto& net : nets) logs.push_back(&net->log);
    std::vector<const LineHealth*> lines;
    for (const LineHealth& line : health) lines.push_back(&line);
    control = std::make_unique<ControlAgent>(
        config, ControlAgent::Wiring{&instruments, &subscriptions, &segment, &pool, &requests, &to_book, bell_of_book(),
                                     &retired, std::move(logs), std::move(lines),
                                     [this](const std::string& line) { log.write(line); },
                                     config.engine.shared_memory ? &keeper : nullptr, waker ? &*waker : nullptr,
                                     config.engine.shared_memory ? &succession : nullptr,
                                     [this](bool has_it) { return on_instance(has_it); }});
}

// The file on which readers sleep, and the address of the metrics, belong to the engine that has the instance. Returns
// why that address cannot be had yet, so that this is to be called again; else nothing. Thread: control.
std::string Engine::Parts::on_instance(bool has_it) {
    if (!has_it) {
        if (waker) waker->leave();
        metrics.reset();
        return {};
    }
    is_joining = false;
    if (!waker) {
        waker.emplace(config.engine.instance, segment.access());
        if (!waker->trouble().empty()) say("warning: " + waker->trouble());
        if (config.engine.huge_pages) put_on_huge_pages();
        control->use(*waker);
    }
    try {
        if (!metrics) make_metrics();
        if (metrics) metrics->start();
        return {};
    } catch (const std::exception& error) {
        metrics.reset();
        return error.what();
    }
}

}  // namespace daypack::core
