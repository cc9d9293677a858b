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
#include "tools/term/writer_life.h"

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

// What the venue tells beside the book: a number of the slot, its bit and its exponent.
struct FigureOfSlot {
    const char* name;
    unsigned bit;
    std::int64_t mantissa;
    int exponent;
};

std::vector<FigureOfSlot> known_figures(const daypack_perp& perp) {
    std::vector<FigureOfSlot> figures{
        {"mark_price", DAYPACK_PERP_MARK, perp.mark_price, perp.mark_exponent},
        {"index_price", DAYPACK_PERP_INDEX, perp.index_price, perp.index_exponent},
        {"funding_rate", DAYPACK_PERP_FUNDING, perp.funding_rate, perp.funding_exponent},
        {"open_interest", DAYPACK_PERP_OPEN_INTEREST, perp.open_interest, perp.open_interest_exponent},
        {"last_price", DAYPACK_PERP_LAST, perp.last_price, perp.last_exponent},
        {"volume", DAYPACK_PERP_VOLUME, perp.volume, perp.volume_exponent},
        {"quote_volume", DAYPACK_PERP_QUOTE_VOLUME, perp.quote_volume, perp.quote_volume_exponent}};
    std::erase_if(figures, [&](const FigureOfSlot& figure) { return (perp.known & figure.bit) == 0; });
    return figures;
}

Json json_figures(const daypack_perp& perp) {
    Json json = Json::object();
    for (const auto& figure : known_figures(perp)) json[figure.name] = number_text(figure.mantissa, figure.exponent);
    if (perp.next_funding_us != 0) json["next_funding_us"] = perp.next_funding_us;
    const auto add_times = [&](const char* of, std::int64_t venue_us, std::int64_t receive_ns) {
        if (receive_ns == 0) return;
        json[fmt::format("{}_venue_us", of)] = venue_us;
        json[fmt::format("{}_receive_ns", of)] = std::to_string(receive_ns);
    };
    add_times("mark", perp.mark_venue_us, perp.mark_receive_ns);
    add_times("open_interest", perp.open_interest_venue_us, perp.open_interest_receive_ns);
    add_times("ticker", perp.ticker_venue_us, perp.ticker_receive_ns);
    return json;
}

std::string figures_line(const daypack_perp& perp) {
    std::string text;
    for (const auto& figure : known_figures(perp)) {
        text += fmt::format("{}{}={}", text.empty() ? "" : "  ", figure.name,
                            number_text(figure.mantissa, figure.exponent));
    }
    return text.empty() ? text : text + "\n";
}

std::string json_book(const std::string& instance, const ReaderNames& names, const ReaderBook& book,
                      const daypack_perp& perp) {
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
    if (perp.known != 0) json["figures"] = json_figures(perp);
    json["bids"] = json_levels(book.bids, top);
    json["asks"] = json_levels(book.asks, top);
    return json_line(json);
}

std::string text_block(const ReaderNames& names, const ReaderBook& book, const daypack_perp& perp) {
    const auto& top = book.head.top;
    std::string text = fmt::format("{}  {}{}  u={}  {}\n", escaped(names.symbol), state_text(top.state, top.reason),
                                   flags_text(top.flags), top.u, time_of_day(top.publish_ns));
    text += figures_line(perp);
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

// All that is asked for, as it stands in the segment now.
std::string books_text(Reader& reader, const CatOptions& options) {
    auto symbols = require_symbols(reader, options.symbol);
    if (options.symbol.empty()) symbols = followed_symbols(reader);
    std::string text;
    for (const auto symbol : symbols) {
        const auto book = reader.book(symbol, options.levels);
        if (!book) throw std::runtime_error("the engine wrote faster than the book could be read: try again");
        const auto names = reader.names(symbol);
        const daypack_perp perp = reader.perp(symbol).value_or(daypack_perp{});
        if (options.json) {
            text += json_book(options.instance, names, *book, perp) + "\n";
        } else {
            text += text_block(names, *book, perp) + (symbol == symbols.back() ? "" : "\n");
        }
    }
    return text;
}

}  // namespace

int show_book(const CatOptions& options, std::ostream& out) {
    Reader reader(options.instance, options.owner);
    std::string text = books_text(reader, options);
    if (open_successor(reader)) text = books_text(reader, options);
    out << text;
    out.flush();
    return exit_code_of(reader);
}

}  // namespace daypack::core
