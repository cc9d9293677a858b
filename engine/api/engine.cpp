// SPDX-License-Identifier: MIT
#include "engine/include/daypack/engine.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/api/config_parts.h"
#include "engine/api/handler_calls.h"
#include "engine/engine.h"
#include "engine/messages/log.h"
#include "engine/shm/segment.h"
#include "net/backpack/symbol.h"

namespace daypack {
namespace {

using namespace std::chrono_literals;

// A daypack_level is copied in one piece.
static_assert(sizeof(Level) == sizeof(daypack_level) && offsetof(Level, quantity) == offsetof(daypack_level, quantity));

[[nodiscard]] Top top_of(const daypack_top& read, std::int64_t beat_ns) noexcept {
    Top top;
    top.bid = {read.bid_price, read.bid_quantity};
    top.ask = {read.ask_price, read.ask_quantity};
    top.units = {{1, read.price_exponent}, {1, read.quantity_exponent}};
    top.u = read.u;
    top.state = static_cast<State>(read.state);
    top.reason = static_cast<Reason>(read.reason);
    top.flags = read.flags;
    top.publish_ns = read.publish_ns;
    const bool is_late = daypack_monotonic_ns() - beat_ns > DAYPACK_BEAT_STALE_NS;
    if (is_late && top.state == State::live) {
        top.state = State::stale;
        top.reason = Reason::writer_stalled;
    }
    return top;
}

[[nodiscard]] std::optional<std::int64_t> unless_zero(std::int64_t price) noexcept {
    return price == 0 ? std::nullopt : std::optional(price);
}

[[nodiscard]] LogLevel level_of(std::string_view line) noexcept {
    switch (core::level_of(line)) {
        case core::LogLevel::info: return LogLevel::info;
        case core::LogLevel::warning: return LogLevel::warning;
        case core::LogLevel::error: return LogLevel::error;
    }
    return LogLevel::info;
}

template <class Call>
auto with_public_error(Call&& call) {
    try {
        return call();
    } catch (const core::ConfigError& error) {
        throw ConfigError(error.what());
    }
}

// What the inside says to who starts the program by its command line, said to who has a Config.
template <class Call>
auto in_words_of_config(Call&& call) {
    constexpr std::string_view kOption = "choose another --instance";
    try {
        return call();
    } catch (const ConfigError&) {
        throw;
    } catch (const std::runtime_error& error) {
        std::string text = error.what();
        const std::size_t at = text.find(kOption);
        if (at == std::string::npos) throw;
        throw std::runtime_error(text.replace(at, kOption.size(), "choose another config.instance"));
    }
}

}  // namespace

struct Engine::Parts {
    Parts(const Config& given, Handler* handler, LogSink log)
        : config(given),
          calls(handler, [this] { engine.request_stop(); }),
          engine(checked_core_config(given), calls.callbacks([this] { return failure(); }), sink_of(std::move(log))),
          reader(engine.segment().reader_here()) {}

    [[nodiscard]] ErrorCode failure() const noexcept {
        switch (engine.failure()) {
            case core::Engine::Failure::none: return ErrorCode::none;
            case core::Engine::Failure::no_symbols: return ErrorCode::no_symbols;
            case core::Engine::Failure::instance_lost: return ErrorCode::instance_lost;
            case core::Engine::Failure::handed_over: return ErrorCode::handed_over;
        }
        return ErrorCode::none;
    }

    // A sink that throws is not called again.
    [[nodiscard]] core::Engine::Log sink_of(LogSink sink) {
        if (!sink) return {};
        return [this, sink = std::move(sink), threw = false](const std::string& line) mutable {
            if (threw) return;
            try {
                sink(level_of(line), line);
            } catch (...) {
                threw = true;
                calls.note_escape("the function that takes the log");
            }
        };
    }

    [[nodiscard]] bool is_settled(SymbolId id) const noexcept {
        daypack_top read{};
        if (daypack_read_top_here(&reader, id, &read) != DAYPACK_OK) return false;
        const State state = top_of(read, beat_ns()).state;
        return state == State::live || state == State::halted;
    }
    [[nodiscard]] bool all_settled() const;
    [[nodiscard]] std::int64_t beat_ns() const noexcept {
        return static_cast<std::int64_t>(daypack_load(&daypack_head(&reader)->beat_ns));
    }
    [[nodiscard]] std::optional<SymbolId> find_native(std::string_view native) const noexcept {
        const core::InstrumentTable& instruments = engine.instruments();
        for (std::size_t i = 0; i < instruments.size(); ++i) {
            const auto id = static_cast<SymbolId>(i);
            if (instruments[id].native == native) return id;
        }
        return std::nullopt;
    }

