// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "net/transport/dns_lookup.h"

namespace daypack::core {
namespace {

bool finishes(const DnsLookup& lookup) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!lookup.finished() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return lookup.finished();
}

TEST(DnsLookup, AnAddressIsItselfAtOnce) {
    const DnsLookup v4("127.0.0.2", 443);
    ASSERT_TRUE(v4.finished());
    ASSERT_EQ(v4.endpoints().size(), 1U);
    EXPECT_EQ(v4.endpoints()[0].address().to_string(), "127.0.0.2");
    EXPECT_EQ(v4.endpoints()[0].port(), 443);
    const DnsLookup v6("::1", 80);
    ASSERT_TRUE(v6.finished());
    EXPECT_EQ(v6.endpoints().at(0).address().to_string(), "::1");
}

TEST(DnsLookup, LocalhostIsFoundWithoutANetwork) {
    const DnsLookup lookup("localhost", 8443);
    ASSERT_TRUE(finishes(lookup));
    EXPECT_EQ(lookup.error(), "");
    EXPECT_TRUE(std::ranges::all_of(lookup.endpoints(), [](const auto& endpoint) {
        return endpoint.address().is_loopback() && endpoint.port() == 8443;
    }));
    EXPECT_FALSE(lookup.endpoints().empty());
}

TEST(DnsLookup, ANameThatCannotBeSaysWhy) {
    const DnsLookup lookup("no..such..name", 443);
    ASSERT_TRUE(finishes(lookup));
    EXPECT_TRUE(lookup.endpoints().empty());
    EXPECT_NE(lookup.error(), "");
}

TEST(DnsLookup, AddressesAreSpreadOverWhoeverCounts) {
    using boost::asio::ip::make_address;
    const auto order = [](std::vector<const char*> addresses, std::size_t turn) {
        std::vector<boost::asio::ip::tcp::endpoint> endpoints;
        for (const char* const address : addresses) endpoints.emplace_back(make_address(address), 443);
        spread(endpoints, turn);
        std::string text;
        for (const auto& endpoint : endpoints) text += endpoint.address().to_string() + " ";
        return text;
    };
    EXPECT_EQ(order({"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"}, 0), "10.0.0.1 10.0.0.2 10.0.0.3 ::1 ");
    EXPECT_EQ(order({"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"}, 1), "10.0.0.2 10.0.0.3 10.0.0.1 ::1 ");
    EXPECT_EQ(order({"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"}, 5), "10.0.0.3 10.0.0.1 10.0.0.2 ::1 ");
    EXPECT_EQ(order({"::1", "10.0.0.2", "10.0.0.3"}, 1), "::1 10.0.0.2 10.0.0.3 ");
    EXPECT_EQ(order({}, 7), "");
}

TEST(DnsLookup, CanBeLeftAlone) {
    for (int i = 0; i < 20; ++i) DnsLookup("localhost", 443);
}

}  // namespace
}  // namespace daypack::core
