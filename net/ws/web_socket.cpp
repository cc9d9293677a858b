// SPDX-License-Identifier: MIT
#include "net/ws/web_socket.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "net/base/clock.h"
#include "net/base/printable.h"
#include "net/transport/stream.h"
#include "net/ws/frame_parser.h"
#include "net/ws/send_buffer.h"
#include "net/ws/upgrade.h"

namespace daypack::core {

using boost::system::error_code;

namespace {

constexpr int kShareARound = 64;  // of frames and reads

std::string closed_by_server(const FrameParser::Item& close) {
    std::string why = "closed by the server";
    if (close.code == FrameParser::kNoCode) return why;
    why += " (code " + std::to_string(close.code);
    if (!close.payload.empty()) why += ": " + printable(close.payload);
    return why + ")";
}

}  // namespace

// Lives as long as anything of it is under way; the listener may be gone before.
class WebSocket::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(std::unique_ptr<Stream> stream, const Url& url, std::size_t frame_bytes_max, WebSocketListener& listener)
        : stream_(std::move(stream)),
          url_(url),
          frame_bytes_max_(frame_bytes_max),
          listener_(&listener),
          walker_(frame_bytes_max) {}

    void open() {
        async_upgrade(*stream_, url_, [self = shared_from_this()](const Upgraded& upgraded) {
            if (self->listener_ == nullptr) return;
            if (!upgraded.why.empty()) {
                return self->end({upgraded.why, upgraded.http_status, upgraded.retry_after_s, upgraded.blocked});
            }
            self->begin(upgraded.behind);
        });
    }

    PollResult do_work(MonoTime now) {
        if (!open_) return PollResult::idle;
        flush();
        const std::uint64_t bytes = stream_->reader().bytes();
        stream_->ask_again();  // who hears that nothing is left may wait for the socket
        const PollResult found = read();
        if (stream_->reader().bytes() != bytes) last_byte_ = now;
        if (open_) flush();
        return found;
    }

    void wake_on_bytes() {
        if (!open_ || held_ || std::exchange(waking_, true)) return;
        stream_->socket().async_wait(Stream::Tcp::wait_read,
                                     [self = shared_from_this()](const error_code&) { self->waking_ = false; });
    }

    void send(std::string_view text) {
        outbox_.add(SendBuffer::text, text);
        sending_ = true;
    }
    bool ping(std::string_view payload) { return !closing_ && outbox_.add(SendBuffer::ping, payload); }
    void close() {
        if (std::exchange(closing_, true)) return;
        outbox_.add_close(kNormal);
        held_ = false;  // and what comes from here on is nobody's
    }

    void resume() {
        if (!held_ || listener_ == nullptr) return;
        deliver();
    }

    void abandon() noexcept {
        listener_ = nullptr;
        open_ = false;
        stream_->close();
    }

    [[nodiscard]] MonoTime last_byte() const noexcept { return last_byte_; }
    [[nodiscard]] bool held() const noexcept { return held_; }

  private:
    static constexpr std::uint16_t kNormal = 1000;

    void begin(std::string_view behind) {
        while (!behind.empty()) {  // no more than an HTTP header's worth
            const FrameParser::Room room = walker_.room();
            const std::size_t size = std::min(room.size, behind.size());
            std::memcpy(room.data, behind.data(), size);
            walker_.add(size);
            behind.remove_prefix(size);
        }
        received_.in_hand = last_byte_ = mono_now();
        open_ = true;
        listener_->on_open();
    }

    PollResult read() {
        int share = kShareARound;
        PollResult found = PollResult::idle;
        for (;;) {
            if (!hand_on(share)) return open_ ? PollResult::pending : PollResult::drained;
            if (--share <= 0) return PollResult::pending;
            FrameParser::Room room{};
            try {
                room = walker_.room();
            } catch (const std::bad_alloc&) {
                end({"out of memory for a large frame", 0, {}});
                return PollResult::drained;
            }
            error_code error;
            const std::size_t size = stream_->read_now(room.data, room.size, error);
            if (error == boost::asio::error::would_block) return found;
            if (error) {
                end({closing_ ? "closed by this side" : stream_->in_words(error), 0, {}});
                return PollResult::drained;
            }
            received_ = {mono_now(), stream_->reader().kernel_receive()};
            walker_.add(size);
            found = PollResult::drained;
        }
    }

