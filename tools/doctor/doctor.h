// SPDX-License-Identifier: MIT
#pragma once
#include <iosfwd>
#include <string>

namespace daypack::core {

struct DoctorOptions {
    std::string config_path;  // empty: the machine alone
    bool json = false;        // one object a line
    std::string root{};       // before /proc, /sys and /dev, for tests; with one nothing goes over the network
};

// Says what of this machine makes latency worse, and what to do about it; changes nothing. Returns the exit code: 1
// where something that the configuration asks for cannot work. Throws ConfigError.
int show_doctor(const DoctorOptions& options, std::ostream& out);

}  // namespace daypack::core
