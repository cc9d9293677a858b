// SPDX-License-Identifier: MIT
#include "engine/shm/start_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace daypack::core {
namespace {

std::mutex& process_mutex() {
    static std::mutex mutex;
    return mutex;
}

[[noreturn]] void in_the_way(const std::string& path, const std::string& why) {
    throw std::runtime_error(path + ", which keeps two engines from starting at once, " + why);
}

// What helps where the file can neither be opened nor made.
const char* remedy_of(int error) noexcept {
    switch (error) {
        case EROFS: return "mount /dev/shm so that it can be written";
        case ENOSPC: return "make room in /dev/shm";
        case EMFILE: return "raise the limit of open files (ulimit -n)";
        case ENFILE: return "raise fs.file-max, the machine's limit of open files";
        default: return "remove it, or see to it that this user may write to /dev/shm";
    }
}

// What another user put there, or what is no file. In /dev/shm only its owner and root may remove it.
void remove_strange(const std::string& path, uid_t owner) {
    if (unlink(path.c_str()) == 0 || errno == ENOENT) return;
    if (owner == geteuid()) in_the_way(path, "is no file: remove it");
    in_the_way(path, "was put there by another user (id " + std::to_string(owner) +
                         "): have root remove it, or choose another --instance");
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
    const int error = errno;
    struct stat mine {};
    struct stat there {};
    // Where one can be opened, or is not opened since it is another user's or no file.
    const bool known = fd >= 0 ? fstat(fd, &mine) == 0 : lstat(path_.c_str(), &mine) == 0;
    if (known && (!S_ISREG(mine.st_mode) || mine.st_uid != geteuid())) {
        if (fd >= 0) close(fd);
        remove_strange(path_, mine.st_uid);
        return false;
    }
    if (fd < 0)
        in_the_way(path_, std::string("cannot be ") + (known ? "opened (" : "made (") + std::strerror(error) +
                              "): " + remedy_of(error));
    fd_ = fd;
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