    // False: there may be more in hand, but not for now.
    bool hand_on(int& share) {
        if (held_) return false;
        while (share > 0) {
            const FrameParser::Item item = walker_.next();
            switch (item.kind) {
                case FrameParser::Kind::none: return true;
                case FrameParser::Kind::message:
                    if (closing_) break;
                    frame_ = item.payload;
                    if (!deliver()) return false;
                    break;
                case FrameParser::Kind::ping:
                    if (closing_) break;
                    outbox_.add(SendBuffer::pong, item.payload);
                    listener_->on_ping();
                    break;
                case FrameParser::Kind::pong:
                    if (!closing_) listener_->on_pong(item.payload);
                    break;
                case FrameParser::Kind::close:
                case FrameParser::Kind::refused: finish(item); break;
            }
            if (!open_) return false;
            --share;
        }
        return false;
    }

    bool deliver() {
        held_ = false;
        const bool taken = listener_->on_frame(frame_, received_);
        held_ = !taken && open_ && !closing_;
        return open_ && !held_;
    }

    void finish(const FrameParser::Item& item) {
        const bool is_close = item.kind == FrameParser::Kind::close;
        if (!closing_) {
            outbox_.add_close(item.code == FrameParser::kNoCode ? kNormal : item.code);
            flush();
        }
        if (closing_) {
            end({"closed by this side", 0, {}});
        } else if (is_close) {
            end({closed_by_server(item), 0, {}});
        } else if (item.code == FrameParser::kTooBig) {
            end({"a frame is larger than max_frame_bytes (" + std::to_string(frame_bytes_max_) + ")", 0, {}});
        } else {
            end({"the server breaks the WebSocket protocol: " + std::string(item.payload), 0, {}});
        }
    }

    // A stream that does not take any more is not the end yet: reading knows better why, and says it.
    void flush() {
        if (outbox_.empty() && !stream_->unsent()) return;
        if (!outbox_.send(*stream_) || !std::exchange(sending_, false)) return;
        if (!closing_) listener_->on_sent();
    }

    void end(const WebSocketEnd& why) {
        open_ = false;
        held_ = false;
        WebSocketListener* const listener = std::exchange(listener_, nullptr);
        stream_->close();
        if (listener != nullptr) listener->on_end(why);
    }

    std::unique_ptr<Stream> stream_;
    Url url_;
    std::size_t frame_bytes_max_;
    WebSocketListener* listener_;  // null: nobody wants to hear of it any more
    FrameParser walker_;
    SendBuffer outbox_;
    std::string_view frame_;  // in hand, in the walker
    ReceiveTimes received_;   // of what was read last
    MonoTime last_byte_;
    bool open_ = false;
    bool sending_ = false;  // a message of the owner's
    bool closing_ = false;
    bool held_ = false;
    bool waking_ = false;
};

WebSocket::WebSocket(std::unique_ptr<Stream> stream, const Url& url, std::size_t frame_bytes_max,
                     WebSocketListener& listener)
    : impl_(std::make_shared<Impl>(std::move(stream), url, frame_bytes_max, listener)) {}

WebSocket::~WebSocket() {
    impl_->abandon();
}

void WebSocket::open() {
    impl_->open();
}
PollResult WebSocket::do_work(MonoTime now) {
    const std::shared_ptr<Impl> impl = impl_;  // the listener may destroy what this is a member of
    return impl->do_work(now);
}
void WebSocket::wake_on_bytes() {
    impl_->wake_on_bytes();
}
void WebSocket::send(std::string_view text) {
    impl_->send(text);
}
bool WebSocket::ping(std::string_view payload) {
    return impl_->ping(payload);
}
void WebSocket::resume() {
    const std::shared_ptr<Impl> impl = impl_;
    impl->resume();
}
void WebSocket::close() {
    impl_->close();
}
MonoTime WebSocket::last_byte() const noexcept {
    return impl_->last_byte();
}
bool WebSocket::held() const noexcept {
    return impl_->held();
}

}  // namespace daypack::core
