// SPDX-License-Identifier: MIT
#include "engine/config/config_machine.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "engine/include/daypack/signer.hpp"
#include "engine/shm/shm_limits.h"
#include "net/transport/tls_context.h"

namespace daypack::core {

std::string file_kind_fault(const std::string& path) {
    std::error_code none;
    const auto kind = std::filesystem::status(path, none);  // of what a link leads to
    const bool fits = is_regular_file(kind) || is_directory(kind) || !exists(kind);
    return fits ? "" : "cannot be read (a pipe, a socket or a device is no file)";
}

std::string ca_file_fault(const std::string& path) {
    if (path.empty()) return {};
    const std::string meant = "; give the path of a PEM file with the certificates to trust, or \"\" for the system's";
    if (const std::string fault = file_kind_fault(path); !fault.empty()) return fault + meant;
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

std::string key_pair_fault(const std::string& api_key, const std::string& api_secret) {
    if (api_key.empty() || api_secret.empty()) return {};
    try {
        (void)Signer(api_key, api_secret);
        return {};
    } catch (const SigningError& error) {
        return std::string("is refused: ") + error.what();
    }
}

std::string account_fault(const std::string& key_file) {
    try {
        (void)Signer::from_file(key_file);
        return {};
    } catch (const SigningError& error) {
        return std::string("is refused: ") + error.what();
    }
}

std::string missing_address_fault(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        const bool is_v4 = inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
        if (!is_v4 && inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return "is no IP address";
        const int asked = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const void* const name = is_v4 ? static_cast<const void*>(&v4) : &v6;
        const bool is_here =
            asked >= 0 && bind(asked, static_cast<const sockaddr*>(name), is_v4 ? sizeof v4 : sizeof v6) == 0;
        if (asked >= 0) close(asked);
        if (!is_here) return "names " + address + ", which is no address of this machine; `ip address` lists them";
    }
    return {};
}

std::string missing_group_fault(const std::string& name) {
    if (name.empty() || find_group(name)) return {};
    return "is no group of this machine; `getent group` lists them, and \"\" is the group of the process";
}

}  // namespace daypack::core
