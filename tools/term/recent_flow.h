// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "book/types.h"
#include "engine/include/daypack/reader.hpp"

namespace daypack::core {

// What the engine published in the last seconds, as the ring still has it: no counter has a past.
//
// Thread: the reader's. It reads each record once, and disturbs no writer.
class RecentFlow {
  public:
    // Of a duration: samples, and what so many per mille do not exceed; negative ones are of two clocks that disagree.
    struct Percentiles {
        std::uint64_t count = 0;
        std::int64_t p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
    };
    struct Window {
        double seconds = 0;  // that it is really of: less where the ring or the engine's life is shorter
        double updates_s = 0;
        double trades_s = 0;
        Percentiles frame_to_shm;
    };
    // Receive time less the venue's: when it sent the update (`E`), and when it matched (`T`).
    struct Delay {
        Percentiles send;
        Percentiles match;
    };

    // Reads the records of the last `seconds`, at most kMostRecords of them.
    RecentFlow(Reader& reader, double seconds);

    [[nodiscard]] Window window(double seconds) const;
    [[nodiscard]] Delay delay() const;                    // of all symbols,
    [[nodiscard]] Delay delay(SymbolIndex symbol) const;  // and of one

    static constexpr std::uint64_t kMostRecords = 1 << 19;

  private:
    struct Sample {
        std::int64_t publish_ns;
        std::int64_t latency_ns;
        std::int64_t send_ns;   // INT64_MIN: the venue told none
        std::int64_t match_ns;  // likewise
        std::uint32_t symbol;
        bool trade;
    };

    void read(Reader& reader, std::uint64_t from, std::uint64_t to);
    [[nodiscard]] static Delay delay_of(std::span<const Sample> samples);

    std::int64_t now_ns_;
    double covered_s_ = 0;
    std::vector<Sample> samples_;  // by symbol
};

}  // namespace daypack::core
