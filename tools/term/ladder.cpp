// SPDX-License-Identifier: MIT
#include "tools/term/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "tools/term/shm_text.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

constexpr int kPaneColumns = 40;
constexpr int kMaxLevels = 25;
constexpr int kTrades = 3;
constexpr int kLines = 4;
constexpr std::uint64_t kRecordsSearched = 8192;  // for trades, at each drawing

constexpr std::string_view kPlain = "";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kOff = "\x1b[0m";

struct Cell {
    std::string text;
    std::string_view colour = kPlain;
};
using Pane = std::vector<Cell>;

// NO_COLOR in the environment, not empty, asks for none (https://no-color.org); bold is no colour.
bool wants_colour() {
    const char* const refused = std::getenv("NO_COLOR");
    return refused == nullptr || *refused == '\0';
}

// Cuts and pads by bytes: the texts here are ASCII.
std::string fitted(const Cell& cell, int columns) {
    std::string text = cell.text.substr(0, static_cast<std::size_t>(std::max(columns, 0)));
    text.resize(static_cast<std::size_t>(std::max(columns, 0)), ' ');
    const bool plain = cell.colour.empty() || (cell.colour != kBold && !wants_colour());
    return plain ? text : std::string(cell.colour) + text + std::string(kOff);
}

std::string_view state_colour(unsigned state) {
    if (state == DAYPACK_STATE_LIVE) return kGreen;
    return state == DAYPACK_STATE_DOWN || state == DAYPACK_STATE_INVALID ? kRed : kYellow;
}

// The last trades of each symbol, oldest first, as far as the end of the ring still has them.
std::map<std::uint32_t, std::vector<daypack_record>> recent_trades(Reader& reader) {
    std::map<std::uint32_t, std::vector<daypack_record>> trades;
    auto& raw = reader.raw();
    const std::uint64_t end = daypack_cursor(&raw);
    const std::uint64_t searched = std::min({end, raw.ring_events, kRecordsSearched});
    daypack_record record;
    std::uint64_t lost = 0;
    std::uint64_t cursor = end - searched;
    for (std::uint64_t i = 0; i < searched; ++i) {
        const int result = daypack_read_record(&raw, &cursor, &record, &lost);
        if (result == DAYPACK_EMPTY) break;
        if (result != DAYPACK_OK || daypack_record_kind(&record) != DAYPACK_KIND_TRADE) continue;
        auto& of_symbol = trades[daypack_record_symbol(&record)];
        if (of_symbol.size() == kTrades) of_symbol.erase(of_symbol.begin());
        of_symbol.push_back(record);
    }
    return trades;
}

Cell trade_cell(const daypack_record& trade) {
    const bool buy = daypack_record_side(&trade) == DAYPACK_SIDE_BID;
    return {fmt::format("{} {:<4} {} @ {}", time_of_day(trade.receive_ns), buy ? "buy" : "sell",
                        quantity_text(trade.quantity, trade), price_text(trade.price, trade)),
            buy ? kGreen : kRed};
}

Cell level_cell(const std::vector<daypack_level>& levels, std::size_t rank, const daypack_top& top,
                std::string_view colour) {
    if (rank >= levels.size()) return {};
    return {
        fmt::format("{:>17} {:>19}", price_text(levels[rank].price, top), quantity_text(levels[rank].quantity, top)),
        colour};
}

Pane pane_of(Reader& reader, SymbolIndex symbol, std::size_t levels, const std::vector<daypack_record>& trades) {
    const std::size_t height = 2 + 2 * levels + kTrades;
    const auto names = reader.names(symbol);
    const auto book = reader.book(symbol, levels);
    if (!book) return Pane(height, Cell{escaped(names.symbol) + " busy", kYellow});
    const auto& top = book->head.top;
    Pane pane;
    pane.push_back(
        {fmt::format("{} {}{}", escaped(names.symbol), state_text(top.state, top.reason), flags_text(top.flags)),
         state_colour(top.state)});
    for (std::size_t rank = levels; rank > 0; --rank) pane.push_back(level_cell(book->asks, rank - 1, top, kRed));
    std::string middle = fmt::format("u={}", top.u);
    if (top.bid_quantity != 0 && top.ask_quantity != 0) {
        const auto spread = static_cast<std::uint64_t>(top.ask_price) - static_cast<std::uint64_t>(top.bid_price);
        middle += "  spread " + price_text(static_cast<std::int64_t>(spread), top);
    }
    pane.push_back({middle, kBold});
    for (std::size_t rank = 0; rank < levels; ++rank) pane.push_back(level_cell(book->bids, rank, top, kGreen));
    for (const auto& trade : trades) pane.push_back(trade_cell(trade));
    pane.resize(height);
    return pane;
}

