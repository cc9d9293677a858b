// SPDX-License-Identifier: MIT
#include "engine/messages/patient_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "net/base/above_stdio.h"

namespace daypack::core {
namespace {

// Above the three that belong to the host, even where it closed one; -1: it cannot be opened.
int open_again(int fd) noexcept {
    char path[32];
    (void)std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return above_stdio(open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

PatientOutput::PatientOutput(int fd) noexcept : fd_(fd) {
    struct stat about {};
    if (fstat(fd, &about) != 0) return;
    socket_ = S_ISSOCK(about.st_mode);
    may_wait_ = !socket_;
    if (!S_ISFIFO(about.st_mode) && isatty(fd) == 0) return;
    const int again = open_again(fd);
    if (again < 0) return;
    fd_ = again;
    owned_ = true;
    may_wait_ = false;
}

PatientOutput::~PatientOutput() {
    if (owned_) close(fd_);
}

std::ptrdiff_t PatientOutput::write(std::string_view text, int wait_ms) noexcept {
    // What may wait is asked for room first. The others try: a socket that poll() calls full takes some lines yet.
    if (may_wait_ && !has_room(wait_ms)) return 0;
    const std::ptrdiff_t taken = try_write(text);
    if (taken != 0 || may_wait_ || !has_room(wait_ms)) return taken;
    return try_write(text);
}

bool PatientOutput::has_room(int wait_ms) const noexcept {
    pollfd room{fd_, POLLOUT, 0};
    return poll(&room, 1, wait_ms) > 0;
}

std::ptrdiff_t PatientOutput::try_write(std::string_view text) const noexcept {
    const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);  // so much fits where there is any room
    const ssize_t taken =
        socket_ ? send(fd_, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL) : ::write(fd_, text.data(), size);
    if (taken >= 0) return taken;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : kRefused;
}

}  // namespace daypack::core
