// SPDX-License-Identifier: MIT
#include "tools/sim/server/server.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>

#include "tools/sim/server/session.h"

namespace daypack::core::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kPortTries = 200;

// Below the ports that the system gives to outgoing connections: else, while the exchange is away, a client that knocks
// might be given this very port and reach itself.
std::uint16_t some_port() {
    static std::random_device device;
    return static_cast<std::uint16_t>(18'000 + device() % 14'000);
}

std::string text_of(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
    class Visit;

    Impl(asio::io_context& io_context, ServerHandler& server_handler)
        : io(io_context), handler(server_handler), acceptor(io_context) {}

    void listen();
    void accept();

    asio::io_context& io;
    ServerHandler& handler;
    tcp::acceptor acceptor;
    asio::ip::address address;
    std::uint16_t port = 0;
    std::uint64_t sessions_ever = 0;
    std::set<std::shared_ptr<Session>> sessions;  // WebSockets
    std::set<std::shared_ptr<Visit>> visits;      // HTTP so far
};

// One connection before it is a WebSocket: any number of HTTP requests.
class Server::Impl::Visit final : public std::enable_shared_from_this<Visit> {
  public:
    Visit(std::shared_ptr<Impl> server, Stream stream)
        : server_(std::move(server)), stream_(std::move(stream)), timer_(server_->io) {}

    void receive(const ServerHandler::Reception& reception) {
        if (reception.refuse) return finish();
        if (reception.silent) return listen_in_silence();
        if (!reception.instead.empty()) return answer_below_tls(reception.instead);
        after_ms(reception.delay_ms, [](Visit& self) { self.start(); });
    }
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

    template <class Then>
    void after_ms(std::int64_t ms, Then then) {
        if (ms == 0) return then(*this);
        timer_.expires_after(std::chrono::milliseconds(ms));
        timer_.async_wait([self = shared_from_this(), then](error_code error) {
            if (!error && !self->finished_) then(*self);
        });
    }

    void serve() {
        const bool upgrade = websocket::is_upgrade(request_);
        const auto target = request_.target();
        if (upgrade) {
            reply_ = server_->handler.on_upgrade();
        } else if (request_.method() == http::verb::get) {
            reply_ = server_->handler.on_request({target.data(), target.size()}, credentials());
        } else {
            reply_ = {};
            reply_.status = 405;
            reply_.body = "method not allowed";
        }
        after_ms(reply_.delay_ms, [](Visit& self) { self.answer(); });
    }

    [[nodiscard]] Credentials credentials() const {
        const auto value = [this](const char* name) -> std::optional<std::string> {
            const auto found = request_.find(name);
            if (found == request_.end()) return std::nullopt;
            return std::string(found->value());
        };
        return {value("X-API-Key"), value("X-Signature"), value("X-Timestamp"), value("X-Window")};
    }

