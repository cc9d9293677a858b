// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/shm/shm_file.h"

namespace daypack::core {

// Wakes readers that wait for the ring to go on (daypack_wait), so that no hot thread has to: a FUTEX_WAKE costs its
// caller up to 25 µs.
//
// Readers sleep on a word in a file of its own, /dev/shm/daypack.<instance>.wake, with owner and mode of the segment.
// A reader that may wait holds a read lock on it, by which this object knows whether anybody does: a process that has
// the file mapped read-only can tell in no other way.
//
// Thread: the control thread; no other process writes the word. Ownership: the object owns the file, and removes its
// name at its end. Where the file cannot be made, nobody is woken, and readers look again by themselves.
class Waker {
  public:
    // Never throws for the sake of the file: trouble() says what is wrong with it.
    Waker(const std::string& instance, const ShmAccess& access);
    ~Waker();
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;

    // Leaves the file to the engine that goes on with the instance.
    void leave() noexcept { made_by_ = 0; }
    // What is wrong, for the log; empty: nothing.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    // Whether a reader may be waiting. A system call.
    [[nodiscard]] bool has_readers() const noexcept;
    // Wakes all that wait where `published`, the end of the ring, is another than at the last call. Call it every
    // kEvery_ns at most. Returns how many were woken.
    std::size_t wake(std::uint64_t published) noexcept;

    static constexpr std::int64_t kEvery_ns = 100'000;

  private:
    void open(const ShmAccess& access);

    std::string path_;
    std::string trouble_;
    int fd_ = -1;
    Mapping mapping_;
    pid_t made_by_;
    std::uint64_t published_ = 0;
};

}  // namespace daypack::core
