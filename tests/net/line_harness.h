// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/backpack/subscribe_frame.h"
#include "net/base/clock.h"
#include "net/ws/line.h"
#include "tests/net/raw_server.h"

namespace daypack::core::test {

struct Listener final : LineListener {
    bool on_frame(std::string_view frame, const ReceiveTimes& at) override {
        ++offered;
        received = at;
        if (refuse) return false;
        last_byte_behind = frame.data()[frame.size() + 63];  // readable, which AddressSanitizer checks
        frames.emplace_back(frame);
        return true;
    }
    void on_up() override { ++ups; }
    void on_down(std::string_view why) override { downs.emplace_back(why); }

    [[nodiscard]] std::string why() const { return downs.empty() ? "" : downs.back(); }

    bool refuse = false;
    int offered = 0;
    ReceiveTimes received;  // of the last frame
    int ups = 0;
    char last_byte_behind = 0;
    std::vector<std::string> frames;
    std::vector<std::string> downs;
};

// An exchange that upgrades, notes what it receives, and answers pings and Close frames unless it is not to.
struct Exchange {
    explicit Exchange(boost::asio::io_context& io, const TlsContext* tls, std::uint16_t port = 0)
        : server(
              io, tls, [this](Peer& peer) { on_bytes(peer); }, port) {}

    void on_bytes(Peer& peer) {
        if (!upgraded[&peer]) {
            const auto head = peer.take_head();
            if (!head) return;
            heads.push_back(*head);
            if (!refusal.empty()) return peer.send(refusal);
            if (mute) return;
            upgraded[&peer] = true;
            peer.send(upgrade_answer(*head));
        }
        while (const auto frame = take_ws_frame(peer.in())) {
            if (frame->opcode == text) texts.push_back(frame->payload);
            if (frame->opcode == pong) pongs.push_back(frame->payload);
            if (frame->opcode == ping) ++pings;
            if (frame->opcode == ping) ping_payloads.push_back(frame->payload);
            if (frame->opcode == close) ++closes;
            if (mute) continue;
            if (frame->opcode == ping) peer.send(ws_frame(pong, frame->payload));
            if (frame->opcode == close) peer.send(ws_frame(close, frame->payload));
        }
    }
    Peer& peer() { return *server.peers().back(); }

    bool mute = false;    // takes everything and answers nothing
    std::string refusal;  // sent instead of an upgrade
    std::map<Peer*, bool> upgraded;
    std::vector<std::string> heads;
    std::vector<std::string> texts;
    std::vector<std::string> pongs;
    std::vector<std::string> ping_payloads;
    int pings = 0;
    int closes = 0;
    RawServer server;
};

LineOptions options_for(const Exchange& exchange, const TestTls* tls) {
    LineOptions options;
    options.urls = {parse_url(exchange.server.url(tls != nullptr ? "wss" : "ws"), UrlKind::websocket)};
    options.stream_frames = subscribe_frames;
    options.tls = tls != nullptr ? tls->client.get() : nullptr;
    return options;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// Gives a line its turn whenever `io` runs.
class Turns {
  public:
    Turns(boost::asio::io_context& io, Line& line) : timer_(io), line_(line) { take(); }

  private:
    void take() {
        timer_.expires_after(std::chrono::microseconds(200));
        timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
            if (error || alive.expired()) return;
            line_.do_work(mono_now());
            take();
        });
    }

    boost::asio::steady_timer timer_;
    Line& line_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// One line to one exchange, over TLS.
class LineTest : public testing::Test {
  protected:
    void make(LineOptions options) {
        turns.reset();
        line = std::make_unique<Line>(io, std::move(options), listener);
        turns = std::make_unique<Turns>(io, *line);
    }
    void make() { make(options_for(exchange, &tls)); }
    void come_up() {
        make();
        line->start();
        ASSERT_TRUE(run_until(io, [&] { return listener.ups == 1; }));
    }
    template <class Condition>
    bool until(Condition condition) {
        return run_until(io, condition);
    }
    bool down(std::string_view part) {
        const bool seen = until([&] { return !listener.downs.empty(); });
        return seen && contains(listener.downs.back(), part);
    }

    boost::asio::io_context io;
    TestTls tls;
    Exchange exchange{io, tls.server.get()};
    Listener listener;
    std::unique_ptr<Line> line;
    std::unique_ptr<Turns> turns;
};

}  // namespace daypack::core::test
