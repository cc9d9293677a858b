#include "net/web_socket.h"

#include <netinet/tcp.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <charconv>
#include <deque>
#include <utility>

#include "net/clock.h"
#include "net/harmless.h"
#include "net/retry_after.h"
#include "net/stream.h"

namespace daypack {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBufferBytes = 65'536;

std::string declined(const websocket::response_type& response) {
    const int status = static_cast<int>(response.result_int());
    const std::string said = "HTTP " + std::to_string(status) + " " + harmless(response.reason(), 40);
    if (status == 403 || status == 451) return said + ": " + region_refused("ws_urls");
    if (status == 429) return said + ": too many connections or requests from this address";
    if (status >= 300 && status < 400) {
        return said + ": redirects are not followed; it points to " + harmless(response[beast::http::field::location]);
    }
    if (status >= 500) return said + ": the server is not well";
    return said + ": no WebSocket is served under this address";
}

std::optional<int> retry_after_s(const websocket::response_type& response) {
    const auto text = response[beast::http::field::retry_after];
    return parse_retry_after({text.data(), text.size()}, wall_now());
}

std::string closed_by_server(const websocket::close_reason& reason) {
    std::string why = "closed by the server";
    if (reason.code != websocket::close_code::none) why += " (code " + std::to_string(reason.code);
    if (reason.code != websocket::close_code::none && !reason.reason.empty()) {
        why += ": " + harmless({reason.reason.data(), reason.reason.size()});
    }
    return reason.code != websocket::close_code::none ? why + ")" : why;
}

}  // namespace

// Lives as long as anything of it is under way; the listener may be gone before.
class WebSocket::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(Stream&& stream, const Url& url, std::size_t frame_bytes_max, WebSocketListener& listener)
        : ws_(std::move(stream)), url_(url), frame_bytes_max_(frame_bytes_max), listener_(&listener) {
        ws_.read_message_max(frame_bytes_max);
        ws_.auto_fragment(false);
        ws_.set_option(websocket::stream_base::decorator(
            [](websocket::request_type& request) { request.set(beast::http::field::user_agent, "daypack"); }));
        ws_.control_callback([this](websocket::frame_type kind, beast::string_view) {
            if (kind == websocket::frame_type::pong && listener_ != nullptr) listener_->on_pong();
        });
        buffer_.reserve(kReadBufferBytes);
    }

    void open() {
        ws_.async_handshake(response_, url_.host_header(), url_.path.empty() ? "/" : url_.path,
                            [self = shared_from_this()](error_code error) { self->on_upgrade(error); });
    }

    void send(std::string text) {
        outbox_.push_back(std::move(text));
        if (outbox_.size() == 1) write();
    }

    void ping() {
        if (pinging_ || closing_) return;
        pinging_ = true;
        ws_.async_ping({}, [self = shared_from_this()](error_code) { self->pinging_ = false; });
    }

    void resume() {
        if (!held_ || closing_ || listener_ == nullptr) return;
        held_ = false;
        deliver();
    }

    void close() {
        if (closing_) return;
        closing_ = true;
        ws_.async_close(websocket::close_code::normal, [self = shared_from_this()](error_code) {
            self->end({"closed by this side", 0, {}});
        });
    }

    void abandon() noexcept {
        listener_ = nullptr;
        ws_.next_layer().close();
    }

    [[nodiscard]] std::int64_t silent_ms() noexcept {
        tcp_info info{};
        socklen_t size = sizeof info;
        const int handle = ws_.next_layer().socket().native_handle();
        if (getsockopt(handle, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;  // a broken socket fails its read
        return info.tcpi_last_data_recv;
    }

    [[nodiscard]] bool held() const noexcept { return held_; }

  private:
    void on_upgrade(error_code error) {
        if (listener_ == nullptr) return;
        if (error == websocket::error::upgrade_declined) {
            return end({declined(response_), static_cast<int>(response_.result_int()), retry_after_s(response_)});
        }
        if (error) return end({"WebSocket upgrade failed: " + in_words(error), 0, {}});
        read();
        listener_->on_open();
    }

    void read() {
        ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
    }

    void on_read(error_code error) {
        if (listener_ == nullptr || closing_) return;  // what close() waits for tells of the end
        if (error) return end({in_words(error), 0, {}});
        buffer_.prepare(kFramePadding);
        receive_ = mono_now();
        deliver();
    }

    void deliver() {
        const auto bytes = buffer_.cdata();
        held_ = !listener_->on_frame({static_cast<const char*>(bytes.data()), bytes.size()}, receive_);
        if (held_ || closing_ || listener_ == nullptr) return;
        buffer_.consume(bytes.size());
        read();
    }

    void write() {
        ws_.async_write(boost::asio::buffer(outbox_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
    }

    void on_written(error_code error) {
        if (listener_ == nullptr || closing_) return;
        if (error == boost::asio::error::operation_aborted) return;  // the read knows better why, and says it
        if (error) return end({in_words(error), 0, {}});
        outbox_.pop_front();
        if (!outbox_.empty()) return write();
        listener_->on_sent();
    }

    void end(const WebSocketEnd& why) {
        WebSocketListener* const listener = std::exchange(listener_, nullptr);
        ws_.next_layer().close();
        if (listener != nullptr) listener->on_end(why);
    }

    [[nodiscard]] std::string in_words(error_code error) {
        if (error == websocket::error::closed) return closed_by_server(ws_.reason());
        if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
            return "a frame is larger than max_frame_bytes (" + std::to_string(frame_bytes_max_) + ")";
        }
        if (error == websocket::condition::protocol_violation) {
            return "the server breaks the WebSocket protocol: " + error.message();
        }
        return ws_.next_layer().in_words(error);
    }

    websocket::stream<Stream, false> ws_;  // false: no compression; it costs far more time than it saves
    Url url_;
    std::size_t frame_bytes_max_;
    WebSocketListener* listener_;  // null: nobody wants to hear of it any more
    websocket::response_type response_;
    beast::flat_buffer buffer_;
    MonoTime receive_;
    std::deque<std::string> outbox_;  // the front is being written
    bool pinging_ = false;
    bool closing_ = false;
    bool held_ = false;
};

WebSocket::WebSocket(std::unique_ptr<Stream> stream, const Url& url, std::size_t frame_bytes_max,
                     WebSocketListener& listener)
    : impl_(std::make_shared<Impl>(std::move(*stream), url, frame_bytes_max, listener)) {}

WebSocket::~WebSocket() {
    impl_->abandon();
}

void WebSocket::open() {
    impl_->open();
}
void WebSocket::send(std::string text) {
    impl_->send(std::move(text));
}
void WebSocket::ping() {
    impl_->ping();
}
void WebSocket::resume() {
    impl_->resume();
}
void WebSocket::close() {
    impl_->close();
}
std::int64_t WebSocket::silent_ms() const noexcept {
    return impl_->silent_ms();
}
bool WebSocket::held() const noexcept {
    return impl_->held();
}

}  // namespace daypack
