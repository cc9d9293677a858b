#include "tools/sim/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>

#include "net/stream.h"  // before Beast: makes Asio's TLS wolfSSL's

namespace daypack::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kRequestBytesMax = std::size_t{1} << 20;
constexpr int kPortTries = 200;

// Below the ports that the system gives to outgoing connections: else, while the exchange is away, a client that knocks
// might be given this very port and reach itself.
std::uint16_t some_port() {
    static std::random_device device;
    return static_cast<std::uint16_t>(18'000 + device() % 14'000);
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
    class Session;
    class Visit;

    Impl(asio::io_context& io_context, ServerHandler& server_handler)
        : io(io_context), handler(server_handler), acceptor(io_context) {}

    void listen();
    void accept();

    asio::io_context& io;
    ServerHandler& handler;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::uint64_t sessions_ever = 0;
    std::set<std::shared_ptr<Session>> sessions;  // WebSockets
    std::set<std::shared_ptr<Visit>> visits;      // HTTP so far
};

// One WebSocket. Its stream is not touched after finish().
class Server::Impl::Session final : public Connection, public std::enable_shared_from_this<Session> {
  public:
    Session(std::shared_ptr<Impl> server, Stream stream)
        : server_(std::move(server)), ordinal_(++server_->sessions_ever), ws_(std::move(stream)) {}

    void start(const http::request<http::string_body>& upgrade) {
        websocket::stream_base::timeout timeout{};
        timeout.handshake_timeout = std::chrono::seconds(10);
        timeout.idle_timeout = websocket::stream_base::none();
        timeout.keep_alive_pings = false;
        ws_.set_option(timeout);
        ws_.read_message_max(kRequestBytesMax);
        ws_.auto_fragment(false);  // the venue sends a message as one frame
        ws_.text(true);
        ws_.async_accept(upgrade, [self = shared_from_this()](error_code error) {
            if (error) return self->finish();
            self->server_->handler.on_open(*self);
            self->open_ = true;
            self->read();
        });
    }

    [[nodiscard]] std::uint64_t ordinal() const noexcept override { return ordinal_; }
    [[nodiscard]] std::size_t unsent_bytes() const noexcept override { return unsent_bytes_; }

    void send(Message message) override {
        if (closing_ || finished_) return;
        unsent_bytes_ += message->size();
        unsent_.push_back(std::move(message));
        if (!writing_) write();
    }

    void ping() override {
        if (!open_ || closing_ || std::exchange(pinging_, true)) return;
        ws_.async_ping({}, [self = shared_from_this()](error_code) { self->pinging_ = false; });
    }

    void close() override {
        if (finished_ || std::exchange(closing_, true)) return;
        if (!writing_) say_goodbye();
    }

    void cut() override { finish(); }

  private:
    void read() {
        ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_) return self->finish();
            const auto bytes = self->buffer_.cdata();
            if (!self->closing_) {
                self->server_->handler.on_message(*self, {static_cast<const char*>(bytes.data()), bytes.size()});
            }
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }

    void write() {
        writing_ = true;
        ws_.async_write(asio::buffer(*unsent_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) { self->written(error); });
    }

    void written(error_code error) {
        writing_ = false;
        if (error || finished_) return finish();
        const std::size_t before = unsent_bytes_;
        unsent_bytes_ -= unsent_.front()->size();
        unsent_.pop_front();
        if (!unsent_.empty()) {
            write();
        } else if (closing_) {
            return say_goodbye();
        }
        if (before > kLowWaterBytes && unsent_bytes_ <= kLowWaterBytes && !closing_) server_->handler.on_drained(*this);
    }

    void say_goodbye() {
        ws_.async_close({websocket::close_code::going_away},
                        [self = shared_from_this()](error_code) { self->finish(); });
    }

    void finish() {
        if (std::exchange(finished_, true)) return;
        const auto self = shared_from_this();
        ws_.next_layer().close();
        if (std::exchange(open_, false)) server_->handler.on_close(*this);
        server_->sessions.erase(self);
    }

    std::shared_ptr<Impl> server_;
    std::uint64_t ordinal_;
    websocket::stream<Stream> ws_;
    boost::beast::flat_buffer buffer_;
    std::deque<Message> unsent_;
    std::size_t unsent_bytes_ = 0;
    bool open_ = false;
    bool writing_ = false;
    bool pinging_ = false;
    bool closing_ = false;
    bool finished_ = false;
};

