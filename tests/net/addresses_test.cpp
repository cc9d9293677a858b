// SPDX-License-Identifier: MIT
#include "net/transport/addresses.h"

#include <gtest/gtest.h>

#include <string>

namespace daypack::core {
namespace {

using Endpoint = Addresses::Endpoint;
using std::chrono::milliseconds;

Endpoint end(const std::string& address) {
    return {boost::asio::ip::make_address(address), 443};
}

const MonoTime kNow{1'000'000'000};
const std::vector<Endpoint> kAll = {end("::1"), end("127.0.0.1"), end("127.0.0.2")};

std::string sorted(const Addresses& addresses, MonoTime now = kNow) {
    std::vector<Endpoint> endpoints = kAll;
    addresses.sort(endpoints, now);
    std::string text;
    for (const auto& endpoint : endpoints) text += endpoint.address().to_string() + " ";
    return text;
}

TEST(Addresses, TheSystemsOrderStaysUntilOneFails) {
    Addresses addresses;
    EXPECT_EQ(sorted(addresses), "::1 127.0.0.1 127.0.0.2 ");
    addresses.answered(end("127.0.0.2"), kNow);
    EXPECT_EQ(sorted(addresses), "::1 127.0.0.1 127.0.0.2 ");
}

TEST(Addresses, WhatFailedComesBehindAndEachHasItsTurn) {
    Addresses addresses;
    addresses.failed(end("::1"), kNow);
    EXPECT_EQ(sorted(addresses), "127.0.0.1 127.0.0.2 ::1 ");
    addresses.failed(end("127.0.0.1"), kNow);
    EXPECT_EQ(sorted(addresses), "127.0.0.2 ::1 127.0.0.1 ");
    addresses.failed(end("127.0.0.2"), kNow);
    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(sorted(addresses), "::1 127.0.0.1 127.0.0.2 ");
        for (const Endpoint& endpoint : kAll) addresses.failed(endpoint, kNow);
    }
    addresses.answered(end("127.0.0.1"), kNow);
    EXPECT_EQ(sorted(addresses), "127.0.0.1 ::1 127.0.0.2 ");
}

TEST(Addresses, WhatWasSilentComesBehindWhatRefused) {
    Addresses addresses;
    addresses.silent(end("::1"), kNow);
    for (int i = 0; i < 20; ++i) {
        addresses.failed(end("127.0.0.1"), kNow);
        addresses.failed(end("127.0.0.2"), kNow);
        EXPECT_EQ(sorted(addresses), "127.0.0.1 127.0.0.2 ::1 ") << "a refusal costs nothing";
    }
}

TEST(Addresses, WhereAllAreSilentEachHasItsTurn) {
    Addresses addresses;
    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(sorted(addresses), "::1 127.0.0.1 127.0.0.2 ");
        for (const Endpoint& endpoint : kAll) addresses.silent(endpoint, kNow);
    }
    addresses.silent(end("::1"), kNow);
    EXPECT_EQ(sorted(addresses), "127.0.0.1 127.0.0.2 ::1 ");
}

TEST(Addresses, OneThatNeverAnsweredIsOnTrialWhileAnotherIsNoWorse) {
    Addresses addresses;
    EXPECT_EQ(addresses.trial(end("::1"), kAll, kNow), milliseconds(1'000));
    EXPECT_EQ(addresses.trial(end("::1"), {end("::1")}, kNow), std::nullopt) << "there is no other";
    EXPECT_EQ(addresses.trial(end("::1"), {end("::1"), end("::1")}, kNow), std::nullopt);
    for (const Endpoint& endpoint : kAll) addresses.failed(endpoint, kNow);
    EXPECT_EQ(addresses.trial(end("::1"), kAll, kNow), milliseconds(1'000)) << "those that refused may be back";
    addresses.silent(end("::1"), kNow);
    EXPECT_EQ(addresses.trial(end("127.0.0.1"), {end("::1"), end("127.0.0.1")}, kNow), std::nullopt)
        << "the other is worse";
    addresses.answered(end("127.0.0.1"), kNow);
    EXPECT_EQ(addresses.trial(end("127.0.0.1"), kAll, kNow), std::nullopt) << "it has answered";
}

TEST(Addresses, WhereAllAreSilentEachIsGivenTwiceAsLong) {
    Addresses addresses;
    for (const int seconds : {1, 2, 4, 8, 16, 16, 16}) {
        EXPECT_EQ(addresses.trial(kAll[0], kAll, kNow), milliseconds(1'000 * seconds));
        for (const Endpoint& endpoint : kAll) addresses.silent(endpoint, kNow);
    }
}

TEST(Addresses, AFailureIsForgottenAfterTenMinutes) {
    Addresses addresses;
    addresses.silent(end("::1"), kNow);
    addresses.answered(end("127.0.0.1"), kNow);
    addresses.failed(end("127.0.0.2"), kNow);
    constexpr std::int64_t kMinute_ns = 60'000'000'000;
    EXPECT_EQ(sorted(addresses, kNow + 9 * kMinute_ns), "127.0.0.1 127.0.0.2 ::1 ");
    EXPECT_EQ(sorted(addresses, kNow + 10 * kMinute_ns), "::1 127.0.0.1 127.0.0.2 ");
    EXPECT_EQ(addresses.trial(end("::1"), kAll, kNow + 10 * kMinute_ns), milliseconds(1'000)) << "as if never met";
    EXPECT_EQ(addresses.trial(end("127.0.0.1"), kAll, kNow + 10 * kMinute_ns), std::nullopt) << "but an answer counts";
}

TEST(Addresses, ABetterOneIsOneThatHasNotFailed) {
    Addresses addresses;
    EXPECT_TRUE(addresses.has_better(end("::1"), kAll, kNow));
    EXPECT_FALSE(addresses.has_better(end("::1"), {end("::1")}, kNow));
    addresses.failed(end("127.0.0.1"), kNow);
    addresses.silent(end("127.0.0.2"), kNow);
    EXPECT_FALSE(addresses.has_better(end("::1"), kAll, kNow));
}

TEST(Addresses, NoMoreAreRememberedThanTheLatest) {
    Addresses addresses;
    addresses.failed(end("::1"), kNow);
    for (std::size_t i = 1; i < Addresses::kRemembered; ++i) addresses.failed(end("10.0.0." + std::to_string(i)), kNow);
    EXPECT_EQ(sorted(addresses), "127.0.0.1 127.0.0.2 ::1 ");
    addresses.failed(end("10.0.1.1"), kNow);
    EXPECT_EQ(sorted(addresses), "::1 127.0.0.1 127.0.0.2 ");
}

}  // namespace
}  // namespace daypack::core
