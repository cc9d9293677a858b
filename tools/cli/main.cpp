// SPDX-License-Identifier: MIT
// The program: what its command line (tools/cli/command_line.h) asks for, and the exit code. The work of a verb is in
// the file of its name here, of `sim` in tools/sim/, of `bench` in bench/, of `doctor` in tools/doctor/.

#include <daypack_commit.h>  // made by bench/commit.cmake

#include <cstdio>
#include <exception>
#include <string_view>

#include "engine/config.h"
#include "engine/threads/stdio_places.h"
#include "tools/cli/command_line.h"
#include "tools/term/hang_up.h"

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "run") daypack::core::HangUp::hold_back();
    const daypack::core::StdioPlaces taken;  // started with `>&-`, the first file opened would be stdout
    try {
        return daypack::core::CommandLine("daypack " DAYPACK_VERSION " (" DAYPACK_COMMIT ", " DAYPACK_COMMIT_DATE ")")
            .run(argc, argv);
    } catch (const daypack::core::ConfigError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return daypack::core::kWrongUse;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daypack: %s\n", error.what());
        return daypack::core::kFailed;
    }
}
