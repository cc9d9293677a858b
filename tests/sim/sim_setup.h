// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/sim/market/market.h"
#include "tools/sim/market/wire.h"
#include "tools/sim/options.h"

namespace daypack::core::sim {

inline SimOptions options_for(std::vector<std::string> symbols, double rate) {
    SimOptions options;
    options.symbols = std::move(symbols);
    options.rate = rate;
    return options;
}
inline SimOptions burst_of(std::uint64_t frames, std::vector<std::string> symbols = {"SOL_USDC"}) {
    SimOptions options = options_for(std::move(symbols), 0);
    options.max_frames = frames;
    return options;
}
inline Notation notation_of(const std::string& symbol) {
    return Notation(market_named(symbol));
}

// Waits for it, at most 20 s; whether it came.
inline bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return condition();
}

}  // namespace daypack::core::sim
