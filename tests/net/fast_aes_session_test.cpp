// SPDX-License-Identifier: MIT
// net/transport/fast_aes.h inside TLS: which suite is agreed on, that its records pass through the device, that a
// changed record is refused, that keys may change in the middle, and that a server without AES-256 is still reached.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "bench/rig/tls_pair.h"
#include "net/transport/connector.h"
#include "net/transport/fast_aes.h"
#include "tests/net/raw_server.h"
#include "tools/sim/server/certificates.h"

namespace daypack::core {
namespace {

using bench::carry;
using bench::TlsEnd;
using bench::TlsPair;
using test::Peer;
using test::RawServer;
using test::run_until;

constexpr const char* kAes256[] = {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS13-AES256-GCM-SHA384"};
constexpr const char* kAes128[] = {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS13-AES128-GCM-SHA256"};
constexpr const char* kChaCha[] = {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS13-CHACHA20-POLY1305-SHA256"};

// Contexts that trust each other. `tls13`: else both speak TLS 1.2 at most.
struct Contexts {
    explicit Contexts(bool client_fast, bool server_fast, bool tls13 = true,
                      sim::CertificateKind kind = sim::CertificateKind::valid)
        : Contexts(sim::CertificateAuthority(), kind, client_fast, server_fast) {
        if (tls13) return;
        wolfSSL_CTX_set_max_proto_version(client.native().native_handle(), TLS1_2_VERSION);
        wolfSSL_CTX_set_max_proto_version(server.native().native_handle(), TLS1_2_VERSION);
    }
    void server_knows_only(const char* suite) const {
        EXPECT_EQ(wolfSSL_CTX_set_cipher_list(server.native().native_handle(), suite), WOLFSSL_SUCCESS);
    }

    TlsContext client;
    TlsContext server;

  private:
    Contexts(sim::CertificateAuthority&& authority, sim::CertificateKind kind, bool client_fast, bool server_fast)
        : Contexts(authority.certificate_pem(), authority.issue(kind), client_fast, server_fast) {}
    Contexts(const std::string& ca_pem, const sim::CertifiedKey& shown, bool client_fast, bool server_fast)
        : client(trusting(ca_pem, client_fast)),
          server(TlsContext::server(shown.certificate_pem, shown.key_pem, server_fast)) {}

    static TlsContext trusting(const std::string& ca_pem, bool fast) {
        const std::string path = testing::TempDir() + "daypack_fast_aes_ca_" + std::to_string(getpid()) + ".pem";
        std::ofstream(path) << ca_pem;
        TlsContext context = TlsContext::client(path, fast);
        std::remove(path.c_str());
        return context;
    }
};

bool has_fast_aes() {
    return fast_aes_device() != kNoDevice;
}

std::uint64_t records() {
    return fast_aes_counts().records;
}

// What a line's client does, which offers only the fast suites where it can.
bool connect_fast(TlsPair& pair) {
    return offer_fast_suites(pair.client.native()) && pair.connect();
}

bool arrives(TlsEnd& from, TlsEnd& to, const std::string& plain) {
    for (std::size_t at = 0; at < plain.size(); at += 16'384) {
        if (!from.send(std::string_view(plain).substr(at, 16'384))) return false;
    }
    carry(from, to);
    return to.receive() == plain;
}

std::string text_of(std::size_t length, std::mt19937_64& random) {
    std::string text(length, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

class FastAesSession : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        if (!has_fast_aes()) GTEST_SKIP() << "this processor has no AES instructions";
    }
    static bool tls13() { return GetParam() == 1; }
    std::mt19937_64 random_{5};
};

TEST_P(FastAesSession, AgreesOnAes256AndEveryRecordPassesThroughTheDevice) {
    struct Ends {
        bool client, server;
    };
    for (const Ends fast : {Ends{true, false}, Ends{true, true}, Ends{false, true}}) {
        const Contexts contexts(fast.client, fast.server, tls13());
        if (!fast.client) contexts.server_knows_only(kAes256[GetParam()]);
        TlsPair pair(contexts.client, contexts.server);
        ASSERT_TRUE(fast.client ? connect_fast(pair) : pair.connect());
        EXPECT_EQ(pair.client.suite(), kAes256[GetParam()]);
        EXPECT_EQ(pair.client.version(), tls13() ? "TLSv1.3" : "TLSv1.2");
        ASSERT_TRUE(arrives(pair.server, pair.client, "the first, with what the handshake left over"));
        const std::uint64_t before = records();
        const std::size_t lengths[] = {1, 2, 15, 16, 17, 300, 3000, 16'383, 16'384};
        for (const std::size_t length : lengths) {
            ASSERT_TRUE(arrives(pair.server, pair.client, text_of(length, random_))) << length;
            ASSERT_TRUE(arrives(pair.client, pair.server, text_of(length, random_))) << length;
        }
        const std::uint64_t ends = (fast.client ? 1 : 0) + (fast.server ? 1 : 0);
        EXPECT_EQ(records() - before, 2 * std::size(lengths) * ends);
    }
}

TEST_P(FastAesSession, AChangedRecordIsRefusedAndNothingOfItHandedOut) {
    const Contexts contexts(true, false, tls13());
    for (int i = 0; i < 20; ++i) {
        TlsPair pair(contexts.client, contexts.server);
        ASSERT_TRUE(connect_fast(pair));
        ASSERT_TRUE(arrives(pair.server, pair.client, "a right one"));
        ASSERT_TRUE(pair.server.send(std::string(300, 'x')));
        constexpr std::size_t kHeader = 5;  // and behind it ciphertext and tag, in TLS 1.2 the nonce first
        std::string& record = pair.server.out;
        const std::size_t at =
            i < 10 ? record.size() - 1 - static_cast<std::size_t>(i) : kHeader + random_() % (record.size() - kHeader);
        record[at] ^= static_cast<char>(1 << (random_() % 8));
        carry(pair.server, pair.client);
        std::string got(400, '?');
        EXPECT_LT(pair.client.receive(got.data(), got.size()), 0);
        EXPECT_EQ(got, std::string(400, '?'));
    }
}

TEST_P(FastAesSession, ManySessionsInTurnsKeepTheirKeys) {
    const Contexts contexts(true, true, tls13());
    std::vector<std::unique_ptr<TlsPair>> pairs;
    for (int i = 0; i < 8; ++i) {
        pairs.push_back(std::make_unique<TlsPair>(contexts.client, contexts.server));
        ASSERT_TRUE(connect_fast(*pairs.back()));
    }
    forget_keys();
    const std::uint64_t schedules = fast_aes_counts().schedules;
    for (int round = 0; round < 50; ++round) {
        for (const auto& pair : pairs) {
            ASSERT_TRUE(arrives(pair->server, pair->client, text_of(random_() % 500 + 1, random_)));
            ASSERT_TRUE(arrives(pair->client, pair->server, text_of(random_() % 500 + 1, random_)));
        }
    }
    EXPECT_LE(fast_aes_counts().schedules - schedules, 3 * pairs.size()) << "a key was prepared more than once";
}

TEST_P(FastAesSession, WithoutItEverythingIsAsItWas) {
    const Contexts contexts(false, false, tls13());
    TlsPair pair(contexts.client, contexts.server);
    const std::uint64_t before = records();
    EXPECT_FALSE(offer_fast_suites(pair.client.native()));
    ASSERT_TRUE(pair.connect());
    const std::string suite = pair.client.suite();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(arrives(pair.server, pair.client, text_of(300, random_)));
    EXPECT_EQ(records(), before);
    EXPECT_TRUE(suite == kAes128[GetParam()] || suite == kAes256[GetParam()]) << suite << ", wolfSSL's own choice";
}

INSTANTIATE_TEST_SUITE_P(Tls, FastAesSession, testing::Values(0, 1),
                         [](const auto& version) { return version.param == 1 ? "Tls13" : "Tls12"; });

TEST(FastAesRekey, KeysMayChangeOnEitherSideInTheMiddleOfASession) {
    std::mt19937_64 random(6);
    for (const bool server_fast : {false, true}) {  // false: each new key is checked against wolfSSL's own code
        const Contexts contexts(true, server_fast);
        TlsPair pair(contexts.client, contexts.server);
        if (!has_fast_aes()) GTEST_SKIP();
        ASSERT_TRUE(connect_fast(pair));
        ASSERT_TRUE(arrives(pair.server, pair.client, "the first"));
        ASSERT_TRUE(arrives(pair.client, pair.server, "the first"));
        for (int i = 0; i < 12; ++i) {
            TlsEnd& end = i % 3 == 0 ? pair.client : pair.server;
            TlsEnd& other = i % 3 == 0 ? pair.server : pair.client;
            const std::uint64_t before = fast_aes_counts().schedules;
            ASSERT_EQ(wolfSSL_update_keys(end.native()), WOLFSSL_SUCCESS) << i;
            ASSERT_TRUE(arrives(end, other, text_of(700, random))) << i;
            ASSERT_TRUE(arrives(other, end, text_of(700, random))) << i;
            ASSERT_TRUE(arrives(end, other, text_of(20'000, random))) << i;
            EXPECT_GT(fast_aes_counts().schedules, before) << "no new key was taken up";
        }
    }
}

TEST(FastAesThreads, SessionsOfOneContextRunOnSeveralThreads) {
    if (!has_fast_aes()) GTEST_SKIP();
    const Contexts contexts(true, true);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&contexts, t] {
            std::mt19937_64 random(static_cast<std::uint64_t>(t));
            for (int session = 0; session < 3; ++session) {
                TlsPair pair(contexts.client, contexts.server);
                ASSERT_TRUE(connect_fast(pair));
                for (int i = 0; i < 50; ++i) {
                    ASSERT_TRUE(arrives(pair.server, pair.client, text_of(random() % 2000 + 1, random)));
                    ASSERT_TRUE(arrives(pair.client, pair.server, text_of(random() % 2000 + 1, random)));
                }
            }
            EXPECT_GT(records(), 3 * 100 * 2U);
        });
    }
    for (auto& thread : threads) thread.join();
}

// A connector against a real server on a socket, which sends back what it is sent.
struct Reached {
    std::string suite;
    std::string why;  // not
    std::string echo;
    std::size_t connections = 0;
};

Reached reach(const Contexts& contexts) {
    boost::asio::io_context io;
    RawServer server(io, &contexts.server, [](Peer& peer) {
        peer.send(peer.in());
        peer.in().clear();
    });
    Connector connector(io, &contexts.client);
    Reached reached;
    std::unique_ptr<Stream> stream;
    bool done = false;
    connector.connect(parse_url(server.url("wss"), UrlKind::websocket), 20'000, 0,
                      [&](std::unique_ptr<Stream> got, const std::string& why) {
                          stream = std::move(got);
                          reached.why = why;
                          done = true;
                      });
    EXPECT_TRUE(run_until(io, [&] { return done; }));
    char echo[64];
    if (stream) {
        reached.suite = wolfSSL_get_cipher(stream->tls_handle());
        bool ended = false;
        stream->async_write_some(boost::asio::buffer("echo", 4), [](const boost::system::error_code&, std::size_t) {});
        stream->async_read_some(boost::asio::buffer(echo), [&](const boost::system::error_code&, std::size_t size) {
            reached.echo.assign(echo, size);
            ended = true;
        });
        EXPECT_TRUE(run_until(io, [&] { return ended; }));
        stream->close();
    }
    reached.connections = server.peers().size();
    return reached;
}

class FastAesConnector : public testing::TestWithParam<int> {
  protected:
    static bool tls13() { return GetParam() == 1; }
};

TEST_P(FastAesConnector, AServerThatKnowsOnlyAes128IsStillReached) {
    const Contexts contexts(true, false, tls13());
    contexts.server_knows_only(kAes128[GetParam()]);
    const Reached reached = reach(contexts);
    EXPECT_EQ(reached.suite, kAes128[GetParam()]) << reached.why;
    EXPECT_EQ(reached.echo, "echo");
    EXPECT_EQ(reached.connections, has_fast_aes() ? 2U : 1U);
}

TEST_P(FastAesConnector, AServerThatKnowsOnlyChaChaIsReachedAtOnce) {
    const Contexts contexts(true, false, tls13());
    contexts.server_knows_only(kChaCha[GetParam()]);
    const Reached reached = reach(contexts);
    EXPECT_EQ(reached.suite, kChaCha[GetParam()]) << reached.why;
    EXPECT_EQ(reached.echo, "echo");
    EXPECT_EQ(reached.connections, 1U);
}

TEST_P(FastAesConnector, AServerThatPrefersAes128IsAskedForAes256) {
    if (!has_fast_aes()) GTEST_SKIP();
    const Contexts contexts(true, false, tls13());
    contexts.server_knows_only((std::string(kAes128[GetParam()]) + ":" + kAes256[GetParam()]).c_str());
    const Reached reached = reach(contexts);
    EXPECT_EQ(reached.suite, kAes256[GetParam()]) << reached.why;
    EXPECT_EQ(reached.echo, "echo");
    EXPECT_EQ(reached.connections, 1U);
}

TEST_P(FastAesConnector, WithoutItTheServersChoiceStands) {
    const Contexts contexts(false, true, tls13());
    contexts.server_knows_only((std::string(kAes128[GetParam()]) + ":" + kAes256[GetParam()]).c_str());
    const Reached reached = reach(contexts);
    EXPECT_EQ(reached.suite, kAes128[GetParam()]) << reached.why;
    EXPECT_EQ(reached.echo, "echo");
    EXPECT_EQ(reached.connections, 1U);
}

TEST_P(FastAesConnector, AServerThatWouldNotEncryptOrNotWellIsNeverTalkedTo) {
    for (const bool fast : {true, false}) {
        for (const char* weak : {"TLS13-SHA256-SHA256", "ECDHE-ECDSA-NULL-SHA", "ECDHE-ECDSA-RC4-SHA"}) {
            if (tls13() != (std::string(weak).rfind("TLS13", 0) == 0)) continue;
            const Contexts contexts(fast, false, tls13());
            contexts.server_knows_only(weak);
            const Reached none = reach(contexts);
            EXPECT_EQ(none.suite, "");
            EXPECT_NE(none.why.find("TLS handshake failed"), std::string::npos) << none.why;
            EXPECT_EQ(none.connections, fast && has_fast_aes() ? 2U : 1U) << "all suites are tried once, not for ever";
        }
    }
}

TEST_P(FastAesConnector, ARefusedCertificateIsNotAskedForAgain) {
    const Contexts contexts(true, false, tls13(), sim::CertificateKind::expired);
    const Reached refused = reach(contexts);
    EXPECT_NE(refused.why.find("it has expired"), std::string::npos) << refused.why;
    EXPECT_EQ(refused.connections, 1U);
}

INSTANTIATE_TEST_SUITE_P(Tls, FastAesConnector, testing::Values(0, 1),
                         [](const auto& version) { return version.param == 1 ? "Tls13" : "Tls12"; });

}  // namespace
}  // namespace daypack::core
