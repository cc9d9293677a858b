// SPDX-License-Identifier: MIT
#include "tools/cli/health.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "engine/shm/takeover_request.h"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

// "", or why this symbol is not as asked for.
std::string cause_of(Reader& reader, SymbolIndex symbol, const HealthOptions& options) {
    const auto top = reader.top(symbol);
    const std::string name = escaped(reader.names(symbol).symbol);
    if (!top) return name + " was written faster than it could be read: ask again";
    if (top->state != DAYPACK_STATE_LIVE) return fmt::format("{} is {}", name, state_text(top->state, top->reason));
    if (options.max_age_ns == 0) return {};
    const std::uint64_t last_ns = daypack_symbol_counter(&reader.raw(), symbol, DAYPACK_SYMBOL_last_receive_ns);
    const std::uint64_t age = age_ns(last_ns);
    if (last_ns != 0 && age <= static_cast<std::uint64_t>(options.max_age_ns)) return {};
    return fmt::format(
        "{} is LIVE, but {}, more than {}", name,
        last_ns == 0 ? "no message of it has come yet" : "its last message is " + duration_text(age) + " old",
        duration_text(static_cast<std::uint64_t>(options.max_age_ns)));
}

// `taker`: the process that asks for the instance; 0: none does, or it is not this user's to see.
void tell_json(const std::vector<std::string>& causes, pid_t taker, std::ostream& out) {
    Json json{{"healthy", causes.empty()}, {"causes", causes}};
    if (taker != 0) json["takeover_pid"] = taker;
    out << json_line(json) << '\n';
}

}  // namespace

std::vector<std::string> causes_of(Reader& reader, const HealthOptions& options) {
    (void)daypack_follow(&reader.raw());
    const WriterLife life = writer_life(reader.raw());
    if (!life.lives) return {death_notice(reader.instance(), life)};
    std::vector<std::string> causes;
    if (life.word != "RUNNING") causes.push_back(fmt::format("the engine is {}", life.word));
    std::vector<SymbolIndex> asked;
    if (!options.symbol.empty()) {
        asked = require_symbols(reader, options.symbol);
    } else {
        for (SymbolIndex i = 0; i < reader.symbols(); ++i) {
            const auto top = reader.top(i);
            if (!top || is_followed(*top)) asked.push_back(i);
        }
    }
    if (asked.empty()) causes.emplace_back("no symbol is followed yet");
    for (const SymbolIndex symbol : asked) {
        if (std::string cause = cause_of(reader, symbol, options); !cause.empty()) causes.push_back(std::move(cause));
    }
    return causes;
}

int check_health(const HealthOptions& options, std::ostream& out) {
    std::vector<std::string> causes;
    std::size_t symbols = 0;
    try {
        Reader reader(options.instance, options.owner);
        causes = causes_of(reader, options);
        symbols = reader.symbols();
    } catch (const std::runtime_error& error) {
        causes.emplace_back(error.what());
    }
    const pid_t taker = TakeoverRequest::asked_by(options.instance);
    if (options.json) {
        tell_json(causes, taker, out);
    } else if (causes.empty()) {
        out << (options.symbol.empty()
                    ? fmt::format("healthy: {} symbols listed, all that are followed are LIVE", symbols)
                    : fmt::format("healthy: {} is LIVE", options.symbol))
            << '\n';
    }
    if (!options.json && taker != 0) {
        out << fmt::format(
            "takeover: the engine with pid {} asks for the instance; where this line stays, the one that has it does "
            "not answer, and is succeeded when it ends\n",
            taker);
    }
    if (!options.json) {
        for (const std::string& cause : causes) std::fprintf(stderr, "daypack: %s\n", cause.c_str());
    }
    return causes.empty() ? 0 : 1;
}

}  // namespace daypack::core
