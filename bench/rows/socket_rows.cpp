// SPDX-License-Identifier: MIT
#include <time.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <thread>

#include "bench/rig/cores.h"
#include "bench/rig/receiver.h"
#include "bench/rig/schedule.h"
#include "bench/rig/sender.h"
#include "bench/rig/ticks.h"
#include "bench/rows/rows.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kOneWay = 4'000;  // messages a round
constexpr double kOneWay_gap_ns = 40'000;
constexpr std::size_t kBytesLeast = 200, kBytesMost = 300;  // of a message, its WebSocket header included

// Runs beside the calling thread, on the other core; what it throws comes out of join().
class SideThread {
  public:
    template <class Work>
    explicit SideThread(Work work)
        : thread_([this, work] {
              try {
                  (void)pin(cores().other);
                  work();
              } catch (...) {
                  failure_ = std::current_exception();
              }
          }) {}
    ~SideThread() {
        if (thread_.joinable()) thread_.join();
    }
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;
    void join() {
        thread_.join();
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    std::exception_ptr failure_;
    std::thread thread_;
};

// A sender, and both kinds of receivers connected to it.
class Connections {
  public:
    Connections() {
        SideThread accepting([this] { sender_.accept_wss(); });
        line_ = std::make_unique<LineReceiver>(sender_);
        accepting.join();
        plain_ = std::make_unique<PlainReceiver>(sender_);
        sender_.accept_plain();
    }
    ~Connections() = default;
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;
    [[nodiscard]] Sender& sender() noexcept { return sender_; }
    [[nodiscard]] LineReceiver& line() noexcept { return *line_; }
    [[nodiscard]] PlainReceiver& plain() noexcept { return *plain_; }

  private:
    Sender sender_;
    std::unique_ptr<LineReceiver> line_;
    std::unique_ptr<PlainReceiver> plain_;
};

// One of 200 to 300 bytes, as a depth frame of some levels has.
std::string some_message(const Input& input) {
    for (const Frames* frames : {&input.frames, &input.fives}) {
        for (std::size_t i = 0; i < frames->size(); ++i) {
            std::string frame = web_socket_frame((*frames)[i]);
            if (frame.size() >= kBytesLeast && frame.size() <= kBytesMost) return frame;
        }
    }
    return web_socket_frame(std::string(kBytesMost - 50, ' '));
}

// Messages one by one: send() on the other core, stamped before it; when each was there, by receive(count).
template <class Send, class Receive>
Percentiles one_way(std::size_t count, Send&& send, Receive&& receive, CoreShare (&shares)[2]) {
    std::vector<std::uint64_t> stamps(count);
    SideThread sending([&] {
        shares[1].begin();
        const Schedule schedule{ticks(), kOneWay_gap_ns / ns_per_tick()};
        run_paced(
            schedule, count, ticks, [](std::uint64_t) { relax(); },
            [&](std::size_t i) {
                stamps[i] = ticks();
                send();
            });
        shares[1].end();
    });
    shares[0].begin();
    const std::vector<std::uint64_t>& times = receive(count);
    shares[0].end();
    sending.join();
    Percentiles result;
    for (std::size_t i = count / 10; i < count; ++i) result.record(ns_between(stamps[i], times[i]));
    return result;
}

}  // namespace

