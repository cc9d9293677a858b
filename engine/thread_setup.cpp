#include "engine/thread_setup.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace daypack {

std::string apply_thread_setup(const ThreadSetup& setup) {
    std::string trouble;
    pthread_setname_np(pthread_self(), setup.name.substr(0, 15).c_str());
    if (setup.cpu >= 0) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(static_cast<std::size_t>(setup.cpu), &cpus);
        if (const int error = pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus); error != 0) {
            trouble += "thread " + setup.name + " is not pinned to CPU " + std::to_string(setup.cpu) + ": " +
                       std::strerror(error) + "; name a CPU of this machine in net_cpus or book_cpus. ";
        }
    }
    if (setup.rt_priority > 0) {
        sched_param parameters{};
        parameters.sched_priority = setup.rt_priority;
        if (const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters); error != 0) {
            trouble += "thread " + setup.name + " has no real-time priority: " + std::strerror(error) +
                       "; raise RLIMIT_RTPRIO or run with CAP_SYS_NICE. ";
        }
    }
    return trouble;
}

std::string lock_memory() {
    if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return {};
    return std::string("memory is not locked: ") + std::strerror(errno) + "; raise RLIMIT_MEMLOCK (ulimit -l)";
}

IdleMode choose_idle(std::size_t hot_threads, std::size_t cores) noexcept {
    return cores > hot_threads ? IdleMode::spin : IdleMode::backoff;
}

}  // namespace daypack
