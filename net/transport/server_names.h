// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core {

// Whom a certificate is for, and whom a CA may vouch for: the names of RFC 5280 that can name a server, compared by the
// rules of RFC 9525. Pure functions of their arguments. An address is its bytes in network order, 4 or 16.

// What stands in a subjectAltName. What is neither a DNS name nor an address (mail, URI) names no server.
struct ServerNames {
    std::vector<std::string> dns;
    std::vector<std::string> addresses;
};

// `extension`: the DER of a subjectAltName. None: it is malformed.
[[nodiscard]] std::optional<ServerNames> read_server_names(std::string_view extension);

// The bytes of an IP address in text form, without brackets; empty: it is none.
[[nodiscard]] std::string address_bytes(const std::string& host);

// `host` is a DNS name or an address, lower case, as in a URL. A name counts whole or with `*` as its whole first
// label, before at least two others; an address only as an address. A dot at the end changes nothing.
[[nodiscard]] bool names_host(const ServerNames& names, const std::string& host);

// The nameConstraints of a CA, as far as they are about servers.
struct NameConstraints {
    ServerNames permitted;  // an address is followed by its mask
    ServerNames excluded;
};

[[nodiscard]] std::optional<NameConstraints> read_name_constraints(std::string_view extension);

// Every one of the names may be vouched for.
[[nodiscard]] bool allows(const NameConstraints& constraints, const ServerNames& names);

}  // namespace daypack::core
