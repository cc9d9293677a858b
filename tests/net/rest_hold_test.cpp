// SPDX-License-Identifier: MIT
// Who is asked again, and when: refusals, a firewall, a venue that is away, and addresses that say nothing.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/transport/dns_lookup.h"
#include "tests/net/rest_harness.h"

namespace daypack::core {
namespace {

using test::Api;
using test::contains;
using test::http;
using test::Peer;
using test::RawServer;
using test::run_until;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

const std::string kBlocked = "<H2>The request could not be satisfied.</H2>Request blocked.";

class RestHold : public test::RestTest {
  protected:
    // Answers those that ask for `what` with `bytes`, the others well.
    void answer_to(const std::string& what, const std::string& bytes) {
        api.answer = [=](Peer& peer, const std::string& head) {
            peer.send(contains(head, what) ? bytes : http("200 OK", "well"));
        };
    }
};

TEST_F(RestHold, AFirewallsBlockHoldsAllLikeA429) {
    answer_to("=A ", http("403 Forbidden", kBlocked, "Retry-After: 1\r\n"));
    EXPECT_EQ(get("/depth?symbol=A").status, 403) << "it is handed on";
    const auto blocked = Clock::now();
    EXPECT_EQ(rest().stats().limited, 1U);
    EXPECT_EQ(rest().stats().requests, 1U) << "and not asked again by itself";
    EXPECT_EQ(get("/depth?symbol=B").status, 200);
    EXPECT_GE(Clock::now() - blocked, milliseconds(990));
}

TEST_F(RestHold, AFirewallsBlockThatNamesNoTimeHoldsForLongerThanAMoment) {
    answer_to("=A ", http("403 Forbidden", kBlocked));
    EXPECT_EQ(get("/depth?symbol=A").status, 403);
    ask("/depth?symbol=A");
    ask("/depth?symbol=B");
    EXPECT_FALSE(run_until(
        io, [&] { return answers.size() > 1; }, milliseconds(300)));
    EXPECT_EQ(api.heads.size(), 1U);
}

TEST_F(RestHold, WhereAnotherHostIsConfiguredABlockGivesWayToItOnce) {
    Api elsewhere(io, tls.server.get());
    RestOptions options = options_for(api);
    options.urls.push_back(options_for(elsewhere).urls[0]);
    make(options);
    answer_to("/", http("403 Forbidden", kBlocked));
    EXPECT_EQ(get("/depth?symbol=A").status, 200);
    EXPECT_EQ(get("/depth?symbol=B").status, 200);
    EXPECT_EQ(api.heads.size(), 1U);
    elsewhere.answer = api.answer;
    EXPECT_EQ(get("/depth?symbol=C").status, 403) << "both block";
    const std::size_t asked = api.heads.size() + elsewhere.heads.size();
    ask("/depth?symbol=D");
    EXPECT_FALSE(run_until(
        io, [&] { return answers.size() > 3; }, milliseconds(200)));
    EXPECT_EQ(api.heads.size() + elsewhere.heads.size(), asked);
}

TEST_F(RestHold, A503ThatNamesATimeHoldsThatRequestAlone) {
    answer_to("=A ", http("503 Unavailable", "", "Retry-After: 1\r\n"));
    EXPECT_EQ(get("/depth?symbol=A").retry_after_s, 1);
    const auto refused = Clock::now();
    EXPECT_EQ(get("/depth?symbol=B").status, 200);
    answer_to("nothing", "");
    ask("/depth?symbol=A");
    EXPECT_EQ(get("/depth?symbol=C").status, 200);
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 4; }));
    EXPECT_GE(Clock::now() - refused, milliseconds(990));
}

TEST_F(RestHold, HoursThatAServerAsksForAreMinutes) {
    answer_to("=A ", http("503 Unavailable", "", "Retry-After: 2200000\r\n"));
    EXPECT_EQ(get("/depth?symbol=A").retry_after_s, 300);
    answer_to("=B ", http("503 Unavailable", "",
                          "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\nRetry-After: Wed, 21 Oct 2015 07:28:09 GMT\r\n"));
    EXPECT_EQ(get("/depth?symbol=B").retry_after_s, 9) << "by the server's own clock";
}

TEST_F(RestHold, AnAnswerHoldsNothingBackWhateverItSays) {
    answer_to("=A ", http("200 OK", "well", "Retry-After: 300\r\n"));
    EXPECT_EQ(get("/depth?symbol=A").status, 200);
    EXPECT_EQ(get("/depth?symbol=A").status, 200);
}

TEST_F(RestHold, WhoIsHeldBackForTooLongIsToldWhy) {
    RestOptions options = options_for(api);
    options.timeout_ms = 200;
    make(options);
    answer_to("=A ", http("429 Too Many", "", "Retry-After: 300\r\n"));
    EXPECT_EQ(get("/depth?symbol=A").status, 429);
    const RestAnswer answer = get("/depth?symbol=B");
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.error, "held back, because the exchange refuses all: HTTP 429: an empty answer");
    EXPECT_EQ(rest().stats().held, 1U);
    EXPECT_EQ(api.heads.size(), 1U);
    make(options);
    answer_to("=A ", http("503 Unavailable", "", "Retry-After: 300\r\n"));
    EXPECT_EQ(get("/depth?symbol=A").status, 503);
    EXPECT_EQ(get("/depth?symbol=A").error,
              "held back, because the exchange asked for a pause: HTTP 503: an empty answer");
    EXPECT_EQ(get("/depth?symbol=B").status, 200);
}