std::vector<Row> wss_one_way(const Input& input) {
    if (!cores().two())
        return {unmeasured_row("wss_one_way", "ns", Row::Bound::most, 1, "its sender needs a core of its own")};
    constexpr double kMore_ns = 1'500;
    Connections connections;
    CoreShare shares[2];
    const std::string message = some_message(input);
    const std::size_t count = std::min(kOneWay, input.effort.frames);
    const auto secure = [&] {
        return one_way(
            count, [&] { return connections.sender().send(message); },
            [&](std::size_t n) -> const auto& { return connections.line().receive(n); }, shares);
    };
    const auto plain = [&] {
        return one_way(
            count, [&] { return connections.sender().send_plainly(message); },
            [&](std::size_t n) -> const auto& { return connections.plain().receive(n, message.size()); }, shares);
    };
    Percentiles all_secure, all_plain;
    std::vector<double> p50s, plain_p50s, ratios;
    (void)secure(), (void)plain();
    for (int round = 0; round < input.effort.rounds; ++round) {
        const Percentiles a = secure(), b = plain();
        all_secure.add(a), all_plain.add(b);
        p50s.push_back(a.at(0.5));
        plain_p50s.push_back(b.at(0.5));
        ratios.push_back(p50s.back() / (plain_p50s.back() + kMore_ns));
    }
    return {
        {.name = "wss_one_way",
         .value = median(p50s),
         .unit = "ns",
         .reference = median(plain_p50s),
         .ratio = median(ratios),
         .bound = Row::Bound::most,
         .target = 1,
         .what =
             std::to_string(message.size()) +
             " bytes over loopback, one TLS record, stamped before encryption, until the line has it, p50; ratio: to "
             "plain TCP and 1.5 µs",
         .curves = {{"wss to the line", all_secure}, {"plain TCP", all_plain}},
         .not_measured_because = shared_cores({shares[0].share(), shares[1].share()})}};
}

std::vector<Row> socket_frames(const Input& input) {
    if (!cores().two()) {
        const std::string why = "its sender needs a core of its own";
        return {unmeasured_row("socket_frames.cpu", "ns of CPU a frame", Row::Bound::most, 1'200, why),
                unmeasured_row("socket_frames.rate", "frames a second", Row::Bound::least, 500'000, why)};
    }
    Connections connections;
    std::vector<std::string> frames;
    for (std::size_t i = 0; i < input.frames.size(); ++i) frames.push_back(web_socket_frame(input.frames[i]));
    const std::vector<std::string_view> messages(frames.begin(), frames.end());
    const auto count = static_cast<double>(messages.size());
    std::vector<double> cpu_ns, rates, ceilings;
    CoreShare core;
    for (int round = -1; round < input.effort.rounds; ++round) {
        std::size_t bytes = 0;
        SideThread encrypting([&] { bytes = connections.sender().encrypt(messages); });
        encrypting.join();
        SideThread sending([&] { (void)connections.sender().send_encrypted(); });
        const double cpu = thread_cpu_ns();
        core.begin();
        const double ns = wall_ns_each([&] { return connections.line().receive(messages.size()).size(); });
        const double used = thread_cpu_ns() - cpu;
        core.end();
        sending.join();
        SideThread plainly([&] { (void)connections.sender().send_encrypted_plainly(); });
        const double ceiling_ns = wall_ns_each([&] {
            connections.plain().drain(bytes);
            return messages.size();
        });
        plainly.join();
        if (round < 0) continue;  // for the caches
        cpu_ns.push_back(used / count);
        rates.push_back(1e9 / ns);
        ceilings.push_back(1e9 / ceiling_ns);
    }
    const double ceiling = median(ceilings);
    Row rate{.name = "socket_frames.rate",
             .value = median(rates),
             .unit = "frames a second",
             .reference = ceiling,
             .bound = Row::Bound::least,
             .target = 500'000,
             .what = "the same; beside it what the sender can send to who only drains"};
    rate.spread = spread_of(rates);
    rate.not_measured_because =
        ceiling < *rate.target ? "the sender itself cannot send as many here" : shared_cores({core.share()});
    return {
        {.name = "socket_frames.cpu",
         .value = median(cpu_ns),
         .unit = "ns of CPU a frame",
         .bound = Row::Bound::most,
         .target = 1'200,
         .what =
             "the input's frames over wss as fast as they come, one TLS record each, encrypted beforehand, received by "
             "the line",
         .spread = spread_of(cpu_ns)},
        rate};
}

}  // namespace daypack::core::bench
