// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/book_thread/book_agent.h"
#include "engine/book_thread/book_sink.h"
#include "engine/config/config_keys.h"
#include "engine/control_thread/control_agent.h"
#include "engine/messages/engine_limits.h"
#include "engine/messages/log_writer.h"
#include "engine/net_thread/net_agent.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/segment_keeper.h"
#include "engine/shm/waker.h"
#include "engine/threads/descriptors.h"
#include "engine/threads/huge_pages.h"
#include "engine/threads/signal_guard.h"
#include "engine/threads/stdio_places.h"
#include "engine/threads/thread_plan.h"
#include "engine/threads/thread_setup.h"
#include "engine/threads/wall_clock.h"
#include "net/backpack/subscribe_frame.h"
#include "net/base/time_units.h"
#include "net/http/rest_client.h"

namespace daypack::core {
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

// Files and sockets that are open at once: of a loop epoll, its timer and its bell; of a line also the one that it
// replaces; and some to spare for the segment, certificates, the log, names that are looked up.
std::size_t descriptors_of(const Config& config) {
    return 3 * (config.net_threads_in_use() + 1) + 2 * config.exchange.lines +
           static_cast<std::size_t>(RestOptions{}.connections) + 16;
}

// As a file is, so that it can be used without another look; what this process lacks is said before anything is taken.
Config checked(Config config) {
    check_config(config);
    const std::string fault = descriptors_fault(descriptors_of(config));
    if (!fault.empty()) throw std::runtime_error(fault);
    config.not_built_yet = not_built_yet(config);
    return config;
}

}  // namespace

// In the order of their making: what is used stands before what uses it.
struct Engine::Parts {
    // Of this thread: the engine whose callbacks run on it; null: none.
    static thread_local const Parts* calling;

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
          log(sink_of(std::move(l))),
          segment(segment_options(config.engine)),
          keeper(segment),
          waker(config.engine.instance, segment.access()),
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
        make_control();
    }

    // Null: nobody sleeps there, so nobody has to ring.
    [[nodiscard]] Doorbell* bell_of_book() noexcept {
        return plan.idle == IdleMode::spin || plan.is_fused() ? nullptr : &book_bell;
    }
    // The host's own function, if it gave one.
    [[nodiscard]] LogWriter::Sink sink_of(Log host) const;
    void make_nets();
    void make_book(Callbacks callbacks);
    void make_control();
    void run_net(std::size_t i);
    void run_book();
    void run_fused();
    void run_control();
    void start_threads();
    void end_hot_threads();
    void say(const std::string& text) { log.write(fmt::format("{} {}", utc_text(wall_now()), text)); }
    void tell_plan();
    void put_on_huge_pages();
    void set_up_thread(const ThreadSetup& setup, LogQueue& queue);

    // A host may have closed stdin, stdout or stderr: what it prints there must end neither in the segment nor in what
    // the loops wait on, whenever that is opened. The segment and sockets keep above by themselves, too, for a host
    // that closes them later.
    StdioPlaces taken;
    Config config;
    ThreadPlan plan;
    LogWriter log;
    Segment segment;
    SegmentKeeper keeper;
    Waker waker;
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
    std::unique_ptr<ControlAgent> control;
    std::thread book_thread;
    std::thread control_thread;
    std::atomic<bool> net_running{false};      // the lines end first,
    std::atomic<bool> book_running{false};     // then the books,
    std::atomic<bool> control_running{false};  // and last who writes the log
    std::atomic<bool> asked_to_end{false};     // in a callback: the control thread ends the others
    std::mutex ending;                         // of the hot threads
    bool ended = false;                        // an engine runs once
};

thread_local const Engine::Parts* Engine::Parts::calling = nullptr;

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
    wiring.keeper = &keeper;
    for (auto& net : nets) wiring.sources.push_back({&net->events, &net->resubscribes, &net->agent->backlog()});
    BookMonitor::Options doubts;
    doubts.stale_after_ns = ms_to_ns(config.exchange.stale_after_ms);
    doubts.audit_every_ns = s_to_ns(config.exchange.snapshot_interval_s);
    book = std::make_unique<BookAgent>(std::move(wiring), doubts, std::move(callbacks));
    if (plan.is_fused()) nets.front()->agent->write_to(book_sink.emplace(*book));
}

void Engine::Parts::make_control() {
    std::vector<LogQueue*> logs{&book_log};
    for (auto& net : nets) logs.push_back(&net->log);
    std::vector<const LineHealth*> lines;
    for (const LineHealth& line : health) lines.push_back(&line);
    control = std::make_unique<ControlAgent>(
        config, ControlAgent::Wiring{&instruments, &subscriptions, &segment, &pool, &requests, &to_book, bell_of_book(),
                                     &retired, std::move(logs), std::move(lines),
                                     [this](const std::string& line) { log.write(line); }, &keeper, &waker});
}

// What will be done with the configuration, and what not.
void Engine::Parts::tell_plan() {
    if (!config.not_built_yet.empty()) {
        say(fmt::format("config not_built_yet=\"{}\" (accepted, without effect in this version)",
                        fmt::join(config.not_built_yet, ", ")));
    }
    say(plan.text());
    for (const std::string& warning : plan.warnings) say("warning: " + warning);
    if (!waker.trouble().empty()) say("warning: " + waker.trouble());
    if (nets.size() >= config.engine.net_threads) return;
    say(fmt::format("net_threads={} lines={} started={}: a thread without a line has nothing to do",
                    config.engine.net_threads, config.exchange.lines, nets.size()));
}

