// SPDX-License-Identifier: MIT
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace daypack::core {

// Moves a descriptor that was just opened above those of stdin, stdout and stderr: where one of these is closed it may
// have got that number, and what the process prints would go into it. Returns the descriptor to use, the same where it
// stood above already; -1 with errno: there is no more, and the one given is closed.
[[nodiscard]] inline int above_stdio(int fd) noexcept {
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    const int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    close(fd);
    errno = error;
    return above;
}

}  // namespace daypack::core
