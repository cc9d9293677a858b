// SPDX-License-Identifier: MIT
#include "net/base/url.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "net/base/host_port.h"

namespace daypack::core {
namespace {

std::string error_of(const std::string& text, UrlKind kind) {
    try {
        (void)parse_url(text, kind);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(Url, TheVenuesOwnAddressesAreTakenApart) {
    const Url rest = parse_url("https://api.backpack.exchange", UrlKind::rest);
    EXPECT_TRUE(rest.tls);
    EXPECT_EQ(rest.host, "api.backpack.exchange");
    EXPECT_EQ(rest.port, 443);
    EXPECT_EQ(rest.path, "");
    EXPECT_EQ(rest.name(), "api.backpack.exchange:443");
    EXPECT_EQ(rest.host_header(), "api.backpack.exchange");
    EXPECT_EQ(parse_url("wss://ws.backpack.exchange/", UrlKind::websocket).name(), "ws.backpack.exchange:443");
}

TEST(Url, PortAndPathAreKeptAndAPortOfItsOwnStandsInTheHostHeader) {
    const Url url = parse_url("HTTPS://Proxy.Example:8443/back/pack//", UrlKind::rest);
    EXPECT_EQ(url.host, "proxy.example");
    EXPECT_EQ(url.path, "/back/pack");
    EXPECT_EQ(url.host_header(), "proxy.example:8443");
}

TEST(Url, AnIpv6AddressLosesItsBracketsAndGetsThemBackInTheHostHeader) {
    const Url url = parse_url("ws://[::1]:9000", UrlKind::websocket);
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, 9000);
    EXPECT_EQ(url.host_header(), "[::1]:9000");
    EXPECT_EQ(parse_url("wss://[2001:db8::1]", UrlKind::websocket).host_header(), "[2001:db8::1]");
}

TEST(Url, PlainSchemesWorkOnLoopbackHostsOnly) {
    for (const char* host : {"localhost", "127.0.0.1", "127.255.3.4", "[::1]", "LOCALHOST"}) {
        EXPECT_FALSE(parse_url(std::string("http://") + host, UrlKind::rest).tls) << host;
        EXPECT_EQ(parse_url(std::string("ws://") + host, UrlKind::websocket).port, 80) << host;
    }
    for (const char* host : {"api.backpack.exchange", "128.0.0.1", "localhost.example", "127.0.0.1.example", "[::2]"}) {
        EXPECT_NE(error_of(std::string("http://") + host, UrlKind::rest).find("loopback hosts only; use https://"),
                  std::string::npos)
            << host;
        EXPECT_NE(error_of(std::string("ws://") + host, UrlKind::websocket).find("use wss://"), std::string::npos);
    }
}

TEST(Url, ASchemeOfTheOtherKindIsRefusedWithTheRightOne) {
    EXPECT_NE(error_of("wss://ws.example", UrlKind::rest).find("must begin with https://"), std::string::npos);
    EXPECT_NE(error_of("https://ws.example", UrlKind::websocket).find("must begin with wss://"), std::string::npos);
    EXPECT_NE(error_of("ws.example", UrlKind::websocket).find("must begin with wss://"), std::string::npos);
}

TEST(Url, WhatIsNoAddressIsRefused) {
    for (const char* text : {"", "https://", "https://:443", "https:///path", "https://h:0", "https://h:65536",
                             "https://h:", "https://h:1x", "https://user@h", "https://u:p@h", "https://h/p?q=1",
                             "https://h#f", "https://h/a b", "https://[::1", "https://[zz]", "https://[::1]x",
                             "https://h\r\nX: y", "https://h/\r\n", "https://a b"}) {
        EXPECT_NE(error_of(text, UrlKind::rest), "") << text;
    }
    EXPECT_NE(error_of("https://" + std::string(300, 'h'), UrlKind::rest), "");
}

TEST(Url, ARefusalIsOneLineOfPrintableText) {
    for (const char* text :
         {"https://h\nX: y", "https://h\x1b[2J", "https://h/\r\n", "https://h\xff:1", "h\t\x7f://"}) {
        const std::string error = error_of(text, UrlKind::rest);
        EXPECT_NE(error, "");
        EXPECT_TRUE(std::all_of(error.begin(), error.end(), [](char c) { return c >= ' ' && c <= '~'; })) << error;
    }
    EXPECT_EQ(error_of("https://h\nX", UrlKind::rest), "URL \"https://h?X\": \"h?x\" is no host name");
}

TEST(HostPort, TellsAPortFromNone) {
    HostPort address;
    EXPECT_EQ(parse_host_port("Example.com", address), "");
    EXPECT_EQ(address.host, "example.com");
    EXPECT_FALSE(address.port);
    EXPECT_EQ(parse_host_port("[::1]:9464", address), "");
    EXPECT_EQ(address.host, "::1");
    EXPECT_EQ(address.port, 9464);
    for (const char* wrong : {"", ":1", "h:", "h:0", "h:65536", "h:1:2", "h:-1", "[::1", "[::1]1", "[h]:1", "h h:1"}) {
        EXPECT_NE(parse_host_port(wrong, address), "") << wrong;
    }
}

}  // namespace
}  // namespace daypack::core
