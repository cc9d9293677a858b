// SPDX-License-Identifier: MIT
#include "bench/rig/bench_instance.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "engine/shm/instances.h"
#include "engine/shm/shm_file.h"

namespace daypack::core::bench {
namespace {

constexpr std::string_view kBegin = "daypack.bench.";

// The process in the name of a bench's segment; 0 where the name is not quite of that form.
pid_t process_of(std::string_view file) {
    if (!file.starts_with(kBegin)) return 0;
    file.remove_prefix(kBegin.size());
    const auto dot = file.find('.');
    if (dot == 0 || dot == std::string_view::npos || dot + 1 == file.size()) return 0;
    constexpr std::string_view digits = "0123456789";
    if (file.substr(dot + 1).find_first_not_of(digits) != std::string_view::npos) return 0;
    pid_t process = 0;
    const auto [end, error] = std::from_chars(file.data(), file.data() + dot, process);
    return error == std::errc{} && end == file.data() + dot ? process : 0;
}

// The lock is asked for too, because a process may seem dead that lives in another container with the same /dev/shm.
void remove_unless_held(const std::filesystem::path& file) {
    try {
        if (ShmFile::open_locked(file, file.filename())) unlink(file.c_str());
    } catch (const std::runtime_error&) {
        // held, or another user's
    }
}

}  // namespace

void remove_what_dead_benches_left() {
    std::error_code error;
    for (std::filesystem::directory_iterator file("/dev/shm", error), end; !error && file != end;
         file.increment(error)) {
        const pid_t process = process_of(file->path().filename().string());
        if (process > 0 && kill(process, 0) != 0 && errno == ESRCH) remove_unless_held(file->path());
    }
}

BenchInstance::BenchInstance() {
    static std::atomic<int> made{0};
    const int number = ++made;
    if (number == 1) remove_what_dead_benches_left();
    name_ = "bench." + std::to_string(getpid()) + "." + std::to_string(number);
}

BenchInstance::~BenchInstance() {
    (void)shm_unlink(("/daypack." + name_).c_str());
    (void)shm_unlink(("/" + (kAccountFamily + name_) + ".bench").c_str());  // of the account that an engine followed
}

}  // namespace daypack::core::bench
