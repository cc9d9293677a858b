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
    if (top.state == DAYPACK_STATE_HALTED) return ", by the exchange (--allow-halted passes over that)";
    if (top.state != DAYPACK_STATE_DOWN) return {};
    switch (top.reason) {
        case DAYPACK_REASON_stopped: return ": it is of an earlier list, and this engine does not follow it";
        case DAYPACK_REASON_no_market: return ": the exchange does not list it (`daypack markets`)";
        case DAYPACK_REASON_refused: return ": it is a market without an order book";
        default: return {};
    }
}

// "", or why this symbol, which is LIVE, is not as asked for.
std::string age_cause(Reader& reader, SymbolIndex symbol, const std::string& name, const HealthOptions& options) {
    if (options.max_age_ns == 0) return {};
    const std::uint64_t last_ns = daypack_symbol_counter(&reader.raw(), symbol, DAYPACK_SYMBOL_last_receive_ns);
    const std::uint64_t age = age_ns(last_ns);
    if (last_ns != 0 && age <= static_cast<std::uint64_t>(options.max_age_ns)) return {};
    return fmt::format(
        "{} is LIVE, but {}, more than {}", name,
        last_ns == 0 ? "no message of it has come yet" : "its last message is " + duration_text(age) + " old",
        duration_text(static_cast<std::uint64_t>(options.max_age_ns)));
}

// Takes one symbol that is asked for.
void take(Reader& reader, SymbolIndex symbol, const HealthOptions& options, Health& health) {
    const auto top = reader.top(symbol);
    const std::string name = escaped(reader.names(symbol).symbol);
    if (!top) {
        health.causes.push_back(name + " was written faster than it could be read: ask again");
    } else if (top->state == DAYPACK_STATE_HALTED && options.allow_halted) {
        health.halted.push_back(name + " " + state_text(top->state, top->reason));
    } else if (top->state != DAYPACK_STATE_LIVE) {
        health.causes.push_back(fmt::format("{} is {}{}", name, state_text(top->state, top->reason), more_of(*top)));
    } else {
        ++health.live;
        std::string cause = age_cause(reader, symbol, name, options);
        if (!cause.empty()) health.causes.push_back(std::move(cause));
    }
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
    if (accounts.live == 1) words = ", and so is 1 account";
    if (accounts.live > 1) words = fmt::format(", and so are {} accounts", accounts.live);
    if (accounts.unread > 0) {
        words += fmt::format("; nothing is known of {} account{}, whose file{} this user cannot read", accounts.unread,
                             accounts.unread == 1 ? "" : "s", accounts.unread == 1 ? "" : "s");
    }
    return words;
}

// `taker`: the process that asks for the instance; 0: none does, or it is not this user's to see.
void tell_json(const Health& health, const AccountHealth& accounts, pid_t taker, std::ostream& out) {
    Json json{{"healthy", health.causes.empty()}, {"causes", health.causes}, {"accounts_not_judged", accounts.unread}};
    if (!health.halted.empty()) json["halted"] = health.halted;
    if (taker != 0) json["takeover_pid"] = taker;
    out << json_line(json) << '\n';
}

std::string good_words(const Health& health, std::size_t followed, std::size_t listed, const HealthOptions& options) {
    if (!options.symbol.empty()) return fmt::format("healthy: {} is LIVE", options.symbol);
    std::string text = health.halted.empty()
                           ? fmt::format("healthy: all {} symbols that are followed are LIVE", followed)
                           : fmt::format(
                                 "healthy: {} of the symbols that are followed are HALTED by the exchange ({}), the "
                                 "other {} are LIVE",
                                 health.halted.size(), fmt::join(health.halted, ", "), health.live);
    if (listed > followed) text += fmt::format(" ({} more are of earlier lists)", listed - followed);
    return text;
}

}  // namespace

Health health_of(Reader& reader, const HealthOptions& options) {
    (void)daypack_follow(&reader.raw());
    Health health;
    auto& causes = health.causes;
    const auto only = [&health](std::string cause) {
        health.causes = {std::move(cause)};
        return health;
    };
    const WriterLife life = writer_life(reader.raw());
    if (!life.lives) return only(death_notice(reader.instance(), life));
    if (life.word == "STALLED" && options.symbol.empty()) return only(stall_words(reader.raw()));  // of whatever symbol
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
    for (const SymbolIndex symbol : asked) take(reader, symbol, options, health);
    if (causes.empty() && health.live == 0) {
        causes.push_back(fmt::format("nothing is LIVE: the exchange has halted all that is asked for ({})",
                                     fmt::join(health.halted, ", ")));
    }
    return health;
}

int check_health(const HealthOptions& options, std::ostream& out) {
    Health health;
    std::size_t followed = 0, listed = 0;
    AccountHealth accounts;
    try {
        Reader reader(options.instance, options.owner);
        health = health_of(reader, options);
        followed = followed_symbols(reader).size();
        listed = reader.symbols();
        const WriterLife life = writer_life(reader.raw());
        if (!options.books_only && options.symbol.empty() && life.lives && life.word != "STALLED") {
            accounts = account_health(options.instance, reader.raw());
            health.causes.insert(health.causes.end(), accounts.causes.begin(), accounts.causes.end());
        }
    } catch (const std::runtime_error& error) {
        health.causes.emplace_back(error.what());
    }
    const pid_t taker = TakeoverRequest::asked_by(options.instance);
    if (options.json) {
        tell_json(health, accounts, taker, out);
        return health.causes.empty() ? 0 : 1;
    }
    if (health.causes.empty()) out << good_words(health, followed, listed, options) << account_words(accounts) << '\n';
    if (taker != 0) {
        out << fmt::format(
            "takeover: the engine with pid {} asks for the instance; where this line stays, the one that has it does "
            "not answer, and is succeeded when it ends\n",
            taker);
    }
    for (const std::string& cause : health.causes) std::fprintf(stderr, "daypack: %s\n", cause.c_str());
    return health.causes.empty() ? 0 : 1;
}

}  // namespace daypack::core
