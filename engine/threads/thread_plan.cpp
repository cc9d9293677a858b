// SPDX-License-Identifier: MIT
#include "engine/threads/thread_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace daypack {
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
            return "a network and a book thread would share cores, and wake each other for each frame";
        case DAYPACK_THREADS_WHY_sleep: return "with `idle: backoff` a book thread would be woken for each frame";
    }
    return "not told";
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
    return plan;
}

std::uint64_t ThreadPlan::word() const noexcept {
    const std::uint64_t model = is_fused() ? DAYPACK_THREADS_fused : DAYPACK_THREADS_pipeline;
    const std::uint64_t waits = idle == IdleMode::spin ? DAYPACK_IDLE_spin : DAYPACK_IDLE_backoff;
    return model | waits << 8 | std::uint64_t{why} << 16;
}

std::string ThreadPlan::text() const {
    return fmt::format("threads={} idle={} cores={:g} why={}: {}", daypack_threads_name(word()),
                       daypack_idle_name(word()), cores, daypack_threads_why_name(word()), sentence(why));
}

}  // namespace daypack
