// SPDX-License-Identifier: MIT
#include "bench/rig/reader_process.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "bench/rig/cores.h"
#include "bench/rig/ticks.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core::bench {
namespace {

constexpr std::uint32_t kSleep = 0, kQuit = 1, kWatch = 2;  // kWatch + i: the instance i

void short_sleep() {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
}

}  // namespace

struct ReaderProcess::Shared {
    alignas(64) std::atomic<std::uint32_t> command;
    alignas(64) std::atomic<std::uint32_t> doing;   // release: pairs with the acquire in tell() and stop()
    alignas(64) std::atomic<std::uint64_t> last_u;  // release, after its note: pairs with the acquire in stop()
    alignas(64) std::uint64_t count;                // of notes; the child's until it sleeps
    std::uint64_t room;
    CoreShare core;
    Seen notes[1];

    void watch_one(daypack_reader& reader, std::uint32_t command_of_this) {
        daypack_top top{};
        (void)daypack_read_top(&reader, 0, &top);
        std::uint64_t last = top.u;
        count = 0;
        last_u.store(last, std::memory_order_release);
        doing.store(command_of_this, std::memory_order_release);
        core.begin();
        while (command.load(std::memory_order_relaxed) == command_of_this) {
            if (daypack_read_top(&reader, 0, &top) != DAYPACK_OK) continue;
            if (top.u == last || top.state != DAYPACK_STATE_LIVE) continue;
            const std::uint64_t now = ticks();
            last = top.u;
            if (count < room) notes[count++] = {last, now};
            last_u.store(last, std::memory_order_release);
        }
        core.end();
    }

    [[noreturn]] void run(const std::vector<std::string>& instances, pid_t parent) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);  // it was gone before that was said
        (void)pin(cores().other);
        std::vector<daypack_reader> readers(instances.size());
        for (std::size_t i = 0; i < instances.size(); ++i) {
            if (daypack_open(&readers[i], instances[i].c_str()) != DAYPACK_OK) _exit(1);
        }
        for (;;) {
            const std::uint32_t now = command.load(std::memory_order_acquire);
            if (now == kQuit) _exit(0);
            if (now >= kWatch && now - kWatch < readers.size()) {
                watch_one(readers[now - kWatch], now);
            } else {
                doing.store(kSleep, std::memory_order_release);
                short_sleep();
            }
        }
    }
};

ReaderProcess::ReaderProcess(std::vector<std::string> instances, std::size_t notes)
    : bytes_(sizeof(Shared) + notes * sizeof(Seen)) {
    (void)cores(), (void)ns_per_tick();  // looked up once, for both
    void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("the bench has no memory for its reader");
    shared_ = new (memory) Shared{};
    shared_->room = notes;
    const pid_t parent = getpid();
    child_ = fork();
    if (child_ == 0) shared_->run(instances, parent);
    if (child_ < 0) {
        munmap(shared_, bytes_);
        throw std::runtime_error("the bench cannot start its reader as a process of its own");
    }
}

ReaderProcess::~ReaderProcess() {
    shared_->command.store(kQuit, std::memory_order_release);
    (void)waitpid(child_, nullptr, 0);
    munmap(shared_, bytes_);
}

void ReaderProcess::tell(std::uint32_t command) {
    shared_->command.store(command, std::memory_order_release);  // pairs with the acquire in run()
    for (int i = 0; shared_->doing.load(std::memory_order_acquire) != command; ++i) {
        short_sleep();
        int status = 0;
        if (i % 100 == 99 && waitpid(child_, &status, WNOHANG) == child_) {
            throw std::runtime_error("the bench's reader process has ended: is /dev/shm readable?");
        }
    }
}

void ReaderProcess::watch(std::size_t instance) {
    tell(kWatch + static_cast<std::uint32_t>(instance));
}

double ReaderProcess::share() const noexcept {
    return shared_->core.share();
}

std::vector<Seen> ReaderProcess::stop(std::uint64_t u) {
    const MonoTime end = mono_now() + 1'000'000'000;
    while (u != 0 && shared_->last_u.load(std::memory_order_acquire) != u && mono_now() - end < 0) short_sleep();
    tell(kSleep);
    return {shared_->notes, shared_->notes + shared_->count};
}

}  // namespace daypack::core::bench
