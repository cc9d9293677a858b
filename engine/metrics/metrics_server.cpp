// SPDX-License-Identifier: MIT
#include "engine/metrics/metrics_server.h"

#include <pthread.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

#include "engine/threads/signal_guard.h"
#include "net/base/host_port.h"

namespace daypack::core {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kPatience{5};  // for a request, and for a page to be taken
constexpr std::chrono::milliseconds kFresh{100};
constexpr std::uint32_t kHeaderBytes = 8192;

// The page, made anew where the last one is old.
class CachedPage {
  public:
    explicit CachedPage(MetricsServer::Page make) : make_(std::move(make)) {}
    const std::string& get() {
        const auto now = std::chrono::steady_clock::now();
        if (text_.empty() || now - made_ > kFresh) {
            text_ = make_();
            made_ = now;
        }
        return text_;
    }

  private:
    MetricsServer::Page make_;
    std::string text_;
    std::chrono::steady_clock::time_point made_;
};

// One connection; it lives as long as something of it is under way.
class Visit : public std::enable_shared_from_this<Visit> {
  public:
    Visit(tcp::socket socket, CachedPage& page) : stream_(std::move(socket)), page_(page) {}

    void read() {
        parser_.emplace();
        parser_->header_limit(kHeaderBytes);
        stream_.expires_after(kPatience);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (error) return self->cut();
                                    self->answer();
                                });
    }
    void cut() noexcept {
        beast::error_code ignored;
        stream_.socket().close(ignored);
    }

  private:
    void answer() {
        const auto& request = parser_->get();
        answer_ = {http::status::ok, request.version()};
        answer_.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
        answer_.keep_alive(request.keep_alive() && parser_->is_done());  // a body is not read
        const bool is_head = request.method() == http::verb::head;
        const auto target = request.target().substr(0, request.target().find('?'));
        if (request.method() != http::verb::get && !is_head) {
            answer_.result(http::status::method_not_allowed);
            answer_.set(http::field::allow, "GET, HEAD");
        } else if (target == "/metrics") {
            answer_.body() = page_.get();
        } else if (target == "/") {
            answer_.body() = "daypack: /metrics\n";
        } else {
            answer_.result(http::status::not_found);
        }
        answer_.prepare_payload();
        if (is_head) answer_.body().clear();
        stream_.expires_after(kPatience);
        http::async_write(stream_, answer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error || !self->answer_.keep_alive()) return self->cut();
            self->read();
        });
    }

    beast::tcp_stream stream_;
    CachedPage& page_;
    beast::flat_buffer buffer_{kHeaderBytes};
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> answer_;
};

tcp::endpoint endpoint_of(asio::io_context& context, const std::string& address) {
    HostPort parsed;
    const std::string fault = parse_host_port(address, parsed);
    if (!fault.empty() || !parsed.port)
        throw std::runtime_error("is no address to listen on: write host:port, as in 127.0.0.1:9464");
    beast::error_code error;
    if (const auto ip = asio::ip::make_address(parsed.host, error); !error) return {ip, *parsed.port};
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(parsed.host, std::to_string(*parsed.port), error);
    if (error || found.empty())
        throw std::runtime_error("names a host that is not known (" + error.message() +
                                 "): write an address of this machine");
    return found.begin()->endpoint();
}

// What to do about it, by what the kernel said.
std::string remedy(const beast::error_code& error) {
    if (error == asio::error::address_in_use) {
        return "another program listens there (`ss -ltnp` shows which): stop it, or choose another port";
    }
    if (error == asio::error::access_denied) {
        return "this user may not take that port: choose one from 1024 on, or give it CAP_NET_BIND_SERVICE";
    }
    if (error == boost::system::errc::address_not_available) {
        return "no interface of this machine has that address (`ip address` shows which there are): choose one of "
               "them, 127.0.0.1 for this machine alone, or 0.0.0.0 for all";
    }
    return "choose another address or port";
}

}  // namespace

struct MetricsServer::Io {
    explicit Io(Page make) : page(std::move(make)) {}

    void listen(const std::string& address) {
        const tcp::endpoint endpoint = endpoint_of(context, address);
        beast::error_code error;
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error) throw std::runtime_error("cannot be had: " + error.message() + ": " + remedy(error));
    }
    // Without a descriptor left it tries again by and by: it must not turn in a circle.
    void accept() {
        acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (error) {
                pause.expires_after(std::chrono::milliseconds(100));
                return pause.async_wait([this](beast::error_code stopped) {
                    if (!stopped) accept();
                });
            }
            admit(std::move(socket));
            accept();
        });
    }
    void admit(tcp::socket socket) {
        std::erase_if(visits, [](const std::weak_ptr<Visit>& visit) { return visit.expired(); });
        if (visits.size() >= kConnections) {
            if (const auto oldest = visits.front().lock()) oldest->cut();
            visits.pop_front();
        }
        const auto visit = std::make_shared<Visit>(std::move(socket), page);
        visits.push_back(visit);
        visit->read();
    }

    CachedPage page;
    asio::io_context context{1};
    tcp::acceptor acceptor{context};
    asio::steady_timer pause{context};
    std::deque<std::weak_ptr<Visit>> visits;  // the oldest first
};

MetricsServer::MetricsServer(const std::string& address, Page page) : io_(std::make_unique<Io>(std::move(page))) {
    try {
        io_->listen(address);
    } catch (const std::exception& error) {
        throw std::runtime_error("metrics_listen \"" + address + "\" " + error.what());
    }
}

MetricsServer::~MetricsServer() {
    stop();
}

void MetricsServer::start() {
    const SignalGuard guard;
    io_->accept();
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "daypack-metrics");
        (void)setpriority(PRIO_PROCESS, 0, 10);  // of this thread alone: whoever trades goes first
        while (!io_->context.stopped()) {
            try {
                io_->context.run();
            } catch (const std::exception&) {  // no memory: one answer is lost, and the engine goes on
            }
        }
    });
}

void MetricsServer::stop() noexcept {
    if (!thread_.joinable()) return;
    io_->context.stop();
    thread_.join();
}

std::string MetricsServer::address() const {
    beast::error_code error;
    const tcp::endpoint endpoint = io_->acceptor.local_endpoint(error);
    const std::string host = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

}  // namespace daypack::core
