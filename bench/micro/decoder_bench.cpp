// SPDX-License-Identifier: MIT
// What it costs to turn one frame into events. Each row walks a set of frames that is too large for the branch
// predictor to learn; ns/frame is the figure.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/rivals/references.h"
#include "book/decimal.h"
#include "net/backpack/decoder.h"
#include "net/backpack/symbol.h"

namespace daypack::core {
namespace {

constexpr std::size_t kFrames = 4096;

// Frames one behind another in one buffer, as a line has them.
class Frames {
  public:
    void add(const std::string& frame) {
        at_.push_back(bytes_.size());
        size_.push_back(frame.size());
        bytes_ += frame;
    }
    void finish() { bytes_.append(Decoder::kPadding, '\0'); }
    [[nodiscard]] std::size_t size() const { return at_.size(); }
    [[nodiscard]] std::string_view operator[](std::size_t i) const { return {bytes_.data() + at_[i], size_[i]}; }

  private:
    std::string bytes_;
    std::vector<std::size_t> at_, size_;
};

InstrumentTable& instruments() {
    static InstrumentTable table(512);
    if (table.size() == 0) {
        for (const char* native : {"BTC_USDC_PERP", "BTC_USDC", "ETH_USDC_PERP", "SOL_USDC_PERP"}) {
            (void)table.append({native, normalised_symbol(native), {1, -1}, {1, -5}});
        }
        for (const char* native : {"SOL_USDC", "AAPL.US_USDC_PERP"}) {
            (void)table.append({native, normalised_symbol(native), {1, -2}, {1, -2}});
        }
        (void)table.append({"WIF_USDC", "WIF-USDC", {1, -4}, {1, -1}});
    }
    return table;
}

std::string level(std::mt19937_64& random) {
    char text[64];
    const int steps = random() % 3 == 0 ? 0 : static_cast<int>(random() % 300'000);
    std::snprintf(text, sizeof text, "[\"%d.%d\",\"%d.%05d\"]", 60'000 + static_cast<int>(random() % 9'999),
                  static_cast<int>(random() % 10), steps / 100'000, steps % 100'000);
    return text;
}

Frames generated(std::size_t levels) {
    std::mt19937_64 random(1);
    Frames frames;
    std::uint64_t id = 6'904'947'650;
    for (std::size_t i = 0; i < kFrames; ++i) {
        std::string sides[2];
        for (std::size_t k = 0; k < levels; ++k) {
            std::string& side = sides[random() % 2];
            if (!side.empty()) side += ',';
            side += level(random);
        }
        const std::string u = std::to_string(++id);
        const std::string time = std::to_string(1'790'915'525'000'000 + i * 137);
        const std::string& native = instruments()[static_cast<SymbolIndex>(random() % 4)].native;
        std::string frame = "{\"data\":{\"E\":";
        frame.append(time).append(",\"T\":").append(time).append(",\"U\":").append(u).append(",\"a\":[");
        frame.append(sides[0]).append("],\"b\":[").append(sides[1]).append("],\"e\":\"depth\",\"s\":\"");
        frame.append(native).append("\",\"u\":").append(u).append("},\"stream\":\"depth.").append(native).append("\"}");
        frames.add(frame);
    }
    frames.finish();
    return frames;
}

void decode_all(benchmark::State& state, const Frames& frames, bool scan) {
    Decoder::Limits limits;
    limits.scan = scan;
    Decoder decoder(instruments(), DepthStream::realtime, limits);
    std::size_t i = 0;
    std::size_t bad = 0;
    std::int64_t bytes = 0;
    for (auto _ : state) {
        const Decoded decoded = decoder.decode(frames[i], MonoTime{1}, 0);
        benchmark::DoNotOptimize(decoded.events.data());
        bad += decoded.kind == FrameKind::bad ? 1 : 0;
        bytes += static_cast<std::int64_t>(frames[i].size());
        if (++i == frames.size()) i = 0;
    }
    if (bad != 0) state.SkipWithError("a frame was bad");
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(bytes);
}

void decode_levels(benchmark::State& state) {
    const Frames frames = generated(static_cast<std::size_t>(state.range(0)));
    decode_all(state, frames, true);
}
BENCHMARK(decode_levels)->Arg(1)->Arg(5)->Arg(20)->Arg(100);

void simdjson_levels(benchmark::State& state) {
    const Frames frames = generated(static_cast<std::size_t>(state.range(0)));
    decode_all(state, frames, false);
}
BENCHMARK(simdjson_levels)->Arg(1)->Arg(5)->Arg(20)->Arg(100);

// What others read JSON with: RapidJSON in place with its memory pooled, numbers by hand and unchecked; and nlohmann's,
// which makes the whole tree.
void rapidjson_levels(benchmark::State& state) {
    const Frames frames = generated(static_cast<std::size_t>(state.range(0)));
    bench::DomReader reader;
    std::size_t i = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
        if (!reader.read(frames[i], instruments()[0],
                         [&](Side, std::int64_t price, std::int64_t quantity) { sum += price + quantity; })) {
            return state.SkipWithError("a frame was bad");
        }
        benchmark::DoNotOptimize(sum);
        if (++i == frames.size()) i = 0;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rapidjson_levels)->Arg(1)->Arg(5)->Arg(20)->Arg(100);

void nlohmann_levels(benchmark::State& state) {
    const Frames frames = generated(static_cast<std::size_t>(state.range(0)));
    std::size_t i = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
        const auto json = nlohmann::json::parse(frames[i]);
        const auto& data = json["data"];
        sum += data["U"].get<std::int64_t>() + data["u"].get<std::int64_t>();
        for (const char* side : {"a", "b"}) {
            for (const auto& row : data[side]) {
                sum += *parse_units(row[0].get_ref<const std::string&>(), instruments()[0].tick) +
                       *parse_units(row[1].get_ref<const std::string&>(), instruments()[0].step);
            }
        }
        benchmark::DoNotOptimize(sum);
        if (++i == frames.size()) i = 0;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(nlohmann_levels)->Arg(1)->Arg(5)->Arg(20)->Arg(100);

// The frames that were captured from the venue, where they are.
void decode_captured(benchmark::State& state) {
    const char* const wire = std::getenv("DAYPACK_WIRE");
    const std::string folder = wire != nullptr ? wire : DAYPACK_SOURCE_DIR "/../shared/wire";
    std::ifstream file(folder + "/samples/ws_public_SOL_USDC_94_frames.jsonl");
    Frames frames;
    for (std::string line; std::getline(file, line);) frames.add(line);
    if (frames.size() == 0) {
        state.SkipWithError("no captured frames: set DAYPACK_WIRE");
        return;
    }
    frames.finish();
    decode_all(state, frames, true);
}
BENCHMARK(decode_captured);

}  // namespace
}  // namespace daypack::core