Cell title(Reader& reader) {
    const auto& head = reader.header();
    return {fmt::format("daypack {}  pid {}  {}  epoch {}", reader.instance(), daypack_load(&head.writer_pid),
                        life_text(writer_life(reader.raw())), daypack_load(&head.epoch)),
            kBold};
}

Cell latency(Reader& reader) {
    const auto at = [&](daypack_histogram stage, unsigned per_mille) {
        return duration_text(daypack_percentile(&reader.raw(), stage, per_mille));
    };
    constexpr auto kAll = DAYPACK_HISTOGRAM_FRAME_TO_SHM;
    std::string text =
        fmt::format("frame to shm  p50 {}  p99 {}  p99.9 {}", at(kAll, 500), at(kAll, 990), at(kAll, 999));
    std::string stages;
    for (const Stage& stage : kStages) {
        if (stage.histogram == kAll || daypack_histogram_samples(&reader.raw(), stage.histogram) == 0) continue;
        stages += fmt::format("{} {} {}", stages.empty() ? "" : ",", stage.name, at(stage.histogram, 500));
    }
    return {stages.empty() ? text : text + "  (p50:" + stages + ")"};
}

Cell line_cell(Reader& reader, unsigned line) {
    daypack_line_entry entry;
    daypack_read_line(&reader.raw(), line, &entry);
    const auto counter = [&](unsigned which) { return daypack_line_counter(&reader.raw(), line, which); };
    const bool up = counter(DAYPACK_LINE_connected) != 0;
    return {
        fmt::format("line {} {} {}  frames {}  failures {}  dropped {}", line, escaped(entry.host), up ? "up" : "down",
                    counter(DAYPACK_LINE_frames), counter(DAYPACK_LINE_failures), counter(DAYPACK_LINE_queue_dropped)),
        up ? kPlain : kYellow};
}

}  // namespace

std::string draw_ladder(Reader& reader, int rows, int columns, std::optional<SymbolIndex> only) {
    const std::vector<SymbolIndex> drawn = only ? std::vector{*only} : followed_symbols(reader);
    const int symbols = static_cast<int>(drawn.size());
    const int lines = std::min(static_cast<int>(daypack_lines(&reader.raw())), kLines);
    const int shown = std::clamp(columns / kPaneColumns, 1, std::max(symbols, 1));
    const int levels = std::clamp((rows - 2 - 2 - kTrades - lines - 1) / 2, 1, kMaxLevels);
    std::string picture = fitted(title(reader), columns) + "\n";
    auto trades = recent_trades(reader);
    std::vector<Pane> panes;
    for (int i = 0; i < std::min(shown, symbols); ++i) {
        const SymbolIndex symbol = drawn[static_cast<std::size_t>(i)];
        panes.push_back(pane_of(reader, symbol, static_cast<std::size_t>(levels), trades[symbol]));
    }
    for (std::size_t row = 0; !panes.empty() && row < panes.front().size(); ++row) {
        for (const auto& pane : panes) picture += fitted(pane[row], std::min(kPaneColumns, columns));
        picture += "\n";
    }
    if (symbols > shown) picture += fitted({fmt::format("{} more: daypack stat", symbols - shown)}, columns) + "\n";
    picture += fitted(latency(reader), columns) + "\n";
    for (int line = 0; line < lines; ++line)
        picture += fitted(line_cell(reader, static_cast<unsigned>(line)), columns) + "\n";
    std::size_t end = 0;  // a window of few rows loses what stands last
    for (int row = 0; row < rows && end < picture.size(); ++row) end = picture.find('\n', end) + 1;
    return picture.substr(0, end);
}

std::string top_line(Reader& reader, SymbolIndex symbol) {
    const auto names = reader.names(symbol);
    const auto top = reader.top(symbol);
    if (!top) return escaped(names.symbol) + "  busy";
    const auto side = [&](std::int64_t price, std::int64_t quantity) {
        return quantity == 0 ? std::string("-") : quantity_text(quantity, *top) + " @ " + price_text(price, *top);
    };
    return fmt::format("{:<18} {:<16} bid {:<28} ask {:<28} u={}{}", escaped(names.symbol),
                       state_text(top->state, top->reason), side(top->bid_price, top->bid_quantity),
                       side(top->ask_price, top->ask_quantity), top->u, flags_text(top->flags));
}

}  // namespace daypack::core
