// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/config/config_accounts.h"
#include "engine/config/config_keys.h"
#include "engine/engine_parts.h"
#include "engine/threads/descriptors.h"
#include "engine/threads/huge_pages.h"
#include "engine/threads/signal_guard.h"
#include "engine/threads/thread_plan.h"
#include "engine/threads/thread_setup.h"
#include "engine/threads/wall_clock.h"
#include "net/http/rest_client.h"

namespace daypack::core {
namespace {

// Files and sockets that are open at once: of a loop epoll, its timer and its bell; of a line also the one that it
// replaces; and some to spare for the segment, certificates, the log, names that are looked up.
constexpr std::size_t kOfAccount = 16;
std::size_t descriptors_of(const Config& config) {
    return 3 * (config.net_threads_in_use() + 1) + 2 * config.exchange.lines +
           static_cast<std::size_t>(RestOptions{}.connections) + 16 +
           kOfAccount * account_names(config.exchange).size() +
           (config.engine.metrics_listen.empty() ? 0 : MetricsServer::kConnections + 4);
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

void Engine::Parts::say(const std::string& text) {
    log.write(fmt::format("{} {}", utc_text(wall_now()), text));
}

// What will be done with the configuration, and what not.
void Engine::Parts::tell_plan() {
    if (!config.not_built_yet.empty()) {
        say(fmt::format("config not_built_yet=\"{}\" (accepted, without effect in this version)",
                        fmt::join(config.not_built_yet, ", ")));
    }
    say(account_words(config.exchange));
    say("plan " + plan.text());
    for (const std::string& warning : plan.warnings) say("warning: " + warning);
    if (waker && !waker->trouble().empty()) say("warning: " + waker->trouble());
    if (segment.is_private()) {
        say(fmt::format("takeover: joins in private memory beside the engine that has instance {}",
                        segment.instance()));
    } else if (config.engine.takeover) {
        say(fmt::format("takeover: no engine has instance {}: an ordinary start", segment.instance()));
    }
    if (metrics) say(fmt::format("metrics listen={} path=/metrics", metrics->address()));
    if (nets.size() >= config.engine.net_threads) return;
    say(fmt::format("plan net_threads={} lines={} started={} (a thread without a line has nothing to do)",
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
    life = Life::ended;
}

// Throws std::system_error after some of them were started.
void Engine::Parts::start_threads() {
    const std::scoped_lock lock(ending);  // a callback may ask for the end before all have begun
    const SignalGuard guard;
    segment.name_writer();
    net_running = book_running = control_running = true;
    life = Life::running;
    control_thread = std::thread([this] { run_control(); });
    for (auto& account : accounts) account->start();
    if (plan.is_fused()) {
        nets.front()->thread = std::thread([this] { run_fused(); });
        return;
    }
    book_thread = std::thread([this] { run_book(); });
    for (std::size_t i = 0; i < nets.size(); ++i) nets[i]->thread = std::thread([this, i] { run_net(i); });
}

// Thread: control, or the one that stops. Whichever comes second finds nothing left to do.
void Engine::Parts::end_hot_threads() {
    succession.end();
    const std::scoped_lock lock(ending);
    net_running = false;
    for (auto& account : accounts) account->ask_to_stop();
    const auto join = [](std::thread& thread) { return thread.joinable() ? thread.join() : void(); };
    for (auto& net : nets) join(net->thread);
    book_running = false;
    join(book_thread);
    for (auto& account : accounts) account->join();
}

Engine::Engine(Config config, Callbacks callbacks, Log log, const std::function<bool()>& gives_up)
    : parts_(std::make_unique<Parts>(checked(std::move(config)), std::move(callbacks), std::move(log), gives_up)) {}

// In a forked process the parts stay as they are for good, where a checker of leaks finds them.
Engine::~Engine() {
    static std::atomic<Parts*> left{nullptr};
    stop();
    if (parts_->is_at_home()) return;
    Parts* const parts = parts_.release();
    parts->left_before = left.exchange(parts);
}

void Engine::start() {
    Parts& parts = *parts_;
    if (parts.control_thread.joinable()) {
        if (parts.is_at_home()) return;
        throw std::runtime_error(
            "this engine runs in the process that this one was forked from: read its shared memory");
    }
    if (parts.ended)
        throw std::runtime_error("this engine was stopped, and runs once: make another one to start again");
    parts.home = getpid();
    try {
        parts.log.start();
        parts.tell_plan();
        if (parts.config.engine.huge_pages) parts.put_on_huge_pages();
        if (parts.config.engine.mlock) {
            if (const std::string trouble = lock_memory(); !trouble.empty()) parts.say(trouble);
        }
        const std::scoped_lock lock(parts.choosing);
        if (parts.metrics) parts.metrics->start();  // before the control thread, which may make another one
        parts.start_threads();
    } catch (const std::system_error& error) {
        stop();
        parts.ended = true;
        parts.life = Parts::Life::ended;
        throw std::runtime_error(
            fmt::format("no thread could be started ({}): raise ulimit -u, or the pids limit of its control group",
                        error.code().message()));
    }
}

void Engine::stop() {
    Parts& parts = *parts_;
    if (!parts.is_at_home()) return;
    if (Parts::calling == &parts) {
        parts.asked_to_end = true;
        return;
    }
    const std::scoped_lock lock(parts.stopping);
    parts.ended = true;
    parts.end_hot_threads();
    parts.control_running = false;
    if (parts.control_thread.joinable()) parts.control_thread.join();
    if (parts.metrics) parts.metrics->stop();
    parts.log.stop();
}

void Engine::request_stop() noexcept {
    parts_->asked_to_end = true;
}

bool Engine::is_running() const noexcept {
    return parts_->life == Parts::Life::running;
}

bool Engine::has_ended() const noexcept {
    return parts_->life == Parts::Life::ended;
}

bool Engine::is_joining() const noexcept {
    return parts_->is_joining;
}

bool Engine::is_calling() const noexcept {
    return Parts::calling == parts_.get();
}

Engine::Failure Engine::failure() const noexcept {
    switch (parts_->control->failure()) {
        case ControlAgent::Failure::none: return Failure::none;
        case ControlAgent::Failure::no_symbols: return Failure::no_symbols;
        case ControlAgent::Failure::instance_lost: return Failure::instance_lost;
        case ControlAgent::Failure::handed_over: return Failure::handed_over;
    }
    return Failure::none;
}

const Segment& Engine::segment() const noexcept {
    return parts_->segment;
}

const InstrumentTable& Engine::instruments() const noexcept {
    return parts_->instruments;
}

const Config& Engine::config() const noexcept {
    return parts_->config;
}

}  // namespace daypack::core
