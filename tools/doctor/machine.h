// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/threads/usable_cores.h"

namespace daypack::core {

// What /proc and /sys say of this machine, and nothing is written.
//
// Thread: main. `root` stands before each path, for tests; empty: the machine itself. What cannot be read is empty or
// none: every kernel and container hides something else.
class Machine {
  public:
    explicit Machine(std::string root) : root_(std::move(root)) {}

    [[nodiscard]] const std::string& root() const noexcept { return root_; }
    // The first line of a file.
    [[nodiscard]] std::optional<std::string> line(const std::string& path) const;
    [[nodiscard]] std::optional<std::int64_t> number(const std::string& path) const;
    [[nodiscard]] std::vector<std::string> lines(const std::string& path) const;
    // The names in a folder, sorted.
    [[nodiscard]] std::vector<std::string> names(const std::string& path) const;
    // A list as the kernel writes it: "0-3,8".
    [[nodiscard]] std::vector<int> cpus(const std::string& path) const;
    [[nodiscard]] bool has_cpu_flag(const std::string& flag) const;
    // The word behind "Key:" in /proc/self/status.
    [[nodiscard]] std::optional<std::string> of_status(const std::string& key) const;
    [[nodiscard]] bool has_capability(unsigned number) const;
    // A limit as /proc/self/limits names it; UINT64_MAX: unlimited. A process may raise its soft one to the hard one.
    enum class Limit : unsigned char { soft, hard };
    [[nodiscard]] std::optional<std::uint64_t> limit(const std::string& name, Limit which) const;
    // What this process may keep busy of it.
    [[nodiscard]] UsableCores usable_cores() const;
    // The options of the mount at a path.
    [[nodiscard]] std::optional<std::string> mount_options(const std::string& path) const;
    [[nodiscard]] std::optional<std::uint64_t> free_bytes(const std::string& path) const;

  private:
    std::string root_;
};

// "0-3,8", as the kernel writes it.
[[nodiscard]] std::string cpu_list_text(const std::vector<int>& cpus);
// "[madvise]" of "always [madvise] never".
[[nodiscard]] std::string chosen_word(const std::string& line);

}  // namespace daypack::core
