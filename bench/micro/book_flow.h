// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "book/snapshot.h"
#include "book/types.h"

namespace daypack::core::bench {

struct Delta {
    Side side;
    Price price;
    Quantity quantity;
};

// A book and the updates that follow it, ready to be applied: what reading text costs is another bench's matter.
struct Flow {
    Snapshot seed;
    std::vector<Delta> deltas;
    std::vector<std::uint32_t> ends;  // of each update, in deltas
};

// ---- generated: the ranks and kinds of btc_usdm, whose book is the deepest ----

class FlowGenerator {
  public:
    FlowGenerator() {
        for (int i = 0; i < kLevels; ++i) set({Side::bid, {step(kMid, -i)}, {1 + below(5000)}});
        for (int i = 0; i < kLevels; ++i) set({Side::ask, {step(kMid + 1, i)}, {1 + below(5000)}});
        for (const auto& [price, quantity] : bids_) flow_.seed.bids.push_back({{price}, {quantity}});
        for (const auto& [price, quantity] : asks_) flow_.seed.asks.push_back({{price}, {quantity}});
        flow_.deltas.clear();
    }

    Flow make(std::size_t updates) {
        for (std::size_t i = 0; i < updates; ++i) {
            const std::int64_t levels = below(1000) < 992 ? 1 : 2 + below(10);
            for (std::int64_t level = 0; level < levels; ++level) change();
            flow_.ends.push_back(static_cast<std::uint32_t>(flow_.deltas.size()));
        }
        return std::move(flow_);
    }

  private:
    static constexpr int kLevels = 3500;
    static constexpr std::int64_t kMid = 600'000;

    std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }
    // Levels lie close at the touch and wide apart far from it.
    static std::int64_t step(std::int64_t from, std::int64_t i) {
        const std::int64_t far = i < 0 ? -i : i;
        return from + (i < 0 ? -1 : 1) * (far + far * far / 150);
    }

    // Per mille of the levels that fall at these ranks, from the recording.
    std::int64_t rank() {
        struct Band {
            std::int64_t per_mille, from, to;
        };
        static constexpr Band kBands[] = {{150, 0, 1},  {23, 1, 5},    {22, 5, 10},     {33, 10, 20},
                                          {74, 20, 50}, {93, 50, 100}, {362, 100, 500}, {243, 500, kLevels}};
        std::int64_t draw = below(1000);
        for (const Band& band : kBands) {
            if (draw < band.per_mille) return band.from + below(band.to - band.from);
            draw -= band.per_mille;
        }
        return 0;
    }

    void change() {
        const Side side = below(2) ? Side::bid : Side::ask;
        auto& levels = side == Side::bid ? bids_ : asks_;
        const std::int64_t at = std::min(rank(), static_cast<std::int64_t>(levels.size()) - 2);
        auto found = side == Side::bid ? std::prev(levels.end(), at + 1) : std::next(levels.begin(), at);
        const std::int64_t kind = below(1000);
        const bool shrink = levels.size() > kLevels;
        if (kind < 643) return set({side, {found->first}, {1 + below(5000)}});
        if (kind < 643 + (shrink ? 200 : 157)) return set({side, {found->first}, {0}});
        // Inserts take a free price next to a level, away from the other side.
        std::int64_t price = found->first;
        const std::int64_t outwards = side == Side::bid ? -1 : 1;
        while (levels.count(price) != 0) price += outwards;
        if (at == 0 && levels.count(found->first - outwards) == 0 && gap() > 2) price = found->first - outwards;
        set({side, {price}, {1 + below(5000)}});
    }
    [[nodiscard]] std::int64_t gap() const { return asks_.begin()->first - bids_.rbegin()->first; }

    void set(const Delta& delta) {
        auto& levels = delta.side == Side::bid ? bids_ : asks_;
        if (delta.quantity.steps == 0) {
            levels.erase(delta.price.ticks);
        } else {
            levels[delta.price.ticks] = delta.quantity.steps;
        }
        flow_.deltas.push_back(delta);
    }

    std::mt19937_64 random_{1};
    std::map<std::int64_t, std::int64_t> bids_, asks_;
    Flow flow_;
};

// ---- recorded: frames.ndjson.gz with its snapshot.json --------------------------------------------------------------

// "61800.3" in units of 10^-decimals; the recordings are well formed.
inline std::int64_t units(std::string_view text, int decimals) {
    std::int64_t value = 0;
    int fraction = -1;
    for (const char c : text) {
        if (c == '.') {
            fraction = 0;
        } else if (fraction < decimals) {
            value = value * 10 + (c - '0');
            if (fraction >= 0) ++fraction;
        }
    }
    for (fraction = std::max(fraction, 0); fraction < decimals; ++fraction) value *= 10;
    return value;
}

// Calls level(price text, quantity text) for each ["price","quantity"] of the array behind `key`.
template <class OnLevel>
void each_level(std::string_view json, std::string_view key, OnLevel&& on_level) {
    std::size_t at = json.find(key);
    if (at == std::string_view::npos) return;
    at += key.size();
    while (at < json.size() && json[at] != ']') {
        const std::size_t price = json.find('"', at) + 1;
        const std::size_t price_end = json.find('"', price);
        const std::size_t quantity = json.find('"', price_end + 1) + 1;
        const std::size_t quantity_end = json.find('"', quantity);
        on_level(json.substr(price, price_end - price), json.substr(quantity, quantity_end - quantity));
        at = quantity_end + 2;  // behind the level's ]
        if (at < json.size() && json[at] == ',') ++at;
    }
}

// Empty where there is no recording. The folder of recordings is $DAYPACK_DATA, else ../shared/data beside the
// checkout.
inline Flow recorded_flow(const std::string& name, int price_decimals, int quantity_decimals) {
    const char* given = std::getenv("DAYPACK_DATA");
    const std::string folder =
        std::string(given != nullptr ? given : DAYPACK_SOURCE_DIR "/../shared/data") + "/" + name;
    Flow flow;
    std::ifstream file(folder + "/snapshot.json");
    if (!file) return flow;
    const std::string snapshot{std::istreambuf_iterator<char>(file), {}};
    const auto take = [&](std::string_view json, std::string_view key, auto&& to) {
        each_level(json, key, [&](std::string_view price, std::string_view quantity) {
            to(Price{units(price, price_decimals)}, Quantity{units(quantity, quantity_decimals)});
        });
    };
    take(snapshot, "\"bids\":[", [&](Price price, Quantity quantity) { flow.seed.bids.push_back({price, quantity}); });
    take(snapshot, "\"asks\":[", [&](Price price, Quantity quantity) { flow.seed.asks.push_back({price, quantity}); });

    const std::string command = "gzip -cd '" + folder + "/frames.ndjson.gz'";
    const std::unique_ptr<FILE, int (*)(FILE*)> frames(popen(command.c_str(), "r"), pclose);
    if (!frames) return flow;
    char* line = nullptr;
    std::size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, frames.get())) > 0;) {
        const std::string_view frame(line, static_cast<std::size_t>(size));
        if (frame.find("\"e\":\"depth\"") == std::string_view::npos) continue;
        take(frame, "\"a\":[", [&](Price price, Quantity quantity) {
            flow.deltas.push_back({Side::ask, price, quantity});
        });
        take(frame, "\"b\":[", [&](Price price, Quantity quantity) {
            flow.deltas.push_back({Side::bid, price, quantity});
        });
        flow.ends.push_back(static_cast<std::uint32_t>(flow.deltas.size()));
    }
    std::free(line);
    return flow;
}

}  // namespace daypack::core::bench
