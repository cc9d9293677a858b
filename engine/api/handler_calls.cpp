// SPDX-License-Identifier: MIT
#include "engine/api/handler_calls.h"

#include <exception>

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

[[nodiscard]] const char* text_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::no_symbols:
            return "there is nothing to follow: the exchange lists none of the symbols, or there is room for none";
        case ErrorCode::instance_lost: return "the instance is held by another engine, which was there first";
        case ErrorCode::callback:
        case ErrorCode::none: break;
    }
    return "";
}

// REQUIRES: in a catch block.
[[nodiscard]] std::string words_of_exception() {
    try {
        throw;
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

}  // namespace

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
