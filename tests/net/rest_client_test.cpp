// SPDX-License-Identifier: MIT
#include "net/http/rest_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "tests/net/raw_server.h"
#include "tests/net/rest_harness.h"

namespace daypack::core {
namespace {

using test::Api;
using test::contains;
using test::http;
using test::Peer;
using test::RawServer;
using test::run_until;
using test::TestTls;
using Clock = std::chrono::steady_clock;

using Rank = RestClient::Rank;

class RestClientTest : public test::RestTest {
  protected:
    // Asks, and writes the name down when the answer comes.
    void ask_as(Rank rank, char name, std::uint64_t turn = 0) {
        rest().get(
            "/", [this, name](const RestAnswer&) { order += name; }, rank, turn);
    }
    std::string order;
};

TEST_F(RestClientTest, AnAnswerComesWithItsStatusAndBody) {
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "1788285151083")); };
    const RestAnswer answer = get("/api/v1/depth?symbol=AAPL.US_USDC");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "1788285151083");
    EXPECT_EQ(answer.error, "");
    EXPECT_FALSE(answer.retry_after_s.has_value());
    const std::string& head = api.heads.at(0);
    EXPECT_TRUE(head.starts_with("GET /api/v1/depth?symbol=AAPL.US_USDC HTTP/1.1\r\n")) << head;
    EXPECT_EQ(test::header_of(head, "Host"), "localhost:" + std::to_string(api.server.port()));
    EXPECT_EQ(rest().stats().ok, 1U);
}

TEST_F(RestClientTest, ThePathOfTheAddressComesFirstAndPlainHttpWorksOnLoopback) {
    Api plain(io, nullptr);
    RestOptions options = options_for(plain, "http");
    options.urls = {parse_url(plain.server.url("http") + "/mirror/", UrlKind::rest)};
    make(options);
    EXPECT_EQ(get("/api/v1/markets").status, 200);
    EXPECT_TRUE(plain.heads.at(0).starts_with("GET /mirror/api/v1/markets HTTP/1.1\r\n")) << plain.heads[0];
}

TEST_F(RestClientTest, ALargeBodyInPiecesIsPutTogether) {
    std::string body;
    while (body.size() < 3'000'000) body += "[\"86641.4\",\"" + std::to_string(body.size()) + "\"],";
    api.answer = [&](Peer& peer, const std::string&) {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (std::size_t at = 0; at < body.size(); at += 70'001) {
            const std::string piece = body.substr(at, 70'001);
            char size[32];
            snprintf(size, sizeof size, "%zx\r\n", piece.size());
            peer.send(size + piece + "\r\n");
        }
        peer.send("0\r\n\r\n");
    };
    EXPECT_EQ(get().body, body);
}

TEST_F(RestClientTest, AConnectionIsKeptForTheNextRequest) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(get().status, 200);
    EXPECT_EQ(api.server.peers().size(), 1U);
}

TEST_F(RestClientTest, AConnectionThatTheServerWantsClosedIsNotKept) {
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "{}", "Connection: close\r\n")); };
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(api.server.peers().size(), 2U);
    EXPECT_EQ(rest().stats().requests, 2U);
}

TEST_F(RestClientTest, ABurstGoesOutInParallelOverAllConnections) {
    std::vector<Peer*> asked;
    api.answer = [&](Peer& peer, const std::string&) { asked.push_back(&peer); };
    for (int i = 0; i < 10; ++i) ask("/api/v1/depth?symbol=S" + std::to_string(i));
    EXPECT_EQ(rest().pending(), 10U);
    ASSERT_TRUE(run_until(io, [&] { return asked.size() == 4; })) << "none is answered yet";
    EXPECT_FALSE(run_until(
        io, [&] { return asked.size() > 4; }, std::chrono::milliseconds(100)));
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "{}")); };
    for (Peer* peer : asked) peer->send(http("200 OK", "{}"));
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 10; }));
    EXPECT_EQ(api.server.peers().size(), 4U);
    EXPECT_EQ(rest().pending(), 0U);
    for (int i = 4; i < 10; ++i) {
        EXPECT_TRUE(contains(api.heads[static_cast<std::size_t>(i)], "symbol=S" + std::to_string(i) + " ")) << i;
    }
}

TEST_F(RestClientTest, AKeptConnectionThatIsGoneIsReplacedOnce) {
    EXPECT_EQ(get().status, 200);
    api.server.peers()[0]->cut();
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(api.server.peers().size(), 2U);
}

