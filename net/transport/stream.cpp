// SPDX-License-Identifier: MIT
#include "net/transport/stream.h"

#include <sys/socket.h>

#include <boost/asio/ssl/error.hpp>
#include <cerrno>

#include "net/transport/fast_aes.h"

namespace daypack::core {

std::size_t Stream::read_now(char* to, std::size_t size, error_code& error) noexcept {
    if (is_tls()) return tls_->read(socket_.native_handle(), to, size, error);
    return reader_.read(socket_.native_handle(), to, size, error);
}

std::size_t Stream::write_now(const char* from, std::size_t size, error_code& error) noexcept {
    if (is_tls()) return tls_->write(socket_.native_handle(), from, size, error);
    ssize_t count;
    do {
        count = ::send(socket_.native_handle(), from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    error.clear();
    if (count >= 0) return static_cast<std::size_t>(count);
    error = {errno, boost::system::system_category()};
    if (errno == EAGAIN || errno == EWOULDBLOCK) error = boost::asio::error::would_block;
    return 0;
}

void Stream::flush_now(error_code& error) noexcept {
    error.clear();
    if (is_tls()) tls_->flush(socket_.native_handle(), error);
}

std::string Stream::in_words(const error_code& error) {
    namespace cause = boost::asio::error;
    if (error == cause::connection_refused) return "connection refused: nothing listens there";
    if (error == cause::host_unreachable || error == cause::network_unreachable) {
        return "not reachable from this machine's network";
    }
    if (error == cause::eof || error == boost::asio::ssl::error::stream_truncated) {
        return "the server ended the connection";
    }
    if (error == cause::connection_reset || error == cause::broken_pipe) return "the server reset the connection";
    if (error == cause::operation_aborted || error == cause::bad_descriptor) return "ended by this side";
    const bool from_tls = error.category() == cause::get_ssl_category() ||
                          error.category() == boost::asio::ssl::error::get_stream_category();
    return from_tls && is_tls() ? "the TLS connection broke: " + why_broken(tls_handle()) : error.message();
}

void Stream::shut() noexcept {
    error_code ignored;  // the peer may have gone first
    socket().shutdown(Tcp::shutdown_send, ignored);
}

void Stream::close() noexcept {
    error_code ignored;
    socket().close(ignored);
    if (is_tls()) forget_keys();
}

void teardown(boost::beast::role_type, Stream& stream, boost::system::error_code& error) {
    stream.shut();
    error = {};
}

void beast_close_socket(Stream& stream) {
    stream.close();
}

}  // namespace daypack::core
