// SPDX-License-Identifier: MIT
#include "engine/threads/jail.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>

namespace daypack::core {
namespace {

std::array<std::atomic<std::uint64_t>, 512> refused_calls{};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
// The filter traps, and this lets the call fail.
void on_trap(int, siginfo_t* info, void* context) {
    const auto number = static_cast<std::size_t>(info->si_syscall);
    if (number < refused_calls.size()) refused_calls[number].fetch_add(1, std::memory_order_relaxed);
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}
#endif

}  // namespace

#if defined(__x86_64__)

bool Jail::is_possible() noexcept {
    return !kSanitized;
}

bool Jail::enter() noexcept {
    struct sigaction action {};
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGSYS, &action, nullptr) != 0) return false;
    constexpr std::array kFree = {SYS_recvfrom, SYS_sendto, SYS_getrusage, SYS_rt_sigreturn, SYS_exit};
    std::array<sock_filter, kFree.size() + 3> filter{};
    filter.front() = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    for (std::size_t i = 0; i < kFree.size(); ++i) {
        filter[i + 1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(kFree[i]),
                                 static_cast<std::uint8_t>(kFree.size() - i), 0);
    }
    filter[kFree.size() + 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    filter[kFree.size() + 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

bool Jail::is_possible() noexcept {
    return false;
}
bool Jail::enter() noexcept {
    return false;
}

#endif

std::uint64_t Jail::refused() noexcept {
    std::uint64_t all = 0;
    for (const auto& calls : refused_calls) all += calls.load(std::memory_order_relaxed);
    return all;
}

void Jail::forget() noexcept {
    for (auto& calls : refused_calls) calls.store(0, std::memory_order_relaxed);
}

std::string Jail::in_words() {
    std::string words;
    for (std::size_t i = 0; i < refused_calls.size(); ++i) {
        const std::uint64_t count = refused_calls[i].load(std::memory_order_relaxed);
        if (count > 0) words += " number " + std::to_string(i) + ": " + std::to_string(count) + " times;";
    }
    return words;
}

}  // namespace daypack::core
