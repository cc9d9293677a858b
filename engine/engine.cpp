// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <thread>
#include <vector>

#include "engine/book_thread/book_agent.h"
#include "engine/book_thread/book_sink.h"
#include "engine/control_thread/control_agent.h"
#include "engine/messages/engine_limits.h"
#include "engine/net_thread/net_agent.h"
#include "engine/shm/atomic_words.h"
#include "engine/threads/huge_pages.h"
#include "engine/threads/thread_plan.h"
#include "engine/threads/thread_setup.h"
#include "engine/threads/wall_clock.h"
#include "net/backpack/subscribe_frame.h"
#include "net/base/time_units.h"

namespace daypack {
namespace {

SegmentOptions segment_options(const EngineConfig& config) {
    return {.instance = config.instance,
            .depth = config.depth,
            .max_symbols = config.max_symbols,
            .ring_events = config.ring_events,
            .mode = static_cast<mode_t>(config.shm_mode),
            .group = config.shm_group};
}

std::vector<Channel> channels_of(const ExchangeConfig& config) {
    std::vector<Channel> channels;
    for (const FeedChannel channel : config.channels) {
        if (channel == FeedChannel::l2_book) channels.push_back(Channel::depth);
        if (channel == FeedChannel::trades) channels.push_back(Channel::trade);
        if (channel == FeedChannel::l1_book) channels.push_back(Channel::ticker);
    }
    return channels;
}

// Keys are in this process's memory: no core dump holds them, and no other process of this user reads them there.
Config guarded(Config config) {
    if (!config.exchange.api_key.empty() || !config.exchange.api_secret.empty()) (void)prctl(PR_SET_DUMPABLE, 0);
    return config;
}

void write_to_stderr(const std::string& line) {
    std::fputs((line + "\n").c_str(), stderr);
}

}  // namespace

// In the order of their making: what is used stands before what uses it.
struct Engine::Parts {
    // A network thread and what leads from it.
    struct Net {
        // Fused, one network thread keeps the books as well, and nothing goes through its queue.
        Net(const EngineConfig& config, bool fused, Doorbell* bell)
            : events(fused ? 1 : config.queue_events, bell), log(kLogRecords), resubscribes(2 * config.max_symbols) {}
        EventQueue events;
        QueueSink sink{events};
        LogQueue log;
        Resubscribes resubscribes;
        TlsContext tls = TlsContext::client("");
        std::unique_ptr<NetAgent> agent;
        std::thread thread;
    };

    Parts(Config c, Callbacks callbacks, Log l)
        : config(std::move(c)),
          plan(plan_threads(config, UsableCores())),
          write(l ? std::move(l) : Log(write_to_stderr)),
          segment(segment_options(config.engine)),
          publisher(segment),
          instruments(config.engine.max_symbols),
          subscriptions(config.engine.max_symbols),
          pool(config.engine.queue_events * kPendingQueues),
          requests(2 * config.engine.max_symbols),
          to_book(2 * config.engine.max_symbols),
          retired(2 * config.engine.max_symbols),
          book_log(kLogRecords) {
        store_relaxed(segment.header().threads, plan.word());
        make_nets();
        make_book(std::move(callbacks));
        make_cold();
    }

    // Null: nobody sleeps there, so nobody has to ring.
    [[nodiscard]] Doorbell* bell_of_book() noexcept {
        return plan.idle == IdleMode::spin || plan.is_fused() ? nullptr : &book_bell;
    }
    void make_nets();
    void make_book(Callbacks callbacks);
    void make_cold();
    void run_net(std::size_t i);
    void run_book();
    void run_fused();
    void run_cold();
    void put_on_huge_pages(const Log& say);
    void set_up_thread(const ThreadSetup& setup, LogQueue& log);

    Config config;
    ThreadPlan plan;
    Log write;
    Segment segment;
    Publisher publisher;
    InstrumentTable instruments;
    Subscriptions subscriptions;
    PendingPool pool;
    SnapshotRequests requests;
    BookCommands to_book;
    RetiredQueue retired;
    LogQueue book_log;
    std::vector<LineHealth> health;  // by line
    Doorbell book_bell;
    std::vector<std::unique_ptr<Net>> nets;
    std::unique_ptr<BookAgent> book;
    std::optional<BookSink> book_sink;  // where one thread does the work of both
    std::unique_ptr<ControlAgent> cold;
    std::thread book_thread;
    std::thread cold_thread;
    std::atomic<bool> net_running{false};   // the lines end first,
    std::atomic<bool> book_running{false};  // then the books,
    std::atomic<bool> cold_running{false};  // and last who writes the log
};

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
            options.lines.push_back(std::move(of_line));
        }
        net.agent = std::make_unique<NetAgent>(
            std::move(options), NetAgent::Wiring{&instruments, &subscriptions, &net.sink, &net.log, &segment,
                                                 health.data(), &net.resubscribes});
    }
    for (std::size_t line = 0; line < lines; ++line) (void)segment.add_line(urls[line % urls.size()].name());
    const std::size_t capacity = plan.is_fused() ? 0 : nets.front()->events.capacity();
    segment.engine_counters().set(DAYPACK_ENGINE_queue_capacity, capacity);
}

void Engine::Parts::make_book(Callbacks callbacks) {
    const auto input = plan.is_fused() ? BookAgent::Input::calls : BookAgent::Input::queues;
    BookAgent::Wiring wiring{&instruments, &segment,  &publisher, input,     {},
                             &to_book,     &requests, &retired,   &book_log, &pool};
    for (auto& net : nets) wiring.sources.push_back({&net->events, &net->resubscribes, &net->agent->backlog()});
    BookMonitor::Options doubts;
    doubts.stale_after_ns = ms_to_ns(config.exchange.stale_after_ms);
    doubts.audit_every_ns = s_to_ns(config.exchange.snapshot_interval_s);
    book = std::make_unique<BookAgent>(std::move(wiring), doubts, std::move(callbacks));
    if (plan.is_fused()) nets.front()->agent->write_to(book_sink.emplace(*book));
}

