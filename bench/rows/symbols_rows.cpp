// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <malloc.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>

#include "bench/rig/engine_rig.h"
#include "bench/rows/rows.h"
#include "net/backpack/decoder.h"
#include "net/backpack/symbol.h"
#include "tools/sim/market/flow.h"
#include "tools/sim/market/market.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kSymbols = 100;
constexpr std::size_t kFramesEach = 2'000;  // of the input into each book, for what they take of memory

std::string native_name(std::size_t i) {
    return fmt::format("S{}_USDC_PERP", 100 + i);
}

// Made-up flow of some markets, whose shares of it are as 1 : 1/2 : 1/3 …
struct Crowd {
    Crowd(std::size_t symbols, std::size_t count) : table(symbols), seeds(symbols) {
        std::vector<std::unique_ptr<sim::Flow>> flows;
        std::vector<double> shares;
        for (std::size_t i = 0; i < symbols; ++i) {
            sim::FlowOptions options;
            options.seed = i + 1;
            flows.push_back(std::make_unique<sim::Flow>(sim::market_named(native_name(i)), options));
            flows.back()->begin(1'790'915'525'000'000);
            seeds[i] = take_seed(*flows.back(), table);
            shares.push_back(1.0 / static_cast<double>(i + 1));
        }
        std::mt19937_64 random(1);
        std::discrete_distribution<std::size_t> draw(shares.begin(), shares.end());
        for (sim::Event event; frames.size() < count;) {
            sim::Flow& flow = *flows[draw(random)];
            do {
                if (!flow.next(event)) throw std::runtime_error("made-up flow has ended");
            } while (event.channel != sim::Channel::depth);
            frames.add(event.frame);
        }
    }
    [[nodiscard]] std::vector<const Snapshot*> books() const {
        std::vector<const Snapshot*> all;
        for (const Snapshot& seed : seeds) all.push_back(&seed);
        return all;
    }

    InstrumentTable table;
    std::vector<Snapshot> seeds;
    Frames frames;
};

// ns a frame, decoded, taken and published.
class Cost {
  public:
    Cost(std::size_t symbols, std::size_t count) : crowd_(symbols, count), rig_(crowd_.table, crowd_.books()) {}
    [[nodiscard]] double measure() {
        rig_.rewind();
        Decoder decoder(crowd_.table, DepthStream::realtime);
        const double ns = ns_each([&] {
            for (std::size_t i = 0; i < crowd_.frames.size(); ++i) {
                rig_.take(decoder, crowd_.frames[i]);
                if (i % 256 == 0) rig_.breathe();
            }
            return crowd_.frames.size();
        });
        if (rig_.updates() != crowd_.frames.size()) throw std::runtime_error("a frame of the crowd was not applied");
        return ns;
    }

  private:
    Crowd crowd_;
    EngineRig rig_;
};

// Of this process, as the kernel counts it: what lies in RAM.
double resident_bytes() {
    (void)malloc_trim(0);
    std::ifstream file("/proc/self/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("Rss:")) return 1024 * std::stod(line.substr(4));
    }
    return std::nan("");
}

// What the engine's book side keeps in RAM with so many books like the input's, each some way into its flow.
double resident_with(const Input& input, std::size_t symbols) {
    InstrumentTable table(symbols);
    for (std::size_t i = 0; i < symbols; ++i) {
        Instrument instrument = input.instrument();
        instrument.native = native_name(i);
        instrument.symbol = normalised_symbol(instrument.native);
        (void)table.append(std::move(instrument));
    }
    const double before = resident_bytes();
    EngineRig rig(table, std::vector<const Snapshot*>(symbols, &input.seed));
    std::vector<Event> update;
    for (std::size_t i = 0; i < std::min(kFramesEach, input.frames.size()); ++i) {
        const auto events = input.update(i);
        for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
            update.assign(events.begin(), events.end());
            for (Event& event : update) event.symbol = static_cast<SymbolIndex>(symbol);
            rig.agent().take(update, mono_now());
        }
        rig.breathe();
    }
    return resident_bytes() - before;
}

}  // namespace

std::vector<Row> symbols_100(const Input& input) {
    std::vector<Row> rows;
    {
        Cost many(kSymbols, input.effort.frames), one(1, input.effort.frames);
        const Pair pair = compare(
            input.effort.rounds, [&] { return many.measure(); }, [&] { return one.measure(); });
        rows.push_back(
            {.name = "symbols_100.cost",
             .value = pair.ours,
             .unit = "ns a frame",
             .reference = pair.other,
             .ratio = 1 / pair.other_to_ours,
             .bound = Row::Bound::most,
             .target = 1.5,
             .what = "decoded, applied, published: generated flow of 100 symbols, shares as 1 : 1/2 : 1/3 …, against "
                     "one symbol",
             .spread = pair.inverse()});
    }
    const double many = resident_with(input, kSymbols);
    const double mib = (many - resident_with(input, 1)) / static_cast<double>(kSymbols - 1) / (1 << 20);
    if (std::isnan(mib)) {
        rows.push_back(unmeasured_row("symbols_100.memory", "MiB a symbol", Row::Bound::most, 1,
                                      "/proc/self/smaps_rollup cannot be read"));
    } else {
        rows.push_back({.name = "symbols_100.memory",
                        .value = mib,
                        .unit = "MiB a symbol",
                        .bound = Row::Bound::most,
                        .target = 1,
                        .what = "resident, at the default depth, books as the input's; one symbol's own taken off"});
    }
    return rows;
}

}  // namespace daypack::core::bench
