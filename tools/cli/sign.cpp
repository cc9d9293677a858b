// SPDX-License-Identifier: MIT
#include "tools/cli/sign.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/config.h"
#include "tools/cli/keys.h"
#include "tools/term/json_line.h"

namespace daypack::core {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::int64_t wall_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Call call_of(const SignOptions& options) {
    Call call(options.instruction);
    for (const std::string& parameter : options.parameters) {
        const auto equal = parameter.find('=');
        if (parameter == ",") {
            call.next();
        } else if (equal == std::string::npos) {
            throw SigningError(
                "a parameter is written as in symbol=SOL_USDC; a comma alone begins the next of a batch");
        } else {
            const std::string key = parameter.substr(0, equal);
            const std::string value = parameter.substr(equal + 1);
            options.unchecked ? call.set_unchecked(key, value) : call.set(key, value);
        }
    }
    return call;
}

void print(const SignOptions& options, const std::string& text, const std::string& signature, const Headers& headers) {
    if (options.json) {
        nlohmann::ordered_json fields = nlohmann::ordered_json::object();
        for (const auto& [name, value] : headers) fields[name] = value;
        fmt::print("{}\n", json_line({{"string", text}, {"signature", signature}, {"headers", fields}}));
        return;
    }
    fmt::print("{}\n", text);
    for (const auto& [name, value] : headers) fmt::print("{}: {}\n", name, value);
}

}  // namespace

int show_signature(const SignOptions& options) {
    const Signer signer = keys_of(options.key_file);
    try {
        if (options.as_text) {
            const std::string signature = signer.sign_text(options.text);
            print(options, options.text, signature, {{"X-API-Key", signer.api_key()}, {"X-Signature", signature}});
            return 0;
        }
        const std::int64_t timestamp_ms = options.timestamp_ms != 0 ? options.timestamp_ms : wall_ms();
        const SignedCall made = signer.sign(call_of(options), timestamp_ms, options.window_ms);
        print(options, made.text(), made.signature(), made.headers());
        return 0;
    } catch (const SigningError& error) {
        throw ConfigError("daypack: " + std::string(error.what()));
    }
}

}  // namespace daypack::core
