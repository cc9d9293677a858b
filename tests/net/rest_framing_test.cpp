// SPDX-License-Identifier: MIT
// An answer is tied to its request: what stands between and behind answers is never taken for one.
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/transport/http_answer.h"
#include "tests/net/rest_harness.h"

namespace daypack::core {
namespace {

using test::contains;
using test::http;
using test::Peer;
using test::run_until;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

const std::string kEarlyHints = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class RestFraming : public test::RestTest {
  protected:
    // What was asked for, as the body of the answer.
    static std::string echo(const std::string& head) { return http("200 OK", head.substr(4, head.find(" HTTP/") - 4)); }
    // Sends `bytes` a while later, in a packet of its own.
    void send_later(Peer& peer, std::string bytes, milliseconds delay = milliseconds(5)) {
        auto timer = std::make_shared<boost::asio::steady_timer>(io, delay);
        timer->async_wait([timer, alive = peer.shared_from_this(), bytes = std::move(bytes)](const auto& error) {
            if (!error && !alive->ended()) alive->send(bytes);
        });
    }
    void rest_for(milliseconds time) {
        const auto end = Clock::now() + time;
        (void)run_until(io, [&] { return Clock::now() >= end; });
    }
    std::size_t connections() { return api.server.peers().size(); }
};

TEST_F(RestFraming, InterimAnswersBeforeTheFinalOneAreSkipped) {
    for (const std::string& interims : {kEarlyHints, kContinue, kEarlyHints + kContinue + kEarlyHints}) {
        api.answer = [&](Peer& peer, const std::string& head) { peer.send(interims + echo(head)); };
        EXPECT_EQ(get("/one").body, "/one");
        api.answer = [&](Peer& peer, const std::string& head) {
            peer.send(interims);
            send_later(peer, kEarlyHints);
            send_later(peer, echo(head), milliseconds(10));
        };
        EXPECT_EQ(get("/two").body, "/two");
    }
    EXPECT_EQ(connections(), 1U) << "nothing is in doubt";
    EXPECT_EQ(rest().stats().requests, 6U);
}

TEST_F(RestFraming, EachOfEightMarketsGetsItsOwnAnswerBehindEarlyHints) {
    api.answer = [&](Peer& peer, const std::string& head) {
        peer.send(kEarlyHints);
        send_later(peer, echo(head));
    };
    std::vector<std::string> bodies(8);
    std::size_t answered = 0;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        rest().get("/depth?symbol=S" + std::to_string(i), [&, i](const RestAnswer& answer) {
            bodies[i] = answer.body;
            ++answered;
        });
    }
    ASSERT_TRUE(run_until(io, [&] { return answered == bodies.size(); }));
    for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(bodies[i], "/depth?symbol=S" + std::to_string(i));
}

TEST_F(RestFraming, InterimAnswersWithoutEndAreAnError) {
    std::string interims;
    for (int i = 0; i < kInterimAnswersMax; ++i) interims += kEarlyHints;
    api.answer = [&](Peer& peer, const std::string& head) { peer.send(interims + echo(head)); };
    EXPECT_EQ(get("/one").body, "/one");
    api.answer = [&](Peer& peer, const std::string& head) { peer.send(interims + kContinue + echo(head)); };
    EXPECT_TRUE(contains(get("/two").error, "more than 16 interim answers")) << answers.back().error;
    api.answer = [&](Peer& peer, const std::string& head) { peer.send(echo(head)); };
    EXPECT_EQ(get("/three").body, "/three");
    EXPECT_EQ(connections(), 2U);
}

TEST_F(RestFraming, AChangeOfProtocolIsNoInterimAnswer) {
    api.answer = [](Peer& peer, const std::string&) {
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    };
    EXPECT_TRUE(contains(get().error, "changes to another protocol")) << answers.back().error;
}

TEST_F(RestFraming, AConnectionIsKeptOnlyWhereNothingIsInDoubt) {
    struct Row {
        const char* what;
        std::string bytes;
        const char* body;  // null: an error
        bool kept;
    };
    const std::string length = "Content-Length: 2\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::vector<Row> rows = {
        {"a length", ok + length + "\r\nok", "ok", true},
        {"chunks", ok + chunked + "\r\n2\r\nok\r\n0\r\n\r\n", "ok", true},
        {"chunks with extensions and a trailer", ok + chunked + "\r\n2;a=\"b c\"\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n", "ok",
         true},
        {"no body", "HTTP/1.1 204 No Content\r\n\r\n", "", true},
        {"a byte behind it", ok + length + "\r\nokk", "ok", false},
        {"another answer behind it", ok + length + "\r\nok" + http("200 OK", "of another"), "ok", false},
        {"an interim answer behind it", ok + length + "\r\nok" + kEarlyHints, "ok", false},
        {"a refusal behind it", ok + length + "\r\nok" + http("408 Request Timeout", ""), "ok", false},
        {"a body where there must be none", "HTTP/1.1 204 No Content\r\n" + length + "\r\nok", "", false},
        {"an old version that would be kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length + "\r\nok", "ok",
         false},
        {"a length told twice", ok + length + length + "\r\nok", "ok", false},
        {"a length told twice in one", ok + "Content-Length: 2, 2\r\n\r\nok", "ok", false},
        {"two lengths", ok + length + "Content-Length: 3\r\n\r\nok", nullptr, false},
        {"two lengths in one", ok + "Content-Length: 2, 3\r\n\r\nok", nullptr, false},
        {"a length that is none", ok + "Content-Length: two\r\n\r\nok", nullptr, false},
        {"a negative length", ok + "Content-Length: -2\r\n\r\nok", nullptr, false},
        {"a length and chunks", ok + length + chunked + "\r\n2\r\nok\r\n0\r\n\r\n", nullptr, false},
        {"chunks and a length", ok + chunked + length + "\r\n2\r\nok\r\n0\r\n\r\n", nullptr, false},
        {"chunks twice", ok + chunked + chunked + "\r\n2\r\nok\r\n0\r\n\r\n", nullptr, false},
        {"a chunk that is none", ok + chunked + "\r\nzz\r\nok\r\n0\r\n\r\n", nullptr, false},
        {"a chunk longer than it says", ok + chunked + "\r\n1\r\nok\r\n0\r\n\r\n", nullptr, false},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        make(options_for(api));
        api.server.peers().clear();
        api.answer = [&](Peer& peer, const std::string&) { peer.send(row.bytes); };
        const RestAnswer answer = get();
        EXPECT_EQ(answer.status == 0, row.body == nullptr) << answer.error;
        EXPECT_EQ(answer.body, row.body == nullptr ? "" : row.body);
        EXPECT_TRUE(row.body != nullptr || contains(answer.error, "not HTTP as it should be")) << answer.error;
        api.answer = [&](Peer& peer, const std::string& head) { peer.send(echo(head)); };
        EXPECT_EQ(get("/next").body, "/next");
        EXPECT_EQ(connections(), row.kept ? 1U : 2U);
        EXPECT_EQ(rest().stats().requests, 2U);
    }
}

