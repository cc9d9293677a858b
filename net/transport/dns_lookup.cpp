// SPDX-License-Identifier: MIT
#include "net/transport/dns_lookup.h"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

namespace daypack::core {

using boost::asio::ip::tcp;

struct DnsLookup::Shared {
    std::vector<tcp::endpoint> endpoints;
    std::string error;
    std::atomic<bool> finished{false};
};

namespace {

std::map<std::string, std::vector<boost::asio::ip::address>>& pretended() {
    static std::map<std::string, std::vector<boost::asio::ip::address>> addresses;
    return addresses;
}

void look_up(const std::string& host, std::uint16_t port, std::vector<tcp::endpoint>& endpoints, std::string& error) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const std::string service = std::to_string(port);
    int code = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
    if (code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY) {
        hints.ai_flags = 0;  // AI_ADDRCONFIG counts no loopback: "localhost" of a machine without a network
        code = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
    }
    if (code != 0) {
        error = code == EAI_SYSTEM ? std::system_category().message(errno) : gai_strerror(code);
        return;
    }
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        endpoint.resize(entry->ai_addrlen);
        endpoints.push_back(endpoint);
    }
    freeaddrinfo(list);
    if (endpoints.empty()) error = "the name has no address";
}

}  // namespace

DnsLookup::DnsLookup(const std::string& host, std::uint16_t port) : shared_(std::make_shared<Shared>()) {
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(host, no_address);
    if (!no_address) {
        shared_->endpoints.emplace_back(address, port);
        shared_->finished.store(true, std::memory_order_relaxed);  // no thread, no partner
        return;
    }
    if (const auto found = pretended().find(host); found != pretended().end()) {
        for (const auto& pretend : found->second) shared_->endpoints.emplace_back(pretend, port);
        shared_->finished.store(true, std::memory_order_relaxed);  // no thread, no partner
        return;
    }
    try {
        std::thread([shared = shared_, host, port] {
            look_up(host, port, shared->endpoints, shared->error);
            shared->finished.store(true, std::memory_order_release);  // pairs with the acquire in finished()
        }).detach();
    } catch (const std::system_error& error) {
        shared_->error = std::string("no thread for the name look-up: ") + error.what();
        shared_->finished.store(true, std::memory_order_relaxed);  // no thread, no partner
    }
}

void pretend_addresses(const std::string& host, std::vector<boost::asio::ip::address> addresses) {
    if (addresses.empty()) {
        pretended().erase(host);
    } else {
        pretended()[host] = std::move(addresses);
    }
}

void spread(std::vector<tcp::endpoint>& endpoints, std::size_t turn) noexcept {
    if (endpoints.empty()) return;
    const auto other = std::find_if(endpoints.begin(), endpoints.end(), [&](const tcp::endpoint& endpoint) {
        return endpoint.protocol() != endpoints.front().protocol();
    });
    const auto alike = other - endpoints.begin();
    std::rotate(endpoints.begin(), endpoints.begin() + static_cast<std::ptrdiff_t>(turn) % alike, other);
}

bool DnsLookup::finished() const noexcept {
    return shared_->finished.load(std::memory_order_acquire);
}
const std::vector<tcp::endpoint>& DnsLookup::endpoints() const noexcept {
    return shared_->endpoints;
}
const std::string& DnsLookup::error() const noexcept {
    return shared_->error;
}

}  // namespace daypack::core
