// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "tools/sim/market/random.h"
#include "tools/sim/server/gated_stream.h"
#include "tools/sim/server/server.h"

namespace daypack::core::sim {

// One WebSocket. Its stream is not touched after finish().
//
// Thread: the exchange's.
// Invariant: a message that was delayed leaves neither before its time nor before what was sent earlier.
class Session final : public Connection, public std::enable_shared_from_this<Session> {
  public:
    // `gone` is called once, when it has ended.
    Session(boost::asio::io_context& io, ServerHandler& handler, std::uint64_t ordinal, Stream stream,
            std::function<void(const std::shared_ptr<Session>&)> gone);

    void start(const boost::beast::http::request<boost::beast::http::string_body>& upgrade);

    [[nodiscard]] std::uint64_t ordinal() const noexcept override { return ordinal_; }
    [[nodiscard]] std::size_t unsent_bytes() const noexcept override { return unsent_bytes_; }
    void send(Message message, Form form) override;
    void stall(std::int64_t for_ms, bool deaf) override;
    void delay(std::int64_t by_ms, std::int64_t jitter_ms) override;
    void reset() override;
    void ping() override;
    void close() override;
    void ignore_close() override;
    void cut() override { finish(); }

  private:
    using Clock = std::chrono::steady_clock;
    struct Delayed {
        Clock::time_point due;
        Message message;
        Form form;
    };

    void read();
    void write();
    void written(boost::system::error_code error);
    void wait_for_delayed();
    void release_delayed();
    void say_goodbye();
    void finish();

    boost::asio::io_context& io_;
    ServerHandler& handler_;
    std::uint64_t ordinal_;
    boost::beast::websocket::stream<GatedStream> ws_;
    std::function<void(const std::shared_ptr<Session>&)> gone_;
    boost::beast::flat_buffer buffer_;
    std::deque<std::pair<Message, Form>> unsent_;
    std::size_t unsent_bytes_ = 0;  // what is delayed included
    boost::asio::steady_timer stalled_;
    std::deque<Delayed> delayed_;
    boost::asio::steady_timer delay_timer_;
    std::int64_t delay_ms_ = 0;
    std::int64_t jitter_ms_ = 0;
    Random random_;
    bool is_stalled_ = false;
    bool is_mute_ = false;  // the client's Close was not answered, and nothing leaves any more
    bool open_ = false;
    bool writing_ = false;
    bool pinging_ = false;
    bool closing_ = false;
    bool finished_ = false;
};

}  // namespace daypack::core::sim
