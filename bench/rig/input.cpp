// SPDX-License-Identifier: MIT
#include "bench/rig/input.h"

#include <memory>
#include <optional>
#include <stdexcept>

#include "net/backpack/decoder.h"
#include "net/backpack/symbol.h"
#include "tools/sim/market/flow.h"
#include "tools/sim/market/market.h"
#include "tools/sim/market/replay.h"

namespace daypack::core::bench {
namespace {

std::unique_ptr<sim::Source> open(const std::string& path, std::string& words) {
    if (!path.empty()) {
        words = "recorded: " + path;
        return std::make_unique<sim::Replay>(path);
    }
    words = "generated: BTC_USDC_PERP of the simulated exchange, seed 1";
    return std::make_unique<sim::Flow>(sim::market_named("BTC_USDC_PERP"), sim::FlowOptions{});
}

Unit unit_of(std::int64_t units, int decimals) {
    Unit unit{units, static_cast<std::int8_t>(-decimals)};
    while (unit.mantissa % 10 == 0) {
        unit.mantissa /= 10;
        ++unit.exponent;
    }
    return unit;
}

std::string between(std::string_view text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from) + from.size();
    return std::string(text.substr(at, text.find(to, at) - at));
}

// The levels of several frames in one, whose shape is that of the last.
class Merger {
  public:
    explicit Merger(Frames& to) : to_(to) {}
    void add(const std::string& frame) {
        append(asks_, between(frame, "\"a\":[", "],\"b\""));
        append(bids_, between(frame, "\"b\":[", "],\"e\""));
        if (++count_ < 5) return;
        const std::size_t begin = frame.find("\"a\":[");
        const std::size_t end = frame.find("],\"e\"");
        to_.add(frame.substr(0, begin) + "\"a\":[" + asks_ + "],\"b\":[" + bids_ + frame.substr(end));
        asks_.clear();
        bids_.clear();
        count_ = 0;
    }

  private:
    static void append(std::string& levels, const std::string& more) {
        if (more.empty()) return;
        if (!levels.empty()) levels += ',';
        levels += more;
    }
    Frames& to_;
    std::string asks_, bids_;
    int count_ = 0;
};

}  // namespace

void Frames::add(std::string_view frame) {
    bytes_.append(frame).append(kGap, '\0');
    at_.push_back(bytes_.size());
}

Snapshot take_seed(const sim::Source& source, InstrumentTable& table) {
    const sim::Market& market = source.market();
    Instrument instrument;
    instrument.native = market.symbol;
    instrument.symbol = normalised_symbol(market.symbol);
    instrument.tick = unit_of(market.tick_units(), market.price_decimals());
    instrument.step = unit_of(market.step_units(), market.quantity_decimals());
    (void)table.append(std::move(instrument));
    const sim::Book book = source.start_book();
    Snapshot seed;
    seed.last_id = source.start_u();
    seed.timestamp.us = source.start_us();
    for (const auto& [price, quantity] : book.bids) {
        seed.bids.push_back({{price / market.tick_units()}, {quantity / market.step_units()}});
    }
    for (const auto& [price, quantity] : book.asks) {
        seed.asks.push_back({{price / market.tick_units()}, {quantity / market.step_units()}});
    }
    return seed;
}

void read_input(const std::string& path, Input& input, const Effort& effort) {
    input.effort = effort;
    const auto source = open(path, input.words);
    source->begin(1'790'915'525'000'000);
    input.seed = take_seed(*source, input.table);
    Merger fives(input.fives);
    for (sim::Event event; input.frames.size() < effort.frames && source->next(event);) {
        if (event.channel != sim::Channel::depth) continue;
        input.frames.add(event.frame);
        fives.add(event.frame);
    }
    if (input.fives.size() == 0) throw std::runtime_error(path + ": fewer than five depth frames are no input");
    Decoder decoder(input.table, DepthStream::realtime);
    for (std::size_t i = 0; i < input.frames.size(); ++i) {
        const Decoded decoded = decoder.decode(input.frames[i], MonoTime{1}, 0);
        if (decoded.kind != FrameKind::depth) throw std::runtime_error(path + ": a depth frame cannot be read");
        input.events.insert(input.events.end(), decoded.events.begin(), decoded.events.end());
        input.ends.push_back(static_cast<std::uint32_t>(input.events.size()));
    }
}

}  // namespace daypack::core::bench
