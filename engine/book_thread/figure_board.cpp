// SPDX-License-Identifier: MIT
#include "engine/book_thread/figure_board.h"

namespace daypack::core {
namespace {

// A line that lags brings older figures than those that are shown, and would set them back for a moment each second.
// They are told apart by the venue's time, but only so long: where its clock was set back, the lines go on to bring
// what looks old, and after this time it is shown.
constexpr std::int64_t kPatience_ns = 5'000'000'000;

}  // namespace

bool FigureBoard::is_news(SymbolIndex symbol, const Figures& figures) noexcept {
    Shown& shown = shown_[symbol][static_cast<std::size_t>(figures.group)];
    const bool old = figures.match.us <= shown.match.us && figures.receive - shown.receive < kPatience_ns;
    if (old && shown.receive.ns != 0) return false;
    shown = {figures.match, figures.receive};
    return true;
}

void FigureBoard::on_figures(TrackedBook& book, std::span<const Event> events) noexcept {
    Figures figures;
    for (const Event& event : events) figures.set(static_cast<Figure>(event.first_id), event.value());
    const Event& first = events.front();
    figures.group = group_of(static_cast<Figure>(first.first_id));
    figures.match = first.match;
    figures.send = first.send();
    figures.receive = first.receive;
    if (is_news(book.symbol, figures)) reporter_.publish_figures(book, figures);
}

void FigureBoard::on_polled(TrackedBook& book, const PolledOpenInterest& polled, MonoTime now) noexcept {
    Figures figures;
    figures.set(Figure::open_interest, polled.quantity);
    figures.group = FigureGroup::open_interest;
    figures.match = polled.time;
    figures.receive = now;
    if (is_news(book.symbol, figures)) reporter_.publish_figures(book, figures);
}

void FigureBoard::on_liquidation(TrackedBook& book, const Event& event) noexcept {
    // The venue gives no id: two equal ones of one line are two, one each of two lines are one.
    const std::uint64_t size = static_cast<std::uint64_t>(event.quantity.steps) << 8 | (event.last_id & 0xff);
    const std::uint64_t price = static_cast<std::uint64_t>(event.price.ticks) << 8 | event.units;
    const std::uint64_t what = static_cast<std::uint64_t>(event.match.us) << 1 | static_cast<std::uint64_t>(event.side);
    const std::uint64_t content = trade_content(trade_content(what, price, size), event.symbol, 0);
    if (liquidations_.is_first_without_id(event.line, content, event.receive)) {
        reporter_.publish_liquidation(book, event);
    }
}

}  // namespace daypack::core
