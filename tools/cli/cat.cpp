// SPDX-License-Identifier: MIT
#include "tools/cli/cat.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "engine/include/daypack/reader.hpp"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

Json json_levels(const std::vector<daypack_level>& levels, const daypack_top& top) {
    Json json = Json::array();
    for (const auto& level : levels) {
        json.push_back(Json::array({price_text(level.price, top), quantity_text(level.quantity, top)}));
    }
    return json;
}

// How far a side is known: a price, or null for all of it.
Json json_known_to(std::int64_t price, const daypack_top& top) {
    return price == 0 ? Json(nullptr) : Json(price_text(price, top));
}

std::string json_book(const std::string& instance, const ReaderNames& names, const ReaderBook& book) {
    const auto& head = book.head;
    const auto& top = head.top;
    Json json{{"instance", instance},
              {"symbol", names.symbol},
              {"native", names.native},
              {"state", daypack_state_name(top.state)},
              {"reason", daypack_reason_name(top.reason)},
              {"flags", flag_names(top.flags)},
              {"u", top.u},
              {"epoch", top.epoch},
              {"venue_match_us", head.venue_match_us}};
    if (head.venue_send_us != 0) json["venue_send_us"] = head.venue_send_us;
    json["receive_ns"] = std::to_string(head.receive_ns);
    json["publish_ns"] = std::to_string(top.publish_ns);
    json["known_to"] = Json::array({json_known_to(head.known_to_bid, top), json_known_to(head.known_to_ask, top)});
    json["bids"] = json_levels(book.bids, top);
    json["asks"] = json_levels(book.asks, top);
    return json_line(json);
}

std::string text_block(const ReaderNames& names, const ReaderBook& book) {
    const auto& top = book.head.top;
    std::string text = fmt::format("{}  {}{}  u={}  {}\n", escaped(names.symbol), state_text(top.state, top.reason),
                                   flags_text(top.flags), top.u, time_of_day(top.publish_ns));
    const std::size_t rows = std::max(book.bids.size(), book.asks.size());
    for (std::size_t i = 0; i < rows; ++i) {
        std::string bid[2], ask[2];
        if (i < book.bids.size()) {
            bid[0] = quantity_text(book.bids[i].quantity, top);
            bid[1] = price_text(book.bids[i].price, top);
        }
        if (i < book.asks.size()) {
            ask[0] = price_text(book.asks[i].price, top);
            ask[1] = quantity_text(book.asks[i].quantity, top);
        }
        const std::string row = fmt::format("{:>18} {:>16} | {:<16} {}", bid[0], bid[1], ask[0], ask[1]);
        text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

}  // namespace

int show_book(const CatOptions& options, std::ostream& out) {
    Reader reader(options.instance, options.owner);
    const auto symbols = require_symbols(reader, options.symbol);
    for (const auto symbol : symbols) {
        const auto book = reader.book(symbol, options.levels);
        if (!book) throw std::runtime_error("the engine wrote faster than the book could be read: try again");
        const auto names = reader.names(symbol);
        if (options.json) {
            out << json_book(options.instance, names, *book) << '\n';
        } else {
            out << text_block(names, *book) << (symbol == symbols.back() ? "" : "\n");
        }
    }
    return 0;
}

}  // namespace daypack::core
