// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <stdexcept>

#include "net/backpack/subscribe_frame.h"
#include "net/ws/line.h"
#include "tests/net/line_harness.h"

namespace daypack::core {
namespace {

using test::contains;
using test::Exchange;
using test::Listener;
using test::options_for;
using test::Peer;
using test::RawServer;
using test::run_until;
using test::TestTls;
using test::Turns;

std::string refusal_of(sim::CertificateKind kind, const std::string& host = "localhost") {
    boost::asio::io_context io;
    const TestTls tls(kind);
    Exchange exchange(io, tls.server.get());
    Listener listener;
    LineOptions options = options_for(exchange, &tls);
    options.urls[0].host = host;
    Line line(io, options, listener);
    const Turns turns(io, line);
    line.start();
    EXPECT_TRUE(run_until(io, [&] { return !listener.downs.empty() || listener.ups > 0; }));
    EXPECT_EQ(listener.ups, 0);
    EXPECT_TRUE(exchange.heads.empty()) << "something was sent before the certificate was verified";
    return listener.downs.empty() ? "" : listener.downs[0];
}

TEST(LineTls, ACertificateForAnotherHostNameIsRefusedAndSaidSo) {
    const std::string why = refusal_of(sim::CertificateKind::other_name);
    EXPECT_TRUE(contains(why, "certificate refused: it is for another host name (other.example")) << why;
    EXPECT_TRUE(contains(why, "localhost:")) << why;
}

TEST(LineTls, AnAddressThatTheCertificateDoesNotNameIsRefused) {
    const std::string why = refusal_of(sim::CertificateKind::other_name, "127.0.0.1");
    EXPECT_TRUE(contains(why, "certificate refused: it is for another host name")) << why;
}

TEST(LineTls, ACertificateOfAnUnknownCaIsRefusedAndSaidSo) {
    const std::string why = refusal_of(sim::CertificateKind::other_ca);
    EXPECT_TRUE(contains(why, "certificate refused: signed by an unknown CA")) << why;
}

TEST(LineTls, AnExpiredCertificateIsRefusedAndSaidSo) {
    const std::string why = refusal_of(sim::CertificateKind::expired);
    EXPECT_TRUE(contains(why, "certificate refused: it has expired")) << why;
}

TEST(LineTls, TheSystemsStoreDoesNotTrustAnAuthorityOfOurOwn) {
    boost::asio::io_context io;
    const TestTls tls;
    const TlsContext system = TlsContext::client("");
    Exchange exchange(io, tls.server.get());
    Listener listener;
    LineOptions options = options_for(exchange, &tls);
    options.tls = &system;
    Line line(io, options, listener);
    const Turns turns(io, line);
    line.start();
    ASSERT_TRUE(run_until(io, [&] { return !listener.downs.empty(); }));
    EXPECT_TRUE(contains(listener.why(), "unknown CA")) << listener.why();
}

TEST(LineTls, ACaFileWithoutACertificateIsAnErrorAtOnce) {
    EXPECT_THROW((void)TlsContext::client("/nonexistent/ca.pem"), std::runtime_error);
    EXPECT_THROW((void)TlsContext::client("/dev/null"), std::runtime_error);
}

TEST(LineTls, APlainServerBehindAWssAddressIsNamed) {
    boost::asio::io_context io;
    const TestTls tls;
    RawServer server(io, nullptr, [](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    Listener listener;
    LineOptions options;
    options.stream_frames = subscribe_frames;
    options.urls = {parse_url(server.url("wss"), UrlKind::websocket)};
    options.tls = tls.client.get();
    Line line(io, options, listener);
    const Turns turns(io, line);
    line.start();
    ASSERT_TRUE(run_until(io, [&] { return !listener.downs.empty(); }));
    EXPECT_TRUE(contains(listener.why(), "no TLS 1.2 or later is spoken there")) << listener.why();
}

}  // namespace
}  // namespace daypack::core
