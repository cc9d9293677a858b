// SPDX-License-Identifier: MIT
#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace daypack::core {

// Scripts that make a shell complete the verbs of the command line, their options, files, and the names of running
// instances. They are made of the same parser that --help prints, so the two cannot differ.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);

}  // namespace daypack::core