TEST_F(RestFraming, WhatComesUnaskedEndsAKeptConnection) {
    for (const std::string& unasked : {http("408 Request Timeout", "", "Connection: close\r\n"), kEarlyHints,
                                       http("200 OK", "of another"), std::string("?")}) {
        make(options_for(api));
        api.server.peers().clear();
        api.answer = [&](Peer& peer, const std::string& head) { peer.send(echo(head)); };
        EXPECT_EQ(get("/one").body, "/one");
        Peer& peer = *api.server.peers().at(0);
        peer.send(unasked);
        EXPECT_TRUE(run_until(io, [&] { return peer.ended(); })) << "it is cut though nothing is asked";
        EXPECT_EQ(get("/two").body, "/two");
        EXPECT_EQ(connections(), 2U);
        EXPECT_EQ(rest().stats().requests, 2U);
    }
}

TEST_F(RestFraming, WhatComesJustBeforeTheNextRequestIsNotItsAnswer) {
    api.answer = [&](Peer& peer, const std::string& head) { peer.send(echo(head)); };
    EXPECT_EQ(get("/one").body, "/one");
    // Written to the client's socket, and not yet seen by it when it asks again.
    Peer& peer = *api.server.peers()[0];
    boost::system::error_code error;
    const std::string unasked = http("200 OK", "of another");
    (void)peer.stream().write_now(unasked.data(), unasked.size(), error);
    ASSERT_FALSE(error);
    EXPECT_EQ(get("/two").body, "/two");
    EXPECT_EQ(connections(), 2U);
}