void Engine::Parts::make_cold() {
    std::vector<LogQueue*> logs{&book_log};
    for (auto& net : nets) logs.push_back(&net->log);
    std::vector<const LineHealth*> lines;
    for (const LineHealth& line : health) lines.push_back(&line);
    cold = std::make_unique<ControlAgent>(
        config, ControlAgent::Wiring{&instruments, &subscriptions, &segment, &pool, &requests, &to_book, bell_of_book(),
                                     &retired, std::move(logs), std::move(lines), write});
}

void Engine::Parts::put_on_huge_pages(const Log& say) {
    const auto put = [&say](std::span<std::byte> memory, const char* name) {
        if (const std::string trouble = use_huge_pages(memory, name); !trouble.empty()) say(trouble);
    };
    put(segment.memory(), "the shared memory");
    put(pool.memory(), "the pending updates");
    for (auto& net : nets) put(net->events.memory(), "a queue");
}

void Engine::Parts::set_up_thread(const ThreadSetup& setup, LogQueue& log) {
    const std::string trouble = apply_thread_setup(setup);
    if (trouble.empty()) return;
    LogRecord record;
    record.time = mono_now();
    record.say(trouble);
    log.push(record);
}

void Engine::Parts::run_net(std::size_t i) {
    Net& net = *nets[i];
    set_up_thread(
        {fmt::format("daypack-net{}", i), cpu_of(config.engine.net_cpus, i), config.engine.rt_priority, plan.idle},
        net.log);
    while (net_running.load(std::memory_order_relaxed)) net.agent->do_work(mono_now());
    net.agent->stop([] {});
}

void Engine::Parts::run_book() {
    set_up_thread({"daypack-book0", cpu_of(config.engine.book_cpus, 0), config.engine.rt_priority, plan.idle},
                  book_log);
    Idler idler(plan.idle, book_bell);
    (void)publisher.beat(mono_now());
    publisher.set_running();
    while (book_running.load(std::memory_order_relaxed)) {
        const MonoTime now = mono_now();
        const std::size_t work = book->do_work(now);
        idler(work, book->beat_due() - now);
    }
}

// Both, turn by turn. A round of the lines is bounded, and waits for them 1 ms at most: the beat is not late.
void Engine::Parts::run_fused() {
    Net& net = *nets.front();
    set_up_thread({"daypack-hot0", cpu_of(config.engine.net_cpus, 0), config.engine.rt_priority, plan.idle}, net.log);
    (void)publisher.beat(mono_now());
    publisher.set_running();
    while (net_running.load(std::memory_order_relaxed)) {
        net.agent->do_work(mono_now());
        (void)book->do_work(mono_now());
    }
    net.agent->stop([this] { (void)book->do_work(mono_now()); });  // the beat goes on
    (void)book->do_work(mono_now());
}

void Engine::Parts::run_cold() {
    (void)apply_thread_setup({.name = "daypack-cold"});
    while (cold_running.load(std::memory_order_relaxed)) cold->do_work();
}

Engine::Engine(Config config, Callbacks callbacks, Log log)
    : parts_(std::make_unique<Parts>(guarded(std::move(config)), std::move(callbacks), std::move(log))) {}

Engine::~Engine() {
    stop();
}

void Engine::start() {
    Parts& parts = *parts_;
    if (parts.cold_thread.joinable()) return;
    const auto say = [&](const std::string& text) { parts.write(fmt::format("{} {}", utc_text(wall_now()), text)); };
    if (!parts.config.not_built_yet.empty()) {
        say(fmt::format("config not_built_yet=\"{}\" (accepted, without effect in this version)",
                        fmt::join(parts.config.not_built_yet, ", ")));
    }
    say(parts.plan.text());
    for (const std::string& warning : parts.plan.warnings) say("warning: " + warning);
    if (const auto threads = parts.nets.size(); threads < parts.config.engine.net_threads) {
        say(fmt::format("net_threads={} lines={} started={}: a thread without a line has nothing to do",
                        parts.config.engine.net_threads, parts.config.exchange.lines, threads));
    }
    if (parts.config.engine.huge_pages) parts.put_on_huge_pages(say);
    if (parts.config.engine.mlock) {
        if (const std::string trouble = lock_memory(); !trouble.empty()) say(trouble);
    }
    parts.net_running = parts.book_running = parts.cold_running = true;
    parts.cold_thread = std::thread([&parts] { parts.run_cold(); });
    if (parts.plan.is_fused()) {
        parts.nets.front()->thread = std::thread([&parts] { parts.run_fused(); });
        return;
    }
    parts.book_thread = std::thread([&parts] { parts.run_book(); });
    for (std::size_t i = 0; i < parts.nets.size(); ++i) {
        parts.nets[i]->thread = std::thread([&parts, i] { parts.run_net(i); });
    }
}

void Engine::stop() {
    Parts& parts = *parts_;
    if (!parts.cold_thread.joinable()) return;
    parts.net_running = false;
    for (auto& net : parts.nets) net->thread.join();
    parts.book_running = false;
    if (parts.book_thread.joinable()) parts.book_thread.join();
    parts.cold_running = false;
    parts.cold_thread.join();
    parts.segment.stop();
}

void Engine::set_symbols(const Config& config) {
    parts_->cold->set_symbols(config);
}

bool Engine::failed() const noexcept {
    return parts_->cold->failed();
}

const Config& Engine::config() const noexcept {
    return parts_->config;
}

}  // namespace daypack
