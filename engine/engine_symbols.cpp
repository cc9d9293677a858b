// SPDX-License-Identifier: MIT
// Which symbols an engine follows, while it runs.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <stdexcept>

#include "engine/config/config_values.h"
#include "engine/engine_parts.h"
#include "net/backpack/symbol.h"
#include "net/base/printable.h"

namespace daypack::core {
namespace {

using Place = std::optional<SymbolIndex>;

constexpr std::size_t kMostOfSymbol = 64;  // in an error: who gives it may be a stranger

[[nodiscard]] auto find_native(std::vector<ListedSymbol>& symbols, const std::string& native) {
    return std::find_if(symbols.begin(), symbols.end(),
                        [&](const ListedSymbol& symbol) { return native_symbol(symbol.text) == native; });
}

// In a forked process the mutex may be held by a thread that is not there.
void refuse_from_afar(bool is_at_home) {
    if (is_at_home) return;
    throw std::runtime_error("this engine runs in the process that this one was forked from: choose its symbols there");
}

void refuse_change_of_all(const Config& config) {
    if (!config.exchange.all_symbols) return;
    throw ConfigError("daypack: symbols is \"*\", so every market is followed already; list them to choose");
}

}  // namespace

void Engine::set_symbols(const Config& config) {
    if (!parts_->is_at_home()) return;
    const std::scoped_lock lock(parts_->choosing);
    parts_->choose(config);
}

// Follows the symbols of `asked`. What else it changes is told in the log, and has no effect. REQUIRES: `choosing` is
// held.
void Engine::Parts::choose(const Config& asked) {
    Config next = chosen;
    next.path = asked.path;
    next.exchange.symbols = asked.exchange.symbols;
    next.exchange.all_symbols = asked.exchange.all_symbols;
    check_symbols(next);
    control->set_symbols(asked);
    chosen = std::move(next);
}

// The place of a market, from the control thread, or here where that does not run yet. REQUIRES: `choosing` is held.
std::optional<SymbolIndex> Engine::Parts::place(const std::string& native) {
    if (life == Life::made) return control->place_now(native);
    const auto answer = std::make_shared<std::promise<Place>>();
    std::future<Place> place = answer->get_future();
    control->place(native, [answer](Place index) { answer->set_value(index); });
    while (place.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
        // Whoever asks in a callback is waited for by the control thread, which answers nobody any more.
        if (asked_to_end || life == Life::ended)
            throw std::runtime_error("this engine was stopped: it follows no symbol any more");
    }
    return place.get();
}

std::optional<SymbolIndex> Engine::Parts::find(const std::string& native) const noexcept {
    for (std::size_t i = 0; i < instruments.size(); ++i) {
        const auto index = static_cast<SymbolIndex>(i);
        if (instruments[index].native == native) return index;
    }
    return std::nullopt;
}

SymbolIndex Engine::add_symbol(const std::string& symbol) {
    const auto native = native_symbol(symbol);
    if (!native) {
        throw ConfigError(
            fmt::format("daypack: symbol \"{}\" {}", printable(symbol, kMostOfSymbol), symbol_fault(symbol)));
    }
    refuse_from_afar(parts_->is_at_home());
    const std::scoped_lock lock(parts_->choosing);
    if (parts_->life == Parts::Life::ended)
        throw std::runtime_error("this engine was stopped: it follows no symbol any more");
    const Config before = parts_->chosen;
    Config asked = before;
    auto& symbols = asked.exchange.symbols;
    if (before.exchange.all_symbols) {
        if (const auto followed = parts_->find(*native)) return *followed;
        refuse_change_of_all(before);
    } else if (find_native(symbols, *native) == symbols.end()) {
        symbols.push_back({symbol, 0});
        parts_->choose(asked);
        if (const Place place = parts_->place(*native)) return *place;
        parts_->choose(before);
    } else if (const Place place = parts_->place(*native)) {
        return *place;
    }
    throw std::runtime_error(
        fmt::format("symbol {}: {}", *native, parts_->segment.why_left_out(normalised_symbol(*native), *native)));
}

void Engine::remove_symbol(SymbolIndex index) {
    if (index >= parts_->instruments.size()) {
        throw std::invalid_argument(fmt::format("no symbol has the id {}", index));
    }
    refuse_from_afar(parts_->is_at_home());
    const std::scoped_lock lock(parts_->choosing);
    refuse_change_of_all(parts_->chosen);
    Config asked = parts_->chosen;
    auto& symbols = asked.exchange.symbols;
    const auto symbol = find_native(symbols, parts_->instruments[index].native);
    if (symbol == symbols.end()) return;
    if (symbols.size() == 1) {
        throw ConfigError("daypack: this is the last symbol; an engine follows at least one, and stop() ends it");
    }
    symbols.erase(symbol);
    parts_->choose(asked);
}

std::optional<std::vector<std::string>> Engine::followed() const {
    const std::scoped_lock lock(parts_->choosing);
    const ExchangeConfig& exchange = parts_->chosen.exchange;
    if (exchange.all_symbols) return std::nullopt;
    std::vector<std::string> natives;
    for (const ListedSymbol& symbol : exchange.symbols) {
        natives.push_back(native_symbol(symbol.text).value_or(symbol.text));
    }
    return natives;
}

}  // namespace daypack::core