TEST_F(RestClientTest, AKeptConnectionThatEndsInsteadOfAnsweringIsReplacedOnce) {
    EXPECT_EQ(get().status, 200);
    int requests = 0;
    api.answer = [&](Peer& peer, const std::string&) { ++requests == 1 ? peer.cut() : peer.send(http("200 OK", "2")); };
    EXPECT_EQ(get().body, "2");
    EXPECT_EQ(api.server.peers().size(), 2U);
    EXPECT_EQ(requests, 2);
}

TEST_F(RestClientTest, WhereEveryKeptConnectionIsGoneAFreshOneServes) {
    for (int i = 0; i < 4; ++i) ask("/api/v1/time");
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 4; }));
    ASSERT_EQ(api.server.peers().size(), 4U);
    for (const auto& peer : api.server.peers()) peer->cut();
    EXPECT_EQ(get().status, 200) << answers.back().error;
    EXPECT_EQ(api.server.peers().size(), 5U);
}

TEST_F(RestClientTest, AFreshConnectionThatEndsIsAnErrorAndNotTriedForEver) {
    int requests = 0;
    api.answer = [&](Peer& peer, const std::string&) {
        ++requests;
        peer.cut();
    };
    const RestAnswer answer = get();
    EXPECT_EQ(answer.status, 0);
    EXPECT_TRUE(contains(answer.error, "localhost:")) << answer.error;
    EXPECT_TRUE(contains(answer.error, "ended the connection")) << answer.error;
    EXPECT_EQ(requests, 1);
}

TEST_F(RestClientTest, AnAnswerThatIsCutShortIsAnError) {
    api.answer = [](Peer& peer, const std::string&) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot so many");
        boost::asio::post(peer.stream().get_executor(), [alive = peer.shared_from_this()] { alive->stream().shut(); });
    };
    const RestAnswer answer = get();
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(contains(answer.error, "ended the connection")) << answer.error;
}

TEST_F(RestClientTest, AServerThatDoesNotAnswerIsGivenUp) {
    api.answer = [](Peer&, const std::string&) {};
    RestOptions options = options_for(api);
    options.timeout_ms = 200;
    make(options);
    EXPECT_TRUE(contains(get().error, "no answer within 200 ms")) << answers.back().error;
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "{}")); };
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(api.server.peers().size(), 2U) << "the late answer must not be taken for the next";
}

TEST_F(RestClientTest, ABodyLargerThanTheLimitIsRefused) {
    RestOptions options = options_for(api);
    options.body_bytes_max = 1000;
    make(options);
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", std::string(1000, 'x'))); };
    EXPECT_EQ(get().body.size(), 1000U);
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", std::string(1001, 'x'))); };
    EXPECT_TRUE(contains(get().error, "larger than 1000 bytes")) << answers.back().error;
    api.answer = [](Peer& peer, const std::string&) {  // of a length that it does not say
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 11; ++i) peer.send("64\r\n" + std::string(100, 'x') + "\r\n");
    };
    EXPECT_TRUE(contains(get().error, "larger than 1000 bytes")) << answers.back().error;
    EXPECT_EQ(answers.back().status, 0);
}

TEST_F(RestClientTest, APlainTextRefusalIsHandedOnAsItIs) {
    api.answer = [](Peer& peer, const std::string&) {
        peer.send(http("400 Bad Request", "failed to parse parameter `limit`", "Content-Type: text/plain\r\n"));
    };
    const RestAnswer answer = get("/api/v1/depth?symbol=SOL_USDC&limit=7");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, "failed to parse parameter `limit`");
    EXPECT_EQ(rest().stats().refused, 1U);
}

TEST_F(RestClientTest, ARedirectIsNotFollowed) {
    api.answer = [](Peer& peer, const std::string&) {
        peer.send(http("302 Found", "", "Location: https://localhost/elsewhere\r\n"));
    };
    EXPECT_EQ(get().status, 302);
    EXPECT_EQ(api.heads.size(), 1U);
}

