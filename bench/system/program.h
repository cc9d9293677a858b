// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace daypack::core::bench {

// A folder of its own under the system's temporary one, gone with this object.
class ScratchFolder {
  public:
    ScratchFolder();  // throws std::runtime_error
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

// Another process of this program, with a verb of its own: `daypack sim …`. What it prints goes to a file. It ends with
// this object (SIGTERM, and SIGKILL after some seconds), and with the process that started it.
//
// Thread: the one that makes it.
class Program {
  public:
    // `arguments`: behind the program's name. `output`: a file that is overwritten. Throws std::runtime_error.
    Program(const std::vector<std::string>& arguments, std::string output);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // What it has printed so far.
    [[nodiscard]] std::string printed() const;
    // Throws std::runtime_error with what it printed where it has ended.
    void expect_running();

  private:
    std::string output_;
    std::string name_;
    pid_t pid_ = -1;
};

}  // namespace daypack::core::bench
