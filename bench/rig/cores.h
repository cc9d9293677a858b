// SPDX-License-Identifier: MIT
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

namespace daypack::core::bench {

// The cores that the bench uses, each for one thread: `main` for what is measured, `other` for the far end.
//
// Thread: any; it is looked up once and never changes.
struct Cores {
    int main = -1;   // -1: not known, nothing is pinned
    int other = -1;  // -1: this process has but one core
    [[nodiscard]] bool two() const noexcept { return other >= 0; }
};
[[nodiscard]] const Cores& cores();

// Keeps the calling thread on a core. False: it stays where it is.
bool pin(int cpu) noexcept;

// The calling thread is on `cores().main` for as long as this lives, and then where it was.
class Pinned {
  public:
    Pinned();
    ~Pinned();
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    [[nodiscard]] bool worked() const noexcept { return worked_; }

  private:
    std::vector<unsigned char> before_;  // a cpu_set_t
    bool worked_ = false;
};

// CPU time of the calling thread.
[[nodiscard]] double thread_cpu_ns() noexcept;

// Which part of a core a thread had while it spun: less than all of it says that something else ran there, and that
// what was measured is not this program's.
//
// Thread: begin() and end() by the one that spins.
class CoreShare {
  public:
    void begin() noexcept;
    void end() noexcept;
    void add(const CoreShare& other) noexcept { cpu_ns_ += other.cpu_ns_, wall_ns_ += other.wall_ns_; }
    [[nodiscard]] double share() const noexcept { return wall_ns_ <= 0 ? 1 : cpu_ns_ / wall_ns_; }

  private:
    double cpu_ns_ = 0, wall_ns_ = 0;
};

// Why latencies that spinning threads measured mean nothing here; empty: they mean something.
[[nodiscard]] std::string shared_cores(std::initializer_list<double> shares);

// How threads are pinned here, in words.
[[nodiscard]] std::string pinning_in_words(bool worked);

}  // namespace daypack::core::bench
