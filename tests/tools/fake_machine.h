// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace daypack::core::test {

// A /proc and a /sys of our own making, in a folder for as long as this lives.
class FakeMachine {
  public:
    FakeMachine() { std::filesystem::create_directories(root_); }
    ~FakeMachine() { std::filesystem::remove_all(root_); }
    FakeMachine(const FakeMachine&) = delete;
    FakeMachine& operator=(const FakeMachine&) = delete;

    [[nodiscard]] const std::string& root() const noexcept { return root_; }
    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
        std::ofstream(root_ + path) << text;
    }
    void remove(const std::string& path) const { std::filesystem::remove_all(root_ + path); }

  private:
    static int count() noexcept {
        static int machines = 0;
        return ++machines;
    }
    const std::string root_ = (std::filesystem::temp_directory_path() /
                               ("daypack_machine." + std::to_string(getpid()) + "." + std::to_string(count())))
                                  .string();
};

}  // namespace daypack::core::test
