// SPDX-License-Identifier: MIT
#include "tools/cli/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "engine/shm/shm_file.h"
#include "engine/shm/takeover_request.h"
#include "tools/cli/account_reader.h"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

// What a state needs to be understood, where it does not pass by itself.
std::string more_of(const daypack_top& top) {
    if (top.state != DAYPACK_STATE_DOWN) return {};
    switch (top.reason) {
        case DAYPACK_REASON_stopped: return ": it is of an earlier list, and this engine does not follow it";
        case DAYPACK_REASON_no_market: return ": the exchange does not list it (`daypack markets`)";
        case DAYPACK_REASON_refused: return ": it is a market without an order book";
        default: return {};
    }
}

// "", or why this symbol is not as asked for.
std::string cause_of(Reader& reader, SymbolIndex symbol, const HealthOptions& options) {
    const auto top = reader.top(symbol);
    const std::string name = escaped(reader.names(symbol).symbol);
    if (!top) return name + " was written faster than it could be read: ask again";
    if (top->state != DAYPACK_STATE_LIVE) {
        return fmt::format("{} is {}{}", name, state_text(top->state, top->reason), more_of(*top));
    }
    if (options.max_age_ns == 0) return {};
    const std::uint64_t last_ns = daypack_symbol_counter(&reader.raw(), symbol, DAYPACK_SYMBOL_last_receive_ns);
    const std::uint64_t age = age_ns(last_ns);
    if (last_ns != 0 && age <= static_cast<std::uint64_t>(options.max_age_ns)) return {};
    return fmt::format(
        "{} is LIVE, but {}, more than {}", name,
        last_ns == 0 ? "no message of it has come yet" : "its last message is " + duration_text(age) + " old",
        duration_text(static_cast<std::uint64_t>(options.max_age_ns)));
}

// The engine lives, and does not beat.
std::string stall_words(const daypack_reader& reader) {
    const std::uint64_t pid = daypack_load(&daypack_head(&reader)->writer_pid);
    const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(daypack_beat_age_ns(&reader), 0));
    const bool is_here = daypack_load(&daypack_head(&reader)->writer_namespaces) == daypack_namespaces();
    return fmt::format(
        "the engine is STALLED, and so every book STALE: its process {} lives, and has not beaten for {}{}", pid,
        duration_text(age),
        is_here && is_stopped(pid)
            ? fmt::format("; a signal or a debugger has stopped it (kill -CONT {} lets it go on)", pid)
            : std::string());
}

// What is said of accounts where all is well; nothing where the engine has none.
std::string account_words(const AccountHealth& accounts) {
    std::string words;
    if (accounts.live > 0) words = fmt::format(", and so are {} accounts", accounts.live);
    if (accounts.unread > 0) {
        words += fmt::format("; nothing is known of {} accounts, whose files this user cannot read", accounts.unread);
    }
    return words;
}

// `taker`: the process that asks for the instance; 0: none does, or it is not this user's to see.
void tell_json(const std::vector<std::string>& causes, const AccountHealth& accounts, pid_t taker, std::ostream& out) {
    Json json{{"healthy", causes.empty()}, {"causes", causes}, {"accounts_not_judged", accounts.unread}};
    if (taker != 0) json["takeover_pid"] = taker;
    out << json_line(json) << '\n';
}

}  // namespace

std::vector<std::string> causes_of(Reader& reader, const HealthOptions& options) {
    (void)daypack_follow(&reader.raw());
    const WriterLife life = writer_life(reader.raw());
    if (!life.lives) return {death_notice(reader.instance(), life)};
    std::vector<std::string> causes;
    if (life.word == "STALLED" && options.symbol.empty()) return {stall_words(reader.raw())};  // of whatever symbol
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
    if (asked.empty()) {
        causes.emplace_back(reader.symbols() == 0
                                ? "no symbol is followed yet"
                                : "no symbol is followed: those that are listed are of earlier lists");
    }
    for (const SymbolIndex symbol : asked) {
        if (std::string cause = cause_of(reader, symbol, options); !cause.empty()) causes.push_back(std::move(cause));
    }
    return causes;
}

int check_health(const HealthOptions& options, std::ostream& out) {
    std::vector<std::string> causes;
    std::size_t followed = 0, listed = 0;
    AccountHealth accounts;
    try {
        Reader reader(options.instance, options.owner);
        causes = causes_of(reader, options);
        followed = followed_symbols(reader).size();
        listed = reader.symbols();
        const WriterLife life = writer_life(reader.raw());
        if (!options.books_only && options.symbol.empty() && life.lives && life.word != "STALLED") {
            accounts = account_health(options.instance, reader.raw());
            causes.insert(causes.end(), accounts.causes.begin(), accounts.causes.end());
        }
    } catch (const std::runtime_error& error) {
        causes.emplace_back(error.what());
    }
    const pid_t taker = TakeoverRequest::asked_by(options.instance);
    if (options.json) {
        tell_json(causes, accounts, taker, out);
    } else if (causes.empty()) {
        out << (options.symbol.empty()
                    ? fmt::format("healthy: all {} symbols that are followed are LIVE", followed) +
                          (listed > followed ? fmt::format(" ({} more are of earlier lists)", listed - followed) : "")
                    : fmt::format("healthy: {} is LIVE", options.symbol))
            << account_words(accounts) << '\n';
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
