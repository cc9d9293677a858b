// SPDX-License-Identifier: MIT
#pragma once
#include <wolfssl/options.h>  // before Asio's TLS headers: makes them speak wolfSSL

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <utility>

#include "net/transport/tls_context.h"
#include "net/transport/tls_session.h"

namespace boost::beast {
enum class role_type;
}

namespace daypack::core {

// A TCP connection, plain or under TLS, behind one type: what reads and writes over it is compiled once, not twice.
// Who does not want to wait calls `read_now` and `write_now`. For the others it is what Asio calls an AsyncStream, and
// Beast's HTTP, and the WebSocket of the simulated exchange, run over it.
//
// Thread: the one that runs its executor.
// Use: connect or accept on `socket()`, then `async_handshake`, then read and write. Movable while nothing is under
// way. Handlers are callables `void(error_code, size_t)`, never called from within; completion tokens are not taken.
class Stream {
  public:
    using Tcp = boost::asio::ip::tcp::socket;
    using executor_type = Tcp::executor_type;
    using error_code = boost::system::error_code;

    // `tls` null: plain. It must outlive the stream.
    explicit Stream(Tcp socket, const TlsContext* tls = nullptr)
        : socket_(std::move(socket)), tls_(tls == nullptr ? nullptr : std::make_unique<TlsSession>(*tls)) {}
    Stream(boost::asio::io_context& io, const TlsContext* tls) : Stream(Tcp(io), tls) {}

    [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }
    [[nodiscard]] Tcp& socket() noexcept { return socket_; }
    // REQUIRES: is_tls().
    [[nodiscard]] WOLFSSL* tls_handle() noexcept { return tls_->handle(); }
    [[nodiscard]] executor_type get_executor() noexcept { return socket_.get_executor(); }

    // What is there now, at most `size` bytes; error `would_block` where that is nothing, which may be said without
    // asking the kernel, once after it gave all there was.
    [[nodiscard]] std::size_t read_now(char* to, std::size_t size, error_code& error) noexcept;
    // What can be taken now; `flush_now` sends on what has been taken and is not with the kernel yet.
    [[nodiscard]] std::size_t write_now(const char* from, std::size_t size, error_code& error) noexcept;
    void flush_now(error_code& error) noexcept;
    [[nodiscard]] bool unsent() const noexcept { return tls_ && tls_->unsent(); }
    // What the socket gave to `read_now`; of TLS whole records or not.
    [[nodiscard]] const SocketReader& reader() const noexcept { return tls_ ? tls_->reader() : reader_; }
    // See SocketReader, both. The second once it is connected.
    void ask_again() noexcept { mutable_reader().ask_again(); }
    void keep_kernel_times() noexcept { mutable_reader().keep_kernel_times(socket_.native_handle()); }

