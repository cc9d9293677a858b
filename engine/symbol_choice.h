#pragma once
#include <string>
#include <vector>

#include "book/instrument.h"
#include "engine/config.h"
#include "net/rest_decoder.h"

namespace daypack {

// What the configuration wants of what the venue lists.
struct Wanted {
    std::vector<std::string> natives;     // listed, in the configuration's order
    std::vector<std::string> not_listed;  // by their native names
    std::vector<std::string> complaints;  // one sentence for each of those, with file, line and nearest listed name
};

// Pure: matches the configuration with the list of markets.
[[nodiscard]] Wanted choose_symbols(const Config& config, const std::vector<Market>& markets);

// The instrument of a market of the list; of a name that is not on it, one that is not listed.
[[nodiscard]] Instrument make_instrument(const std::string& native, const std::vector<Market>& markets);

}  // namespace daypack
