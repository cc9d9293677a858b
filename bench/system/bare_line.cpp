// SPDX-License-Identifier: MIT
#include "bench/system/bare_line.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "net/backpack/subscribe_frame.h"
#include "net/base/clock.h"
#include "net/ws/line.h"
#include "tools/sim/options.h"

namespace daypack::core::bench {
namespace {

constexpr std::chrono::milliseconds kWait{10};  // as a network thread of the engine
constexpr std::chrono::seconds kPatience{10};

// The venue's time of the match; 0: no depth frame.
std::int64_t match_us_of(std::string_view frame) noexcept {
    constexpr std::string_view kEvent = R"("e":"depth")";
    constexpr std::string_view kTime = R"("T":)";
    if (frame.find(kEvent) == std::string_view::npos) return 0;
    const auto at = frame.find(kTime);
    std::int64_t us = 0;
    if (at == std::string_view::npos) return 0;
    (void)std::from_chars(frame.data() + at + kTime.size(), frame.data() + frame.size(), us);
    return us;
}

}  // namespace

struct BareLine::Shared {
    enum : std::uint32_t { connecting, idle, measuring, quitting };

    alignas(64) std::atomic<std::uint32_t> command;   // of the parent
    alignas(64) std::atomic<std::uint32_t> doing;     // release: pairs with the acquire in measure()
    alignas(64) std::atomic<std::uint64_t> sequence;  // of the two behind it, odd while they are written
    std::atomic<std::int64_t> match_us;
    std::atomic<std::int64_t> visible_ns;
    alignas(64) std::size_t count;  // of samples; the child's while it measures
    std::array<std::int64_t, kSamplesMax> samples;

    void publish(std::int64_t us) noexcept {
        const std::uint64_t before = sequence.load(std::memory_order_relaxed);
        sequence.store(before + 1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        const std::int64_t now = wall_now().ns;
        match_us.store(us, std::memory_order_relaxed);
        visible_ns.store(now, std::memory_order_relaxed);
        sequence.store(before + 2, std::memory_order_release);
        if (doing.load(std::memory_order_relaxed) == measuring && count < samples.size()) {
            samples[count++] = now - (us + sim::kVenueLagUs) * 1'000;
        }
    }
};

// What the other process does.
class BareLine::Loop final : public LineListener {
  public:
    Loop(Shared& shared, const std::string& url, const std::string& ca_file, const std::vector<std::string>& streams)
        : shared_(shared), tls_(TlsContext::client(ca_file)) {
        LineOptions options;
        options.stream_frames = subscribe_frames;
        options.urls = {parse_url(url, UrlKind::websocket)};
        options.tls = &tls_;
        line_ = std::make_unique<Line>(io_, std::move(options), *this);
        line_->subscribe(streams);
        line_->start();
    }

    void run() {
        while (shared_.command.load(std::memory_order_acquire) != Shared::quitting) {
            const std::uint32_t command = shared_.command.load(std::memory_order_acquire);
            if (up_ && command != shared_.doing.load(std::memory_order_relaxed)) {
                shared_.doing.store(command, std::memory_order_release);  // pairs with the acquire in measure()
            }
            std::size_t handled = 0;
            if (line_->needs_io()) handled = io_.poll();
            if (line_->do_work(mono_now()) != PollResult::idle || handled != 0) continue;
            line_->wake_on_bytes();
            io_.run_one_for(kWait);
        }
    }

    bool on_frame(std::string_view frame, const ReceiveTimes&) override {
        if (const std::int64_t us = match_us_of(frame); us != 0) shared_.publish(us);
        return true;
    }
    void on_up() override { up_ = true; }
    void on_down(std::string_view) override { up_ = false; }

  private:
    Shared& shared_;
    TlsContext tls_;
    bool up_ = false;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    std::unique_ptr<Line> line_;
};

BareLine::BareLine(const std::string& url, const std::string& ca_file, const std::vector<std::string>& streams) {
    void* const memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("the bench has no memory for its bare line");
    shared_ = new (memory) Shared;  // all zeroes
    shared_->command.store(Shared::idle, std::memory_order_relaxed);
    const pid_t parent = getpid();
    child_ = fork();
    if (child_ < 0) {
        const int error = errno;
        munmap(shared_, sizeof(Shared));
        throw std::system_error(error, std::generic_category(), "the bench cannot start a process for its bare line");
    }
    if (child_ == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);  // it was gone before that was said
        try {
            Loop(*shared_, url, ca_file, streams).run();
        } catch (const std::exception&) {
            _exit(1);
        }
        _exit(0);
    }
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (child_ > 0 && shared_->doing.load(std::memory_order_acquire) != Shared::idle) {
        if (std::chrono::steady_clock::now() > end || waitpid(child_, nullptr, WNOHANG) == child_) {
            (void)kill(child_, SIGKILL);
            (void)waitpid(child_, nullptr, 0);
            child_ = -1;
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    if (child_ > 0) return;
    munmap(shared_, sizeof(Shared));
    throw std::runtime_error("the bench's bare line does not get connected to " + url);
}

BareLine::~BareLine() {
    shared_->command.store(Shared::quitting, std::memory_order_release);
    (void)waitpid(child_, nullptr, 0);
    munmap(shared_, sizeof(Shared));
}

std::vector<std::int64_t> BareLine::measure(int for_ms) {
    const auto tell = [this](std::uint32_t command) {
        shared_->command.store(command, std::memory_order_release);
        while (shared_->doing.load(std::memory_order_acquire) != command) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (waitpid(child_, nullptr, WNOHANG) == child_) throw std::runtime_error("the bench's bare line ended");
        }
    };
    shared_->count = 0;
    tell(Shared::measuring);
    std::this_thread::sleep_for(std::chrono::milliseconds(for_ms));
    tell(Shared::idle);
    return {shared_->samples.begin(),
            shared_->samples.begin() + static_cast<std::ptrdiff_t>(std::min(shared_->count, shared_->samples.size()))};
}

}  // namespace daypack::core::bench
