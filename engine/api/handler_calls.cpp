// SPDX-License-Identifier: MIT
#include "engine/api/handler_calls.h"

#include <exception>
#include <optional>

#include "net/base/printable.h"

namespace daypack {
namespace {

[[nodiscard]] Units units_of(const core::Instrument& instrument) noexcept {
    return {{instrument.tick.mantissa, instrument.tick.exponent}, {instrument.step.mantissa, instrument.step.exponent}};
}

[[nodiscard]] Trade trade_of(const core::Trade& trade) noexcept {
    return {.id = trade.symbol,
            .symbol = trade.instrument.symbol,
            .trade_id = trade.id,
            .price = trade.price.ticks,
            .quantity = trade.quantity.steps,
            .units = units_of(trade.instrument),
            .aggressor = trade.aggressor == core::Side::bid ? Side::bid : Side::ask,
            .buyer_order_id = trade.buyer_order_id,
            .seller_order_id = trade.seller_order_id,
            .venue_match_us = trade.match.us,
            .venue_send_us = trade.send.us,
            .receive_mono_ns = trade.receive.ns};
}

[[nodiscard]] Figure figure_of(core::Decimal value) noexcept {
    return {value.mantissa, value.exponent};
}

[[nodiscard]] std::optional<Figure> figure_of(const core::Figures& figures, core::Figure figure) noexcept {
    if (!figures.has(figure)) return std::nullopt;
    return figure_of(figures[figure]);
}

void tell_figures(Handler& handler, const core::FiguresView& view) {
    const core::Figures& figures = view.figures;
    const auto optional = [&](core::Figure figure) { return figure_of(figures, figure); };
    switch (figures.group) {
        case core::FigureGroup::mark:
            return handler.on_mark({.id = view.symbol,
                                    .symbol = view.instrument.symbol,
                                    .mark = figure_of(figures[core::Figure::mark_price]),
                                    .index = optional(core::Figure::index_price),
                                    .funding_rate = optional(core::Figure::funding_rate),
                                    .next_funding_us = figures[core::Figure::next_funding_us].mantissa,
                                    .venue_match_us = figures.match.us,
                                    .venue_send_us = figures.send.us,
                                    .receive_mono_ns = figures.receive.ns});
        case core::FigureGroup::open_interest:
            return handler.on_open_interest({.id = view.symbol,
                                             .symbol = view.instrument.symbol,
                                             .quantity = figure_of(figures[core::Figure::open_interest]),
                                             .venue_us = figures.match.us,
                                             .receive_mono_ns = figures.receive.ns});
        case core::FigureGroup::day:
            return handler.on_ticker({.id = view.symbol,
                                      .symbol = view.instrument.symbol,
                                      .last = figure_of(figures[core::Figure::last_price]),
                                      .open = optional(core::Figure::open_price),
                                      .volume = optional(core::Figure::volume),
                                      .quote_volume = optional(core::Figure::quote_volume),
                                      .trades = static_cast<std::uint64_t>(figures[core::Figure::trade_count].mantissa),
                                      .venue_send_us = figures.send.us,
                                      .receive_mono_ns = figures.receive.ns});
    }
}

[[nodiscard]] Liquidation liquidation_of(const core::Liquidation& one) noexcept {
    return {.id = one.symbol,
            .symbol = one.instrument.symbol,
            .side = one.side == core::Side::bid ? Side::bid : Side::ask,
            .price = figure_of(one.price),
            .quantity = figure_of(one.quantity),
            .venue_match_us = one.match.us,
            .venue_send_us = one.send.us,
            .receive_mono_ns = one.receive.ns};
}

[[nodiscard]] const char* text_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::no_symbols:
            return "there is nothing to follow: the exchange lists none of the symbols, or there is room for none";
        case ErrorCode::instance_lost: return "the instance is held by another engine, which was there first";
        case ErrorCode::handed_over: return "another engine asked for the instance, and goes on with it";
        case ErrorCode::callback:
        case ErrorCode::none: break;
    }
    return "";
}

constexpr std::size_t kMostWords = 512;  // of an exception; its text goes to a log, and who threw it may be a stranger

// REQUIRES: in a catch block.
[[nodiscard]] std::string words_of_exception() {
    try {
        throw;
    } catch (const std::exception& exception) {
        return core::printable(exception.what(), kMostWords);
    } catch (...) {
        return "something that is no std::exception";
    }
}

}  // namespace

// Here, where it is called for each update, so that the compiler can make it a part of the call.
BookUpdate::BookUpdate(const core::BookView& view) noexcept
    : BookView(view.book, view.instrument),
      view_(&view),
      u_(view.u),
      id_(view.symbol),
      state_(static_cast<State>(view.state)),
      reason_(static_cast<Reason>(view.reason)) {}

core::Callbacks HandlerCalls::callbacks(std::function<ErrorCode()> failure) {
    core::Callbacks callbacks;
    callbacks.on_round = [this, failure = std::move(failure)] { check(failure); };
    if (handler_ == nullptr) return callbacks;
    callbacks.on_book = [this](const core::BookView& view) {
        call("on_book", [&] { handler_->on_book(BookUpdate(view)); });
    };
    callbacks.on_trade = [this](const core::Trade& trade) {
        call("on_trade", [&] { handler_->on_trade(trade_of(trade)); });
    };
    callbacks.on_figures = [this](const core::FiguresView& view) {
        call("a function for figures", [&] { tell_figures(*handler_, view); });
    };
    callbacks.on_liquidation = [this](const core::Liquidation& one) {
        call("on_liquidation", [&] { handler_->on_liquidation(liquidation_of(one)); });
    };
    callbacks.on_line = [this](const core::LineChange& change) {
        call("on_line", [&] { handler_->on_line({change.line, change.up, change.lines_up, change.at.ns}); });
    };
    return callbacks;
}

template <class Call>
void HandlerCalls::call(const char* of, Call&& call) noexcept {
    if (silent_.load(std::memory_order_relaxed)) [[unlikely]]
        return;
    try {
        call();
    } catch (...) {
        note_escape(of);
        tell();
    }
}

void HandlerCalls::note_escape(const char* of) noexcept {
    record(ErrorCode::callback, "an exception left " + std::string(of) + ": " + words_of_exception());
}

void HandlerCalls::check(const std::function<ErrorCode()>& failure) noexcept {
    if (const ErrorCode code = failure(); code != ErrorCode::none) record(code, text_of(code));
    if (error() != ErrorCode::none) tell();
}

// The first error is the one that is told.
void HandlerCalls::record(ErrorCode code, const std::string& text) noexcept {
    const std::scoped_lock lock(mutex_);
    if (error() != ErrorCode::none) return;
    text_ = text;
    error_.store(code, std::memory_order_release);  // release: pairs with the acquire in error()
}

void HandlerCalls::tell() noexcept {
    if (std::exchange(told_, true)) return;
    if (!silent_.exchange(true) && handler_ != nullptr) {
        const std::string text = error_text();
        try {
            handler_->on_error({error(), text});
        } catch (...) {  // there is nobody left to tell
        }
    }
    ask_for_the_end_();
}

std::string HandlerCalls::error_text() const {
    const std::scoped_lock lock(mutex_);
    return text_;
}

}  // namespace daypack
