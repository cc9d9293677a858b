// SPDX-License-Identifier: MIT
// What Prometheus scrapes: the text, its names against those of tools/grafana, and the server under bad visitors.
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "engine/metrics/account_metrics.h"
#include "engine/metrics/exposition.h"
#include "engine/metrics/metrics_server.h"
#include "tests/engine/shm_fixture.h"
#include "tests/support/http_visitor.h"

namespace daypack::core {
namespace {

using test::ask;
using test::free_address;
using test::Instance;
using test::kScrape;
using test::Visitor;
using test::Writer;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string page_of(const Instance& instance) {
    Reader reader(instance.name);
    return metrics_text(reader.raw(), 3);
}

// Names that samples have, with those of a histogram's parts.
std::set<std::string> names_of(const std::string& page) {
    std::set<std::string> names;
    for (const std::string& line : lines_of(page)) {
        if (!line.starts_with('#')) names.insert(line.substr(0, line.find_first_of("{ ")));
    }
    return names;
}

// One line and one symbol, of which everything was seen.
void fill(Writer& writer) {
    ASSERT_TRUE(writer.segment.add_line("ws.\"example\\"));
    writer.segment.line_counters(0).add(DAYPACK_LINE_frames, 7);
    writer.segment.line_counters(0).add(DAYPACK_LINE_connects, 3);
    writer.segment.line_counters(0).set(DAYPACK_LINE_last_receive_ns, 1'790'915'525'103'000'000);
    Counters symbol = writer.segment.symbol_counters(0);
    symbol.add(DAYPACK_SYMBOL_updates, 11);
    symbol.add(DAYPACK_SYMBOL_resyncs_gap, 2);
    symbol.add(DAYPACK_SYMBOL_audit_ghosts, 1);
    symbol.add(DAYPACK_SYMBOL_audit_wrong, 1);
    symbol.set(DAYPACK_SYMBOL_last_receive_ns, 1'790'915'525'103'000'000);
    writer.snapshot(1);
    auto update = writer.update(2);
    update.receive = {1'790'915'525'103'000'000};
    update.send = {1'790'915'525'100'500};
    update.match = {1'790'915'525'098'000};
    const Event event = test::delta(2, Side::bid, 100, 6);
    writer.publisher.publish_book(update, std::span(&event, 1));
}

TEST(Metrics, EachNameHasHelpAndTypeAndCountersEndInTotal) {
    const Instance instance;
    Writer writer(instance.options());
    fill(writer);
    std::map<std::string, std::string> types;
    std::string helped;
    const AccountFigures account{.account = "m\"m", .parts = {{.name = "orders"}}};
    for (const std::string& line : lines_of(page_of(instance) + account_metrics_text(std::span(&account, 1)))) {
        std::istringstream in(line);
        std::string mark, word, name, rest;
        if (line.starts_with("# HELP ")) {
            in >> mark >> word >> helped >> rest;
            EXPECT_FALSE(rest.empty()) << line;
            EXPECT_FALSE(types.contains(helped)) << line << ": once a page";
        } else if (line.starts_with("# TYPE ")) {
            in >> mark >> word >> name >> types[helped];
            EXPECT_EQ(name, helped);
        } else {
            static const std::regex sample(
                R"re(([a-z_]+)(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.e+-]+)re");
            std::smatch found;
            ASSERT_TRUE(std::regex_match(line, found, sample)) << line;
            name = found[1];
            const std::string& type = types[helped];
            EXPECT_EQ(name.substr(0, helped.size()), helped) << line;
            EXPECT_EQ(name.ends_with("_total"), type == "counter") << line;
            EXPECT_TRUE(type == "histogram" || name == helped) << line;
        }
    }
    EXPECT_GT(types.size(), 35u);
}

TEST(Metrics, SaysWhatTheSegmentHolds) {
    const Instance instance;
    Writer writer(instance.options());
    fill(writer);
    const std::string page = page_of(instance);
    const auto has = [&](const std::string& line) { return page.find("\n" + line + "\n") != std::string::npos; };
    EXPECT_TRUE(has(R"(daypack_frames_total{line="0",host="ws.\"example\\"} 7)")) << page;
    EXPECT_TRUE(has(R"(daypack_reconnects_total{line="0",host="ws.\"example\\"} 2)"));
    EXPECT_TRUE(has(R"(daypack_deltas_total{symbol="BTC-USDC"} 11)"));
    EXPECT_TRUE(has(R"(daypack_resync_reasons_total{reason="gap"} 2)"));
    EXPECT_TRUE(has(R"(daypack_audit_mismatches_total{symbol="BTC-USDC"} 2)"));
    EXPECT_TRUE(has(R"(daypack_feed_delay_seconds{symbol="BTC-USDC"} 0.0025)")) << page;
    EXPECT_TRUE(has(R"(daypack_match_delay_seconds{symbol="BTC-USDC"} 0.005)"));
    EXPECT_TRUE(has("daypack_queue_depth 3"));
}

TEST(Metrics, OfAnAccountSaysHowFarItMayBeReliedOnAndNothingOfWhatItHolds) {
    AccountFigures account;
    account.account = "mm";
    account.connections = 3;
    account.parts.push_back({.name = "orders", .state = DAYPACK_STATE_LIVE, .differences = 5});
    account.parts.push_back({.name = "fills", .state = DAYPACK_STATE_DOWN, .reason = DAYPACK_REASON_refused});
    const std::string page = account_metrics_text(std::span(&account, 1));
    const auto has = [&](const std::string& line) { return page.find("\n" + line + "\n") != std::string::npos; };
    EXPECT_TRUE(has(R"(daypack_account_live{account="mm",part="orders"} 1)")) << page;
    EXPECT_TRUE(has(R"(daypack_account_live{account="mm",part="fills"} 0)"));
    EXPECT_TRUE(has(R"(daypack_account_state{account="mm",part="fills",state="DOWN",reason="refused"} 1)"));
    EXPECT_TRUE(has(R"(daypack_account_differences_total{account="mm",part="orders"} 5)"));
    EXPECT_TRUE(has(R"(daypack_account_reconnects_total{account="mm"} 2)"));
    EXPECT_EQ(account_metrics_text({}), "");
}

TEST(Metrics, ASymbolOfAnEarlierListIsNotThereAndItsResyncsCount) {
    const Instance instance;
    Writer writer(instance.options());
    fill(writer);
    ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    ASSERT_EQ(writer.segment.add_symbol("SOL-USDC", "SOL_USDC"), SymbolIndex{2});
    writer.segment.symbol_counters(1).add(DAYPACK_SYMBOL_resyncs_gap, 5);
    writer.segment.symbol_counters(2).add(DAYPACK_SYMBOL_updates, 13);
    auto unwanted = writer.update(0, State::down, Reason::stopped);
    unwanted.symbol = 1;
    writer.publisher.publish_status(unwanted);
    std::string page;
    EXPECT_TRUE(test::wait_for([&] {  // a writer whose beat is late has another state
        test::beat(writer.publisher);
        page = page_of(instance);
        return page.find("ETH-USDC") == std::string::npos;
    })) << page;
    EXPECT_NE(page.find("\ndaypack_deltas_total{symbol=\"BTC-USDC\"} 11\n"), std::string::npos) << page;
    EXPECT_NE(page.find("\ndaypack_deltas_total{symbol=\"SOL-USDC\"} 13\n"), std::string::npos) << "its own number";
    EXPECT_NE(page.find("\ndaypack_resync_reasons_total{reason=\"gap\"} 7\n"), std::string::npos) << page;
}

// Promises of a histogram: buckets that grow with `le`, the last one without bound and equal to the count.
TEST(Metrics, AHistogramQuantileIsThatOfTheSegmentUpToABucket) {
    const Instance instance;
    Writer writer(instance.options());
    for (int i = 0; i < 1000; ++i)
        writer.segment.histogram(DAYPACK_HISTOGRAM_FRAME_TO_SHM).record(i < 990 ? 20'000 : 3'000'000);
    writer.segment.histogram(DAYPACK_HISTOGRAM_DECODE).record(INT64_MAX);
    double before = -1, below = 0;
    std::uint64_t last = 0;
    double p99 = 0;
    const std::string page = page_of(instance);
    for (const std::string& line : lines_of(page)) {
        if (!line.starts_with(R"(daypack_stage_seconds_bucket{stage="frame_to_shm")")) continue;
        const std::string le = line.substr(line.find("le=\"") + 4);
        const double bound = le.starts_with("+Inf") ? INFINITY : std::stod(le);
        const std::uint64_t count = std::stoull(line.substr(line.rfind(' ')));
        EXPECT_GT(bound, before) << line;
        EXPECT_GE(count, last) << line;
        if (last < 990 && count >= 990) p99 = bound, below = before;
        before = bound;
        last = count;
    }
    EXPECT_EQ(before, INFINITY);
    EXPECT_EQ(last, 1000u);
    EXPECT_LT(below, 20e-6);
    EXPECT_GE(p99, 20e-6);
    EXPECT_LT(p99, 25e-6);
    EXPECT_NE(page.find(R"(daypack_stage_seconds_count{stage="frame_to_shm"} 1000)"), std::string::npos);
    EXPECT_NE(page.find(R"(daypack_stage_seconds_bucket{stage="decode",le="+Inf"} 1)"), std::string::npos)
        << "what is beyond all buckets counts";
}

TEST(Metrics, EveryNameOfTheDashboardAndTheAlertsIsServed) {
    const Instance instance;
    Writer writer(instance.options());
    fill(writer);
    const AccountFigures account{.account = "mm", .parts = {{.name = "orders"}}};
    const auto served = names_of(page_of(instance) + account_metrics_text(std::span(&account, 1)));
    std::size_t seen = 0;
    for (const std::string file : {"daypack.json", "alerts.yaml"}) {
        std::ifstream in(DAYPACK_SOURCE_DIR "/tools/grafana/" + file);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const std::regex name("daypack_[a-z_]+");
        for (std::sregex_iterator at(text.begin(), text.end(), name); at != std::sregex_iterator(); ++at, ++seen) {
            EXPECT_TRUE(served.contains(at->str())) << file << ": " << at->str();
        }
    }
    EXPECT_GT(seen, 40u);
}

TEST(Metrics, OfFiveHundredSymbolsAPageIsMade) {
    const Instance instance;
    Writer writer(instance.options(8, 512));
    for (int i = 1; i < 500; ++i) {
        const std::string name = "S" + std::to_string(i);
        ASSERT_TRUE(writer.segment.add_symbol(name + "-USDC", name + "_USDC"));
    }
    Reader reader(instance.name);
    std::int64_t least_ns = INT64_MAX;
    std::size_t bytes = 0;
    for (int i = 0; i < 20; ++i) {
        test::beat(writer.publisher);
        const std::int64_t begin = daypack_monotonic_ns();
        bytes = metrics_text(reader.raw(), 0).size();
        least_ns = std::min(least_ns, daypack_monotonic_ns() - begin);
    }
    RecordProperty("least_us", static_cast<int>(least_ns / 1000));
    std::printf("a page of 500 symbols, %zu bytes: %lld us\n", bytes, static_cast<long long>(least_ns / 1000));
    EXPECT_GT(bytes, 200'000u);
    EXPECT_LT(least_ns, 2'000'000'000) << "20 ms is the target, on a machine of its own; this is a bound for any";
}

TEST(MetricsServer, AnswersWhatIsAskedRightlyAndRefusesTheRest) {
    MetricsServer server(free_address(), [] { return std::string("a_total 1\n"); });
    server.start();
    const std::string page = ask(server.address(), kScrape);
    EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << page;
    EXPECT_NE(page.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
    EXPECT_TRUE(page.ends_with("\r\n\r\na_total 1\n"));
    EXPECT_TRUE(ask(server.address(), "GET /etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(ask(server.address(), "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
                    .starts_with("HTTP/1.1 405"));
    EXPECT_EQ(ask(server.address(), "\x16\x03\x01 no HTTP at all\r\n\r\n"), "");
    EXPECT_EQ(ask(server.address(), "GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"), "");
    const std::string twice = ask(server.address(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(kScrape));
    EXPECT_NE(twice.find("200 OK", 20), std::string::npos) << "a scraper keeps its connection";
}

TEST(MetricsServer, VisitorsThatSayNothingKeepNoScraperAway) {
    MetricsServer server(free_address(), [] { return std::string("a_total 1\n"); });
    server.start();
    std::vector<std::unique_ptr<Visitor>> silent;
    for (std::size_t i = 0; i < 3 * MetricsServer::kConnections; ++i) {
        silent.push_back(std::make_unique<Visitor>(server.address()));
        ASSERT_TRUE(silent.back()->connected());
        silent.back()->send("GET /metr");
    }
    EXPECT_TRUE(ask(server.address(), kScrape).ends_with("a_total 1\n"));
}

TEST(MetricsServer, APageIsMadeTenTimesASecondAtMost) {
    std::atomic<int> made{0};
    MetricsServer server(free_address(), [&] { return std::to_string(++made); });
    server.start();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(ask(server.address(), kScrape).starts_with("HTTP/1.1 200"));
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_LE(made, 2 + took / std::chrono::milliseconds(100));
}

TEST(MetricsServer, APageThatCannotBeMadeEndsNothing) {
    int made = 0;
    MetricsServer server(free_address(), [&]() -> std::string {
        if (++made == 1) throw std::bad_alloc();
        return "a_total 1\n";
    });
    server.start();
    EXPECT_EQ(ask(server.address(), kScrape), "");
    EXPECT_TRUE(ask(server.address(), kScrape).ends_with("a_total 1\n"));
}

TEST(MetricsServer, AnAddressThatIsTakenIsRefusedInWords) {
    const MetricsServer server(free_address(), [] { return std::string(); });
    try {
        const MetricsServer second(server.address(), [] { return std::string(); });
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "metrics_listen \"" + server.address() +
                      "\" cannot be had: Address already in use: another program listens there (`ss -ltnp` shows "
                      "which): stop it, or choose another port");
    }
}

TEST(MetricsServer, AnAddressOfAnotherMachineIsRefusedInWords) {
    try {
        const MetricsServer server("192.0.2.1:9464", [] { return std::string(); });  // of documentation (RFC 5737)
        FAIL();
    } catch (const std::runtime_error& error) {
        const std::string words = error.what();
        EXPECT_NE(words.find("no interface of this machine has that address"), std::string::npos) << words;
        EXPECT_EQ(words.find("system:"), std::string::npos) << words;
    }
}

}  // namespace
}  // namespace daypack::core
