// SPDX-License-Identifier: MIT
#include "engine/threads/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "engine/threads/signal_guard.h"

namespace daypack::core {
namespace {

constexpr int kMostCpus = 65'536;  // of a list that may be anything
constexpr const char* kCpu = "/sys/devices/system/cpu";

std::optional<int> number_of(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::vector<int> mask_of_this_thread() {
    std::vector<int> cpus;
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(static_cast<std::size_t>(cpu), &mask)) cpus.push_back(cpu);
    }
    return cpus;
}

// A thread that asks for all CPUs gets those that the kernel allows it. It is a thread of its own, so that the mask of
// the one that wants to know stays as it is.
std::vector<int> widest_mask() {
    std::vector<int> cpus;
    const SignalGuard guard;
    std::thread([&cpus] {
        cpu_set_t all;
        std::memset(&all, 0xff, sizeof all);
        (void)sched_setaffinity(0, sizeof all, &all);
        cpus = mask_of_this_thread();
    }).join();
    return cpus;
}

std::vector<int> mask_in(const std::string& status) {
    constexpr std::string_view kKey = "Cpus_allowed_list:";
    std::ifstream file(status);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(kKey)) continue;
        return parse_cpu_list(line.substr(std::min(line.find_first_not_of(" \t", kKey.size()), line.size())));
    }
    return {};
}

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

// The strictest of all groups around this process.
std::optional<double> cpu_quota(const std::string& root) {
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

}  // namespace

UsableCores::UsableCores(std::string root)
    : root_(std::move(root)),
      cpus_(root_.empty() ? mask_of_this_thread() : mask_in(root_ + "/proc/self/status")),
      pinnable_(root_.empty() ? widest_mask() : cpus_),
      isolated_(parse_cpu_list(first_line(root_ + kCpu + "/isolated"))),
      quota_(cpu_quota(root_)) {
    if (root_.empty()) return;
    // What a made-up machine would allow: its isolated CPUs too, which no mask has at the start.
    std::vector<int> both;
    std::set_union(cpus_.begin(), cpus_.end(), isolated_.begin(), isolated_.end(), std::back_inserter(both));
    pinnable_ = std::move(both);
}

bool UsableCores::is_isolated(int cpu) const noexcept {
    return std::binary_search(isolated_.begin(), isolated_.end(), cpu);
}

bool UsableCores::can_pin_to(int cpu) const noexcept {
    return std::binary_search(pinnable_.begin(), pinnable_.end(), cpu);
}

double UsableCores::count() const noexcept {
    const auto count = static_cast<double>(cpus_.size());
    return std::min(count, quota_.value_or(count));
}

int UsableCores::core_of(int cpu) const {
    const auto siblings =
        parse_cpu_list(first_line(root_ + kCpu + "/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list"));
    return siblings.empty() ? cpu : siblings.front();
}

std::size_t UsableCores::free_cores(const std::vector<int>& taken) const {
    std::vector<int> cores;
    for (const int cpu : cpus_) {
        if (is_isolated(cpu)) continue;
        const int core = core_of(cpu);
        const bool known = std::find(taken.begin(), taken.end(), core) != taken.end();
        if (!known && std::find(cores.begin(), cores.end(), core) == cores.end()) cores.push_back(core);
    }
    return cores.size();
}

bool UsableCores::have_room_for(std::size_t hot, std::span<const int> pins) const {
    pins = pins.first(std::min(pins.size(), hot));
    std::vector<int> taken;
    for (const int cpu : pins) {
        if (!can_pin_to(cpu)) return false;
        const int core = core_of(cpu);
        if (std::find(taken.begin(), taken.end(), core) != taken.end()) return false;
        taken.push_back(core);
    }
    if (quota_ && std::floor(*quota_) <= static_cast<double>(std::max<std::size_t>(hot, 2))) return false;
    const std::size_t free = free_cores(taken);
    if (free <= hot - pins.size()) return false;
    const bool undisturbed =
        pins.size() == hot && std::all_of(pins.begin(), pins.end(), [this](int cpu) { return is_isolated(cpu); });
    return undisturbed || free + taken.size() > 2;
}

std::vector<int> parse_cpu_list(const std::string& text) {
    std::vector<int> cpus;
    std::istringstream in(text);
    for (std::string range; std::getline(in, range, ',');) {
        const auto dash = range.find('-');
        const auto first = number_of(range.substr(0, dash));
        const auto last = dash == std::string::npos ? first : number_of(range.substr(dash + 1));
        if (!first || !last || *first < 0 || *last >= kMostCpus) return {};
        for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    }
    std::sort(cpus.begin(), cpus.end());
    cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
    return cpus;
}

}  // namespace daypack::core