TEST_F(RestFraming, TheTailOfTheLastAnswerCostsTheNextRequestOneConnection) {
    api.answer = [&](Peer& peer, const std::string& head) { peer.send(echo(head)); };
    EXPECT_EQ(get("/one").body, "/one");
    api.answer = [&](Peer& peer, const std::string& head) {
        peer.send((connections() == 1 ? "]]}" : "") + echo(head));
    };
    EXPECT_EQ(get("/two").body, "/two");
    EXPECT_EQ(connections(), 2U);
    EXPECT_EQ(rest().stats().renewed, 1U);
}

TEST_F(RestFraming, ATimeoutThatAKeptConnectionSaysIsNotTheAnswer) {
    api.answer = [&](Peer& peer, const std::string& head) { peer.send(echo(head)); };
    EXPECT_EQ(get("/one").body, "/one");
    api.answer = [&](Peer& peer, const std::string& head) {
        peer.send(connections() == 1 ? http("408 Request Timeout", "") : echo(head));
    };
    EXPECT_EQ(get("/two").body, "/two");
    EXPECT_EQ(rest().stats().renewed, 1U);
    api.answer = [&](Peer& peer, const std::string&) { peer.send(http("408 Request Timeout", "")); };
    EXPECT_EQ(get("/three").status, 408) << "over a fresh connection it is";
}

TEST_F(RestFraming, ACodingThatWasNotAskedForIsRefusedByName) {
    for (const auto& [field, name] :
         {std::pair{"Content-Encoding: gzip\r\n", "gzip"}, std::pair{"Content-Encoding: BR\r\n", "BR"},
          std::pair{"Content-Encoding: identity\r\nContent-Encoding: zstd\r\n", "zstd"},
          std::pair{"content-encoding: gzip, deflate\r\n", "gzip, deflate"}}) {
        api.answer = [&, header = field](Peer& peer, const std::string&) {
            peer.send(http("200 OK", "\x1f\x8b", header));
        };
        const RestAnswer answer = get();
        EXPECT_EQ(answer.status, 0);
        EXPECT_EQ(answer.error, rest_name() + ": answered in " + name + ", which was not asked for");
        EXPECT_TRUE(answer.encoded);
    }
    EXPECT_EQ(test::header_of(api.heads[0], "Accept-Encoding"), "identity");
    api.answer = [&](Peer& peer, const std::string&) {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    };
    EXPECT_TRUE(contains(get().error, "answered in gzip, chunked, which was not asked for")) << answers.back().error;
    EXPECT_EQ(rest().stats().encoded, 5U);
    api.answer = [&](Peer& peer, const std::string&) {
        peer.send(http("200 OK", "ok", "Content-Encoding: Identity\r\n"));
    };
    EXPECT_EQ(get().body, "ok");
    EXPECT_FALSE(answers.back().encoded);
}

TEST_F(RestFraming, ARefusalInACodingIsStillARefusal) {
    api.answer = [&](Peer& peer, const std::string&) {
        peer.send(http("503 Unavailable", "\x1f\x8b", "Content-Encoding: gzip\r\nRetry-After: 7\r\n"));
    };
    const RestAnswer answer = get();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.retry_after_s, 7);
    EXPECT_EQ(answer.body, "answered in gzip, which was not asked for");
    EXPECT_EQ(rest().stats().encoded, 1U);
}

TEST_F(RestFraming, AKeptConnectionThatWasForgottenOnTheWayCostsAQuarterOfASecond) {
    for (int i = 0; i < 4; ++i) ask("/one");
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 4; }));
    ASSERT_EQ(connections(), 4U);
    rest_for(milliseconds(1'020));
    api.answer = [&](Peer& peer, const std::string& head) {  // the old ones are open, and nothing comes over them
        for (std::size_t i = 0; i < 4; ++i) {
            if (api.server.peers()[i].get() == &peer) return;
        }
        peer.send(echo(head));
    };
    for (int i = 0; i < 6; ++i) ask("/two");
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 10; }));
    EXPECT_GE(rest().stats().renewed, 4U);
    EXPECT_EQ(rest().stats().ok, 10U) << "none waited for as long as a slow answer may take, which is an error";
}

TEST_F(RestFraming, AServerThatIsSlowIsNotTakenForOneThatForgot) {
    api.answer = [&](Peer& peer, const std::string& head) { send_later(peer, echo(head), milliseconds(300)); };
    EXPECT_EQ(get("/one").body, "/one");
    rest_for(milliseconds(1'020));
    EXPECT_EQ(get("/two").body, "/two");
    EXPECT_EQ(rest().stats().requests, 2U);
    EXPECT_EQ(connections(), 1U);
}

}  // namespace
}  // namespace daypack::core
