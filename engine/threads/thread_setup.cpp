// SPDX-License-Identifier: MIT
#include "engine/threads/thread_setup.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/threads/jail.h"

namespace daypack::core {

std::string apply_thread_setup(const ThreadSetup& setup) {
    std::string trouble;
    const auto add = [&trouble](const std::string& sentence) { trouble += (trouble.empty() ? "" : "; ") + sentence; };
    pthread_setname_np(pthread_self(), setup.name.substr(0, 15).c_str());
    if (setup.cpu >= 0) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(static_cast<std::size_t>(setup.cpu), &cpus);
        if (const int error = pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus); error != 0) {
            add("thread " + setup.name + " is not pinned to CPU " + std::to_string(setup.cpu) + ": " +
                std::strerror(error) + "; name a CPU of this machine in net_cpus or book_cpus");
        }
    }
    if (setup.rt_priority > 0) {
        sched_param parameters{};
        parameters.sched_priority = setup.rt_priority;
        if (const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters); error != 0) {
            add("thread " + setup.name + " has no real-time priority: " + std::strerror(error) +
                "; raise RLIMIT_RTPRIO or run with CAP_SYS_NICE");
        }
    }
    if (setup.jail) {  // last: what stands above asks for more than a jail allows
        if (const int error = Jail::enter_for_life(); error != 0) {
            add("thread " + setup.name + " is not in a jail: " + std::strerror(error) +
                "; it takes a kernel with seccomp filters, on x86-64, and no sanitizer");
        }
    }
    return trouble;
}

namespace {

// Whether CAP_IPC_LOCK is in effect.
bool may_lock_all() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2]{};
    return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective >> CAP_IPC_LOCK & 1) != 0;
}

}  // namespace

std::string lock_memory() {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
    // The limit counts what is mapped, touched or not, and what comes later too: with one that is finite, an allocation
    // would fail some day. CAP_IPC_LOCK lifts it.
    if (limit.rlim_cur != RLIM_INFINITY && !may_lock_all()) {
        return "memory is not locked: RLIMIT_MEMLOCK is " + std::to_string(limit.rlim_cur >> 10) +
               " KiB; set it to unlimited (ulimit -l unlimited; LimitMEMLOCK=infinity in a unit of systemd)";
    }
    // Pages as they are touched: what is only reserved (stacks, the far end of each book) takes no memory.
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return {};
    return std::string("memory is not locked: ") + std::strerror(errno) + "; see `daypack doctor`";
}

}  // namespace daypack::core
