// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <mutex>
#include <string>

namespace daypack::core {

// The right to give an instance a segment, which one start has at a time: what it finds out about the file that is
// there still holds when it takes that file over, replaces it, or names a new one.
//
// It is a record lock on a file that readers cannot open: a segment's own lock can be kept from a start by anyone who
// may read it, and by the children of a writer that has ended. A record lock is the process's alone, so no child keeps
// it.
//
// Thread: the one that constructs it, which holds it for milliseconds. Ownership: the file is there only meanwhile.
class StartGuard {
  public:
    static constexpr std::chrono::milliseconds kPatience{10'000};

    // Throws std::runtime_error where another one has it for so long, or where the file cannot be made.
    explicit StartGuard(const std::string& instance, std::chrono::milliseconds patience = kPatience);
    ~StartGuard();
    StartGuard(const StartGuard&) = delete;
    StartGuard& operator=(const StartGuard&) = delete;

  private:
    [[nodiscard]] bool try_lock();

    std::unique_lock<std::mutex> in_process_;  // a record lock excludes no other thread
    std::string path_;
    int fd_ = -1;
};

}  // namespace daypack::core
