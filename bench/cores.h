#pragma once
#include <string>
#include <vector>

namespace daypack::bench {

// The cores that the bench uses, each for one thread: `main` for what is measured, `other` for who is at the far end.
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

// How threads are pinned here, in words.
[[nodiscard]] std::string pinning_in_words(bool worked);

}  // namespace daypack::bench