TEST_F(RestClientTest, TheAgeOfACachesCopyComesWithIt) {
    for (const auto& [field, age_s] :
         {std::pair{"", std::optional<int>()}, std::pair{"Age: 165\r\n", std::optional(165)},
          std::pair{"age: 0\r\n", std::optional(0)}, std::pair{"Age: 99999999999\r\n", std::optional(INT32_MAX)},
          std::pair{"Age: -1\r\n", std::optional<int>()}, std::pair{"Age: soon\r\n", std::optional<int>()}}) {
        api.answer = [field = field](Peer& peer, const std::string&) { peer.send(http("200 OK", "[]", field)); };
        EXPECT_EQ(get().age_s, age_s) << field;
    }
}

TEST_F(RestClientTest, After429EverythingWaitsAsLongAsItIsTold) {
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("429 Too Many", "", "Retry-After: 1\r\n")); };
    EXPECT_EQ(get().status, 429);
    const auto limited = Clock::now();
    EXPECT_EQ(answers.back().retry_after_s, 1);
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "{}")); };
    EXPECT_EQ(get().status, 200);
    EXPECT_GE(Clock::now() - limited, std::chrono::milliseconds(990));
    EXPECT_EQ(rest().stats().limited, 1U);
}

TEST_F(RestClientTest, JoinsGoBeforeChecksAndTheseBeforeMarketsAndAuditsComeLast) {
    RestOptions options = options_for(api);
    options.connections = 1;
    make(options);
    ask_as(Rank::normal, '-');  // under way while the others come
    ask_as(Rank::audit, 'a');
    ask_as(Rank::market, 'm');
    ask_as(Rank::check, 'c');
    ask_as(Rank::normal, 'n');
    ask_as(Rank::urgent, 'u');
    ASSERT_TRUE(run_until(io, [&] { return order.size() == 6; }));
    EXPECT_EQ(order, "-uncma");
}

TEST_F(RestClientTest, OfOneRankTheSmallerTurnGoesFirstAndEqualOnesInTheOrderOfAsking) {
    RestOptions options = options_for(api);
    options.connections = 1;
    make(options);
    ask_as(Rank::urgent, '-');  // under way while the others come
    ask_as(Rank::urgent, 'c', 7);
    ask_as(Rank::urgent, 'a', 3);
    ask_as(Rank::urgent, 'd', 7);
    ask_as(Rank::urgent, 'b', 3);
    ask_as(Rank::normal, 'n');
    ASSERT_TRUE(run_until(io, [&] { return order.size() == 6; }));
    EXPECT_EQ(order, "-abcdn");
}

TEST_F(RestClientTest, ThoseThatAreFavouredFindTheirShareThoughTheyComeLate) {
    RestOptions options = options_for(api);
    options.requests_per_minute = 60;  // 15 at once, then one in 1.3 s
    options.connections = 16;          // all that may leave does so as it is asked for
    make(options);
    rest().favour({0, 1'000, 7, 4});
    ask_as(Rank::normal, 'n');
    EXPECT_EQ(rest().stats().requests, 0U) << "only urgent ones leave";
    for (int i = 0; i < 12; ++i) ask_as(Rank::urgent, 'l', 8);
    EXPECT_EQ(rest().stats().requests, 11U) << "four are kept";
    for (int i = 0; i < 3; ++i) ask_as(Rank::urgent, 'f', 7);
    EXPECT_EQ(rest().stats().requests, 14U) << "for these, which come last";
    ASSERT_TRUE(run_until(io, [&] { return order.size() == 16; }));
    EXPECT_EQ(std::ranges::count(order, 'l'), 12) << "the rest leaves when that is over";
    EXPECT_EQ(std::ranges::count(order, 'n'), 1);
}

TEST_F(RestClientTest, TheBudgetHoldsBackWhatIsBeyondIt) {
    RestOptions options = options_for(api);
    options.requests_per_minute = 60;  // 15 at once, then one in 1.3 s
    make(options);
    const auto start = Clock::now();
    for (int i = 0; i < 16; ++i) ask("/api/v1/time");
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 16; }));
    EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(1250));
}

TEST_F(RestClientTest, AHostThatCannotBeReachedGivesWayToTheNext) {
    std::uint16_t closed_port = 0;
    {
        RawServer gone(io, nullptr, [](Peer&) {});
        closed_port = gone.port();
    }
    RestOptions options = options_for(api);
    options.urls.insert(options.urls.begin(),
                        parse_url("https://localhost:" + std::to_string(closed_port), UrlKind::rest));
    make(options);
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(rest().stats().requests, 2U);
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(rest().stats().requests, 3U) << "the first is not asked every time";
}

