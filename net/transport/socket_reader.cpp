// SPDX-License-Identifier: MIT
#include "net/transport/socket_reader.h"

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace daypack::core {

std::size_t SocketReader::read(int socket, char* to, std::size_t size, error_code& error) noexcept {
    error = boost::asio::error::would_block;
    if (std::exchange(drained_, false)) return 0;
    std::ptrdiff_t count;
    do {
        count = kernel_times_ ? read_with_time(socket, to, size) : ::recv(socket, to, size, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count == 0) error = boost::asio::error::eof;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) error = {errno, boost::system::system_category()};
    if (count <= 0) return 0;
    error.clear();
    const auto got = static_cast<std::size_t>(count);
    drained_ = got < size;
    bytes_ += got;
    return got;
}

void SocketReader::keep_kernel_times(int socket) noexcept {
    const int on = 1;
    kernel_times_ = ::setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0;
}

std::ptrdiff_t SocketReader::read_with_time(int socket, char* to, std::size_t size) noexcept {
    iovec part{to, size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t count = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (count <= 0) return count;
    kernel_receive_ = {};
    const cmsghdr* const told = CMSG_FIRSTHDR(&message);
    if (told == nullptr || told->cmsg_level != SOL_SOCKET || told->cmsg_type != SCM_TIMESTAMPNS) return count;
    timespec time;
    std::memcpy(&time, CMSG_DATA(told), sizeof(time));
    kernel_receive_.ns = static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
    return count;
}

}  // namespace daypack::core
