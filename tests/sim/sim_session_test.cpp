// SPDX-License-Identifier: MIT
// A connection of the simulated exchange in one thread, handler by handler: cut at every step of its way to a
// WebSocket, and deaf.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <fstream>
#include <iomanip>
#include <set>
#include <sstream>
#include <string>

#include "tools/sim/server/server.h"

namespace daypack::core::sim {
namespace {

namespace asio = boost::asio;

// Accepts all, and keeps who is open, as the exchange does.
struct Exchange final : ServerHandler {
    Reception on_connection() override { return {}; }
    Reply on_request(std::string_view, const Credentials&) override { return {}; }
    Reply on_upgrade() override {
        Reply reply;
        reply.status = 101;
        return reply;
    }
    void on_open(Connection& connection) override {
        open.insert(&connection);
        ++opened;
    }
    void on_message(Connection&, std::string_view) override {}
    void on_drained(Connection&) override {}
    void on_close(Connection& connection) override { open.erase(&connection); }

    std::set<Connection*> open;
    int opened = 0;
};

const std::string kUpgrade =
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// A client that has asked for a WebSocket, of a server that has not run yet.
struct Dialled {
    Dialled() {
        client.connect({asio::ip::address_v4::loopback(), server.port()});
        asio::write(client, asio::buffer(kUpgrade));
    }

    asio::io_context io;
    Exchange exchange;
    Server server{io, exchange, "127.0.0.1", 0};
    asio::ip::tcp::socket client{io};
};

void run_all(asio::io_context& io) {
    do io.restart();
    while (io.poll() > 0);
}

TEST(SimSession, OneThatIsCutAtAnyStepOfItsUpgradeIsNotListedAfterItsEnd) {
    constexpr int kStepsMost = 1'000;
    bool got_through = false;
    for (int steps = 0; steps < kStepsMost && !got_through; ++steps) {
        Dialled dialled;
        auto& [io, exchange, server, client] = dialled;
        for (int i = 0; i < steps; ++i) {
            io.restart();
            got_through = io.poll_one() == 0 && exchange.opened > 0;
        }
        server.stop_listening();  // or it would come in afterwards
        server.cut_all();
        run_all(io);
        EXPECT_TRUE(exchange.open.empty()) << "cut after " << steps << " handlers";
    }
    EXPECT_TRUE(got_through);
}

// What reached the client meanwhile.
std::string taken(asio::io_context& io, asio::ip::tcp::socket& client) {
    run_all(io);
    std::string bytes(client.available(), '\0');
    asio::read(client, asio::buffer(bytes));
    return bytes;
}

// Not even a ping is answered, or a client that pings would take a dead connection for a silent one.
TEST(SimSession, OneThatIsDeafAnswersNoPingUntilItHearsAgain) {
    const std::string ping = std::string("\x89\x80", 2) + std::string(4, '\0');  // a mask of zeros is a mask
    const std::string pong("\x8a\0", 2);
    Dialled dialled;
    auto& [io, exchange, server, client] = dialled;
    std::string answer;
    while (exchange.open.empty()) answer += taken(io, client);
    Connection& session = **exchange.open.begin();
    answer += taken(io, client);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;

    session.stall(0, false);
    asio::write(client, asio::buffer(ping));
    EXPECT_EQ(taken(io, client), pong) << "one that is silent answers";

    session.stall(0, true);
    asio::write(client, asio::buffer(ping));
    EXPECT_EQ(taken(io, client), "");

    session.stall(1, true);
    std::string heard;
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         heard.empty() && std::chrono::steady_clock::now() < end;) {
        heard = taken(io, client);
    }
    EXPECT_EQ(heard, pong);
    server.cut_all();
    run_all(io);
}

// Whether or not a read of it was under way and held.
TEST(SimSession, OneThatIsDeafCanBeCut) {
    for (const bool spoken_to : {false, true}) {
        Dialled dialled;
        auto& [io, exchange, server, client] = dialled;
        while (exchange.open.empty()) run_all(io);
        (**exchange.open.begin()).stall(0, true);
        if (spoken_to) asio::write(client, asio::buffer("x", 1));
        run_all(io);
        server.cut_all();
        run_all(io);
        EXPECT_TRUE(exchange.open.empty());
    }
}

TEST(SimServer, ListensOnLoopbackAlone) {
    asio::io_context io;
    Exchange exchange;
    const Server server(io, exchange, "127.0.0.1", 0);
    std::ostringstream port;
    port << ':' << std::hex << std::uppercase << std::setw(4) << std::setfill('0') << server.port();
    std::size_t found = 0;
    for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream sockets(path);
        for (std::string number, local, remote, state, rest; sockets >> number >> local >> remote >> state;) {
            std::getline(sockets, rest);
            if (!local.ends_with(port.str()) || state != "0A") continue;
            EXPECT_EQ(local, "0100007F" + port.str());
            ++found;
        }
    }
    EXPECT_EQ(found, 1U);
}

}  // namespace
}  // namespace daypack::core::sim
