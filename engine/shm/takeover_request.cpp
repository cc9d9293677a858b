// SPDX-License-Identifier: MIT
#include "engine/shm/takeover_request.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "engine/include/daypack/shm.h"
#include "net/base/above_stdio.h"

namespace daypack::core {
namespace {

// Who asks, by the same words as the writer in the header of a segment.
struct Asker {
    std::uint64_t pid, start_ticks, namespaces;
};

[[nodiscard]] std::string path_of(const std::string& instance) {
    return "/dev/shm/.daypack." + instance + ".takeover";
}

[[nodiscard]] struct flock whole_file(short type) noexcept {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

[[nodiscard]] bool is_own_file(int fd) noexcept {
    struct stat status {};
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

}  // namespace

TakeoverRequest::TakeoverRequest(const std::string& instance) : path_(path_of(instance)) {
    fd_ = above_stdio(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    struct flock lock = whole_file(F_WRLCK);
    std::string fault;
    if (fd_ < 0) {
        fault = path_ + " cannot be opened (" + std::strerror(errno) + "): remove it";
    } else if (!is_own_file(fd_)) {
        fault = path_ + " was put there by another user, or is no file: have it removed";
    } else if (fcntl(fd_, F_OFD_SETLK, &lock) != 0) {
        fault = "another engine is taking over instance \"" + instance + "\" (pid " +
                std::to_string(asked_by(instance)) + "): wait for it, or stop it";
    }
    if (!fault.empty()) {
        if (fd_ >= 0) close(fd_);
        throw std::runtime_error(fault);
    }
    (void)fchmod(fd_, 0600);  // whatever the umask
    Asker self{static_cast<std::uint64_t>(getpid()), 0, daypack_namespaces()};
    if (daypack_read_process(self.pid, &self.start_ticks) != 1) self.start_ticks = 0;
    if (pwrite(fd_, &self, sizeof self, 0) != sizeof self) {
        close(fd_);
        throw std::runtime_error(path_ + " has no room: free some of /dev/shm");
    }
}

TakeoverRequest::~TakeoverRequest() {
    unlink(path_.c_str());  // still locked, so it is this one's
    close(fd_);
}

pid_t TakeoverRequest::asked_by(const std::string& instance) noexcept {
    std::array<char, 128> path{};
    (void)snprintf(path.data(), path.size(), "/dev/shm/.daypack.%s.takeover", instance.c_str());
    const int fd = open(path.data(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return 0;
    struct flock lock = whole_file(F_RDLCK);  // conflicts with a write lock alone
    Asker asker{};
    const bool asks = is_own_file(fd) && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK &&
                      pread(fd, &asker, sizeof asker, 0) == sizeof asker &&
                      daypack_has_ended(asker.pid, asker.start_ticks, asker.namespaces) == 0;
    close(fd);
    return asks ? static_cast<pid_t>(asker.pid) : 0;
}

}  // namespace daypack::core
