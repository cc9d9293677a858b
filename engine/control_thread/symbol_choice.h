// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "book/instrument.h"
#include "engine/config.h"
#include "net/backpack/rest_decoder.h"

namespace daypack::core {

// Matches what the configuration asks for with what the venue lists. Pure functions.

// The native names to follow: those that the configuration names, listed or not, in its order; with "*" every visible
// SPOT and PERP market of the list, whatever its state.
[[nodiscard]] std::vector<std::string> choose_symbols(const ExchangeConfig& config, const std::vector<Market>& markets);

// Why a symbol of the configuration is not followed, with file and line.
[[nodiscard]] std::string not_listed(const Config& config, const ListedSymbol& symbol,
                                     const std::vector<Market>& markets);
[[nodiscard]] std::string without_a_book(const Config& config, const ListedSymbol& symbol);

// Whether it is traded by requests for quotes alone, with neither book nor stream, and is in no list. `market` may be
// null.
[[nodiscard]] bool is_rfq(const std::string& native, const Market* market) noexcept;

// Returns null where the list leaves it out.
[[nodiscard]] const Market* find_market(const std::vector<Market>& markets, const std::string& native) noexcept;

// `market` may be null where the market is not known: its units mean nothing then.
[[nodiscard]] Instrument make_instrument(const std::string& native, const Market* market);

}  // namespace daypack::core
