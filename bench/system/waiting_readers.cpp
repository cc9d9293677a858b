// SPDX-License-Identifier: MIT
#include "bench/system/waiting_readers.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <new>
#include <stdexcept>
#include <thread>

#include "bench/rig/cores.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core::bench {
namespace {

constexpr int kWait_ms = 100;

std::int64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

struct WaitingReaders::Shared {
    struct Reader {
        alignas(64) std::atomic<bool> waits;
        std::int64_t cpu_ns;
        std::uint64_t buckets[DAYPACK_HISTOGRAM_BUCKETS];  // of the times from a record to its reader
    };
    std::atomic<int> stage;  // 0: not counted, 1: counted, 2: end
    Reader readers[1];

    [[noreturn]] void run(Reader& mine, const std::string& instance, pid_t parent) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);  // it was gone before that was said
        daypack_reader reader;
        if (daypack_open(&reader, instance.c_str()) != DAYPACK_OK) _exit(1);
        std::uint64_t cursor = daypack_cursor(&reader);
        std::int64_t before_ns = -1;
        mine.waits = true;
        while (stage != 2) {
            const bool counted = stage == 1;
            if (counted && before_ns < 0) before_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
            const std::uint64_t first = cursor;
            if (daypack_wait(&reader, cursor, kWait_ms) != DAYPACK_OK) continue;
            daypack_record record;
            std::uint64_t lost = 0;
            int result = daypack_read_record(&reader, &cursor, &record, &lost);
            const std::int64_t now = clock_ns(CLOCK_REALTIME);
            if (counted && result == DAYPACK_OK && cursor == first + 1) {
                const std::int64_t late = now - record.publish_ns;
                ++mine.buckets[daypack_histogram_bucket(late < 0 ? 0 : static_cast<std::uint64_t>(late))];
            }
            while (result != DAYPACK_EMPTY) result = daypack_read_record(&reader, &cursor, &record, &lost);
        }
        mine.cpu_ns = before_ns < 0 ? 0 : clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns;
        _exit(0);
    }
};

WaitingReaders::WaitingReaders(const std::string& instance, std::size_t count, int cpu)
    : bytes_(sizeof(Shared) + count * sizeof(Shared::Reader)) {
    void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("the bench has no memory for its readers");
    shared_ = new (memory) Shared{};
    const pid_t parent = getpid();
    for (std::size_t i = 0; i < count; ++i) {
        auto* const mine = new (&shared_->readers[i]) Shared::Reader{};
        const pid_t child = fork();
        if (child == 0) {
            if (cpu >= 0) (void)pin(cpu);
            shared_->run(*mine, instance, parent);
        }
        if (child > 0) children_.push_back(child);
    }
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (std::size_t i = 0; i < count; ++i) {
        while (!shared_->readers[i].waits && std::chrono::steady_clock::now() < patience) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        if (shared_->readers[i].waits) continue;
        end();
        munmap(shared_, bytes_);
        throw std::runtime_error("the bench's waiting readers did not start");
    }
}

WaitingReaders::~WaitingReaders() {
    end();
    munmap(shared_, bytes_);
}

void WaitingReaders::start() {
    shared_->stage = 1;
}

void WaitingReaders::end() noexcept {
    shared_->stage = 2;
    for (const pid_t child : children_) (void)waitpid(child, nullptr, 0);
    children_.clear();
}

WaitingReaders::Outcome WaitingReaders::stop() {
    const std::size_t count = children_.size();
    end();
    Outcome outcome;
    for (std::size_t i = 0; i < count; ++i) {
        outcome.cpu_ns += static_cast<double>(shared_->readers[i].cpu_ns);
        for (unsigned bucket = 0; bucket < DAYPACK_HISTOGRAM_BUCKETS; ++bucket) {
            outcome.wake_up.record_many(static_cast<std::int64_t>(daypack_histogram_value(bucket)),
                                        shared_->readers[i].buckets[bucket]);
        }
    }
    return outcome;
}

}  // namespace daypack::core::bench
