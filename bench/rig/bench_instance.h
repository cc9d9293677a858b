// SPDX-License-Identifier: MIT
#pragma once
#include <string>

namespace daypack::core::bench {

// The name of a segment that only this bench knows; the segment is removed with this object.
//
// Thread: any. What a bench leaves that was killed is removed by the first of the next one.
class BenchInstance {
  public:
    BenchInstance();
    ~BenchInstance();
    BenchInstance(const BenchInstance&) = delete;
    BenchInstance& operator=(const BenchInstance&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    std::string name_;  // bench.<process>.<number>
};

// Removes the segments of benches whose process is gone, unless an engine still holds the lock of one.
void remove_what_dead_benches_left();

}  // namespace daypack::core::bench
