// SPDX-License-Identifier: MIT
#include "tools/cli/completion.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

namespace daypack::core {
namespace {

// What may stand behind an option, or as an argument.
enum class Value { none, any, file, instance, shell };

Value value_of(const CLI::Option& option) {
    if (option.get_positional()) return option.get_name() == "SHELL" ? Value::shell : Value::file;
    if (option.get_items_expected_max() == 0) return Value::none;
    const std::string type = option.get_type_name();
    if (option.get_name() == "--instance") return Value::instance;
    return type == "FILE" ? Value::file : Value::any;
}

// Every option that is shown, as "--levels" or "-h"; no arguments.
std::vector<std::string> spellings(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    return names;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
}

// The engines of this machine, by the shared memory that they leave: both shells understand it.
constexpr std::string_view kListInstances = R"(_daypack_instances() {
    local file
    for file in /dev/shm/daypack.*; do
        [[ -e $file && $file != *.lock && $file != *.wake ]] && printf '%s\n' "${file#/dev/shm/daypack.}"
    done
}
)";

std::string_view word_of(Value kind) {
    switch (kind) {
        case Value::file: return "file";
        case Value::instance: return "instance";
        case Value::shell: return "shell";
        case Value::none:
        case Value::any: break;
    }
    return "none";
}

// The verb's case in bash's script: its options, and of what kind the word is that is being written.
std::string bash_verb(const CLI::App& verb) {
    std::string options;
    std::string_view argument = "none";
    std::map<std::string_view, std::string> valued;  // the options before a value, by its kind
    for (const CLI::Option* option : verb.get_options()) {
        const Value kind = value_of(*option);
        if (option->get_positional()) argument = word_of(kind);
        for (const std::string& name : spellings(*option)) {
            options += (options.empty() ? "" : " ") + name;
            if (kind == Value::none) continue;
            std::string& names = valued[word_of(kind)];
            names += (names.empty() ? "" : "|") + name;
        }
    }
    std::string text =
        fmt::format("        {})\n            options='{}' kind={}\n", verb.get_name(), options, argument);
    if (!valued.empty()) {
        text += "            case $before in\n";
        for (const auto& [kind, names] : valued) {
            text += fmt::format("                {}) options='' kind={} ;;\n", names, kind);
        }
        text += "            esac\n";
    }
    return text + "            ;;\n";
}

// Between single quotes of the shell, in a specification of _arguments.
std::string zsh_text(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '\'') {
            safe += R"('\'')";
        } else {
            if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
            safe += c;
        }
    }
    return safe;
}

std::string zsh_action(const CLI::Option& option) {
    switch (value_of(option)) {
        case Value::none: return "";
        case Value::file: return ":file:_files";
        case Value::instance: return ":instance:($(_daypack_instances))";
        case Value::shell: return ":shell:(bash zsh)";
        case Value::any: break;
    }
    return ":" + zsh_text(option.get_type_name().empty() ? "value" : option.get_type_name()) + ":";
}

std::string zsh_verb(const CLI::App& verb) {
    std::string specs;
    for (const CLI::Option* option : verb.get_options()) {
        if (option->get_positional()) {
            specs += fmt::format(" \\\n            '1{}'", zsh_action(*option));
        }
        for (const std::string& name : spellings(*option)) {
            const bool again = option->get_expected_max() > 1;
            specs += fmt::format(" \\\n            '{}{}[{}]{}'", again ? "*" : "", name,
                                 zsh_text(option->get_description()), zsh_action(*option));
        }
    }
    return fmt::format("        {})\n            _arguments{}\n            ;;\n", verb.get_name(), specs);
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
    std::string verbs;
    std::string cases;
    for (const CLI::App* verb : verbs_of(app)) {
        verbs += verb->get_name() + " ";
        cases += bash_verb(*verb);
    }
    return fmt::format(R"(# bash completion of daypack, as `daypack completion bash` prints it
{}_daypack() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} options='' kind=none words=''
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W '{}--help --version' -- "$word")
        return
    fi
    case ${{COMP_WORDS[1]}} in
{}    esac
    [[ $word == -* ]] && kind=option
    case $kind in
        option) words=$options ;;
        instance) words=$(_daypack_instances) ;;
        shell) words='bash zsh' ;;
        file)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -o filenames -F _daypack daypack
)",
                       kListInstances, verbs, cases);
}

std::string zsh_completion(const CLI::App& app) {
    std::string verbs;
    std::string cases;
    for (const CLI::App* verb : verbs_of(app)) {
        verbs += fmt::format("\n            '{}:{}'", verb->get_name(), zsh_text(verb->get_description()));
        cases += zsh_verb(*verb);
    }
    return fmt::format(R"(#compdef daypack
# zsh completion of daypack, as `daypack completion zsh` prints it
{}_daypack() {{
    local -a verbs
    if ((CURRENT == 2)); then
        verbs=({}
            '--help:print help'
            '--version:print version, commit and its date')
        _describe verb verbs
        return
    fi
    ((CURRENT--))
    shift words
    case $words[1] in
{}    esac
}}
if [[ $funcstack[1] == _daypack ]]; then _daypack "$@"; else compdef _daypack daypack; fi
)",
                       kListInstances, verbs, cases);
}

}  // namespace daypack::core
