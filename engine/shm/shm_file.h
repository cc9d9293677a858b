// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace daypack::core {

// A writable mapping of a file from its start, shared with every process that maps the file.
//
// Thread: the one that sets up. Ownership: the object owns the mapping, and unmaps it at its end.
class Mapping {
  public:
    Mapping() = default;
    // Throws std::runtime_error. REQUIRES: the file has at least `bytes`.
    Mapping(int fd, std::size_t bytes);
    ~Mapping();
    Mapping(Mapping&& other) noexcept : base_(std::exchange(other.base_, nullptr)), bytes_(other.bytes_) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(base_, other.base_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }

    // Puts another mapping of the same size where this one is: whatever points here points into that file from now on,
    // and no thread that reads or writes meanwhile finds nothing. The other object is empty then. Throws
    // std::runtime_error; nothing has changed then.
    void become(Mapping& other);

    [[nodiscard]] std::byte* base() const noexcept { return base_; }

  private:
    std::byte* base_ = nullptr;
    std::size_t bytes_ = 0;
};

// The access rights of a segment's file.
struct ShmAccess {
    mode_t mode = 0640;
    std::string group{};  // empty: the process's own
};

// A file in /dev/shm with the write lock that makes its holder the one writer of the segment.
//
// The lock belongs to the open file description: it ends with this object, or when the process dies, and not when
// another part of the process opens and closes the same file. A process that was forked meanwhile keeps it, so who
// finds it held asks too whether the writer that the file names has ended.
//
// Thread: the one that sets up. Ownership: the object owns the file descriptor. Every function throws
// std::runtime_error with what to do about it, save where its comment says otherwise or it is noexcept.
class ShmFile {
  public:
    // Opens and locks the file at `path`, or returns none where no file is there. Throws where a writer that lives
    // holds it, or where this process may not write the file. Where only a reader's lock, or that of a writer which has
    // ended, is in the way, is_locked() is false: the file may be replaced, but not written. REQUIRES: a StartGuard, to
    // replace or write it.
    [[nodiscard]] static std::optional<ShmFile> open_locked(const std::string& path, const std::string& instance);
    // Opens the file at `path` without its lock; none where no file is there, or this process may not write it.
    [[nodiscard]] static std::optional<ShmFile> open_unlocked(const std::string& path) noexcept;
    // Makes a locked file without a name: no reader sees it before it is complete, and it vanishes if it never gets
    // one.
    [[nodiscard]] static ShmFile create_unnamed(const ShmAccess& access, std::size_t bytes);

    // Makes memory that has no name anywhere, and needs no /dev/shm.
    [[nodiscard]] static ShmFile create_anonymous(std::size_t bytes);

    ~ShmFile();
    ShmFile(ShmFile&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), locked_by_(std::exchange(other.locked_by_, 0)) {}
    ShmFile& operator=(ShmFile&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(locked_by_, other.locked_by_);
        return *this;
    }

    // Gives the file its name. Returns false where a file of that name exists already.
    [[nodiscard]] bool link(const std::string& path) const;
    // Puts the file in the place of the one at `path`: a reader that opens the path finds one of the two, never none.
    void replace(const std::string& path) const;

    // Takes the write lock, where nobody holds it or a lock of a reader. Returns whether this object has it now.
    [[nodiscard]] bool lock() noexcept;
    // Gives it back.
    void unlock() noexcept;
    // Returns whether a writer that lives holds the lock; a reader's is none. REQUIRES: not this object.
    [[nodiscard]] bool has_other_writer() const noexcept;

    // Returns whether the path still leads to this file.
    [[nodiscard]] bool is_at(const std::string& path) const noexcept;
    [[nodiscard]] bool is_locked() const noexcept { return locked_by_ != 0; }
    // Returns whether it belongs to the user that this process runs as, who alone may write it.
    [[nodiscard]] bool is_ours() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;
    // Sets mode and group, regardless of the umask.
    void set_access(const ShmAccess& access) const;
    // Allocates the memory of a range, so that touching it later cannot fail (SIGBUS). Returns 0 or an errno.
    [[nodiscard]] int reserve(std::size_t offset, std::size_t bytes) const noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    explicit ShmFile(int fd) noexcept : fd_(fd) {}

    int fd_;
    pid_t locked_by_ = 0;  // 0: by nobody here
};

// A writer that holds its lock, as its segment names it.
struct LivingWriter {
    std::uint64_t pid;
    std::uint64_t start_ns;  // wall clock
    uid_t user;              // whose the file is
};
// Returns the writer of the file at `path`; none where no file is there, or it has none.
[[nodiscard]] std::optional<LivingWriter> living_writer_at(const std::string& path) noexcept;

}  // namespace daypack::core
