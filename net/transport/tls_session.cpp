// SPDX-License-Identifier: MIT
#include "net/transport/tls_session.h"

#include <sys/socket.h>
#include <wolfssl/options.h>  // before the rest of wolfSSL and Asio's TLS headers
#include <wolfssl/ssl.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>
#include <new>

#include "net/transport/tls_memory.h"

namespace daypack::core {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kRecordBytesMax = 16'384;
constexpr std::size_t kOutBytes = 2 * kRecordBytesMax;  // a record and its trimmings, so that it never grows after

boost::system::error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

}  // namespace

TlsSession::TlsSession(const TlsContext& context)
    : context_(context), tls_(wolfSSL_new(context.native().native_handle())), in_(std::make_unique<char[]>(kInBytes)) {
    keep_tls_memory();
    if (tls_ == nullptr) throw std::bad_alloc();
    out_.reserve(kOutBytes);
    wolfSSL_SSLSetIORecv(tls_, receive);
    wolfSSL_SSLSetIOSend(tls_, send);
    wolfSSL_SetIOReadCtx(tls_, this);
    wolfSSL_SetIOWriteCtx(tls_, this);
}

TlsSession::~TlsSession() {
    wolfSSL_free(tls_);
}

void TlsSession::shake_hands(int socket, Role role, error_code& error) noexcept {
    socket_ = socket;
    const int result = role == Role::client ? wolfSSL_connect(tls_) : wolfSSL_accept(tls_);
    error = result == WOLFSSL_SUCCESS ? error_code{} : cause(result);
    if (!error && role == Role::client && !peer_.asked) {
        peer_.refusal = "this build of wolfSSL lets nobody judge it; use Debian's libwolfssl";
        error = asio::ssl::error::unexpected_result;
    }
    if (!error || error == asio::error::would_block) {
        error_code broken;
        flush(socket, broken);
        if (broken) error = broken;
    }
}

std::size_t TlsSession::read(int socket, char* to, std::size_t size, error_code& error) noexcept {
    socket_ = socket;
    const int result = wolfSSL_read(tls_, to, static_cast<int>(std::min(size, kRecordBytesMax)));
    if (result > 0) {
        error.clear();
        return static_cast<std::size_t>(result);
    }
    error = cause(result);
    return 0;
}

std::size_t TlsSession::write(int socket, const char* from, std::size_t size, error_code& error) noexcept {
    flush(socket, error);
    if (error) return 0;
    const int result = wolfSSL_write(tls_, from, static_cast<int>(std::min(size, kRecordBytesMax)));
    if (out_error_) {
        error = out_error_;
        return 0;
    }
    if (result > 0) return static_cast<std::size_t>(result);
    error = cause(result);
    return 0;
}

void TlsSession::flush(int socket, error_code& error) noexcept {
    error = out_error_;
    while (!error && unsent()) {
        const ssize_t size = ::send(socket, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size >= 0) {
            sent_ += static_cast<std::size_t>(size);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            error = asio::error::would_block;
        } else if (errno != EINTR) {
            error = out_error_ = last_error();
        }
    }
    if (unsent()) return;
    out_.clear();
    sent_ = 0;
}

// wolfSSL's own words, unless it is the socket that failed: to wolfSSL that only looks like nothing to read.
TlsSession::error_code TlsSession::cause(int result) noexcept {
    switch (wolfSSL_get_error(tls_, result)) {
        case WOLFSSL_ERROR_WANT_READ: return in_error_ ? in_error_ : error_code(asio::error::would_block);
        case WOLFSSL_ERROR_ZERO_RETURN: return asio::error::eof;
        default: return asio::ssl::error::unexpected_result;
    }
}

// False: nothing is there now, or `in_error_`.
bool TlsSession::fill() noexcept {
    if (in_error_) return false;
    error_code error;
    begin_ = 0;
    end_ = reader_.read(socket_, in_.get(), kInBytes, error);
    if (error == asio::error::eof) error = asio::ssl::error::stream_truncated;
    if (error && error != asio::error::would_block) in_error_ = error;
    return end_ > 0;
}

int TlsSession::receive(WOLFSSL*, char* to, int size, void* self_) noexcept {
    TlsSession& self = *static_cast<TlsSession*>(self_);
    if (self.begin_ == self.end_ && !self.fill()) return WOLFSSL_CBIO_ERR_WANT_READ;
    const std::size_t count = std::min(static_cast<std::size_t>(size), self.end_ - self.begin_);
    std::memcpy(to, self.in_.get() + self.begin_, count);
    self.begin_ += count;
    return static_cast<int>(count);
}

int TlsSession::send(WOLFSSL*, char* from, int size, void* self_) noexcept {
    TlsSession& self = *static_cast<TlsSession*>(self_);
    try {
        self.out_.insert(self.out_.end(), from, from + size);
    } catch (const std::bad_alloc&) {  // only a handshake's flight is larger than what is reserved
        self.out_error_ = asio::error::no_memory;
    }
    error_code later;  // `out_error_` keeps what is worse than that the socket is full
    self.flush(self.socket_, later);
    return size;
}

}  // namespace daypack::core
