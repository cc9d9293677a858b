// SPDX-License-Identifier: MIT
// The program: what its command line (tools/cli/command_line.h) asks for, and the exit code. The work of a verb is in
// the file of its name here, of `sim` in tools/sim/, of `bench` in bench/, of `doctor` in tools/doctor/.

#include <daypack_commit.h>  // made by bench/commit.cmake
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "engine/config.h"
#include "engine/threads/stdio_places.h"
#include "tools/cli/command_line.h"
#include "tools/term/hang_up.h"

namespace {

// What could not be written, as to a full disk, is no answer. A reader of a pipe may go when it has what it wants.
bool is_output_whole() {
    const bool whole = std::cout.flush() && std::fflush(stdout) == 0;
    struct stat output {};
    const bool has_reader =
        fstat(STDOUT_FILENO, &output) == 0 && (S_ISFIFO(output.st_mode) || S_ISSOCK(output.st_mode));
    return whole || has_reader;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "run") daypack::core::HangUp::hold_back();
    const daypack::core::StdioPlaces taken;  // started with `>&-`, the first file opened would be stdout
    try {
        const int code =
            daypack::core::CommandLine("daypack " DAYPACK_VERSION " (" DAYPACK_COMMIT ", " DAYPACK_COMMIT_DATE ")")
                .run(argc, argv);
        if (code == 0 && !is_output_whole()) {
            throw std::runtime_error("standard output could not be written; see that there is room");
        }
        return code;
    } catch (const daypack::core::ConfigError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return daypack::core::kWrongUse;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daypack: %s\n", error.what());
        return daypack::core::kFailed;
    }
}
