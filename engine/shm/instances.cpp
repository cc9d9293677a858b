// SPDX-License-Identifier: MIT
#include "engine/shm/instances.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "engine/shm/shm_file.h"
#include "engine/shm/shm_limits.h"
#include "engine/shm/start_guard.h"

namespace daypack::core {
namespace {

constexpr std::string_view kPrefix = "daypack.";
constexpr std::string_view kWake = ".wake";

// Whether a file of that name was there and is not any more.
bool remove_file(const std::string& path) {
    if (unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    throw std::runtime_error("cannot remove " + path + " (" + std::strerror(errno) +
                             "): run as the user it belongs to");
}

void remove_accounts(const std::string& instance) {
    for (const std::string& account : accounts_here(instance)) {
        const std::string path = "/dev/shm/" + (kAccountFamily + instance) + "." + account;
        if (!living_writer_at(path)) (void)unlink(path.c_str());  // of another user: that one's to remove
    }
}

}  // namespace

std::string_view account_of_file(std::string_view name, std::string_view instance) noexcept {
    for (const std::string_view part : {std::string_view(kAccountFamily), instance, std::string_view(".")}) {
        if (!name.starts_with(part)) return {};
        name.remove_prefix(part.size());
    }
    return name.find('.') == std::string_view::npos ? name : std::string_view();
}

std::vector<std::string> accounts_here(const std::string& instance) {
    std::vector<std::string> names;
    DIR* const folder = opendir("/dev/shm");
    if (folder == nullptr) return names;
    while (const dirent* const entry = readdir(folder)) {
        const std::string_view account = account_of_file(entry->d_name, instance);
        if (!account.empty()) names.emplace_back(account);
    }
    closedir(folder);
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> instances_here() {
    std::vector<std::string> names;
    DIR* const folder = opendir("/dev/shm");
    if (folder == nullptr) return names;
    while (const dirent* const entry = readdir(folder)) {
        std::string_view name = entry->d_name;
        if (!name.starts_with(kPrefix)) continue;
        name.remove_prefix(kPrefix.size());
        if (name.ends_with(kWake)) name.remove_suffix(kWake.size());
        if (instance_fault(name).empty()) names.emplace_back(name);
    }
    closedir(folder);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

Removal remove_instance(const std::string& instance) {
    const std::string path = "/dev/shm/" + std::string(kPrefix) + instance;
    if (living_writer_at(path)) return Removal::lives;
    const StartGuard guard(instance);
    if (living_writer_at(path)) return Removal::lives;  // it began before the guard was ours
    const auto file = ShmFile::open_locked(path, instance);
    const bool was_there = remove_file(path);
    remove_accounts(instance);
    const bool had_wake = remove_file(path + std::string(kWake));
    return was_there || had_wake ? Removal::removed : Removal::gone;
}

}  // namespace daypack::core
