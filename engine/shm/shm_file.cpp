// SPDX-License-Identifier: MIT
#include "engine/shm/shm_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "engine/include/daypack/shm.h"
#include "engine/shm/shm_limits.h"
#include "net/base/above_stdio.h"

namespace daypack::core {
namespace {

constexpr std::uintptr_t kPage = 4096;
constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::runtime_error(what + ": " + std::strerror(error));
}

[[nodiscard]] std::string proc_path(int fd) {
    return "/proc/self/fd/" + std::to_string(fd);
}

// A word of the header; 0 where the file is too short for it.
[[nodiscard]] std::uint64_t header_word(int fd, std::size_t offset) noexcept {
    std::uint64_t word = 0;
    if (pread(fd, &word, sizeof word, static_cast<off_t>(offset)) != sizeof word) return 0;
    return word;
}

// Whether a writer that lives holds the lock.
[[nodiscard]] bool is_written(int fd) noexcept {
    struct flock lock {};
    lock.l_type = F_RDLCK;  // a reader's lock is not in its way
    lock.l_whence = SEEK_SET;
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return false;
    return daypack_has_ended(header_word(fd, offsetof(daypack_header, writer_pid)),
                             header_word(fd, offsetof(daypack_header, writer_start_ticks)),
                             header_word(fd, offsetof(daypack_header, writer_namespaces))) == 0;
}

// A process whose stdout or stderr is closed would write its log into the segment.
[[nodiscard]] int checked_above_stdio(int fd) {
    const int above = above_stdio(fd);
    if (above < 0) fail("cannot open the segment", errno);
    return above;
}

[[nodiscard]] gid_t group_id(const std::string& name) {
    if (const auto id = find_group(name)) return *id;
    throw std::runtime_error("shm_group: this machine has no group \"" + name + "\" (see `getent group`)");
}

}  // namespace

// Huge pages can be had only where address and offset agree in the bits below 2 MiB: a place that is large enough is
// found first, and what is around the mapping given back.
Mapping::Mapping(int fd, std::size_t bytes) : bytes_(bytes) {
    const std::size_t room = bytes + kHuge;
    void* const place = mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    void* base = place;
    if (place != MAP_FAILED) {
        const auto begin = reinterpret_cast<std::uintptr_t>(place);
        const std::uintptr_t aligned = (begin + kHuge - 1) & ~(kHuge - 1);
        const std::uintptr_t end = (aligned + bytes + kPage - 1) & ~(kPage - 1);
        base = mmap(reinterpret_cast<void*>(aligned), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
        if (base == MAP_FAILED) {
            const int error = errno;
            munmap(place, room);
            errno = error;
        } else {
            if (aligned > begin) munmap(place, aligned - begin);
            if (end < begin + room) munmap(reinterpret_cast<void*>(end), begin + room - end);
        }
    }
    if (base == MAP_FAILED) fail("cannot map " + std::to_string(bytes) + " bytes of shared memory", errno);
    base_ = static_cast<std::byte*>(base);
}

Mapping::~Mapping() {
    if (base_ != nullptr) munmap(base_, bytes_);
}

// The kernel exchanges the two under the lock that a page fault waits for.
void Mapping::become(Mapping& other) {
    if (mremap(other.base_, bytes_, bytes_, MREMAP_MAYMOVE | MREMAP_FIXED, base_) == MAP_FAILED) {
        fail("cannot map a new file of shared memory in the place of the old one", errno);
    }
    other.base_ = nullptr;
}

std::optional<ShmFile> ShmFile::open_locked(const std::string& path, const std::string& instance) {
    for (;;) {
        const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 && errno == ENOENT) return std::nullopt;
        if (fd < 0 && (errno == EACCES || errno == EPERM)) {
            throw std::runtime_error("no permission to write " + path +
                                     ": it belongs to another user; run as that one, or choose another --instance");
        }
        if (fd < 0 && errno == EROFS)
            fail("cannot write " + path + ": mount /dev/shm so that it can be written", errno);
        if (fd < 0) fail("cannot open " + path + ", remove it if it is of no use", errno);
        ShmFile file(checked_above_stdio(fd));
        struct stat status {};
        if (fstat(file.fd(), &status) != 0 || !S_ISREG(status.st_mode)) {
            throw std::runtime_error(path + " is no regular file: remove it");
        }
        if (file.lock()) {
            if (file.is_at(path)) return file;
        } else if (file.is_at(path)) {
            if (!is_written(file.fd())) return file;
            throw std::runtime_error("instance \"" + instance + "\" is held by another engine (pid " +
                                     std::to_string(header_word(file.fd(), offsetof(daypack_header, writer_pid))) +
                                     "): stop it, or choose another --instance");
        }
        // it was replaced between open and lock: the path leads to another file now
    }
}

