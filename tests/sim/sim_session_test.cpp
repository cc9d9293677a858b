// SPDX-License-Identifier: MIT
// A connection that is cut at every step of its way to a WebSocket: in one thread, handler by handler.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
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

    std::set<const Connection*> open;
    int opened = 0;
};

const std::string kUpgrade =
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

void run_all(asio::io_context& io) {
    do io.restart();
    while (io.poll() > 0);
}

TEST(SimSession, OneThatIsCutAtAnyStepOfItsUpgradeIsNotListedAfterItsEnd) {
    constexpr int kStepsMost = 1'000;
    bool got_through = false;
    for (int steps = 0; steps < kStepsMost && !got_through; ++steps) {
        asio::io_context io;
        Exchange exchange;
        Server server(io, exchange, 0);
        asio::ip::tcp::socket client(io);
        client.connect({asio::ip::address_v4::loopback(), server.port()});
        asio::write(client, asio::buffer(kUpgrade));
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

TEST(SimServer, ListensOnLoopbackAlone) {
    asio::io_context io;
    Exchange exchange;
    const Server server(io, exchange, 0);
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
