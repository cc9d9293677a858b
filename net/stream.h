#pragma once
#include <wolfssl/options.h>  // before Asio's TLS headers: makes them speak wolfSSL

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>
#include <utility>
#include <variant>

#include "net/tls.h"

namespace boost::beast {
enum class role_type;
}

namespace daypack {

// A TCP connection, plain or under TLS, behind one type: what reads and writes over it is compiled once, not twice.
// It is what Asio calls an AsyncStream and a SyncStream, and Beast's WebSocket and HTTP run over it at both ends.
//
// Thread: the one that runs its executor.
// Use: connect or accept on `socket()`, then `async_handshake`, then read and write. Movable while nothing is under
// way. Handlers are callables `void(error_code, size_t)`; completion tokens are not taken.
class Stream {
  public:
    using Tcp = boost::asio::ip::tcp::socket;
    using Tls = boost::asio::ssl::stream<Tcp>;
    using executor_type = Tcp::executor_type;
    using error_code = boost::system::error_code;

    // `tls` null: plain. It must outlive the stream.
    explicit Stream(Tcp socket, const TlsContext* tls = nullptr) : layer_(make(std::move(socket), tls)) {}
    Stream(boost::asio::io_context& io, const TlsContext* tls) : Stream(Tcp(io), tls) {}

    [[nodiscard]] bool is_tls() const noexcept { return layer_.index() == 1; }
    [[nodiscard]] Tcp& socket() noexcept { return is_tls() ? std::get<1>(layer_).next_layer() : std::get<0>(layer_); }
    // REQUIRES: is_tls().
    [[nodiscard]] WOLFSSL* tls_handle() noexcept { return std::get_if<1>(&layer_)->native_handle(); }
    [[nodiscard]] executor_type get_executor() noexcept { return socket().get_executor(); }

    // As a client of `host`, whose name the certificate must bear. A plain stream needs no handshake and goes on at
    // once. The handler is `void(error_code)`; `why_refused` turns its error into words.
    template <class Handler>
    void async_connect_tls(const std::string& host, Handler&& handler) {
        if (is_tls() && !expect_host(tls_handle(), host)) {
            complete(boost::asio::error::make_error_code(boost::asio::error::invalid_argument),
                     std::forward<Handler>(handler));
            return;
        }
        async_handshake(boost::asio::ssl::stream_base::client, std::forward<Handler>(handler));
    }
    // As a server.
    template <class Handler>
    void async_accept_tls(Handler&& handler) {
        async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
    }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        if (is_tls()) {
            std::get_if<1>(&layer_)->async_read_some(buffers, std::forward<Handler>(handler));
        } else {
            std::get_if<0>(&layer_)->async_read_some(buffers, std::forward<Handler>(handler));
        }
    }
    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (is_tls()) {
            std::get_if<1>(&layer_)->async_write_some(buffers, std::forward<Handler>(handler));
        } else {
            std::get_if<0>(&layer_)->async_write_some(buffers, std::forward<Handler>(handler));
        }
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, error_code& error) {
        return is_tls() ? std::get_if<1>(&layer_)->read_some(buffers, error)
                        : std::get_if<0>(&layer_)->read_some(buffers, error);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, error_code& error) {
        return is_tls() ? std::get_if<1>(&layer_)->write_some(buffers, error)
                        : std::get_if<0>(&layer_)->write_some(buffers, error);
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        error_code error;
        const std::size_t size = read_some(buffers, error);
        if (error) throw boost::system::system_error(error);
        return size;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        error_code error;
        const std::size_t size = write_some(buffers, error);
        if (error) throw boost::system::system_error(error);
        return size;
    }

    // Why reading, writing or connecting failed, in words for a log.
    [[nodiscard]] std::string in_words(const error_code& error);

    // Ends sending (the kernel still delivers what was written), then closes. Never waits; safe on a closed stream.
    void shut() noexcept;
    void close() noexcept;

  private:
    using Layer = std::variant<Tcp, Tls>;

    static Layer make(Tcp&& socket, const TlsContext* tls) {
        if (tls == nullptr) return Layer(std::in_place_index<0>, std::move(socket));
        return Layer(std::in_place_index<1>, std::move(socket), tls->native());
    }
    template <class Handler>
    void async_handshake(boost::asio::ssl::stream_base::handshake_type type, Handler&& handler) {
        if (is_tls()) {
            std::get_if<1>(&layer_)->async_handshake(type, std::forward<Handler>(handler));
        } else {
            complete(error_code{}, std::forward<Handler>(handler));
        }
    }
    template <class Handler>
    void complete(error_code error, Handler&& handler) {
        boost::asio::post(get_executor(),
                          [error, done = std::forward<Handler>(handler)]() mutable { std::move(done)(error); });
    }

    Layer layer_;
};

// What Beast asks of a stream that it does not know (found by argument-dependent lookup): how to end it when WebSocket
// has said good-bye. Both Close frames have passed by then, so that nothing is left to wait for, TLS' own farewell
// included.
void teardown(boost::beast::role_type role, Stream& stream, boost::system::error_code& error);
template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
    stream.shut();
    boost::asio::post(stream.get_executor(), [done = std::forward<Handler>(handler)]() mutable {
        std::move(done)(boost::system::error_code{});
    });
}
void beast_close_socket(Stream& stream);

}  // namespace daypack
