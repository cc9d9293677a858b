// SPDX-License-Identifier: MIT
#include "tools/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string_view>

#include "engine/config/config_keys.h"
#include "engine/config/config_machine.h"
#include "engine/config/config_values.h"
#include "engine/shm/shm_limits.h"
#include "tools/cli/completion.h"
#include "tools/cli/option_checks.h"
#include "tools/sim/faults/fault.h"
#include "tools/term/terminal.h"

namespace daypack::core {
namespace {

void add_instance(CLI::App& verb, std::string& instance) {
    verb.add_option("--instance", instance, "name of the engine whose shared memory is meant")
        ->type_name("NAME")
        ->check(checked(instance_fault))
        ->capture_default_str();
}

// The verbs that read shared memory.
template <class Verb, class Options>
int read_segment(Verb verb, const Options& options) {
    explain_bus_errors();
    return verb(options, std::cout);
}

void add_segment(CLI::App& verb, std::string& instance, std::uint32_t& owner) {
    add_instance(verb, instance);
    verb.add_option("--owner", owner, "also an engine of this user, where the shared memory's group is one of yours")
        ->type_name("USER")
        ->envname("DAYPACK_OWNER")
        ->transform(to_user_id());
}

void add_symbol(CLI::App& verb, std::string& symbol, const char* otherwise) {
    verb.add_option("--symbol", symbol, std::string("one symbol in any spelling; without it ") + otherwise)
        ->type_name("S")
        ->check(checked(symbol_fault));
}

}  // namespace

CommandLine::CommandLine(const std::string& version) {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", version, "print version, commit and its date");
    app_.set_help_flag("-h,--help", "print this help");
    app_.get_formatter()->label("SUBCOMMAND", "VERB");
    add_run();
    add_sim();
    add_markets();
    add_readers();
    add_health();
    add_doctor();
    add_selfcheck();
    add_bench();
    add_sign();
    add_account();
    add_completion();
    // Last, for each verb takes over what it finds.
    app_.footer(
        "`daypack VERB --help` lists the options of a verb.\nExit codes: 0 done, 1 failed, 2 wrong usage or "
        "configuration.");
}

void CommandLine::add_run() {
    CLI::App& sub = verb("run", "run the engine in the foreground",
                         [this] { return run_.check ? check_run(run_) : run_engine(run_); });
    sub.add_option("CONFIG", run_.config_path, "configuration file (YAML)")->type_name("")->required();
    sub.add_option("--duration", run_.duration_s, "seconds after which to end; 0: at SIGINT or SIGTERM")
        ->type_name("S")
        ->check(number());
    sub.add_option("--instance", run_.overrides.instance, "instead of the file's instance")
        ->type_name("NAME")
        ->check(checked(instance_fault));
    sub.add_option("--rest-url", run_.overrides.rest_url, "instead of the file's rest_urls")
        ->type_name("URL")
        ->check(checked([](const std::string& url) { return url_fault(url, UrlKind::rest); }));
    sub.add_option("--ws-url", run_.overrides.ws_url, "instead of the file's ws_urls")
        ->type_name("URL")
        ->check(checked([](const std::string& url) { return url_fault(url, UrlKind::websocket); }));
    sub.add_option("--ca-file", run_.overrides.ca_file, "instead of the file's ca_file")
        ->type_name("FILE")
        ->check(checked(ca_file_fault));
    sub.add_flag("--takeover", run_.overrides.takeover,
                 "join beside the engine that has the instance, then have it hand over: readers go on without an "
                 "outage; where none runs, start as usual");
    sub.add_option("--log-level", run_.log_level,
                   "least level that the log shows; debug: every line of info, where else what repeats is counted")
        ->type_name("LEVEL")
        ->check(one_of({"debug", "info", "warning", "error"}, "level"));
    sub.add_option_function<std::string>(
           "--log-format", [this](const std::string& format) { run_.log_json = format == "json"; },
           "of the log on stderr: text, or json, one object a line")
        ->type_name("text|json")
        ->check(one_of({"text", "json"}, "format"));
    CLI::Option* const check = sub.add_flag(
        "--check", run_.check, "read the configuration, say what is wrong, and ask nothing of the network");
    sub.add_flag("--json", run_.json, "of --check: one JSON object")->needs(check);
    sub.add_flag("--quiet", run_.quiet, "no ladder, status lines and summary; a log from warning on");
    sub.footer("Every key of CONFIG, with its default:\n" + list_of_keys());
}

void CommandLine::add_sim() {
    CLI::App& sub = verb("sim", "the simulated exchange: REST and WebSocket of Backpack on one port",
                         [this] { return sim::run_sim(sim_); });
    sub.add_option("--port", sim_.port, "the port; 0: a free one, as printed")->type_name("P")->check(whole(65'535));
    sub.add_option("--bind", sim_.bind, "the address to listen on; whoever reaches it may also inject faults")
        ->type_name("ADDRESS")
        ->check(ip_address())
        ->capture_default_str();
    sub.add_flag("--tls", sim_.tls, "https and wss, with certificates made at the start");
    sub.add_option("--name", sim_.names, "hosts that its certificate speaks of, beside localhost")
        ->type_name("HOST,...")
        ->delimiter(',')
        ->transform(to_host_name());
    sub.add_option("--ca-out", sim_.ca_out, "where to write the certificate to trust")->type_name("FILE");
    sub.add_option("--ca-key", sim_.ca_key,
                   "the file with the key behind that certificate, made where it is not there: after a restart it is "
                   "trusted still")
        ->type_name("FILE");
    sub.add_option("--symbols", sim_.symbols, "markets, in any spelling")
        ->type_name("A,B")
        ->delimiter(',')
        ->transform(to_native_symbol());
    sub.add_option("--rate", sim_.rate, "updates a second and symbol, or max")->type_name("R")->transform(pace());
    sub.add_option("--levels", sim_.levels, "levels a side, about; 0: as recorded books have")
        ->type_name("N")
        ->check(whole(5'000));
    sub.add_option("--seed", sim_.seed, "another made-up flow")->type_name("N")->check(whole(INT64_MAX));
    sub.add_option("--max-frames", sim_.max_frames, "depth frames a symbol, then quiet; 0: endless")
        ->type_name("N")
        ->check(whole(INT64_MAX));
    sub.add_option("--replay", sim_.replay,
                   "a recorded flow instead: frames.ndjson[.gz] beside its snapshot.json, or what selfcheck kept")
        ->type_name("FILE");
    sub.add_option("--speed", sim_.speed, "of the replay: 1 as recorded, or max")->type_name("X")->transform(pace());
    sub.add_flag("--jitter", sim_.jitter, "T runs back at times, by up to 13 ms, as in recorded flow; the default");
    sub.add_flag_callback(
        "--no-jitter", [this] { sim_.jitter = false; }, "T never runs back");
    sub.add_option("--odd-lag", sim_.odd_lag_ms, "messages of every odd connection leave so much later")
        ->type_name("MS")
        ->check(whole(60'000))
        ->capture_default_str();
    sub.add_option("--markets-cache", sim_.markets_cache_ms,
                   "/markets is as old as this at most, as a cache serves it; 0: always fresh")
        ->type_name("MS")
        ->check(whole(3'600'000))
        ->capture_default_str();
    sub.add_option("--accounts", sim_.accounts, "accounts that can sign: account reads and private streams")
        ->type_name("N")
        ->check(whole(100));
    sub.add_option("--account-rate", sim_.account_rate, "what each account does a second: orders, fills, funds")
        ->type_name("R")
        ->check(number())
        ->capture_default_str();
    sub.add_option("--account-events", sim_.account_events, "acts of each account, then they stand still; 0: endless")
        ->type_name("N")
        ->check(whole(INT64_MAX));
    sub.add_option("--keys-out", sim_.keys_out, "where to write each account's keys: DIR/account1.key and so on, 0600")
        ->type_name("DIR");
    sub.add_option("--history-lag", sim_.history_lag_ms, "histories are so much later than the private streams")
        ->type_name("MS")
        ->check(whole(60'000))
        ->capture_default_str();
    sub.add_option("--fault", sim_.faults, "what goes wrong, and at which message; may be given again")
        ->type_name("KIND[@N][:key=value,...]")
        ->type_size(1)
        ->allow_extra_args(false);
    sub.add_option("--chaos", sim_.chaos_seed, "random faults that a client has to survive, from this seed")
        ->type_name("SEED")
        ->check(whole(INT64_MAX));
    sub.add_flag("--chaos-unkind", sim_.chaos_unkind, "also those that mislead: lags, clocks, numberings, answers");
    sub.add_option("--chaos-every", sim_.chaos_every_ms, "between them")->type_name("MS")->check(whole(3'600'000));
    sub.footer("Faults, with their keys; times=K strikes K times in a row:\n" + sim::fault_help());
}

void CommandLine::add_markets() {
    CLI::App& sub =
        verb("markets", "the exchange's markets with tick, step and state", [this] { return show_markets(markets_); });
    sub.add_option("CONFIG", markets_.config_path, "configuration file; without it the exchange itself")->type_name("");
    sub.add_flag("--json", markets_.json, "one JSON object a line");
}

void CommandLine::add_readers() {
    CLI::App& top = verb("top", "live ladder, trades, latency and health in the terminal",
                         [this] { return read_segment(show_top, top_); });
    add_segment(top, top_.instance, top_.owner);
    add_symbol(top, top_.symbol, "the first");

    CLI::App& cat = verb("cat", "the book as it is now, once", [this] { return read_segment(show_book, cat_); });
    add_segment(cat, cat_.instance, cat_.owner);
    add_symbol(cat, cat_.symbol, "all");
    cat.add_option("--levels", cat_.levels, "levels a side; 0: all that is published")
        ->type_name("N")
        ->check(whole(kMaxDepth))
        ->capture_default_str();
    cat.add_flag("--json", cat_.json, "one JSON object a line");

    CLI::App& tail = verb("tail", "every delta, trade and change of state as it comes",
                          [this] { return read_segment(follow_events, tail_); });
    add_segment(tail, tail_.instance, tail_.owner);
    add_symbol(tail, tail_.symbol, "all");
    tail.add_flag("--json", tail_.json, "one JSON object a line");

    CLI::App& stat = verb("stat", "counters, states and latencies", [this] { return read_segment(show_stat, stat_); });
    add_segment(stat, stat_.instance, stat_.owner);
    stat.add_flag("--json", stat_.json, "one JSON object a line");
    stat.add_flag("--watch", stat_.watch, "again every second, in a terminal in place");
}

void CommandLine::add_health() {
    CLI::App& sub = verb("health", "whether all is LIVE and young: exit code 0, else 1 and a line a cause",
                         [this] { return read_segment(check_health, health_); });
    add_segment(sub, health_.instance, health_.owner);
    add_symbol(sub, health_.symbol, "all that are followed");
    sub.add_option("--max-age", health_.max_age_ns,
                   "how old the last message of each may be; without it as old as LIVE allows")
        ->type_name("500ms")
        ->transform(to_nanoseconds());
    sub.add_flag("--books-only", health_.books_only, "leave out the accounts that the engine follows");
    sub.add_flag("--json", health_.json, "one JSON object: healthy, and the causes");

    CLI::App& instances = verb("instances", "the instances of this machine, alive or not",
                               [this] { return show_instances(instances_, std::cout); });
    instances.add_flag("--clean", instances_.clean, "remove the shared memory of those that no engine writes any more");
    instances.add_flag("--json", instances_.json, "one JSON object a line");
}

void CommandLine::add_doctor() {
    CLI::App& sub = verb("doctor", "what of this machine costs latency, with the fix for each",
                         [this] { return show_doctor(doctor_, std::cout); });
    sub.add_option("CONFIG", doctor_.config_path,
                   "configuration file, to check what it asks for as well, and the way to its exchange")
        ->type_name("");
    sub.add_flag("--json", doctor_.json, "one JSON object a line");
    sub.footer(
        "Reads only, changes nothing. ok, warn (it works, slower or less evenly), fail, unknown (not shown here).\n"
        "Exit codes: 0 done, whatever was found; 1 something that CONFIG asks for cannot work; 2 wrong usage or "
        "configuration.");
}

void CommandLine::add_selfcheck() {
    CLI::App& sub = verb("selfcheck", "meet the exchange, and check every assumption that is made of it",
                         [this] { return selfcheck::run_selfcheck(selfcheck_); });
    sub.add_option("CONFIG", selfcheck_.config_path, "configuration file (YAML)")->type_name("")->required();
    sub.add_option("--duration", selfcheck_.duration_s, "seconds that it takes")
        ->type_name("S")
        ->check(in_range(1.0, 86'400.0, "number"))
        ->capture_default_str();
    sub.add_option("--out", selfcheck_.out,
                   "what the names of the files begin with: NAME.report.md, NAME.frames.ndjson.gz")
        ->type_name("NAME")
        ->capture_default_str();
    sub.add_option("--rest-url", selfcheck_.overrides.rest_url, "instead of the file's rest_urls")
        ->type_name("URL")
        ->check(checked([](const std::string& url) { return url_fault(url, UrlKind::rest); }));
    sub.add_option("--ws-url", selfcheck_.overrides.ws_url, "instead of the file's ws_urls")
        ->type_name("URL")
        ->check(checked([](const std::string& url) { return url_fault(url, UrlKind::websocket); }));
    sub.add_option("--ca-file", selfcheck_.overrides.ca_file, "instead of the file's ca_file")
        ->type_name("FILE")
        ->check(checked(ca_file_fault));
    sub.add_flag("--json", selfcheck_.json, "the report as one JSON object: NAME.report.json");
    sub.footer(
        "Public data alone is asked for; keys are not used. The report names no key, host, address or path of this "
        "machine.\n"
        "Exit codes: 0 every assumption held; 1 one is broken, or the exchange was not met; 2 wrong usage or "
        "configuration.");
}

namespace {

// Of the parts and of the system.
std::vector<std::string> all_rows() {
    std::vector<std::string> rows = bench::row_names();
    for (std::string& row : bench::row_names(true)) rows.push_back(std::move(row));
    return rows;
}

}  // namespace

void CommandLine::add_bench() {
    CLI::App& sub = verb("bench", "how fast the parts are, beside what else there is, in one run",
                         [this] { return bench::run_bench(bench_); });
    sub.add_flag("--json", bench_.json, "one JSON object");
    sub.add_flag("--system", bench_.system,
                 "the product as it is started: exchange, engine and reader as processes, each thread mode in turn");
    sub.add_option("--html", bench_.html, "also a page with the numbers and the percentile curves")->type_name("FILE");
    sub.add_option("--input", bench_.input,
                   "recorded flow: frames.ndjson[.gz] beside its snapshot.json; else generated")
        ->type_name("FILE");
    sub.add_option("--rounds", bench_.rounds,
                   "how often each row is measured; the figures of bench/README.md are the default's")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000));
    sub.add_option("--rows", bench_.rows, "some rows alone")
        ->type_name("A,B")
        ->delimiter(',')
        ->check(one_of(all_rows(), "row"));
    sub.parse_complete_callback([this] {
        const auto names = bench::row_names(bench_.system);
        for (const std::string& row : bench_.rows) {
            if (std::find(names.begin(), names.end(), row) != names.end()) continue;
            throw CLI::ValidationError(
                "--rows", row + (bench_.system ? " is no row of --system" : " is a row of --system: add that"));
        }
        if (bench_.system && !bench_.input.empty())
            throw CLI::ValidationError("--input", "is not for --system, whose flow the simulated exchange makes");
    });
}

void CommandLine::add_completion() {
    CLI::App& sub = verb("completion", "print what makes a shell complete verbs, options and instances", [this] {
        std::fputs((shell_ == "zsh" ? zsh_completion(app_) : bash_completion(app_)).c_str(), stdout);
        return kDone;
    });
    sub.add_option("SHELL", shell_, "bash or zsh")->type_name("")->required()->check(one_of({"bash", "zsh"}, "shell"));
    sub.footer(
        "For this shell: source <(daypack completion bash), or in zsh, after compinit, source <(daypack completion "
        "zsh).");
}

std::vector<std::string> CommandLine::names() const {
    std::vector<std::string> names;
    for (const auto& [sub, action] : actions_) names.push_back(sub->get_name());
    return names;
}

int CommandLine::refuse(const std::string& wrong, const std::string& verb) const {
    std::fprintf(stderr, "daypack: %s; see `daypack %s%s--help`\n", wrong.c_str(), verb.c_str(),
                 verb.empty() ? "" : " ");
    return kWrongUse;
}

namespace {

// Of what was not expected, the first that is near an option of the verb: which one was meant; empty where none is.
std::string near_option(const std::vector<std::string>& extras, const CLI::App& verb) {
    std::vector<std::string> options;
    for (const CLI::Option* option : verb.get_options()) {
        for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
    }
    for (const std::string& extra : extras) {
        const std::string near = extra.starts_with("--") ? nearest_word(extra, options) : std::string();
        if (!near.empty()) return ", did you mean `" + near + "`?";
    }
    return {};
}

}  // namespace

// Help and version go to stdout and are no error; anything else is one line on stderr.
int CommandLine::explain(const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_.exit(error);
    const auto parsed = app_.get_subcommands();
    std::string wrong = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !parsed.empty()) {
        wrong += near_option(app_.remaining(true), *parsed.front());
    }
    if (error.get_name() == "ArgumentMismatch") wrong = wrong.substr(0, wrong.find(':')) + " needs a value";
    for (char& c : wrong) c = c == '\n' ? ' ' : c;
    return refuse(wrong, parsed.empty() ? "" : parsed.front()->get_name());
}

int CommandLine::run(int argc, char** argv) {
    if (argc < 2) return refuse("no verb is given", "");
    const std::string first = argv[1];
    if (first.starts_with('-') && first != "-h" && first != "--help" && first != "--version") {
        return refuse("option " + shown(first) + " is unknown or stands before its verb", "");
    }
    const auto verbs = names();
    if (!first.starts_with('-') && std::find(verbs.begin(), verbs.end(), first) == verbs.end()) {
        const std::string near = nearest_word(first, verbs);
        return refuse("unknown verb " + shown(first) + (near.empty() ? "" : ", did you mean `" + near + "`?"), "");
    }
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return explain(error);
    }
    for (const auto& [sub, action] : actions_) {
        if (sub->parsed()) return action();
    }
    return kDone;
}

}  // namespace daypack::core
