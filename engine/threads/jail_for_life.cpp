// SPDX-License-Identifier: MIT
// The filter of enter_for_life(): which calls a hot thread needs, and which arguments of them.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/threads/jail.h"

namespace daypack::core {

#if defined(__x86_64__)

namespace {

// Whatever their arguments. Sockets are the lines; epoll, timerfd and eventfd the loop that waits for them; files are
// read where a name is looked up.
// clang-format off
constexpr int kFree[] = {
    SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_read, SYS_readv, SYS_write, SYS_writev,
    SYS_futex, SYS_epoll_pwait, SYS_epoll_ctl, SYS_epoll_create1, SYS_timerfd_create, SYS_timerfd_settime,
    SYS_eventfd2, SYS_connect, SYS_bind, SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt,
    SYS_setsockopt, SYS_ioctl, SYS_fcntl, SYS_ppoll, SYS_close, SYS_lseek, SYS_newfstatat, SYS_fstat, SYS_statx,
    SYS_uname, SYS_getrandom, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_clock_gettime, SYS_clock_nanosleep,
    SYS_nanosleep, SYS_gettimeofday, SYS_sched_yield, SYS_sched_getaffinity, SYS_getpid, SYS_gettid, SYS_geteuid,
    SYS_getrusage, SYS_set_robust_list, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall,
    SYS_exit, SYS_exit_group, SYS_epoll_wait, SYS_poll, SYS_time,
#ifdef SYS_rseq
    SYS_rseq,
#endif
};
// clang-format on

// For one call, a mask and what must be left of an argument's low 32 bits under it.
struct Rule {
    int call;
    unsigned argument;
    std::uint32_t mask;
    std::uint32_t value;
};
constexpr std::uint32_t kWhole = ~std::uint32_t{0};
constexpr std::uint32_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC;
constexpr Rule kRules[] = {
    {SYS_mmap, 2, PROT_EXEC, 0},         {SYS_mprotect, 2, PROT_EXEC, 0},
    {SYS_openat, 2, kWriting, O_RDONLY}, {SYS_clone, 0, CLONE_THREAD, CLONE_THREAD},
    {SYS_prctl, 0, kWhole, PR_SET_NAME}, {SYS_socket, 0, kWhole, AF_INET},
    {SYS_socket, 0, kWhole, AF_INET6},   {SYS_socket, 0, kWhole, AF_UNIX},  // a name service of this machine
    {SYS_socket, 0, kWhole, AF_NETLINK},  // which addresses this machine has, before it looks one up
};

sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// Each piece ends in a verdict or goes on with the number of the call loaded.
std::vector<sock_filter> make_filter() {
    const auto verdict = [](std::uint32_t action) { return sock_filter BPF_STMT(BPF_RET | BPF_K, action); };
    const auto refuse = [&](int error) { return verdict(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); };
    const auto unless = [](std::uint32_t value, std::uint8_t skip) {
        return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
    };
    const sock_filter number = load(offsetof(seccomp_data, nr));
    std::vector<sock_filter> filter{load(offsetof(seccomp_data, arch)),
                                    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0), refuse(EPERM),
                                    number};
    for (const int call : kFree) {
        filter.push_back(unless(static_cast<std::uint32_t>(call), 1));
        filter.push_back(verdict(SECCOMP_RET_ALLOW));
    }
    for (const Rule& rule : kRules) {
        const std::size_t argument = offsetof(seccomp_data, args) + 8 * std::size_t{rule.argument};  // little endian
        for (const sock_filter& step : {unless(static_cast<std::uint32_t>(rule.call), 5), load(argument),
                                        sock_filter BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rule.mask),
                                        unless(rule.value, 1), verdict(SECCOMP_RET_ALLOW), number}) {
            filter.push_back(step);
        }
    }
#ifdef SYS_clone3  // its flags lie in memory, where no filter sees them; without it libc starts threads by clone
    filter.push_back(unless(SYS_clone3, 1));
    filter.push_back(refuse(ENOSYS));
#endif
    filter.push_back(refuse(EPERM));
    return filter;
}

}  // namespace

int Jail::enter_for_life() {
    if (!is_possible()) return ENOSYS;
    std::vector<sock_filter> filter = make_filter();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) != 0) return errno;
    return 0;
}

#else

int Jail::enter_for_life() {
    return ENOSYS;
}

#endif

}  // namespace daypack::core