void Engine::Parts::put_on_huge_pages() {
    const auto put = [this](std::span<std::byte> memory, const char* name) {
        if (const std::string trouble = use_huge_pages(memory, name); !trouble.empty()) say(trouble);
    };
    put(segment.memory(), "the shared memory");
    put(pool.memory(), "the pending updates");
    for (auto& net : nets) put(net->events.memory(), "a queue");
}

void Engine::Parts::set_up_thread(const ThreadSetup& setup, LogQueue& queue) {
    const std::string trouble = apply_thread_setup(setup);
    if (trouble.empty()) return;
    LogRecord record{.time = mono_now()};
    record.say(trouble);
    queue.push(record);  // an empty queue has room
}

void Engine::Parts::run_net(std::size_t i) {
    Net& net = *nets[i];
    set_up_thread({fmt::format("daypack-net{}", i), cpu_of(config.engine.net_cpus, i), config.engine.rt_priority,
                   plan.idle, config.engine.jail},
                  net.log);
    while (net_running.load(std::memory_order_relaxed)) net.agent->do_work(mono_now());
    net.agent->stop([] {});
}

void Engine::Parts::run_book() {
    calling = this;
    set_up_thread(
        {"daypack-book0", cpu_of(config.engine.book_cpus, 0), config.engine.rt_priority, plan.idle, config.engine.jail},
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
    calling = this;
    Net& net = *nets.front();
    set_up_thread(
        {"daypack-hot0", cpu_of(config.engine.net_cpus, 0), config.engine.rt_priority, plan.idle, config.engine.jail},
        net.log);
    (void)publisher.beat(mono_now());
    publisher.set_running();
    while (net_running.load(std::memory_order_relaxed)) {
        net.agent->do_work(mono_now());
        (void)book->do_work(mono_now());
    }
    net.agent->stop([this] { (void)book->do_work(mono_now()); });  // the beat goes on
    (void)book->do_work(mono_now());
}

void Engine::Parts::run_control() {
    (void)apply_thread_setup({.name = "daypack-ctl"});
    while (control_running.load(std::memory_order_relaxed) && !asked_to_end.load(std::memory_order_relaxed)) {
        control->do_work();
    }
    end_hot_threads();
    control->write_logs();  // their last words
    segment.stop();
}

// Throws std::system_error after some of them were started.
void Engine::Parts::start_threads() {
    const std::scoped_lock lock(ending);  // a callback may ask for the end before all have begun
    const SignalGuard guard;
    segment.name_writer();
    net_running = book_running = control_running = true;
    control_thread = std::thread([this] { run_control(); });
    if (plan.is_fused()) {
        nets.front()->thread = std::thread([this] { run_fused(); });
        return;
    }
    book_thread = std::thread([this] { run_book(); });
    for (std::size_t i = 0; i < nets.size(); ++i) nets[i]->thread = std::thread([this, i] { run_net(i); });
}

// Thread: control, or the one that stops. Whichever comes second finds nothing left to do.
void Engine::Parts::end_hot_threads() {
    const std::scoped_lock lock(ending);
    net_running = false;
    const auto join = [](std::thread& thread) { return thread.joinable() ? thread.join() : void(); };
    for (auto& net : nets) join(net->thread);
    book_running = false;
    join(book_thread);
}

Engine::Engine(Config config, Callbacks callbacks, Log log)
    : parts_(std::make_unique<Parts>(checked(std::move(config)), std::move(callbacks), std::move(log))) {}

Engine::~Engine() {
    stop();
}

void Engine::start() {
    Parts& parts = *parts_;
    if (parts.control_thread.joinable()) return;
    if (parts.ended)
        throw std::runtime_error("this engine was stopped, and runs once: make another one to start again");
    try {
        parts.log.start();
        parts.tell_plan();
        if (parts.config.engine.huge_pages) parts.put_on_huge_pages();
        if (parts.config.engine.mlock) {
            if (const std::string trouble = lock_memory(); !trouble.empty()) parts.say(trouble);
        }
        parts.start_threads();
    } catch (const std::system_error& error) {
        stop();
        parts.ended = true;
        throw std::runtime_error(
            fmt::format("no thread could be started ({}): raise ulimit -u, or the pids limit of its control group",
                        error.code().message()));
    }
}

void Engine::stop() {
    Parts& parts = *parts_;
    if (Parts::calling == &parts) {
        parts.asked_to_end = true;
        return;
    }
    parts.ended = parts.ended || parts.control_thread.joinable();
    parts.end_hot_threads();
    parts.control_running = false;
    if (parts.control_thread.joinable()) parts.control_thread.join();
    parts.log.stop();
}

void Engine::set_symbols(const Config& config) {
    Config next = parts_->config;
    next.exchange.symbols = config.exchange.symbols;
    next.exchange.all_symbols = config.exchange.all_symbols;
    check_symbols(next);
    parts_->control->set_symbols(config);
}

bool Engine::failed() const noexcept {
    return parts_->control->failed();
}

const Config& Engine::config() const noexcept {
    return parts_->config;
}

}  // namespace daypack::core