    // As a client of `host`, whose name the certificate must bear. A plain stream needs no handshake and goes on at
    // once. The handler is `void(error_code)`; `why_tls_failed` turns its error into words.
    template <class Handler>
    void async_connect_tls(const std::string& host, Handler&& handler) {
        const bool expected = !is_tls() || tls_->expect(host);
        async_handshake(TlsSession::Role::client, expected, std::forward<Handler>(handler));
    }
    // As a server.
    template <class Handler>
    void async_accept_tls(Handler&& handler) {
        async_handshake(TlsSession::Role::server, true, std::forward<Handler>(handler));
    }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        if (!is_tls()) return socket_.async_read_some(buffers, std::forward<Handler>(handler));
        boost::asio::mutable_buffer to;
        for (auto i = boost::asio::buffer_sequence_begin(buffers);
             to.size() == 0 && i != boost::asio::buffer_sequence_end(buffers); ++i) {
            to = *i;
        }
        until_done(
            [to](Stream& self, error_code& error) {
                return to.size() == 0 ? 0 : self.read_now(static_cast<char*>(to.data()), to.size(), error);
            },
            std::forward<Handler>(handler));
    }
    // Done when the kernel has it, so that who writes too fast is held back.
    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (!is_tls()) return socket_.async_write_some(buffers, std::forward<Handler>(handler));
        until_done(
            [buffers, taken = std::size_t{0}](Stream& self, error_code& error) mutable {
                if (taken == 0) taken = self.write_record(buffers, error);
                if (!error) self.flush_now(error);
                return taken;
            },
            std::forward<Handler>(handler));
    }

    // Why a client's handshake failed, in words for a log. REQUIRES: is_tls().
    [[nodiscard]] std::string why_tls_failed(const error_code& error) {
        return why_refused(tls_->handle(), tls_->peer(), error);
    }
    // Why reading, writing or connecting failed, in words for a log.
    [[nodiscard]] std::string in_words(const error_code& error);

    // Ends sending (the kernel still delivers what was written), then closes. Never waits; safe on a closed stream.
    void shut() noexcept;
    void close() noexcept;

  private:
    [[nodiscard]] SocketReader& mutable_reader() noexcept { return tls_ ? tls_->reader() : reader_; }
    // A message of several buffers goes into one record, as far as it fits.
    template <class Buffers>
    [[nodiscard]] std::size_t write_record(const Buffers& buffers, error_code& error) {
        const auto first = boost::asio::buffer_sequence_begin(buffers);
        const std::size_t size = boost::asio::buffer_size(buffers);
        if (size == 0) return 0;
        const boost::asio::const_buffer front(*first);
        if (front.size() == size) return write_now(static_cast<const char*>(front.data()), size, error);
        char record[kRecordBytes];
        return write_now(record, boost::asio::buffer_copy(boost::asio::buffer(record), buffers), error);
    }

    // Does `step` now and, as long as it would block, again whenever the socket is ready.
    template <class Step, class Handler>
    class Retried {
      public:
        Retried(Stream& stream, Step step, Handler handler)
            : stream_(stream), step_(std::move(step)), handler_(std::move(handler)) {}

        void start() && {
            if (!take_step()) return wait();
            const auto executor = stream_.get_executor();
            boost::asio::post(executor, [error = error_, size = size_, done = std::move(handler_)]() mutable {
                std::move(done)(error, size);
            });
        }
        // The socket is ready, or closed; then the stream may be gone too.
        void operator()(const error_code& error) {
            if (error) return std::move(handler_)(error, std::size_t{0});
            if (!take_step()) return wait();
            std::move(handler_)(error_, size_);
        }

      private:
        [[nodiscard]] bool take_step() {
            error_.clear();
            size_ = step_(stream_, error_);
            return error_ != boost::asio::error::would_block;
        }
        void wait() {
            Stream& stream = stream_;
            stream.socket_.async_wait(stream.unsent() ? Tcp::wait_write : Tcp::wait_read, std::move(*this));
        }

        Stream& stream_;
        Step step_;
        Handler handler_;
        error_code error_;
        std::size_t size_ = 0;
    };

    template <class Step, class Handler>
    void until_done(Step step, Handler&& handler) {
        Retried<Step, std::decay_t<Handler>>(*this, std::move(step), std::forward<Handler>(handler)).start();
    }
    template <class Handler>
    void async_handshake(TlsSession::Role role, bool expected, Handler&& handler) {
        until_done(
            [role, expected](Stream& self, error_code& error) {
                if (!expected) error = boost::asio::error::invalid_argument;
                if (!error && self.is_tls()) self.tls_->shake_hands(self.socket_.native_handle(), role, error);
                return std::size_t{0};
            },
            [done = std::forward<Handler>(handler)](const error_code& error, std::size_t) mutable {
                std::move(done)(error);
            });
    }

    static constexpr std::size_t kRecordBytes = 16'384;

    Tcp socket_;
    std::unique_ptr<TlsSession> tls_;  // null: plain
    SocketReader reader_;              // of a plain one
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

}  // namespace daypack::core
