// SPDX-License-Identifier: MIT
#include "tools/sim/server/session.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket.hpp>

namespace daypack::core::sim {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t kRequestBytesMax = std::size_t{1} << 20;

}  // namespace

Session::Session(asio::io_context& io, ServerHandler& handler, std::uint64_t ordinal, Stream stream,
                 std::function<void(const std::shared_ptr<Session>&)> gone)
    : io_(io),
      handler_(handler),
      ordinal_(ordinal),
      ws_(GatedStream(std::move(stream))),
      gone_(std::move(gone)),
      stalled_(io_),
      delay_timer_(io_),
      random_(ordinal) {}

void Session::start(const boost::beast::http::request<boost::beast::http::string_body>& upgrade) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::seconds(10);
    timeout.idle_timeout = websocket::stream_base::none();
    timeout.keep_alive_pings = false;
    ws_.set_option(timeout);
    ws_.read_message_max(kRequestBytesMax);
    ws_.auto_fragment(false);  // the venue sends a message as one frame
    ws_.text(true);
    ws_.async_accept(upgrade, [self = shared_from_this()](error_code error) {
        // It may have been cut between the last byte of the answer and this call, which knows of no error then.
        if (error || self->finished_) return self->finish();
        self->handler_.on_open(*self);
        self->open_ = true;
        self->read();
    });
}

void Session::send(Message message, Form form) {
    if (closing_ || finished_ || is_mute_) return;
    unsent_bytes_ += message->size();
    if (delay_ms_ == 0 && jitter_ms_ == 0 && delayed_.empty()) {
        unsent_.emplace_back(std::move(message), form);
        if (!writing_ && !is_stalled_) write();
        return;
    }
    const std::int64_t drawn_ms = jitter_ms_ == 0 ? 0 : random_.below(jitter_ms_ + 1);
    auto due = Clock::now() + std::chrono::milliseconds(delay_ms_ + drawn_ms);
    const bool first = delayed_.empty();
    if (!first) due = std::max(due, delayed_.back().due);
    delayed_.push_back({due, std::move(message), form});
    if (first) wait_for_delayed();
}

void Session::wait_for_delayed() {
    delay_timer_.expires_at(delayed_.front().due);
    delay_timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error && !self->finished_) self->release_delayed();
    });
}

void Session::release_delayed() {
    const auto now = Clock::now();
    for (; !delayed_.empty() && delayed_.front().due <= now; delayed_.pop_front()) {
        unsent_.emplace_back(std::move(delayed_.front().message), delayed_.front().form);
    }
    if (!delayed_.empty()) wait_for_delayed();
    if (!writing_ && !is_stalled_ && !unsent_.empty()) write();
}

void Session::delay(std::int64_t by_ms, std::int64_t jitter_ms) {
    delay_ms_ = by_ms;
    jitter_ms_ = jitter_ms;
}

void Session::stall(std::int64_t for_ms, bool deaf) {
    is_stalled_ = true;
    if (deaf) ws_.next_layer().be_deaf();
    if (for_ms == 0) return;
    stalled_.expires_after(std::chrono::milliseconds(for_ms));
    stalled_.async_wait([self = shared_from_this()](error_code error) {
        if (error || self->finished_) return;
        self->is_stalled_ = false;
        self->ws_.next_layer().hear_again();
        if (!self->writing_ && !self->unsent_.empty()) self->write();
    });
}

void Session::reset() {
    error_code ignored;
    ws_.next_layer().socket().set_option(asio::socket_base::linger(true, 0), ignored);
    finish();
}

void Session::ping() {
    if (!open_ || closing_ || is_stalled_ || std::exchange(pinging_, true)) return;
    ws_.async_ping({}, [self = shared_from_this()](error_code) { self->pinging_ = false; });
}

void Session::close() {
    if (finished_ || std::exchange(closing_, true)) return;
    if (!writing_ && delayed_.empty()) say_goodbye();
}

// Beast tells of a Close frame before it answers.
void Session::ignore_close() {
    ws_.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
        if (kind != websocket::frame_type::close) return;
        is_mute_ = true;
        ws_.next_layer().be_mute();
    });
}

void Session::read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
        if (error || self->finished_) return self->finish();
        const auto bytes = self->buffer_.cdata();
        if (!self->closing_) {
            self->handler_.on_message(*self, {static_cast<const char*>(bytes.data()), bytes.size()});
        }
        self->buffer_.consume(self->buffer_.size());
        self->read();
    });
}

void Session::write() {
    writing_ = true;
    const auto& [message, form] = unsent_.front();
    const auto written = [self = shared_from_this()](error_code error, std::size_t) { self->written(error); };
    if (form == Form::raw) return asio::async_write(ws_.next_layer(), asio::buffer(*message), written);
    ws_.text(form == Form::text);
    ws_.async_write(asio::buffer(*message), written);
}

void Session::written(error_code error) {
    writing_ = false;
    if (error || finished_) return finish();
    const std::size_t before = unsent_bytes_;
    unsent_bytes_ -= unsent_.front().first->size();
    unsent_.pop_front();
    if (!unsent_.empty()) {
        if (!is_stalled_) write();
    } else if (closing_ && delayed_.empty()) {
        return say_goodbye();
    }
    if (before > Server::kLowWaterBytes && unsent_bytes_ <= Server::kLowWaterBytes && !closing_) {
        handler_.on_drained(*this);
    }
}

void Session::say_goodbye() {
    ws_.async_close({websocket::close_code::going_away}, [self = shared_from_this()](error_code) { self->finish(); });
}

void Session::finish() {
    if (std::exchange(finished_, true)) return;
    const auto self = shared_from_this();
    stalled_.cancel();
    delay_timer_.cancel();
    ws_.next_layer().close();
    if (std::exchange(open_, false)) handler_.on_close(*this);
    gone_(self);
}

}  // namespace daypack::core::sim