TEST_F(RestHold, AVenueThatIsAwayIsLookedForByOneAndFoundForAll) {
    const std::size_t markets = 12;
    bool away = true;
    api.answer = [&](Peer& peer, const std::string&) { away ? peer.cut() : peer.send(http("200 OK", "well")); };
    std::set<std::string> well;
    std::size_t told = 0;
    std::function<void(const std::string&)> join = [&](const std::string& target) {
        const auto done = [&, target](const RestAnswer& answer) {
            if (answer.status == 200) return void(well.insert(target));
            ++told;
            join(target);  // with no pause of its own
        };
        rest().get(target, done, RestClient::Rank::urgent);
    };
    for (std::size_t i = 0; i < markets; ++i) join("/depth?symbol=S" + std::to_string(i));
    ASSERT_TRUE(run_until(io, [&] { return rest().stats().failed >= markets; })) << "each once";
    const std::uint64_t before = rest().stats().requests;
    const auto from = Clock::now();
    ASSERT_TRUE(run_until(io, [&] { return Clock::now() - from >= milliseconds(700); }));
    EXPECT_LE(rest().stats().requests - before, 4U + 4U) << "probes after 100, 200, 400 ms";
    EXPECT_LE(told, markets) << "each is told once, and then waits";
    away = false;
    EXPECT_TRUE(run_until(io, [&] { return well.size() == markets; }));
}

// A host with two addresses: 127.0.0.2, which the system names first, takes TCP and says nothing, or TLS and then
// nothing; 127.0.0.1 is the Api's.
class SilentAddress : public RestHold {
  protected:
    SilentAddress() {
        using boost::asio::ip::make_address;
        pretend_addresses("localhost", {make_address("127.0.0.2"), make_address("127.0.0.1")});
    }
    ~SilentAddress() override { pretend_addresses("localhost", {}); }
    std::unique_ptr<RawServer> hole(const TlsContext* context) {
        return std::make_unique<RawServer>(
            io, context, [](Peer&) {}, api.server.port(), "127.0.0.2");
    }
};

TEST_F(SilentAddress, GivesWayToTheHostsNextWithinASecondOrTwo) {
    const auto silent = hole(tls.server.get());
    EXPECT_EQ(get("/markets").status, 200) << answers.back().error;
    EXPECT_EQ(rest().stats().renewed, 1U);
    for (int i = 0; i < 8; ++i) ask("/depth?symbol=S" + std::to_string(i));
    ASSERT_TRUE(run_until(io, [&] { return answers.size() == 9; }));
    EXPECT_EQ(silent->peers().size(), 1U) << "no other connection of the client goes there again";
    EXPECT_EQ(rest().stats().requests, 10U);
}

TEST_F(SilentAddress, GivesWayWhereItDoesNotEvenSpeakTls) {
    const auto silent = hole(nullptr);
    EXPECT_EQ(get("/markets").status, 200) << answers.back().error;
    EXPECT_EQ(rest().stats().requests, 1U) << "it was never connected to";
    EXPECT_EQ(silent->peers().size(), 1U);
}

TEST_F(SilentAddress, GivesWayThoughTheOtherRefusedBeforeItWasThere) {
    RestOptions options = options_for(api);
    {
        RawServer gone(io, nullptr, [](Peer&) {});  // a port where nobody listens
        options.urls[0].port = gone.port();
    }
    make(options);
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(contains(get("/markets").error, "refused")) << answers.back().error;
    const std::uint16_t late = options.urls[0].port;
    RawServer silent(
        io, tls.server.get(), [](Peer&) {}, late, "127.0.0.2");
    RawServer well(
        io, tls.server.get(),
        [](Peer& peer) {
            if (peer.take_head()) peer.send(http("200 OK", "well"));
        },
        late);
    EXPECT_EQ(get("/markets").status, 200) << answers.back().error;
}

TEST_F(SilentAddress, OneThatEndsTheConnectionInPlaceOfAnAnswerGivesWayToo) {
    const RawServer ending(
        io, tls.server.get(), [](Peer& peer) { peer.cut(); }, api.server.port(), "127.0.0.2");
    EXPECT_EQ(get("/markets").status, 200) << answers.back().error;
    EXPECT_EQ(rest().stats().renewed, 1U);
}

TEST_F(SilentAddress, OneThatRefusesCostsNothing) {
    EXPECT_EQ(get("/markets").status, 200);
    EXPECT_EQ(rest().stats().requests, 1U);
}

TEST_F(RestHold, AConnectionIsKeptNoLongerThanItsAge) {
    for (const int age_ms : {3'600'000, 0}) {
        RestOptions options = options_for(api);
        options.connection_age_max_ms = age_ms;
        make(options);
        const std::size_t before = api.server.peers().size();
        for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/markets").status, 200);
        EXPECT_EQ(api.server.peers().size() - before, age_ms == 0 ? 3U : 1U);
    }
}

}  // namespace
}  // namespace daypack::core
