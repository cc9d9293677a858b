// SPDX-License-Identifier: MIT
// A hot thread that spins, after its warm-up: what it asks of the kernel, of malloc and of the pager.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <thread>

#include "bench/rig/page_faults.h"
#include "engine/book_thread/book_agent.h"
#include "engine/book_thread/book_sink.h"
#include "engine/net_thread/net_agent.h"
#include "engine/threads/jail.h"
#include "net/backpack/subscribe_frame.h"
#include "net/base/clock.h"
#include "tests/net/line_harness.h"
#include "tests/support/sanitized.h"

namespace {

thread_local constinit bool counting = false;  // calls of this thread that reach malloc
std::atomic<std::uint64_t> malloc_calls{0};

[[maybe_unused]] void note() noexcept {  // not used under a sanitizer
    if (counting) malloc_calls.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// The sanitizers have a malloc of their own, which must not be replaced.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DAYPACK_OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DAYPACK_OWN_MALLOC 0
#endif
#endif
#ifndef DAYPACK_OWN_MALLOC
#define DAYPACK_OWN_MALLOC 1
#endif
#if DAYPACK_OWN_MALLOC
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

void* malloc(std::size_t size) noexcept {
    note();
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
    note();
    return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
    note();
    return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    note();
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    note();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    note();
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) noexcept {
    note();
    __libc_free(memory);
}
}
#endif

namespace daypack::core {
namespace {

using test::Exchange;
using test::kSanitized;
using test::ws_frame;

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// When the venue matched an update.
std::int64_t match_us(std::uint64_t id) {
    return 1'770'000'000'000'000 + static_cast<std::int64_t>(id);
}

std::string depth_frame(std::uint64_t id) {
    const std::string n = std::to_string(id);
    const std::string time = std::to_string(match_us(id));
    return R"({"data":{"E":)" + time + R"(,"T":)" + time + R"(,"U":)" + n + R"(,"a":[["137.)" +
           std::to_string(10 + id % 90) +
           R"(","12.5"],["138.01","0.00"],["139.55","4.20"]],"b":[["136.90","7.5"]],"e":"depth","s":"SOL_USDC","u":)" +
           n + R"(},"stream":"depth.SOL_USDC"})";
}

// An exchange in a thread of its own that sends as fast as it is read: each frame in a TLS record of its own, and now
// and then a ping. `lose_every`: of so many updates one is lost on its way; 0: none.
class Sender {
  public:
    explicit Sender(const TlsContext& tls, std::uint64_t lose_every = 0)
        : exchange_(io_, &tls),
          options_url_(exchange_.server.url("wss")),
          lose_every_(lose_every),
          thread_([this] { run(); }) {}
    ~Sender() {
        over_ = true;
        thread_.join();
    }
    [[nodiscard]] const std::string& url() const { return options_url_; }
    [[nodiscard]] std::uint64_t pongs() const { return pongs_; }
    [[nodiscard]] std::uint64_t last_id() const { return last_id_; }

  private:
    void run() {
        std::uint64_t id = 1;
        while (!over_) {
            io_.restart();
            io_.run_one_for(std::chrono::milliseconds(5));
            pongs_ = exchange_.pongs.size();
            if (exchange_.texts.empty()) continue;
            test::Peer& peer = exchange_.peer();
            while (peer.unsent_bytes() < 65'536 && !peer.ended()) {
                if (id % 500 == 0) peer.send(ws_frame(test::ping, "here?"));
                if (lose_every_ != 0 && id % lose_every_ == 0) ++id;
                peer.send(ws_frame(test::text, depth_frame(id)));
                last_id_ = id++;
            }
        }
    }

    boost::asio::io_context io_;
    Exchange exchange_;
    std::string options_url_;
    std::uint64_t lose_every_;
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> pongs_{0};
    std::atomic<std::uint64_t> last_id_{0};
    std::thread thread_;
};

