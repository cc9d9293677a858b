// Any bytes as a configuration: read, or refused in one line.
#include "engine/config.h"

#include <cstdlib>
#include <string>

using namespace daypack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        const Config config = parse_config("fuzz.yaml", text, [](const std::string&) { return std::nullopt; });
        if (config.exchange.symbols.empty() && !config.exchange.all_symbols) std::abort();
    } catch (const ConfigError& error) {
        if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
    }
    return 0;
}
