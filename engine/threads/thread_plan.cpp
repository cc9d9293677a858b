// SPDX-License-Identifier: MIT
#include "engine/threads/thread_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace daypack::core {
namespace {

std::size_t hot_threads(const Config& config, ThreadModel threads) {
    return threads == ThreadModel::fused ? 1 : config.net_threads_in_use() + std::size_t{1};
}

bool has_room(const Config& config, const UsableCores& cores, ThreadModel threads) {
    return cores.have_room_for(hot_threads(config, threads), pins_of(config, threads));
}

const char* sentence(daypack_threads_why why) noexcept {
    switch (why) {
        case DAYPACK_THREADS_WHY_asked: return "the configuration says so";
        case DAYPACK_THREADS_WHY_net_threads: return "the configuration asks for several network threads";
        case DAYPACK_THREADS_WHY_own_cores: return "each hot thread can spin on a core of its own";
        case DAYPACK_THREADS_WHY_few_cores:
            return "there is no core for each of a network and a book thread with one left for the rest";
        case DAYPACK_THREADS_WHY_sleep: return "with `idle: backoff` a book thread would be woken for each frame";
    }
    return "not told";
}

const char* idle_clause(const ThreadPlan& plan) noexcept {
    if (plan.idle_asked) return "`idle` is as the configuration says";
    return plan.idle == IdleMode::spin ? "a hot thread spins, having a core of its own"
                                       : "a hot thread without work sleeps, as others need its core";
}

std::vector<std::string> warnings_of(const Config& config, const UsableCores& cores, const ThreadPlan& plan) {
    std::vector<std::string> warnings;
    const std::vector<int> pins = pins_of(config, plan.threads);
    for (auto pin = pins.begin(); pin != pins.end(); ++pin) {
        if (!cores.cpus().empty() && !cores.can_pin_to(*pin)) {
            warnings.push_back(
                fmt::format("no thread can be pinned to CPU {}, which is not there or not allowed: name "
                            "CPUs of {} in `net_cpus` and `book_cpus`",
                            *pin, fmt::join(cores.pinnable(), ",")));
        }
        const auto same = [&](int other) { return cores.core_of(other) == cores.core_of(*pin); };
        if (const auto other = std::find_if(pins.begin(), pin, same); other != pin) {
            warnings.push_back(
                fmt::format("two hot threads are pinned to one core (CPUs {} and {}): name CPUs of "
                            "different cores in `net_cpus` and `book_cpus`",
                            *other, *pin));
        }
    }
    if (plan.idle == IdleMode::spin && plan.cores > 0 && static_cast<double>(plan.hot) > plan.cores) {
        warnings.push_back(
            fmt::format("{} hot threads spin, more than there are cores ({:g}), and take the CPU from one another: "
                        "`threads: auto`, `idle: auto`, fewer `net_threads`, or more cores",
                        plan.hot, plan.cores));
    }
    if (plan.is_fused() && !config.engine.book_cpus.empty()) {
        warnings.emplace_back("`book_cpus` has no effect: one thread does the work of both, and `net_cpus` says where");
    }
    return warnings;
}

}  // namespace

std::vector<int> pins_of(const Config& config, ThreadModel threads) {
    const auto first = [](const std::vector<int>& cpus, std::size_t most) {
        return std::vector<int>(cpus.begin(), cpus.begin() + static_cast<std::ptrdiff_t>(std::min(cpus.size(), most)));
    };
    if (threads == ThreadModel::fused) return first(config.engine.net_cpus, 1);
    std::vector<int> pins = first(config.engine.net_cpus, config.net_threads_in_use());
    const std::vector<int> of_book = first(config.engine.book_cpus, 1);
    pins.insert(pins.end(), of_book.begin(), of_book.end());
    return pins;
}

ThreadPlan plan_threads(const Config& config, const UsableCores& cores) {
    ThreadPlan plan;
    plan.cores = cores.count();
    if (config.engine.threads != ThreadModel::automatic) {
        plan.threads = config.engine.threads;
        plan.why = DAYPACK_THREADS_WHY_asked;
    } else if (config.net_threads_in_use() > 1) {
        plan.threads = ThreadModel::pipeline;
        plan.why = DAYPACK_THREADS_WHY_net_threads;
    } else if (config.engine.idle == Idle::backoff) {
        plan.threads = ThreadModel::fused;
        plan.why = DAYPACK_THREADS_WHY_sleep;
    } else if (has_room(config, cores, ThreadModel::pipeline)) {
        plan.threads = ThreadModel::pipeline;
        plan.why = DAYPACK_THREADS_WHY_own_cores;
    } else {
        plan.threads = ThreadModel::fused;
        plan.why = DAYPACK_THREADS_WHY_few_cores;
    }
    plan.hot = hot_threads(config, plan.threads);
    const bool spins = config.engine.idle == Idle::automatic ? has_room(config, cores, plan.threads)
                                                             : config.engine.idle == Idle::spin;
    plan.idle = spins ? IdleMode::spin : IdleMode::backoff;
    plan.idle_asked = config.engine.idle != Idle::automatic;
    plan.warnings = warnings_of(config, cores, plan);
    return plan;
}

std::uint64_t ThreadPlan::word() const noexcept {
    const std::uint64_t model = is_fused() ? DAYPACK_THREADS_fused : DAYPACK_THREADS_pipeline;
    const std::uint64_t waits = idle == IdleMode::spin ? DAYPACK_IDLE_spin : DAYPACK_IDLE_backoff;
    return model | waits << 8 | std::uint64_t{why} << 16;
}

std::string ThreadPlan::text() const {
    return fmt::format("threads={} idle={} cores={:g} why={} ({}; {})", daypack_threads_name(word()),
                       daypack_idle_name(word()), cores, daypack_threads_why_name(word()), sentence(why),
                       idle_clause(*this));
}

}  // namespace daypack::core