    Config config;
    HandlerCalls calls;
    core::Engine engine;
    daypack_reader reader;  // of the engine's own segment
};

// Of all that are listed, those count that are not DOWN: what an engine before has followed keeps its place.
bool Engine::Parts::all_settled() const {
    const auto followed = engine.followed();
    if (followed) {
        return std::all_of(followed->begin(), followed->end(), [this](const std::string& native) {
            const auto id = find_native(native);
            return id && is_settled(*id);
        });
    }
    const std::size_t known = engine.instruments().size();
    std::size_t settled = 0;
    for (std::size_t i = 0; i < known; ++i) {
        daypack_top read{};
        if (daypack_read_top_here(&reader, static_cast<int>(i), &read) != DAYPACK_OK) return false;
        if (read.state == DAYPACK_STATE_DOWN) continue;
        if (!is_settled(static_cast<SymbolId>(i))) return false;
        ++settled;
    }
    return settled > 0;
}

Engine::Engine(const Config& config, Handler& handler, LogSink log)
    : parts_(in_words_of_config([&] { return std::make_unique<Parts>(config, &handler, std::move(log)); })) {}

Engine::Engine(const Config& config, LogSink log)
    : parts_(in_words_of_config([&] { return std::make_unique<Parts>(config, nullptr, std::move(log)); })) {}

Engine::~Engine() = default;

void Engine::start() {
    parts_->engine.start();
}

bool Engine::wait_live(std::chrono::nanoseconds timeout) {
    constexpr std::chrono::nanoseconds kLongest =
        std::chrono::hours(24 * 365);  // beyond some 200 years clocks overflow
    const auto end = std::chrono::steady_clock::now() + std::min(timeout, kLongest);
    for (;;) {
        if (parts_->engine.has_ended() || error() != ErrorCode::none) return false;
        if (parts_->all_settled()) return true;
        if (parts_->engine.is_calling() || std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(500us);
    }
}

void Engine::stop() {
    if (parts_->engine.is_calling()) parts_->calls.silence();
    parts_->engine.stop();
}

void Engine::request_stop() noexcept {
    parts_->engine.request_stop();
}

bool Engine::running() const noexcept {
    return parts_->engine.is_running();
}

ErrorCode Engine::error() const noexcept {
    return parts_->calls.error();
}

std::string Engine::error_text() const {
    return parts_->calls.error_text();
}

SymbolId Engine::add_symbol(std::string_view symbol) {
    return with_public_error([&] { return parts_->engine.add_symbol(std::string(symbol)); });
}

void Engine::remove_symbol(SymbolId id) {
    with_public_error([&] { parts_->engine.remove_symbol(id); });
}

std::optional<SymbolId> Engine::find(std::string_view symbol) const {
    const auto native = core::native_symbol(symbol);
    return native ? parts_->find_native(*native) : std::nullopt;
}

std::string_view Engine::symbol(SymbolId id) const noexcept {
    const core::InstrumentTable& instruments = parts_->engine.instruments();
    return id < instruments.size() ? std::string_view(instruments[id].symbol) : std::string_view();
}

std::optional<Top> Engine::top(SymbolId id) const noexcept {
    daypack_top read{};
    if (daypack_read_top_here(&parts_->reader, id, &read) != DAYPACK_OK) return std::nullopt;
    return top_of(read, parts_->beat_ns());
}

bool Engine::snapshot(SymbolId id, Snapshot& buffer) const {
    const auto depth = static_cast<std::uint32_t>(parts_->reader.depth);
    buffer.bids.resize(depth);
    buffer.asks.resize(depth);
    static_assert(std::is_trivially_copyable_v<Level>);
    daypack_book read{};
    const int result =
        daypack_read_book_here(&parts_->reader, id, &read, reinterpret_cast<daypack_level*>(buffer.bids.data()), depth,
                               reinterpret_cast<daypack_level*>(buffer.asks.data()), depth);
    if (result != DAYPACK_OK) return false;
    buffer.bids.resize(read.bids);
    buffer.asks.resize(read.asks);
    buffer.top = top_of(read.top, parts_->beat_ns());
    buffer.venue_match_us = read.venue_match_us;
    buffer.venue_send_us = read.venue_send_us;
    buffer.receive_ns = read.receive_ns;
    buffer.known_to_bid = unless_zero(read.known_to_bid);
    buffer.known_to_ask = unless_zero(read.known_to_ask);
    return true;
}

const Config& Engine::config() const noexcept {
    return parts_->config;
}

}  // namespace daypack
