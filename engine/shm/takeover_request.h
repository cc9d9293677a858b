// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <string>

namespace daypack::core {

// The wish of an engine to take over the instance of one that runs, and the only way in which that one is asked.
//
// It is a write lock on a file that the instance's own user alone can write, /dev/shm/.daypack.<instance>.takeover:
// no reader can make one that counts, whoever may signal whom has no say, and with the process that asks the wish is
// gone. An engine of before knows nothing of it, and goes on undisturbed.
//
// Thread: the one that constructs it. Ownership: the file is there only meanwhile.
class TakeoverRequest {
  public:
    // Throws std::runtime_error where another engine is asking, or the file cannot be made.
    explicit TakeoverRequest(const std::string& instance);
    ~TakeoverRequest();
    TakeoverRequest(const TakeoverRequest&) = delete;
    TakeoverRequest& operator=(const TakeoverRequest&) = delete;

    // Returns the process that asks for the instance and lives; 0: none does. Two system calls at most where none does.
    [[nodiscard]] static pid_t asked_by(const std::string& instance) noexcept;

  private:
    std::string path_;
    int fd_ = -1;
};

}  // namespace daypack::core
