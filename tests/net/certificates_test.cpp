// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "net/transport/connector.h"
#include "net/transport/dns_lookup.h"
#include "net/transport/server_names.h"
#include "tests/net/raw_server.h"

namespace daypack::core {
namespace {

using test::run_until;

// OpenSSL's side of the handshakes: tests/net/certificate_server.py, which makes the certificates when it starts.
class Server {
  public:
    struct Row {
        std::string name, verdict, host, port, ca_file, words;
    };

    explicit Server(const std::string& folder) : folder_(folder) {
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        const std::string command =
            "exec /usr/bin/python3 -W ignore " DAYPACK_SOURCE_DIR "/tests/net/certificate_server.py " + folder;
        input_ = popen(command.c_str(), "w");
    }
    ~Server() {
        if (input_ != nullptr) pclose(input_);  // with its input it ends
        std::filesystem::remove_all(folder_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Empty: it does not come up.
    [[nodiscard]] std::vector<Row> table() const {
        const std::string path = folder_ + "/table";
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!std::filesystem::exists(path) && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        std::vector<Row> rows;
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
            Row row;
            std::istringstream fields(line);
            for (std::string* const field : {&row.name, &row.verdict, &row.host, &row.port, &row.ca_file, &row.words}) {
                std::getline(fields, *field, '\t');
            }
            rows.push_back(row);
        }
        return rows;
    }

  private:
    std::string folder_;
    FILE* input_;
};

// "" where a stream came of it, else why not.
std::string connect(const TlsContext& tls, const std::string& url) {
    boost::asio::io_context io;
    Connector connector(io, &tls);
    std::string refusal;
    bool done = false;
    connector.connect(parse_url(url, UrlKind::rest), 20'000, 0,
                      [&](std::unique_ptr<Stream> stream, const std::string& why) {
                          done = true;
                          if (!stream) refusal = why;
                      });
    if (!run_until(io, [&] { return done; })) return "nothing came of it";
    return refusal;
}

TEST(Certificates, EachOfTheTableIsTakenOrRefusedInWordsThatSayWhatToDo) {
    const Server server(testing::TempDir() + "daypack_certificates_" + std::to_string(getpid()));
    const auto rows = server.table();
    ASSERT_GE(rows.size(), 86U) << "it takes python3-cryptography, which tools/install installs";
    pretend_addresses("ws.venue.test", {boost::asio::ip::make_address("127.0.0.1")});
    std::map<std::string, TlsContext>
        contexts;  // one for many connections, as in the engine: none may learn from another
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        const auto found = contexts.find(row.ca_file);
        const TlsContext& tls =
            (found != contexts.end() ? found : contexts.emplace(row.ca_file, TlsContext::client(row.ca_file)).first)
                ->second;
        const std::string why = connect(tls, "https://" + row.host + ":" + row.port);
        EXPECT_EQ(why.empty() ? "accepted" : "refused", row.verdict) << why;
        if (why.empty() || row.words == "-") continue;
        EXPECT_NE(why.find(row.words), std::string::npos) << why;
        const bool is_certificate = why.find("certificate refused: ") != std::string::npos;
        EXPECT_TRUE(!is_certificate || why.find("; ") != std::string::npos) << "nothing to do about: " << why;
    }
    pretend_addresses("ws.venue.test", {});
}

// Names and constraints as such, where a table of whole certificates would be long.
TEST(ServerNames, AnAddressIsComparedAsBytesAndNeverAsText) {
    ServerNames names;
    names.addresses.push_back(address_bytes("2001:db8::1"));
    EXPECT_TRUE(names_host(names, "2001:0db8:0:0::0001"));
    EXPECT_FALSE(names_host(names, "2001:db8::2"));
    names.dns = {"10.0.0.1", "2001:db8::2", "*.0.0.1"};
    EXPECT_FALSE(names_host(names, "10.0.0.1"));
    EXPECT_FALSE(names_host(names, "2001:db8::2"));
    EXPECT_EQ(address_bytes("10.0.0"), "");
}

TEST(ServerNames, AStarStandsForOneWholeFirstLabelBeforeTwoOthers) {
    const auto is_for = [](const char* name, const char* host) {
        ServerNames names;
        names.dns.emplace_back(name);
        return names_host(names, host);
    };
    EXPECT_TRUE(is_for("*.venue.test", "ws.venue.test"));
    EXPECT_TRUE(is_for("*.venue.test", "ws.venue.test."));
    EXPECT_FALSE(is_for("*.venue.test", "venue.test"));
    EXPECT_FALSE(is_for("*.venue.test", ".venue.test"));
    EXPECT_FALSE(is_for("*.venue.test", "a.b.venue.test"));
    EXPECT_FALSE(is_for("*.test", "venue.test")) << "it would hold for everybody's";
    EXPECT_FALSE(is_for("*", "localhost"));
    EXPECT_FALSE(is_for("", ""));
}

TEST(ServerNames, MalformedExtensionsAreToldFromEmptyOnes) {
    using namespace std::string_view_literals;
    EXPECT_TRUE(read_server_names("\x30\x00"sv));
    EXPECT_FALSE(read_server_names(""sv));
    EXPECT_FALSE(read_server_names("\x30\x05\x82\x09"sv));
    EXPECT_FALSE(read_server_names("\x30\x04\x82\x09\x61\x62"sv)) << "a name longer than what holds it";
    EXPECT_TRUE(read_name_constraints("\x30\x00"sv));
    EXPECT_FALSE(read_name_constraints("\x30\x02\xa2\x00"sv)) << "neither permitted nor excluded";
    EXPECT_FALSE(read_name_constraints("\x30\x09\xa0\x07\x30\x05\x87\x03\x01\x02\x03"sv)) << "no network";
}

}  // namespace
}  // namespace daypack::core
