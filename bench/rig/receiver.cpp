// SPDX-License-Identifier: MIT
#include "bench/rig/receiver.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>

#include "bench/rig/ticks.h"
#include "net/backpack/subscribe_frame.h"
#include "net/ws/line.h"

namespace daypack::core::bench {
namespace {

constexpr std::int64_t kPatience_ns = 10'000'000'000;

// Says so where the far end is silent for too long; looks at the clock now and then only.
class Patience {
  public:
    void spend() {
        if (++rounds_ % 65'536 == 0 && mono_now() - end_ > 0) {
            throw std::runtime_error("the bench's messages do not arrive");
        }
    }

  private:
    MonoTime end_ = mono_now() + kPatience_ns;
    std::uint32_t rounds_ = 0;
};

}  // namespace

struct LineReceiver::Impl final : LineListener {
    Impl(const Sender& sender, std::function<void(std::string_view)> each_) : each(std::move(each_)) {
        LineOptions options;
        options.stream_frames = subscribe_frames;
        options.urls = {parse_url("wss://127.0.0.1:" + std::to_string(sender.port()), UrlKind::websocket)};
        options.tls = &sender.client_tls();
        options.ping_interval_ms = 0;
        options.line_dead_ms = 60'000;
        line = std::make_unique<Line>(io, std::move(options), *this);
        line->start();
        for (Patience patience; !up; patience.spend()) poll();
    }

    bool on_frame(std::string_view frame, const ReceiveTimes&) override {
        times.push_back(ticks());
        if (each) each(frame);
        return true;
    }
    void on_up() override { up = true; }
    void on_down(std::string_view why) override { broken = why; }

    // One turn of the loop that a network thread runs in spin mode.
    void poll() {
        if (line->needs_io()) io.poll_one();
        (void)line->do_work(mono_now());
    }

    std::function<void(std::string_view)> each;
    bool up = false;
    std::string broken;
    std::vector<std::uint64_t> times;
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
    std::unique_ptr<Line> line;
};

LineReceiver::LineReceiver(const Sender& sender, std::function<void(std::string_view)> each)
    : impl_(std::make_unique<Impl>(sender, std::move(each))) {}
LineReceiver::~LineReceiver() = default;

const std::vector<std::uint64_t>& LineReceiver::receive(std::size_t count) {
    impl_->times.clear();
    impl_->times.reserve(count);
    for (Patience patience; impl_->times.size() < count; patience.spend()) {
        impl_->poll();
        if (!impl_->broken.empty()) throw std::runtime_error("the bench's line broke: " + impl_->broken);
    }
    return impl_->times;
}

PlainReceiver::PlainReceiver(const Sender& sender) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(sender.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(handle_);
        throw std::runtime_error("the bench cannot connect over loopback");
    }
    constexpr int kOn = 1;
    (void)::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
}

PlainReceiver::~PlainReceiver() {
    ::close(handle_);
}

const std::vector<std::uint64_t>& PlainReceiver::receive(std::size_t count, std::size_t bytes) {
    times_.clear();
    times_.reserve(count);
    std::size_t have = 0;
    for (Patience patience; times_.size() < count; patience.spend()) {
        const ssize_t got = ::recv(handle_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (got <= 0) continue;
        const std::uint64_t now = ticks();
        for (have += static_cast<std::size_t>(got); have >= bytes && times_.size() < count; have -= bytes) {
            times_.push_back(now);
        }
    }
    return times_;
}

void PlainReceiver::drain(std::size_t bytes) {
    for (Patience patience; bytes > 0; patience.spend()) {
        const ssize_t got = ::recv(handle_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) throw std::runtime_error("the bench's plain connection broke");
        bytes -= static_cast<std::size_t>(got);
    }
}

}  // namespace daypack::core::bench