// One connection before it is a WebSocket: any number of HTTP requests.
class Server::Impl::Visit final : public std::enable_shared_from_this<Visit> {
  public:
    Visit(std::shared_ptr<Impl> server, Stream stream) : server_(std::move(server)), stream_(std::move(stream)) {}

    void start() {
        stream_.async_accept_tls([self = shared_from_this()](error_code error) {
            if (error) return self->finish();
            self->read();
        });
    }
    void cut() { finish(); }

  private:
    void read() {
        request_ = {};
        http::async_read(stream_, buffer_, request_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_) return self->finish();
            self->serve();
        });
    }

    void serve() {
        if (websocket::is_upgrade(request_)) {
            const auto session = std::make_shared<Session>(server_, std::move(stream_));
            server_->sessions.insert(session);
            finished_ = true;
            server_->visits.erase(shared_from_this());
            return session->start(request_);
        }
        Reply reply{405, "text/plain; charset=utf-8", "method not allowed"};
        const auto target = request_.target();
        if (request_.method() == http::verb::get) reply = server_->handler.on_request({target.data(), target.size()});
        response_.emplace(static_cast<http::status>(reply.status), request_.version());
        response_->set(http::field::content_type, reply.content_type);
        response_->keep_alive(request_.keep_alive());
        response_->body() = std::move(reply.body);
        response_->prepare_payload();
        http::async_write(stream_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_ || !self->response_->keep_alive()) return self->finish();
            self->read();
        });
    }

    void finish() {
        if (std::exchange(finished_, true)) return;
        const auto self = shared_from_this();
        stream_.shut();
        stream_.close();
        server_->visits.erase(self);
    }

    std::shared_ptr<Impl> server_;
    Stream stream_;
    boost::beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    std::optional<http::response<http::string_body>> response_;
    bool finished_ = false;
};

void Server::Impl::listen() {
    if (acceptor.is_open()) return;
    const bool any = port == 0;
    error_code error;
    for (int i = 0; i < (any ? kPortTries : 1); ++i) {
        const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), any ? some_port() : port);
        error_code ignored;
        acceptor.close(ignored);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error) {
            port = endpoint.port();
            return accept();
        }
    }
    acceptor.close();
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port) + " (" + error.message() +
                             "); choose another --port, or 0 for a free one");
}

void Server::Impl::accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        if (!error) {
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            const auto visit = std::make_shared<Visit>(self, Stream(std::move(socket), self->handler.next_tls()));
            self->visits.insert(visit);
            visit->start();
        }
        self->accept();
    });
}

Server::Server(asio::io_context& io, ServerHandler& handler, std::uint16_t port)
    : impl_(std::make_shared<Impl>(io, handler)) {
    impl_->port = port;
    impl_->listen();
}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
    return impl_->port;
}
void Server::listen() {
    impl_->listen();
}

void Server::stop_listening() {
    error_code ignored;
    impl_->acceptor.close(ignored);
}

void Server::ping_all() {
    for (const auto& session : impl_->sessions) session->ping();
}

void Server::close_all() {
    const auto sessions = impl_->sessions;  // closing takes them out
    for (const auto& session : sessions) session->close();
    const auto visits = impl_->visits;
    for (const auto& visit : visits) visit->cut();
}

void Server::cut_all() {
    const auto sessions = impl_->sessions;
    for (const auto& session : sessions) session->cut();
    const auto visits = impl_->visits;
    for (const auto& visit : visits) visit->cut();
}

}  // namespace daypack::sim