// All that a network agent is wired to, and the agent.
struct World {
    World(const std::string& url, const TlsContext& tls) {
        (void)instruments.append({"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none, true});
        (void)segment.add_symbol("SOL-USDC", "SOL_USDC");
        subscriptions.set(0, true);
        NetAgent::Options options;
        options.idle = IdleMode::spin;
        options.channels = {Channel::depth};
        LineOptions line;
        line.stream_frames = subscribe_frames;
        line.urls = {parse_url(url, UrlKind::websocket)};
        line.tls = &tls;
        line.ping_interval_ms = 50;
        options.lines = {line};
        net.emplace(std::move(options),
                    NetAgent::Wiring{&instruments, &subscriptions, &sink, &log, &segment, health, &resubscribes});
        // where it is allowed; the pager of a machine without memory is not the thread's fault
        (void)mlockall(MCL_CURRENT);
    }
    ~World() {
        (void)munlockall();
        (void)shm_unlink(("/daypack." + instance).c_str());
    }

    const std::string instance = "hot_net." + std::to_string(getpid());
    InstrumentTable instruments{4};
    Subscriptions subscriptions{4};
    EventQueue events{4'096};
    QueueSink sink{events};
    LogQueue log{64};
    Segment segment{{instance, 16, 4, 64, 0600, {}}};
    LineHealth health[1];
    Resubscribes resubscribes{16};
    std::optional<NetAgent> net;
};

constexpr std::uint64_t kWarmUp = 30'000;
constexpr std::uint64_t kFrames = kSanitized ? 20'000 : 1'000'000;

struct Outcome {
    std::uint64_t frames = 0;
    std::uint64_t page_faults = 0;
    double cpu_ns_a_frame = 0;
    double seconds = 0;
    std::string refused;

    void expect_clean() const {
        EXPECT_GE(frames, kFrames);
        EXPECT_EQ(refused, "") << "system calls, by their number in <asm/unistd_64.h>";
        EXPECT_EQ(malloc_calls.load(), 0U) << "calls that reach malloc";
        if (!kSanitized) EXPECT_EQ(page_faults, 0U);
        std::printf("%.0f ns of CPU a frame, spinning included; %.0f frames a second\n", cpu_ns_a_frame,
                    static_cast<double>(frames) / seconds);
    }
};

// Runs `turn` on a thread in jail until `frames` says that all have come, and meanwhile `beside` on this one.
template <class Turn, class Beside>
Outcome run_hot(const std::atomic<std::uint64_t>& frames, Turn&& turn, Beside&& beside) {
    std::atomic<bool> done{false};
    Outcome outcome;
    malloc_calls = 0;
    std::thread hot([&] {
        const auto end = mono_now() + 300'000'000'000;
        const auto turn_until = [&](std::uint64_t count) {
            while (frames.load(std::memory_order_relaxed) < count && mono_now() < end) turn();
        };
        turn_until(kWarmUp);
        if (Jail::is_possible()) EXPECT_TRUE(Jail::enter()) << "this kernel has no seccomp filters";
        turn_until(2 * kWarmUp);  // with the first trap, if any, behind it
        Jail::forget();
        const std::uint64_t faults = bench::page_faults();
        const double cpu = cpu_seconds();
        const std::uint64_t from = frames;
        const MonoTime begin = mono_now();
        counting = true;
        turn_until(from + kFrames);
        counting = false;
        outcome.frames = frames - from;
        outcome.seconds = static_cast<double>(mono_now() - begin) / 1e9;
        outcome.cpu_ns_a_frame = (cpu_seconds() - cpu) * 1e9 / static_cast<double>(outcome.frames);
        outcome.page_faults = bench::page_faults() - faults;
        done = true;
        while (done) {
        }  // until the calls are counted: what ends a thread asks the kernel for more
    });
    while (!done) beside();
    outcome.refused = Jail::in_words();
    done = false;
    hot.join();
    return outcome;
}

TEST(HotNet, AThreadThatSpinsAsksNothingButRecvAndSendAndAllocatesNothing) {
    const test::TestTls tls;
    Sender sender(*tls.server);
    World world(sender.url(), *tls.client);
    std::atomic<std::uint64_t> popped{0};
    std::uint64_t last_id = 0;
    std::uint64_t wrong = 0;
    const Outcome outcome = run_hot(
        popped, [&] { world.net->do_work(mono_now()); },
        [&] {
            const Event* const event = world.events.front();
            if (event == nullptr) return std::this_thread::yield();
            // dropped, said and counted: the queue was full for too long, as on a machine with other things to do
            if (event->kind == EventKind::lost) last_id = 0;
            if (event->last && event->kind != EventKind::line_up && event->kind != EventKind::lost) {
                if (event->last_id != last_id + 1 && last_id != 0) ++wrong;
                last_id = event->last_id;
                popped.fetch_add(1, std::memory_order_relaxed);
            }
            world.events.pop();
        });
    outcome.expect_clean();
    EXPECT_EQ(wrong, 0U) << "a frame was lost without a word, or came twice";
    EXPECT_GT(sender.pongs(), kSanitized ? 50U : 1'000U);
}

// The book's half on the same thread, and updates lost on the way: this thread stands for the one that fetches.
TEST(HotNet, AFusedThreadDoesNeitherWhenBooksRejoin) {
    const test::TestTls tls;
    Sender sender(*tls.server, kFrames / 5);
    World world(sender.url(), *tls.client);
    Publisher publisher(world.segment);
    PendingPool pool(65'536);
    BookCommands to_book(16);
    SnapshotRequests requests(16);
    RetiredQueue spent(16);
    LogQueue log(64);
    std::atomic<std::uint64_t> applied{0};
    BookAgent books(
        {&world.instruments,
         &world.segment,
         &publisher,
         BookAgent::Input::calls,
         {{nullptr, &world.resubscribes, &world.net->backlog()}},
         &to_book,
         &requests,
         &spent,
         &log,
         &pool},
        {.stale_after_ns = 60'000'000'000, .audit_every_ns = 0},
        {.on_book = [&](const BookView&) { applied.fetch_add(1, std::memory_order_relaxed); }, .on_trade = {}});
    BookSink sink(books);
    world.net->write_to(sink);
    ASSERT_TRUE(to_book.push(FollowSymbol{0, &world.instruments[0], std::make_unique<Sync>(1'000, 16, pool)}));
    publisher.set_running();

    const Outcome outcome = run_hot(
        applied,
        [&] {
            world.net->do_work(mono_now());
            (void)books.do_work(mono_now());
        },
        [&] {
            RetiredBlocks done_with;
            while (spent.pop(done_with)) done_with = {};
            LogRecord record;
            while (log.pop(record)) {
            }
            SnapshotRequest request;
            if (!requests.pop(request)) return std::this_thread::yield();
            JoinSnapshot answer{request.symbol, request.request, std::make_unique<Snapshot>()};
            answer.snapshot->last_id = sender.last_id();
            answer.snapshot->timestamp.us = match_us(sender.last_id());
            answer.snapshot->bids = {{{13'690}, {750}}};  // what depth_frame() has set by then
            for (std::int64_t ticks = 13'710; ticks < 13'800; ++ticks)
                answer.snapshot->asks.push_back({{ticks}, {1'250}});
            answer.snapshot->asks.push_back({{13'955}, {420}});
            (void)to_book.push(std::move(answer));
        });
    outcome.expect_clean();
    EXPECT_GE(world.segment.symbol_counters(0).get(DAYPACK_SYMBOL_resyncs_gap), 2U);
}

}  // namespace
}  // namespace daypack::core