    void answer() {
        if (reply_.interim.empty()) return answer_at_last();
        raw_ = std::exchange(reply_.interim, {});
        asio::async_write(stream_, asio::buffer(raw_), [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_) return self->finish();
            self->answer_at_last();
        });
    }

    void answer_at_last() {
        switch (reply_.manner) {
            case Manner::silent: return listen_in_silence();
            case Manner::bad_accept:
                return write_raw(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
            case Manner::cut: return write_raw(head() + reply_.body.substr(0, reply_.body.size() / 2));
            case Manner::endless: return write_endless(head_without_length());
            case Manner::drip: return drip(head() + reply_.body, 0);
            case Manner::twice: return write_twice();
            case Manner::plain: break;
        }
        if (reply_.status == 101) return become_session();
        response_.emplace(static_cast<http::status>(reply_.status), request_.version());
        response_->set(http::field::content_type, reply_.content_type);
        for (const auto& [name, value] : reply_.headers) response_->insert(name, value);
        response_->keep_alive(request_.keep_alive());
        response_->body() = std::move(reply_.body);
        response_->prepare_payload();
        http::async_write(stream_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_ || !self->response_->keep_alive()) return self->finish();
            self->read();
        });
    }

    void become_session() {
        const auto session = std::make_shared<Session>(
            server_->io, server_->handler, ++server_->sessions_ever, std::move(stream_),
            [server = server_](const std::shared_ptr<Session>& gone) { server->sessions.erase(gone); });
        server_->sessions.insert(session);
        finished_ = true;
        server_->visits.erase(shared_from_this());
        session->start(request_);
    }

    [[nodiscard]] std::string head_without_length() const {
        return "HTTP/1.1 200 OK\r\nContent-Type: " + reply_.content_type + "\r\n\r\n";
    }
    [[nodiscard]] std::string head() const {
        return "HTTP/1.1 200 OK\r\nContent-Type: " + reply_.content_type +
               "\r\nContent-Length: " + std::to_string(reply_.body.size()) + "\r\n\r\n";
    }

    // Until the client goes away.
    void listen_in_silence() {
        stream_.socket().async_wait(asio::socket_base::wait_error,
                                    [self = shared_from_this()](error_code) { self->finish(); });
    }
    void write_raw(std::string bytes) {
        raw_ = std::move(bytes);
        asio::async_write(stream_, asio::buffer(raw_),
                          [self = shared_from_this()](error_code, std::size_t) { self->finish(); });
    }
    void write_twice() {
        const std::string once = head() + reply_.body;
        raw_ = once + once;
        asio::async_write(stream_, asio::buffer(raw_), [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_) return self->finish();
            self->read();
        });
    }
    void answer_below_tls(std::string_view bytes) {
        raw_.resize(4'096);
        stream_.socket().async_read_some(asio::buffer(raw_),
                                         [self = shared_from_this(), bytes](error_code error, std::size_t) {
                                             if (error || self->finished_) return self->finish();
                                             asio::async_write(self->stream_.socket(), asio::buffer(bytes),
                                                               [self](error_code, std::size_t) { self->finish(); });
                                         });
    }
    void write_endless(std::string bytes) {
        raw_ = std::move(bytes);
        asio::async_write(stream_, asio::buffer(raw_), [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->finished_) return self->finish();
            self->write_endless(std::string(65'536, ' '));
        });
    }
    void drip(std::string bytes, std::size_t at) {
        raw_ = std::move(bytes);
        asio::async_write(stream_, asio::buffer(raw_.data() + at, std::min<std::size_t>(raw_.size() - at, 1)),
                          [self = shared_from_this(), at](error_code error, std::size_t) {
                              if (error || self->finished_ || at + 1 >= self->raw_.size()) return self->finish();
                              self->after_ms(50, [at](Visit& visit) { visit.drip(std::move(visit.raw_), at + 1); });
                          });
    }

    void finish() {
        if (std::exchange(finished_, true)) return;
        const auto self = shared_from_this();
        timer_.cancel();
        stream_.shut();
        stream_.close();
        server_->visits.erase(self);
    }

    std::shared_ptr<Impl> server_;
    Stream stream_;
    boost::beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    std::optional<http::response<http::string_body>> response_;
    Reply reply_;
    std::string raw_;
    asio::steady_timer timer_;
    bool finished_ = false;
};

void Server::Impl::listen() {
    if (acceptor.is_open()) return;
    const bool any = port == 0;
    error_code error;
    for (int i = 0; i < (any ? kPortTries : 1); ++i) {
        const tcp::endpoint endpoint(address, any ? some_port() : port);
        error_code ignored;
        acceptor.close(ignored);
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error) {
            port = endpoint.port();
            return accept();
        }
        if (error == boost::system::errc::address_not_available) break;  // of no port
    }
    acceptor.close();
    if (error == boost::system::errc::address_not_available) {
        throw std::runtime_error("cannot listen on " + address.to_string() +
                                 ", which is no address of this machine; --bind 0.0.0.0 listens on all that it has");
    }
    const bool is_taken = error == asio::error::address_in_use;
    throw std::runtime_error(
        "cannot listen on " + text_of(tcp::endpoint(address, port)) + " (" + error.message() +
        "): " + (is_taken ? "stop the program that listens there (`ss -ltnp` shows which), or " : "") +
        "choose another --port, or 0 for a free one");
}

void Server::Impl::accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        if (!error) {
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            const ServerHandler::Reception reception = self->handler.on_connection();
            const auto visit = std::make_shared<Visit>(self, Stream(std::move(socket), reception.tls));
            self->visits.insert(visit);
            visit->receive(reception);
        }
        self->accept();
    });
}

Server::Server(asio::io_context& io, ServerHandler& handler, const std::string& address, std::uint16_t port)
    : impl_(std::make_shared<Impl>(io, handler)) {
    error_code error;
    impl_->address = asio::ip::make_address(address, error);
    if (error) throw std::runtime_error(address + " is no address to listen on; write one as in 127.0.0.1 or ::1");
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

}  // namespace daypack::core::sim
