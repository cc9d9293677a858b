// SPDX-License-Identifier: MIT
// Writes the manual pages of the program: daypack.1, and one a verb, as daypack-run.1. They are made of the parser that
// prints --help, so the two cannot differ.
//
//     daypack_manual FOLDER
#include <daypack_commit.h>  // made by bench/commit.cmake
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tools/cli/command_line.h"

namespace daypack::core {
namespace {

// Text of a page: a hyphen stays one, and no line of it is taken for a command of troff.
std::string plain(std::string_view text) {
    std::string safe;
    bool begins = true;
    for (const char c : text) {
        if (begins && (c == '.' || c == '\'')) safe += "\\&";
        if (c == '-') {
            safe += "\\-";
        } else if (c == '\\') {
            safe += "\\e";
        } else {
            safe += c;
        }
        begins = c == '\n';
    }
    return safe;
}

std::string as_it_stands(const std::string& text) {
    return text.empty() ? "" : ".nf\n" + plain(text) + "\n.fi\n";
}

std::string option_entry(const CLI::Option& option) {
    std::string names;
    for (const std::string& name : option.get_snames()) names += (names.empty() ? "" : ", ") + ("-" + name);
    for (const std::string& name : option.get_lnames()) names += (names.empty() ? "" : ", ") + ("--" + name);
    std::string head = fmt::format("\\fB{}\\fR", plain(option.get_positional() ? option.get_name() : names));
    if (option.get_items_expected_max() != 0 && !option.get_type_name().empty()) {
        head += fmt::format(" \\fI{}\\fR", plain(option.get_type_name()));
    }
    std::string text = plain(option.get_description());
    if (!option.get_default_str().empty()) text += plain(" [" + option.get_default_str() + "]");
    if (!option.get_envname().empty()) text += ". Environment: \\fB" + plain(option.get_envname()) + "\\fR";
    return fmt::format(".TP\n{}\n{}\n", head, text);
}

std::string head_of(const std::string& name, std::string_view about, std::string_view date) {
    std::string upper = name;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return fmt::format(".TH {} 1 {} \"daypack {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n", plain(upper), date,
                       DAYPACK_VERSION, plain(name), plain(about));
}

constexpr std::string_view kExitStatus =
    ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nfailed\n.TP\n2\nwrong usage or configuration\n";

std::string page_of(const CLI::App& verb, std::string_view date) {
    std::string arguments;
    std::string options;
    for (const CLI::Option* option : verb.get_options()) {
        options += option_entry(*option);
        if (!option->get_positional()) continue;
        arguments += option->get_required() ? " " + option->get_name() : " [" + option->get_name() + "]";
    }
    std::string text = head_of("daypack-" + verb.get_name(), verb.get_description(), date);
    text += fmt::format(".SH SYNOPSIS\n\\fBdaypack {}\\fR [\\fIOPTION\\fR]...{}\n.SH OPTIONS\n{}",
                        plain(verb.get_name()), plain(arguments), options);
    if (!verb.get_footer().empty()) text += ".SH NOTES\n" + as_it_stands(verb.get_footer());
    return text + std::string(kExitStatus) + ".SH SEE ALSO\n\\fBdaypack\\fR(1)\n";
}

std::string overview_of(const CLI::App& app, std::string_view date) {
    std::string text = head_of("daypack", "low-latency order books of Backpack Exchange", date);
    text += ".SH SYNOPSIS\n\\fBdaypack\\fR \\fIVERB\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n" +
            plain(app.get_description()) + "\n.SH VERBS\n";
    std::string others;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", plain(verb->get_name()), plain(verb->get_description()));
        others += fmt::format("{}\\fBdaypack\\-{}\\fR(1)", others.empty() ? "" : ",\n", plain(verb->get_name()));
    }
    text += ".SH OPTIONS\n";
    for (const CLI::Option* option : app.get_options()) text += option_entry(*option);
    text += ".SH FILES\n.TP\n\\fI/dev/shm/daypack.INSTANCE\\fR\nthe shared memory of a running engine, for readers\n";
    return text + std::string(kExitStatus) + ".SH SEE ALSO\n" + others + "\n";
}

void write(const std::string& path, const std::string& text) {
    std::ofstream out(path);
    out << text;
    if (!out.flush()) throw std::runtime_error(path + " cannot be written");
}

}  // namespace
}  // namespace daypack::core

int main(int argc, char** argv) {
    using namespace daypack::core;
    if (argc != 2) {
        std::fputs("usage: daypack_manual FOLDER\n", stderr);
        return kWrongUse;
    }
    try {
        const std::string folder = argv[1];
        const CommandLine command_line{""};
        write(folder + "/daypack.1", overview_of(command_line.app(), DAYPACK_COMMIT_DATE));
        for (const CLI::App* verb : command_line.app().get_subcommands([](const CLI::App*) { return true; })) {
            write(folder + "/daypack-" + verb->get_name() + ".1", page_of(*verb, DAYPACK_COMMIT_DATE));
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daypack_manual: %s\n", error.what());
        return kFailed;
    }
    return kDone;
}
