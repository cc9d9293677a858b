// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/account/account_thread.h"
#include "engine/book_thread/book_agent.h"
#include "engine/book_thread/book_sink.h"
#include "engine/control_thread/control_agent.h"
#include "engine/engine.h"
#include "engine/messages/engine_limits.h"
#include "engine/messages/log_writer.h"
#include "engine/metrics/metrics_server.h"
#include "engine/net_thread/net_agent.h"
#include "engine/shm/hand_over.h"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"
#include "engine/shm/segment_keeper.h"
#include "engine/shm/waker.h"
#include "engine/threads/stdio_places.h"
#include "engine/threads/thread_plan.h"
#include "engine/threads/thread_setup.h"

namespace daypack::core {

// What an engine is made of, in the order of its making: what is used stands before what uses it. engine_parts.cpp
// makes the parts and wires them to each other; engine.cpp runs and ends their threads.
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

    // Throws as the engine's constructor does.
    Parts(Config config, Callbacks callbacks, Log log, const std::function<bool()>& gives_up);

    // Whether this is the process of the threads. In one that the host forked from it there are none to be waited for,
    // a mutex may be held by one that is not there, and lock, segment and connections are the other's.
    [[nodiscard]] bool is_at_home() const noexcept { return home == getpid(); }
    // Null: nobody sleeps there, so nobody has to ring.
    [[nodiscard]] Doorbell* bell_of_book() noexcept;
    // The host's own function, if it gave one.
    [[nodiscard]] LogWriter::Sink sink_of(Log host) const;
    void make_nets();
    void make_book(Callbacks callbacks);
    void make_control();
    void make_accounts(std::function<void(const AccountReport&)> on_account);
    void make_metrics();
    [[nodiscard]] std::uint64_t queued() const noexcept;
    void run_net(std::size_t i);
    void run_book();
    void run_fused();
    void run_control();
    [[nodiscard]] std::string on_instance(bool has_it);
    void start_threads();
    void end_hot_threads();
    void say(const std::string& text);
    void tell_plan();
    void put_on_huge_pages();
    void choose(const Config& asked);
    [[nodiscard]] std::optional<SymbolIndex> place(const std::string& native);
    [[nodiscard]] std::optional<SymbolIndex> find(const std::string& native) const noexcept;
    void set_up_thread(const ThreadSetup& setup, LogQueue& queue);

    // A host may have closed stdin, stdout or stderr: what it prints there must end neither in the segment nor in what
    // the loops wait on, whenever that is opened. The segment and sockets keep above by themselves, too, for a host
    // that closes them later.
    StdioPlaces taken;
    pid_t home = getpid();         // the process that made it; from the start on, the one that started it
    Parts* left_before = nullptr;  // of those that a forked process does not destroy
    Config config;
    ThreadPlan plan;
    LogWriter log;
    Segment segment;
    SegmentKeeper keeper;
    HandOver succession;
    std::optional<Waker> waker;  // none where there is no shared memory to wait for
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
    struct OwnReader {  // as any process reads the segment
        daypack_reader raw{};
        OwnReader() noexcept { raw.fd = -1; }
        ~OwnReader() { daypack_close(&raw); }
        OwnReader(const OwnReader&) = delete;
        OwnReader& operator=(const OwnReader&) = delete;
    };
    OwnReader metrics_reader;
    std::optional<MetricsServer> metrics;                  // where it is asked for
    std::vector<std::unique_ptr<AccountThread>> accounts;  // that are followed
    std::thread book_thread;
    std::thread control_thread;
    std::atomic<bool> net_running{false};      // the lines end first,
    std::atomic<bool> book_running{false};     // then the books,
    std::atomic<bool> control_running{false};  // and last who writes the log
    std::atomic<bool> asked_to_end{false};     // in a callback: the control thread ends the others
    enum class Life : std::uint8_t { made, running, ended };
    std::atomic<Life> life{Life::made};   // it runs until the control thread ends
    std::atomic<bool> is_joining{false};  // beside the engine that has the instance
    std::mutex ending;                    // of the hot threads
    bool ended = false;                   // an engine runs once
    std::mutex stopping;                  // of who waits for the threads' end
    mutable std::mutex choosing;          // of `chosen`, and of who starts the control thread
    Config chosen;                        // with the symbols as they are to be followed now
};

}  // namespace daypack::core
