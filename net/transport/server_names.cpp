// SPDX-License-Identifier: MIT
#include "net/transport/server_names.h"

#include <arpa/inet.h>

#include <algorithm>

#include "net/base/lower_case.h"
#include "net/transport/der_reader.h"

namespace daypack::core {
namespace {

constexpr unsigned kDnsName = DerReader::context(2);  // of a GeneralName
constexpr unsigned kAddress = DerReader::context(7);

// Only what a host name may hold, and `*`: a name with a zero byte or a blank in it is nobody's.
bool is_plain(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '*';
    });
}

std::string_view without_last_dot(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    return name;
}

bool matches(const std::string& presented, std::string_view host) {
    const std::string lower = lower_case(presented);
    const std::string_view name = without_last_dot(lower);
    if (!is_plain(name) || host.empty()) return false;
    if (name.find('*') == std::string_view::npos) return name == host;
    if (!name.starts_with("*.")) return false;
    const std::string_view domain = name.substr(2);
    const std::size_t dot = host.find('.');
    const bool is_domain = domain.find('*') == std::string_view::npos && domain.find('.') != std::string_view::npos;
    return is_domain && dot != 0 && dot != std::string_view::npos && host.substr(dot + 1) == domain;
}

// Takes what `item` is, where it can name a server.
void take_name(const DerReader& item, ServerNames& names) {
    if (item.tag() == kDnsName) names.dns.emplace_back(item.content());
    if (item.tag() == kAddress) names.addresses.emplace_back(item.content());
}

// GeneralSubtrees ::= SEQUENCE OF SEQUENCE { base GeneralName, … }
bool read_subtrees(std::string_view subtrees, ServerNames& names) {
    DerReader list(subtrees);
    while (list.next()) {
        DerReader subtree(list.content());
        if (list.tag() != DerReader::kSequence || !subtree.next()) return false;
        take_name(subtree, names);
    }
    const auto is_network = [](const std::string& bytes) { return bytes.size() == 8 || bytes.size() == 32; };
    return list.well() && std::ranges::all_of(names.addresses, is_network);
}

bool is_within(const std::string& presented, const std::string& base) {
    const std::string name(without_last_dot(lower_case(presented)));
    const std::string domain = lower_case(base);
    if (domain.empty() || name == domain) return true;
    return name.ends_with(domain.starts_with('.') ? domain : "." + domain);
}

bool is_in_network(const std::string& address, const std::string& network) {
    if (network.size() != 2 * address.size()) return false;
    for (std::size_t i = 0; i < address.size(); ++i) {
        const auto differs = static_cast<unsigned char>(address[i] ^ network[i]);
        if ((differs & static_cast<unsigned char>(network[address.size() + i])) != 0) return false;
    }
    return true;
}

template <class Within>
bool all_allowed(const std::vector<std::string>& names, const std::vector<std::string>& permitted,
                 const std::vector<std::string>& excluded, Within within) {
    return std::ranges::all_of(names, [&](const std::string& name) {
        const auto holds = [&](const std::string& base) { return within(name, base); };
        return !std::ranges::any_of(excluded, holds) && (permitted.empty() || std::ranges::any_of(permitted, holds));
    });
}

}  // namespace

std::optional<ServerNames> read_server_names(std::string_view extension) {
    DerReader outer(extension);
    if (!outer.next() || outer.tag() != DerReader::kSequence) return std::nullopt;
    ServerNames names;
    DerReader items(outer.content());
    while (items.next()) take_name(items, names);
    if (!items.well()) return std::nullopt;
    return names;
}

std::string address_bytes(const std::string& host) {
    char bytes[sizeof(in6_addr)];
    if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return {bytes, sizeof(in_addr)};
    if (inet_pton(AF_INET6, host.c_str(), bytes) == 1) return {bytes, sizeof(in6_addr)};
    return {};
}

bool names_host(const ServerNames& names, const std::string& host) {
    if (const std::string address = address_bytes(host); !address.empty()) {
        return std::ranges::find(names.addresses, address) != names.addresses.end();
    }
    return std::ranges::any_of(names.dns,
                               [&](const std::string& name) { return matches(name, without_last_dot(host)); });
}

std::optional<NameConstraints> read_name_constraints(std::string_view extension) {
    DerReader outer(extension);
    if (!outer.next() || outer.tag() != DerReader::kSequence) return std::nullopt;
    NameConstraints constraints;
    DerReader halves(outer.content());
    while (halves.next()) {
        const bool permitted = halves.tag() == DerReader::context_of(0);
        if (!permitted && halves.tag() != DerReader::context_of(1)) return std::nullopt;
        if (!read_subtrees(halves.content(), permitted ? constraints.permitted : constraints.excluded)) {
            return std::nullopt;
        }
    }
    if (!halves.well()) return std::nullopt;
    return constraints;
}

bool allows(const NameConstraints& constraints, const ServerNames& names) {
    return all_allowed(names.dns, constraints.permitted.dns, constraints.excluded.dns, is_within) &&
           all_allowed(names.addresses, constraints.permitted.addresses, constraints.excluded.addresses, is_in_network);
}

}  // namespace daypack::core
