// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace daypack {

// A range of a file that this process may write, shared with whoever maps it.
class Mapping {
  public:
    Mapping() = default;
    // Throws std::runtime_error. REQUIRES: the file is at least so long.
    Mapping(int fd, std::size_t bytes);
    ~Mapping();
    Mapping(Mapping&& other) noexcept : base_(std::exchange(other.base_, nullptr)), bytes_(other.bytes_) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(base_, other.base_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }

    [[nodiscard]] std::byte* base() const noexcept { return base_; }

  private:
    std::byte* base_ = nullptr;
    std::size_t bytes_ = 0;
};

// Who may read the file beside its owner.
struct ShmAccess {
    mode_t mode = 0640;
    std::string group{};  // empty: the process's own
};

// A file in /dev/shm, and the write lock on it that makes its holder the one writer.
//
// The lock belongs to the open file description: it ends when this object and every mapping of it are gone, or when the
// process dies, and not when some other part of the process opens and closes the same file.
//
// Thread: the one that sets up. Everything throws std::runtime_error with what to do about it, unless it says
// otherwise.
class ShmFile {
  public:
    // Opens what the path leads to, and locks it; none where nothing is there. Throws where another process is the
    // writer, or where this one may not write.
    [[nodiscard]] static std::optional<ShmFile> open_locked(const std::string& path, const std::string& instance);
    // A locked file that has no name yet, so that nobody sees it half made, and vanishes if it never gets one.
    [[nodiscard]] static ShmFile create_unnamed(const ShmAccess& access, std::size_t bytes);

    ~ShmFile();
    ShmFile(ShmFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ShmFile& operator=(ShmFile&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    // Gives it its name. False where something of that name is there already.
    [[nodiscard]] bool link(const std::string& path) const;
    // Puts it in the place of what is there: a reader that opens the path finds the one or the other, never nothing.
    void replace(const std::string& path) const;

    // Whether the path still leads to this file.
    [[nodiscard]] bool is_at(const std::string& path) const noexcept;
    [[nodiscard]] bool is_ours() const noexcept;  // belongs to the user that this process runs as
    [[nodiscard]] std::size_t size() const noexcept;
    void set_access(const ShmAccess& access) const;  // whatever the umask
    // Takes memory for a range, so that touching it cannot fail later (SIGBUS). 0 or an errno.
    [[nodiscard]] int reserve(std::size_t offset, std::size_t bytes) const noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    explicit ShmFile(int fd) noexcept : fd_(fd) {}
    [[nodiscard]] bool lock() const noexcept;

    int fd_;
};

}  // namespace daypack
