#include "engine/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace daypack {
namespace {

// Quota and period, in µs, of one group. None: no limit, or no such group.
std::optional<double> quota_of(const std::string& group, bool version2) {
    double quota = 0;
    double period = 0;
    if (version2) {
        std::ifstream(group + "/cpu.max") >> quota >> period;  // "max 100000" is no number
    } else {
        std::ifstream(group + "/cpu.cfs_quota_us") >> quota;  // -1: none
        std::ifstream(group + "/cpu.cfs_period_us") >> period;
    }
    if (quota <= 0 || period <= 0) return std::nullopt;
    return quota / period;
}

}  // namespace

std::optional<double> cpu_quota_cores(const std::string& root) {
    std::optional<double> strictest;
    std::ifstream groups(root + "/proc/self/cgroup");  // hierarchy:controllers:path
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const bool version2 = controllers == ",,";
        if (!version2 && controllers.find(",cpu,") == std::string::npos) continue;
        const std::string mount = root + "/sys/fs/cgroup" + (version2 ? "" : "/cpu");
        // A group is bound by all around it. Where a container sees another path than is mounted, the top is its own.
        for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
            if (const auto quota = quota_of(mount + path, version2)) {
                strictest = std::min(strictest.value_or(*quota), *quota);
            }
            if (path.find('/') == std::string::npos) break;
        }
    }
    return strictest;
}

std::size_t usable_cores() {
    std::size_t cores = std::thread::hardware_concurrency();
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) == 0) cores = static_cast<std::size_t>(CPU_COUNT(&mask));
    const auto quota = cpu_quota_cores();
    return quota ? std::min(cores, static_cast<std::size_t>(*quota)) : cores;
}

}  // namespace daypack
