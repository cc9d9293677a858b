// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "bench/rig/percentiles.h"
#include "bench/system/program.h"

namespace daypack::core::bench {

// One market of `daypack bench --system`: so many updates a second in all, over so many symbols and lines.
struct SystemCell {
    int rate = 1'000;
    int symbols = 10;
    int lines = 2;
    int cpu = -1;                  // of the engine's hot thread; -1: the kernel's choice
    int account_rate = 0;          // acts a second of an account at the exchange; 0: there is none
    bool follows_account = false;  // the engine does
    std::string metrics_listen{};  // empty: no metrics are served
    [[nodiscard]] std::string name() const;
};

// What one engine, or a bare line in its place, did in one round.
struct Outcome {
    Percentiles visible;             // from when an update was due until another process could see it
    Percentiles frame_to_shm;        // ... from when its frame was in the engine's hand
    double frame_to_shm_p99_ns = 0;  // exact, where the percentiles are as wide as their buckets
    double cpu_us = 0;               // an update
    double others = 0;               // cores that programs of others used meanwhile
    std::string chosen;              // by the engine: "fused, backoff"
};

// The exchange of a cell, a process.
class Venue {
  public:
    // Throws std::runtime_error.
    Venue(const SystemCell& cell, const ScratchFolder& folder);
    [[nodiscard]] std::string url(const std::string& scheme) const;
    [[nodiscard]] const std::string& ca_file() const noexcept { return ca_file_; }
    [[nodiscard]] const std::string& key_file() const noexcept { return key_file_; }  // of its account
    [[nodiscard]] pid_t pid() const noexcept { return program_.pid(); }

  private:
    std::string ca_file_;
    std::string key_file_;
    Program program_;
    int port_ = 0;
};

// An engine that runs until this object ends, as a user starts it, but for `mode`: "default", or a value of `threads`.
// All its books are LIVE. Both functions throw std::runtime_error.
class RunningEngine {
  public:
    RunningEngine(const SystemCell& cell, const Venue& venue, const std::string& mode, const ScratchFolder& folder);
    ~RunningEngine();
    [[nodiscard]] Outcome measure(int measure_ms);
    [[nodiscard]] const std::string& instance() const noexcept;
    [[nodiscard]] pid_t pid() const noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// One that is started, measured once, and ended. Both of these throw std::runtime_error.
[[nodiscard]] Outcome run_engine(const SystemCell& cell, const Venue& venue, const std::string& mode,
                                 const ScratchFolder& folder, int measure_ms);
// The least that must be done, in its place: BareLine.
[[nodiscard]] Outcome run_floor(const SystemCell& cell, const Venue& venue, int measure_ms);

}  // namespace daypack::core::bench
