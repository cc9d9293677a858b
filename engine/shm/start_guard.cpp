// SPDX-License-Identifier: MIT
#include "engine/shm/start_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace daypack::core {
namespace {

std::mutex& process_mutex() {
    static std::mutex mutex;
    return mutex;
}

[[noreturn]] void in_the_way(const std::string& path, const std::string& why) {
    throw std::runtime_error(path + ", which keeps two engines from starting at once, " + why + ": remove it");
}

}  // namespace

StartGuard::StartGuard(const std::string& instance, std::chrono::milliseconds patience)
    : in_process_(process_mutex(), std::defer_lock), path_("/dev/shm/.daypack." + instance + ".start") {
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto take = [this] { return (in_process_.owns_lock() || in_process_.try_lock()) && try_lock(); };
    bool locked = take();
    while (!locked && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        locked = take();
    }
    if (!locked) {
        throw std::runtime_error("another engine of instance \"" + instance +
                                 "\" is just starting: stop it, or choose another --instance");
    }
}

// Whoever locks the file while it has its name has the guard; a file whose name was removed is another's of before.
bool StartGuard::try_lock() {
    const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0) in_the_way(path_, std::string("cannot be opened (") + std::strerror(errno) + ")");
    fd_ = fd;
    struct stat mine {};
    struct stat there {};
    if (fstat(fd, &mine) != 0 || !S_ISREG(mine.st_mode) || mine.st_uid != geteuid()) {
        const bool removed = unlink(path_.c_str()) == 0;
        close(std::exchange(fd_, -1));
        if (!removed) in_the_way(path_, "is of another user");
        return false;
    }
    (void)fchmod(fd, 0600);  // whatever the umask: a start that is killed leaves it to the next one
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(fd, F_SETLK, &lock) == 0 && lstat(path_.c_str(), &there) == 0 && there.st_dev == mine.st_dev &&
        there.st_ino == mine.st_ino) {
        return true;
    }
    close(std::exchange(fd_, -1));
    return false;
}

StartGuard::~StartGuard() {
    unlink(path_.c_str());  // still locked: whoever waits for this file finds that it has no name any more
    close(fd_);
}

}  // namespace daypack::core
