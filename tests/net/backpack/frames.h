// SPDX-License-Identifier: MIT
#pragma once
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "book/instrument.h"
#include "net/backpack/decoder.h"
#include "net/backpack/symbol.h"

namespace daypack::core {

// A frame as a line holds it: what is readable behind it, and no byte more, so that a sanitizer sees the next.
class PaddedFrame {
  public:
    explicit PaddedFrame(std::string_view frame, char behind = '\0')
        : bytes_(new char[frame.size() + Decoder::kPadding]), size_(frame.size()) {
        std::memcpy(bytes_.get(), frame.data(), frame.size());
        std::memset(bytes_.get() + frame.size(), behind, Decoder::kPadding);
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

// The markets of the captured frames, and their ticks and steps.
inline void add_captured_markets(InstrumentTable& table) {
    struct Row {
        const char* native;
        Unit tick, step;
    };
    for (const Row& row : {Row{"SOL_USDC", {1, -2}, {1, -2}}, Row{"BTC_USDC_PERP", {1, -1}, {1, -5}},
                           Row{"AAPL.US_USDC_PERP", {1, -2}, {1, -2}}, Row{"ETH_USDC_PERP", {1, -2}, {1, -4}},
                           Row{"WIF_USDC", {1, -4}, {1, -1}}, Row{"kBONK_USDC_PERP", {5, -1}, {1, 4}}}) {
        Instrument instrument;
        instrument.native = row.native;
        instrument.symbol = normalised_symbol(row.native);
        instrument.tick = row.tick;
        instrument.step = row.step;
        (void)table.append(std::move(instrument));
    }
}

inline std::filesystem::path wire_folder() {
    const char* const wire = std::getenv("DAYPACK_WIRE");
    return wire != nullptr ? std::filesystem::path(wire) : std::filesystem::path(DAYPACK_SOURCE_DIR) / "../shared/wire";
}

// The lines of a file of bytes captured from the venue; none where it is not there.
inline std::vector<std::string> captured_lines(const std::string& name) {
    std::ifstream file(wire_folder() / "samples" / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

}  // namespace daypack::core

// Ends a test where the captured bytes are not beside the repository.
#define DAYPACK_SKIP_WITHOUT(lines)                                                                                    \
    if ((lines).empty()) {                                                                                             \
        GTEST_SKIP() << "no captured bytes in " << daypack::core::wire_folder() << ": set DAYPACK_WIRE to the folder"; \
    }                                                                                                                  \
    static_assert(true)
