// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/server/server.h"

namespace daypack::core::sim {

// How late messages leave, line by line: of one, of all, of every odd or even one, for lines to come as well.
//
// Thread: the exchange's.
// Invariant: of two lags for one line the later one counts.
class Lags {
  public:
    struct Lag {
        std::uint64_t line = 0;  // 0: those of `of`
        std::string of;          // odd, even; else all
        std::int64_t by_ms = 0;
        std::int64_t jitter_ms = 0;
        std::uint64_t id = 0;  // by which it is taken back
    };

    // The number to take it back by.
    std::uint64_t add(Lag lag) {
        lag.id = ++last_id_;
        lags_.push_back(std::move(lag));
        return last_id_;
    }
    void remove(std::uint64_t id) {
        std::erase_if(lags_, [id](const Lag& lag) { return lag.id == id; });
    }
    void clear() { lags_.clear(); }

    void apply_to(Connection& connection) const {
        Lag now;
        for (const Lag& lag : lags_) {
            if (concerns(lag, connection.ordinal())) now = lag;
        }
        connection.delay(now.by_ms, now.jitter_ms);
    }

  private:
    [[nodiscard]] static bool concerns(const Lag& lag, std::uint64_t line) {
        if (lag.line != 0) return lag.line == line;
        if (lag.of == "odd") return line % 2 == 1;
        if (lag.of == "even") return line % 2 == 0;
        return true;
    }

    std::vector<Lag> lags_;
    std::uint64_t last_id_ = 0;
};

}  // namespace daypack::core::sim
