// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/backpack/rest_decoder.h"
#include "net/http/rest_client.h"
#include "tests/net/raw_server.h"

namespace daypack::core::test {

// What the tests of net/http/rest_client.h share: a server whose answers a test writes, and a client of it over TLS.

inline std::string http(const std::string& status, const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" +
           body;
}

// A server whose answers a test sets: `answer` is asked for each request.
struct Api {
    Api(boost::asio::io_context& io, const TlsContext* tls)
        : server(io, tls, [this](Peer& peer) {
              while (const auto head = peer.take_head()) {
                  heads.push_back(*head);
                  answer(peer, *head);
              }
          }) {}

    std::function<void(Peer&, const std::string& head)> answer = [](Peer& peer, const std::string&) {
        peer.send(http("200 OK", "{}"));
    };
    std::vector<std::string> heads;
    RawServer server;
};

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// One client, which asks one server over TLS.
class RestTest : public testing::Test {
  protected:
    RestOptions options_for(const Api& server, const std::string& scheme = "https") {
        RestOptions options;
        options.refusal = refusal;
        options.urls = {parse_url(server.server.url(scheme), UrlKind::rest)};
        options.tls = tls.client.get();
        return options;
    }
    void make(RestOptions options) { client = std::make_unique<RestClient>(io, std::move(options)); }
    RestClient& rest() {
        if (!client) make(options_for(api));
        return *client;
    }
    [[nodiscard]] std::string rest_name() { return "localhost:" + std::to_string(api.server.port()); }
    void ask(const std::string& target) {
        rest().get(target, [this](RestAnswer answer) { answers.push_back(std::move(answer)); });
    }
    RestAnswer get(const std::string& target = "/api/v1/time") {
        const std::size_t before = answers.size();
        ask(target);
        EXPECT_EQ(answers.size(), before) << "answered from within get()";
        EXPECT_TRUE(run_until(io, [&] { return answers.size() > before; }));
        return answers.size() > before ? answers.back() : RestAnswer{};
    }

    boost::asio::io_context io;
    TestTls tls;
    Api api{io, tls.server.get()};
    std::unique_ptr<RestClient> client;
    std::vector<RestAnswer> answers;
};

}  // namespace daypack::core::test