std::optional<ShmFile> ShmFile::open_unlocked(const std::string& path) noexcept {
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return std::nullopt;
    struct stat status {};
    ShmFile file(above_stdio(fd));
    if (file.fd_ < 0 || fstat(file.fd_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return file;
}

ShmFile ShmFile::create_unnamed(const ShmAccess& access, std::size_t bytes) {
    const int fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) fail("cannot make a file in /dev/shm", errno);
    ShmFile file(checked_above_stdio(fd));
    file.set_access(access);
    if (!file.lock()) fail("cannot lock a new file in /dev/shm", errno);
    if (ftruncate(file.fd(), static_cast<off_t>(bytes)) != 0) {
        fail("cannot make a segment of " + std::to_string(bytes >> 20) + " MiB in /dev/shm", errno);
    }
    return file;
}

ShmFile ShmFile::create_anonymous(std::size_t bytes) {
    const int fd = memfd_create("daypack", MFD_CLOEXEC);
    if (fd < 0) fail("cannot make memory without a name", errno);
    ShmFile file(above_stdio(fd));
    if (ftruncate(file.fd(), static_cast<off_t>(bytes)) != 0) {
        fail("cannot make memory of " + std::to_string(bytes >> 20) + " MiB", errno);
    }
    return file;
}

// Unlocked in words, since a process that was forked meanwhile would keep the lock; and by none of these.
ShmFile::~ShmFile() {
    if (fd_ < 0) return;
    unlock();
    close(fd_);
}

void ShmFile::unlock() noexcept {
    struct flock lock {};
    lock.l_type = F_UNLCK;
    lock.l_whence = SEEK_SET;
    if (std::exchange(locked_by_, 0) == getpid()) (void)fcntl(fd_, F_OFD_SETLK, &lock);
}

bool ShmFile::has_other_writer() const noexcept {
    return is_written(fd_);
}

bool ShmFile::lock() noexcept {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(fd_, F_OFD_SETLK, &lock) != 0) return false;
    locked_by_ = getpid();
    return true;
}

std::optional<LivingWriter> living_writer_at(const std::string& path) noexcept {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return std::nullopt;
    std::optional<LivingWriter> writer;
    struct stat status {};
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && is_written(fd)) {
        writer = {header_word(fd, offsetof(daypack_header, writer_pid)),
                  header_word(fd, offsetof(daypack_header, writer_start_ns)), status.st_uid};
    }
    close(fd);
    return writer;
}

bool ShmFile::link(const std::string& path) const {
    if (linkat(AT_FDCWD, proc_path(fd_).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
    if (errno != EEXIST) fail("cannot name " + path, errno);
    return false;
}

void ShmFile::replace(const std::string& path) const {
    const auto slash = path.rfind('/') + 1;
    const std::string passing = path.substr(0, slash) + "." + path.substr(slash) + "." + std::to_string(getpid());
    unlink(passing.c_str());
    if (!link(passing)) throw std::runtime_error(passing + " is in the way: remove it");
    if (rename(passing.c_str(), path.c_str()) == 0) return;
    const int error = errno;
    unlink(passing.c_str());
    fail("cannot replace " + path + ", which is of another layout or another user: remove it", error);
}

bool ShmFile::is_at(const std::string& path) const noexcept {
    struct stat mine {};
    struct stat there {};
    return fstat(fd_, &mine) == 0 && lstat(path.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

bool ShmFile::is_ours() const noexcept {
    struct stat status {};
    return fstat(fd_, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 0022) == 0;
}

std::size_t ShmFile::size() const noexcept {
    struct stat status {};
    return fstat(fd_, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

void ShmFile::set_access(const ShmAccess& access) const {
    if (!access.group.empty() && fchown(fd_, static_cast<uid_t>(-1), group_id(access.group)) != 0) {
        fail("shm_group: cannot give the segment to group \"" + access.group + "\", of which you must be a member",
             errno);
    }
    // the owner must be able to take it over the next time
    if (fchmod(fd_, access.mode | S_IRUSR | S_IWUSR) != 0) fail("shm_mode: cannot set the mode of the segment", errno);
}

int ShmFile::reserve(std::size_t offset, std::size_t bytes) const noexcept {
    int error = EINTR;
    while (error == EINTR) error = posix_fallocate(fd_, static_cast<off_t>(offset), static_cast<off_t>(bytes));
    return error;
}

}  // namespace daypack::core
