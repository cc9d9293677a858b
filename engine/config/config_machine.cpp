// SPDX-License-Identifier: MIT
#include "engine/config/config_machine.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "engine/shm/shm_limits.h"
#include "net/transport/tls_context.h"

namespace daypack {

std::string ca_file_fault(const std::string& path) {
    if (path.empty()) return {};
    const std::string meant = "; give the path of a PEM file with the certificates to trust, or \"\" for the system's";
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
        return (errno != 0 ? "cannot be read (" + std::string(std::strerror(errno)) + ")" : "names an empty file") +
               meant;
    }
    try {
        (void)TlsContext::client(path);  // the judge of its later use, so that the two never differ
        return {};
    } catch (const std::runtime_error&) {
        return "names a file without a certificate that can be read" + meant;
    }
}

std::string missing_group_fault(const std::string& name) {
    if (name.empty() || find_group(name)) return {};
    return "is no group of this machine; `getent group` lists them, and \"\" is the group of the process";
}

}  // namespace daypack
