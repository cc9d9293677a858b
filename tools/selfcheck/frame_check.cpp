// SPDX-License-Identifier: MIT
#include "tools/selfcheck/frame_check.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "net/base/printable.h"
#include "tools/selfcheck/plain_decimal.h"

namespace daypack::core::selfcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 8> kDepthKeys{"E", "T", "U", "a", "b", "e", "s", "u"};
constexpr std::array<std::string_view, 10> kTradeKeys{"E", "T", "a", "b", "e", "m", "p", "q", "s", "t"};

std::string start_of_frame(std::string_view frame) {
    constexpr std::size_t kShown = 240;
    return printable(frame.substr(0, kShown));
}

bool is_known(std::span<const std::string_view> keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

// One message, while it is looked at.
struct FrameCheck::Look {
    FrameCheck& check;
    std::string_view frame;
    FrameFacts facts = {};
    bool sound = true;

    void note(Assumption assumption, bool holds) {
        check.findings_.note(assumption, holds, facts.symbol, holds ? std::string() : start_of_frame(frame));
        sound = sound && holds;
    }

    void keys(const Json& message, const Json& data, std::span<const std::string_view> known) {
        bool ordered = message.begin().key() == "data";
        bool all_known = true;
        std::string_view last;
        for (const auto& [key, value] : data.items()) {
            if (!known.empty() && !is_known(known, key)) {
                all_known = false;
                continue;
            }
            ordered = ordered && last < std::string_view(key);
            last = key;
        }
        note(Assumption::key_order, ordered);
        if (!known.empty()) note(Assumption::known_fields, all_known);
    }

    void times(const Json& data) {
        const auto is_us = [](const Json& time) {
            constexpr std::int64_t kMin_us = 1'000'000'000'000'000;  // the year 2001
            return time.is_number_integer() && time.get<std::int64_t>() >= kMin_us &&
                   time.get<std::int64_t>() < 100 * kMin_us;
        };
        const auto value = [&](const char* key) { return data.contains(key) ? data[key] : Json(); };
        const Json send = value("E");
        const Json match = value("T");
        facts.has_times = is_us(send) && is_us(match);
        note(Assumption::times_in_us, facts.has_times);
        if (!facts.has_times) return;
        facts.send_us = send.get<std::int64_t>();
        facts.match_us = match.get<std::int64_t>();
        constexpr std::int64_t kEarly_us = 1'000;
        note(Assumption::send_after_match, facts.send_us >= facts.match_us - kEarly_us);
    }

    void ids(const Json& data) {
        const auto is_id = [&](const char* key) { return data.contains(key) && data[key].is_number_unsigned(); };
        facts.has_ids = is_id("U") && is_id("u");
        note(Assumption::integer_ids, facts.has_ids);
        if (!facts.has_ids) return;
        facts.first_id = data["U"].get<std::uint64_t>();
        facts.last_id = data["u"].get<std::uint64_t>();
    }

    void levels(const Json& data, const Instrument* instrument) {
        bool plain = true;
        bool on_grid = true;
        bool padded = true;
        bool once = true;
        facts.content = std::to_string(facts.first_id) + " " + std::to_string(facts.match_us);
        for (const char* side : {"a", "b"}) {
            facts.content += side;
            std::set<std::string> prices;
            if (!data.contains(side) || !data[side].is_array()) {
                plain = false;
                continue;
            }
            for (const Json& level : data[side]) {
                const bool pair = level.is_array() && level.size() == 2 && level[0].is_string() && level[1].is_string();
                if (!pair || !is_plain_decimal(level[0].get_ref<const std::string&>()) ||
                    !is_plain_decimal(level[1].get_ref<const std::string&>())) {
                    plain = false;
                    continue;
                }
                ++facts.levels;
                const auto& price = level[0].get_ref<const std::string&>();
                const auto& quantity = level[1].get_ref<const std::string&>();
                facts.content += without_padding(price) + "@" + without_padding(quantity) + " ";
                once = prices.insert(without_padding(price)).second && once;
                if (instrument == nullptr) continue;
                const Grid grid = instrument->listed_grid();
                const auto ticks = parse_units(price, grid.tick);
                const auto steps = parse_units(quantity, grid.step);
                plain = plain && !(ticks && *ticks == 0);
                if (!ticks || !steps) {
                    on_grid = false;
                } else {
                    padded = padded && decimals_of(price) == grid.tick.decimals() &&
                             decimals_of(quantity) == grid.step.decimals();
                }
            }
        }
        note(Assumption::plain_decimals, plain);
        note(Assumption::price_once, once);
        if (instrument == nullptr) return;
        note(Assumption::on_grid, on_grid);
        if (once) note(Assumption::padding, padded);
    }

    void depth(const Json& message, const Json& data) {
        facts.kind = FrameFacts::Kind::depth;
        const Instrument* instrument = nullptr;
        for (std::size_t i = 0; i < check.table_.size(); ++i) {
            const Instrument& known = check.table_[static_cast<SymbolIndex>(i)];
            if (known.native == facts.symbol) instrument = &known;
        }
        keys(message, data, kDepthKeys);
        ids(data);
        times(data);
        levels(data, instrument);
        facts.scanned = check.scanner_.scan(frame, {}, 0, check.room_) > 0;
        if (facts.scanned || sound) note(Assumption::frame_shape, facts.scanned);
        facts.sound = sound;
    }
};

FrameFacts FrameCheck::look(std::string_view frame) {
    Look look{*this, frame};
    const bool marked = frame.starts_with(kByteOrderMark);
    look.note(Assumption::frames_unmarked, !marked);
    if (marked) return look.facts;  // this parser would pass over the mark, and the engine does not
    const Json message = Json::parse(frame, nullptr, false);
    look.note(Assumption::readable_frames, message.is_object());
    if (!message.is_object()) return look.facts;
    if (!message.contains("stream") || !message.contains("data") || !message["data"].is_object()) {
        look.facts.kind = FrameFacts::Kind::answer;
        return look.facts;
    }
    const Json& data = message["data"];
    const auto text = [](const Json& in, const char* key) {
        return in.contains(key) && in[key].is_string() ? in[key].get<std::string>() : std::string();
    };
    const std::string event = text(data, "e");
    look.facts.kind = FrameFacts::Kind::other;
    look.facts.symbol = text(data, "s");
    look.note(Assumption::known_streams, streams_.contains(text(message, "stream")));
    if (event == "depth") {
        look.depth(message, data);
    } else {
        look.keys(
            message, data,
            event == "trade" ? std::span<const std::string_view>(kTradeKeys) : std::span<const std::string_view>());
        if (event == "trade") look.times(data);
    }
    return look.facts;
}

}  // namespace daypack::core::selfcheck