TEST_F(RestClientTest, WhereNoHostCanBeReachedThatIsTheAnswer) {
    RestOptions options = options_for(api);
    {
        RawServer gone(io, nullptr, [](Peer&) {});
        options.urls = {parse_url("https://localhost:" + std::to_string(gone.port()), UrlKind::rest),
                        parse_url("https://127.0.0.1:" + std::to_string(gone.port()), UrlKind::rest)};
    }
    make(options);
    for (int i = 0; i < 3; ++i) {
        const RestAnswer answer = get();
        EXPECT_EQ(answer.status, 0);
        EXPECT_TRUE(contains(answer.error, "connection refused")) << answer.error;
    }
}

TEST_F(RestClientTest, AHostThatRefusesThisRegionGivesWayToTheNext) {
    Api elsewhere(io, tls.server.get());
    RestOptions options = options_for(api);
    options.urls.push_back(options_for(elsewhere).urls[0]);
    make(options);
    api.answer = [](Peer& peer, const std::string&) { peer.send(http("451 Unavailable", "not here")); };
    elsewhere.answer = [](Peer& peer, const std::string&) { peer.send(http("200 OK", "welcome")); };
    EXPECT_EQ(get().body, "welcome");
    EXPECT_EQ(get().body, "welcome");
    EXPECT_EQ(api.heads.size(), 1U);
    elsewhere.answer = [](Peer& peer, const std::string&) { peer.send(http("403 Forbidden", "nor here")); };
    EXPECT_EQ(get().status, 451) << "the last host's refusal is the answer";
}

TEST_F(RestClientTest, AWrongCertificateIsRefusedAndSaidSo) {
    for (const auto& [kind, words] : {std::pair{sim::CertificateKind::other_name, "it is for another host name"},
                                      std::pair{sim::CertificateKind::other_ca, "signed by an unknown CA"},
                                      std::pair{sim::CertificateKind::expired, "it has expired"}}) {
        const TestTls wrong(kind);
        Api server(io, wrong.server.get());
        RestOptions options = options_for(server);
        options.tls = wrong.client.get();
        make(options);
        const RestAnswer answer = get();
        EXPECT_EQ(answer.status, 0);
        EXPECT_TRUE(contains(answer.error, "certificate refused: ")) << answer.error;
        EXPECT_TRUE(contains(answer.error, words)) << answer.error;
        EXPECT_TRUE(server.heads.empty());
        client.reset();
    }
}

TEST_F(RestClientTest, AnAnswerThatIsNotHttpIsAnError) {
    api.answer = [](Peer& peer, const std::string&) { peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); };
    EXPECT_TRUE(contains(get().error, "not HTTP as it should be")) << answers.back().error;
}

TEST_F(RestClientTest, ATargetThatWouldForgeAHeaderIsNotSent) {
    for (const char* target : {"", "api", "/a b", "/a\r\nX: y"}) {
        EXPECT_EQ(get(target).error, "a target of a request begins with / and is ASCII without spaces") << target;
    }
    EXPECT_TRUE(api.heads.empty());
}

TEST_F(RestClientTest, ADoneMayAskAgain) {
    int rounds = 0;
    std::function<void(RestAnswer)> again = [&](RestAnswer) {
        if (++rounds < 5) rest().get("/api/v1/time", again);
    };
    rest().get("/api/v1/time", again);
    ASSERT_TRUE(run_until(io, [&] { return rounds == 5; }));
}

// Whatever is under way then: look-up, connect, handshake, request, answer.
TEST(RestClientLife, CanBeDestroyedAfterAnyNumberOfSteps) {
    const TestTls tls;
    for (const bool drained : {true, false}) {
        for (int steps = 0; steps < 60; ++steps) {
            boost::asio::io_context io;
            bool gone = false;
            {
                Api api(io, tls.server.get());
                RestOptions options;
                options.urls = {parse_url(api.server.url("https"), UrlKind::rest)};
                options.tls = tls.client.get();
                options.requests_per_minute = 8;
                RestClient client(io, options);
                for (int i = 0; i < 8; ++i) client.get("/api/v1/time", [&](const RestAnswer&) { EXPECT_FALSE(gone); });
                for (int i = 0; i < steps; ++i) io.run_one_for(std::chrono::milliseconds(5));
            }
            gone = true;
            if (drained) io.run();
        }
    }
}

}  // namespace
}  // namespace daypack::core
