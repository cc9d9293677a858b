// SPDX-License-Identifier: MIT
#include "engine/shm/waker.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <stdexcept>

#include "engine/include/daypack/shm.h"
#include "engine/shm/shm_limits.h"
#include "net/base/above_stdio.h"

namespace daypack::core {
namespace {

constexpr mode_t kOfOwner = S_IRUSR | S_IWUSR;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + " (" + std::strerror(errno) + ")");
}

}  // namespace

Waker::Waker(const std::string& instance, const ShmAccess& access)
    : path_("/dev/shm/daypack." + instance + ".wake"), made_by_(getpid()) {
    try {
        open(access);
    } catch (const std::runtime_error& error) {
        trouble_ = path_ + " " + error.what() + ": readers that wait look by themselves, every millisecond";
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }
}

// A file that an engine before left is taken as it is: readers sleep on it. Whoever squats the name keeps it.
void Waker::open(const ShmAccess& access) {
    fd_ = above_stdio(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kOfOwner));
    if (fd_ < 0) fail("cannot be opened");
    struct stat file {};
    if (fstat(fd_, &file) != 0 || !S_ISREG(file.st_mode) || file.st_uid != geteuid()) {
        throw std::runtime_error("is no file of this user; remove it");
    }
    const auto group = access.group.empty() ? std::nullopt : find_group(access.group);
    if (group && fchown(fd_, static_cast<uid_t>(-1), *group) != 0) fail("cannot be given to shm_group");
    if (fchmod(fd_, access.mode | kOfOwner) != 0) fail("cannot be given its mode");
    if (file.st_size < off_t{DAYPACK_WAKE_BYTES} && ftruncate(fd_, DAYPACK_WAKE_BYTES) != 0) fail("has no room");
    if (const int error = posix_fallocate(fd_, 0, DAYPACK_WAKE_BYTES); error != 0) {
        errno = error;
        fail("has no room");
    }
    mapping_ = Mapping(fd_, DAYPACK_WAKE_BYTES);
}

Waker::~Waker() {
    if (fd_ < 0) return;
    if (made_by_ == getpid()) unlink(path_.c_str());
    close(fd_);
}

bool Waker::has_readers() const noexcept {
    struct flock lock {};
    lock.l_type = F_WRLCK;  // conflicts with their read locks; it is only asked about, never taken
    lock.l_whence = SEEK_SET;
    return fd_ >= 0 && fcntl(fd_, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::size_t Waker::wake(std::uint64_t published) noexcept {
    if (fd_ < 0 || published == published_) return 0;
    published_ = published;
    auto* const word = reinterpret_cast<std::uint32_t*>(mapping_.base());
    // release: pairs with the acquire in daypack_sleep_for_news
    __atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
    const auto woken = syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    return woken > 0 ? static_cast<std::size_t>(woken) : 0;
}

}  // namespace daypack::core
