#pragma once
#include <string>

namespace daypack {

struct MarketsOptions {
    std::string config_path;  // empty: the venue's own hosts
    bool json = false;
};

// Prints the exchange's markets. Returns the exit code.
int show_markets(const MarketsOptions& options);

}  // namespace daypack
