// SPDX-License-Identifier: MIT
// The verbs of an account, which need keys.
#include <iostream>

#include "engine/config/config_machine.h"
#include "engine/config/config_values.h"
#include "engine/include/daypack/signer.hpp"
#include "engine/shm/shm_limits.h"
#include "tools/cli/command_line.h"
#include "tools/cli/option_checks.h"
#include "tools/term/terminal.h"

namespace daypack::core {

void CommandLine::add_account() {
    CLI::App& sub =
        verb("account",
             "balances, open orders, positions or fills of an account, asked once over REST; state: of an engine's",
             [this] { return account_.what == "state" ? show_state() : show_account(account_); });
    sub.add_option("WHAT", account_.what, "balances, orders, positions, fills or state")
        ->type_name("")
        ->required()
        ->check(one_of({"balances", "orders", "positions", "fills", "state"}, "part of an account"));
    sub.add_option("CONFIG", account_.config_path, "configuration file; without it the exchange itself")->type_name("");
    sub.add_option("--account", account_.account, "which of CONFIG's, or the engine's, accounts; without it the first")
        ->type_name("NAME")
        ->check(checked(account_name_fault));
    sub.add_option("--key-file", account_.key_file,
                   "api_key: and api_secret:, a line each, of mode 0600; without it CONFIG's keys, or BACKPACK_KEY and "
                   "BACKPACK_SECRET")
        ->type_name("FILE");
    sub.add_option("--rest-url", account_.rest_url, "instead of the file's rest_urls")
        ->type_name("URL")
        ->check(checked([](const std::string& url) { return url_fault(url, UrlKind::rest); }));
    sub.add_option("--ca-file", account_.ca_file, "instead of the file's ca_file")
        ->type_name("FILE")
        ->check(checked(ca_file_fault));
    sub.add_option("--symbol", account_.symbol, "one symbol in any spelling; without it all")
        ->type_name("S")
        ->transform(to_native_symbol());
    sub.add_option("--limit", account_.limit, "fills, the newest first")
        ->type_name("N")
        ->check(in_range<std::int64_t>(1, 1'000, "number"))
        ->capture_default_str();
    sub.add_flag("--json", account_.json, "one JSON object a line");
    sub.add_option("--instance", account_state_.instance, "state: name of the engine that follows the account")
        ->type_name("NAME")
        ->check(checked(instance_fault))
        ->capture_default_str();
    sub.add_flag("--watch", account_state_.watch, "state: also all that happens on the account, as it comes");
    sub.parse_complete_callback([this, &sub] {
        if (account_.what == "state") return;
        for (const char* const option : {"--instance", "--watch"}) {
            if (sub.count(option) > 0) throw CLI::ExcludesError(option, account_.what);
        }
    });
}

int CommandLine::show_state() {
    explain_bus_errors();
    account_state_.account = account_.account;
    account_state_.json = account_.json;
    return show_account_state(account_state_, std::cout);
}

void CommandLine::add_sign() {
    CLI::App& sub = verb("sign", "the signature of a call, and its headers", [this] { return show_signature(sign_); });
    auto* const instruction =
        sub.add_option("--instruction", sign_.instruction, "what is asked for, as orderExecute")->type_name("NAME");
    sub.add_option("k=v", sign_.parameters, "parameters, in any order; a comma alone begins the next of a batch")
        ->type_name("")
        ->needs(instruction);
    sub.add_option("--timestamp", sign_.timestamp_ms, "the Unix time of the call; without it now")
        ->type_name("MS")
        ->check(in_range<std::int64_t>(1, INT64_MAX, "time"));
    sub.add_option("--window", sign_.window_ms, "how long the call is good for")
        ->type_name("MS")
        ->check(in_range<std::int64_t>(1, Signer::kWindowMax_ms, "window"))
        ->capture_default_str();
    sub.add_flag("--unchecked", sign_.unchecked,
                 "sign values with % or reserved characters as they are: whether the exchange does is not published");
    sub.add_option("--text", sign_.text, "sign this text as it stands, to compare with another client")
        ->type_name("TEXT")
        ->excludes(instruction);
    sub.add_option("--key-file", sign_.key_file,
                   "api_key: and api_secret:, a line each, of mode 0600; without it BACKPACK_KEY and BACKPACK_SECRET")
        ->type_name("FILE");
    sub.add_flag("--json", sign_.json, "one JSON object");
    sub.parse_complete_callback([this, &sub] {
        sign_.as_text = sub.count("--text") > 0;
        if (!sign_.as_text && sign_.instruction.empty()) throw CLI::RequiredError("--instruction");
    });
}

}  // namespace daypack::core
