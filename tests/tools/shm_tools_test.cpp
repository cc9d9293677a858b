// SPDX-License-Identifier: MIT
// The verbs that read shared memory: cat, top, tail, stat.
#include <simdjson.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/engine/shm_fixture.h"
#include "tools/cli/cat.h"
#include "tools/cli/stat.h"
#include "tools/cli/tail.h"
#include "tools/term/event_text.h"
#include "tools/term/ladder.h"
#include "tools/term/shm_text.h"

namespace daypack::core {
namespace {

using test::Child;
using test::delta;
using test::drain;
using test::Instance;
using test::Writer;

std::string cat(const CatOptions& options) {
    std::ostringstream out;
    EXPECT_EQ(show_book(options, out), 0);
    return out.str();
}

std::string words_of(const CatOptions& options) {
    try {
        (void)cat(options);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

// A writer with a book of which every field is known, in a state that does not depend on the beat.
void publish_known_book(Writer& writer) {
    writer.market = test::instrument(Unit{1, -1}, Unit{1, -5});
    writer.book.seed(
        {9, {}, {{Price{867859}, Quantity{7}}, {Price{867860}, Quantity{132076}}}, {{Price{867871}, Quantity{5}}}});
    auto update = writer.update(9, State::syncing, Reason::gap);
    update.flags = kUnconfirmed;
    update.match = {1790915525102951};
    update.receive = {1790915525103000123};
    update.publish = {1790915525103000456};
    writer.publisher.publish_snapshot(update);
}

TEST(Cat, JsonIsWhatTheContractSays) {
    const Instance instance;
    Writer writer(instance.options());
    publish_known_book(writer);
    EXPECT_TRUE(test::wait_for([&] {
        test::beat(writer.publisher);
        const std::string json = cat({instance.name, "BTC-USDC", 0, true});
        if (json.find("writer_stalled") != std::string::npos) return false;  // a busy machine paused this process
        EXPECT_EQ(json, "{\"instance\":\"" + instance.name +
                            R"(","symbol":"BTC-USDC","native":"BTC_USDC","state":"SYNCING","reason":"gap",)"
                            R"("flags":["unconfirmed"],"u":9,"epoch":1,"venue_match_us":1790915525102951,)"
                            R"("receive_ns":"1790915525103000123","publish_ns":"1790915525103000456",)"
                            R"("known_to":[null,null],"bids":[["86786.0","1.32076"],["86785.9","0.00007"]],)"
                            R"("asks":[["86787.1","0.00005"]]})"
                            "\n");
        return true;
    }));
}

TEST(Cat, TellsTheSendTimeAndHowFarASideIsKnownWhereTheyAre) {
    const Instance instance;
    Writer writer(instance.options(), 2);
    writer.snapshot(1);
    writer.book.apply(Side::bid, Price{99}, Quantity{1});
    writer.book.apply(Side::bid, Price{98}, Quantity{1});  // one too many: the side ends at 99
    auto update = writer.update(2);
    update.send = {1001};
    writer.publisher.publish_book(update, {});
    const std::string json = cat({instance.name, "BTC_USDC", 0, true});
    EXPECT_NE(json.find(R"("venue_send_us":1001,)"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("known_to":["9.9",null])"), std::string::npos) << json;
}

TEST(Cat, WithoutASymbolEverySymbolIsALine) {
    const Instance instance;
    Writer writer(instance.options());
    ASSERT_TRUE(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"));
    std::istringstream lines(cat({instance.name, "", 10, true}));
    simdjson::dom::parser parser;
    std::vector<std::string> symbols;
    for (std::string line; std::getline(lines, line);) {
        const simdjson::dom::element object = parser.parse(line);
        symbols.emplace_back(std::string_view(object["symbol"]));
    }
    EXPECT_EQ(symbols, (std::vector<std::string>{"BTC-USDC", "ETH-USDC"}));
}

TEST(Cat, ASymbolOfAnEarlierListIsShownOnlyWhereItIsNamed) {
    const Instance instance;
    Writer writer(instance.options());
    ASSERT_EQ(writer.segment.add_symbol("ETH-USDC", "ETH_USDC"), SymbolIndex{1});
    auto unwanted = writer.update(0, State::down, Reason::stopped);
    unwanted.symbol = 1;
    writer.publisher.publish_status(unwanted);
    EXPECT_TRUE(test::wait_for([&] {
        test::beat(writer.publisher);
        const std::string all = cat({instance.name, "", 1, true});
        return all.find("BTC-USDC") != std::string::npos && all.find("ETH-USDC") == std::string::npos;
    }));
    EXPECT_NE(cat({instance.name, "ETH-USDC", 1, true}).find("ETH-USDC"), std::string::npos);
}

TEST(Cat, TakesAsManyLevelsAsAreAskedFor) {
    const Instance instance;
    Writer writer(instance.options());
    publish_known_book(writer);
    EXPECT_NE(cat({instance.name, "", 1, true}).find(R"("bids":[["86786.0","1.32076"]],)"), std::string::npos);
    const std::string text = cat({instance.name, "", 1, false});
    EXPECT_NE(text.find("86786.0 | 86787.1"), std::string::npos) << text;
    EXPECT_EQ(text.find("86785.9"), std::string::npos) << text;
}

TEST(Cat, FourSpellingsAreOneSymbol) {
    const Instance instance;
    Writer writer(instance.options());
    ASSERT_TRUE(writer.segment.add_symbol("SOL-USDC-PERP", "SOL_USDC_PERP"));
    for (const char* spelling : {"SOL-USDC-PERP", "SOL_USDC_PERP", "SOL/USDC:USDC"}) {
        EXPECT_NE(cat({instance.name, spelling, 1, true}).find("SOL-USDC-PERP"), std::string::npos) << spelling;
    }
    EXPECT_NE(cat({instance.name, "BTC/USDC", 1, true}).find("BTC-USDC"), std::string::npos);
}

TEST(Cat, SaysWhatToDoWhereThereIsNothingToShow) {
    const Instance instance;
    EXPECT_NE(words_of({instance.name, "", 1, true}).find("daypack run"), std::string::npos);
    { const Segment empty(instance.options()); }
    EXPECT_NE(words_of({instance.name, "", 1, true}).find("no symbol yet"), std::string::npos);
    { const Writer writer(instance.options()); }
    EXPECT_NE(words_of({instance.name, "BTC-USDT", 1, true}).find("did you mean \"BTC-USDC\"?"), std::string::npos);
}

// As where an engine with another depth takes over: the file is marked as replaced, and the path leads to the next one.
TEST(Cat, WaitsForTheSegmentThatTakesThePlaceOfTheOneItOpened) {
    const Instance instance;
    {
        Writer before(instance.options(4));
        before.snapshot(1);
        store_relaxed(before.segment.header().phase, std::uint64_t{DAYPACK_PHASE_RETIRED});
    }
    const auto is_mapped = [&] {
        std::ifstream maps("/proc/self/maps");
        const std::string all{std::istreambuf_iterator<char>(maps), {}};
        return all.find(instance.path() + "\n") != std::string::npos;
    };
    SegmentOptions options = instance.options(8);
    options.instance = "next." + std::to_string(getpid());
    const std::string path = "/dev/shm/daypack." + options.instance;
    Writer writer(options);
    writer.snapshot(2);
    std::atomic<bool> shown{false};
    std::thread next([&] {
        EXPECT_TRUE(test::wait_for([&] { return is_mapped() || shown; }));
        std::filesystem::rename(path, instance.path());
        while (!shown) test::beat(writer.publisher);
    });
    std::ostringstream out;
    testing::internal::CaptureStderr();
    const int code = show_book({instance.name, "BTC-USDC", 0, true}, out);
    const std::string told = testing::internal::GetCapturedStderr();
    shown = true;
    next.join();
    EXPECT_EQ(code, 0) << told;
    EXPECT_EQ(told, "");
    EXPECT_NE(out.str().find("\"u\":2,"), std::string::npos) << out.str();
}

TEST(Cat, SaysSoWhereNoOtherSegmentTakesItsPlace) {
    const Instance instance;
    Writer before(instance.options());
    before.snapshot(1);
    store_relaxed(before.segment.header().phase, std::uint64_t{DAYPACK_PHASE_RETIRED});
    std::ostringstream out;
    testing::internal::CaptureStderr();
    EXPECT_EQ(show_book({instance.name, "BTC-USDC", 0, true}, out), 1);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("has another segment now"), std::string::npos);
}

TEST(Tail, PrintsEveryEventAsItComes) {
    const Instance instance;
    Writer writer(instance.options(8, 4, 1 << 14));
    Child child([&](const Child::Line& line) {
        struct Sink : std::stringbuf {  // notes each line
            explicit Sink(const Child::Line& to) : line_(to) {}
            int sync() override {
                for (const char c : str()) line_.tell(c);
                str("");
                return 0;
            }
            const Child::Line& line_;
        } sink(line);
        std::ostream out(&sink);
        line.tell('\n');
        return follow_events({instance.name, "", true}, out);
    });
    ASSERT_EQ(child.line().hear(), '\n');
    for (Sequence u = 2; !child.line().heard(); ++u) {  // until one is seen: the child may begin to listen late
        writer.apply({delta(u, Side::bid, 100, static_cast<std::int64_t>(u))});
        const MonoTime next = test::mono_now() + 1'000'000;  // so that the ring is enough for all that are not
        while (test::mono_now() < next) std::this_thread::yield();
    }
    std::string said = "{";  // which was heard
    while (said.back() != '\n') said += child.line().hear();
    EXPECT_EQ(said.rfind(R"({"kind":"delta","symbol":"BTC-USDC","side":"bid","price":"10.0","quantity":"0.0)", 0), 0u)
        << said;
    child.signal(SIGINT);
    while (child.line().hear() != '\0') {
    }
    EXPECT_EQ(child.failure(), "");
}

TEST(EventText, EachKindHasItsForm) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    writer.apply({delta(2, Side::ask, 101, 0)});
    Event trade = delta(0, Side::ask, 100, 3);
    trade.first_id = 77;
    Event orders;
    orders.first_id = 1;
    orders.last_id = 2;
    writer.publisher.publish_trade(trade, orders, writer.update(2));
    Reader reader(instance.name);
    std::uint64_t cursor = 0;
    std::vector<std::string> json, text;
    for (const auto& record : drain(reader, cursor)) {
        json.push_back(event_json(record, "S", WallTime{7}));
        text.push_back(event_line(record, "S"));
    }
    const std::string end = R"(,"line":0,"venue_match_us":0,"receive_ns":"0","publish_ns":"0","seen_ns":"7"})";
    EXPECT_EQ(
        json,
        (std::vector<std::string>{
            R"({"kind":"snapshot","symbol":"S","u":1)" + end,
            R"({"kind":"top","symbol":"S","u":1,"bid":["10.0","0.005"],"ask":["10.1","0.007"])" + end,
            R"({"kind":"state","symbol":"S","u":1,"state":"LIVE","reason":"none","flags":[])" + end,
            R"({"kind":"delta","symbol":"S","side":"ask","price":"10.1","quantity":"0.000","U":2,"u":2,"last":true)" +
                end,
            R"({"kind":"top","symbol":"S","u":2,"bid":["10.0","0.005"],"ask":null)" + end,
            R"({"kind":"trade","symbol":"S","side":"sell","price":"10.0","quantity":"0.003","id":77,)"
            R"("buyer_order_id":"1","seller_order_id":"2")" +
                end,
        }));
    ASSERT_EQ(text.size(), 6u);
    EXPECT_NE(text[3].find("ask 0.000 @ 10.1 u=2"), std::string::npos) << text[3];
    EXPECT_NE(text[5].find("sell 0.003 @ 10.0 id=77"), std::string::npos) << text[5];
    EXPECT_EQ(lost_json(5), R"({"kind":"lost","lost":5})");
}

TEST(Stat, JsonHasTheCountersTheStatesAndThePercentiles) {
    const Instance instance;
    Writer writer(instance.options());
    ASSERT_TRUE(writer.segment.add_line("ws.example"));
    writer.segment.line_counters(0).add(DAYPACK_LINE_frames, 3);
    writer.segment.symbol_counters(0).add(DAYPACK_SYMBOL_gaps, 4);
    writer.segment.engine_counters().raise(DAYPACK_ENGINE_queue_high_water, 5);
    for (int i = 0; i < 1000; ++i) writer.segment.histogram(DAYPACK_HISTOGRAM_FRAME_TO_SHM).record(i < 990 ? 20 : 30);
    std::ostringstream out;
    EXPECT_EQ(show_stat({instance.name, true, false}, out), 0);
    simdjson::dom::parser parser;
    simdjson::dom::element stat;
    const std::string json = out.str();
    ASSERT_EQ(parser.parse(json).get(stat), simdjson::SUCCESS) << json;
    EXPECT_EQ(std::uint64_t(stat["pid"]), static_cast<std::uint64_t>(getpid()));
    EXPECT_EQ(std::uint64_t(stat["epoch"]), 1u);
    EXPECT_EQ(std::uint64_t(stat["frame_to_shm_ns"]["count"]), 1000u);
    EXPECT_EQ(std::uint64_t(stat["frame_to_shm_ns"]["p99"]), 20u);
    EXPECT_EQ(std::uint64_t(stat["frame_to_shm_ns"]["p99.9"]), 30u);
    EXPECT_EQ(std::uint64_t(stat["engine"]["queue_high_water"]), 5u);
    EXPECT_EQ(std::string_view(stat["lines"].at(0)["host"]), "ws.example");
    EXPECT_EQ(std::uint64_t(stat["lines"].at(0)["counters"]["frames"]), 3u);
    EXPECT_EQ(std::string_view(stat["symbols"].at(0)["symbol"]), "BTC-USDC");
    EXPECT_EQ(std::uint64_t(stat["symbols"].at(0)["counters"]["gaps"]), 4u);
    EXPECT_TRUE(stat["symbols"].at(0)["counters"]["last_receive_ns"].is_string());
    EXPECT_TRUE(stat["symbols"].at(0)["audit_matched_percent"].is_null()) << "nothing was compared";
}

TEST(Stat, SaysHowOftenALineWasFirstAndHowManyLevelsMatched) {
    const Instance instance;
    Writer writer(instance.options());
    for (std::uint32_t line = 0; line < 2; ++line) {
        ASSERT_TRUE(writer.segment.add_line("ws.example"));
        Counters counters = writer.segment.line_counters(line);
        counters.add(DAYPACK_LINE_wins, line == 0 ? 30 : 10);
        counters.add(DAYPACK_LINE_leads, line == 0 ? 20 : 0);
        counters.add(DAYPACK_LINE_lead_ns, line == 0 ? 40'000 : 0);
    }
    Counters symbol = writer.segment.symbol_counters(0);
    symbol.add(DAYPACK_SYMBOL_audit_levels, 1'000);
    symbol.add(DAYPACK_SYMBOL_audit_ghosts, 1);
    symbol.add(DAYPACK_SYMBOL_audit_missing, 2);
    symbol.add(DAYPACK_SYMBOL_audit_wrong, 3);
    std::ostringstream json;
    EXPECT_EQ(show_stat({instance.name, true, false}, json), 0);
    EXPECT_NE(json.str().find(R"("first_percent":75.0,"mean_lead_ns":"2000")"), std::string::npos) << json.str();
    EXPECT_NE(json.str().find(R"("first_percent":25.0,"mean_lead_ns":"0")"), std::string::npos) << json.str();
    EXPECT_NE(json.str().find(R"("audit_matched_percent":99.4,)"), std::string::npos) << json.str();
    std::ostringstream text;
    EXPECT_EQ(show_stat({instance.name, false, false}, text), 0);
    EXPECT_NE(text.str().find("first with 75.0 % of the updates"), std::string::npos) << text.str();
    EXPECT_NE(text.str().find("audits 99.40 %"), std::string::npos) << text.str();
}

// One of an earlier list keeps its place in the segment for good.
TEST(Stat, WhatNobodyAsksForIsNamedAndNoMore) {
    const Instance instance;
    Writer writer(instance.options());
    publish_known_book(writer);
    for (const char* name : {"A_USDC", "B_USDC"}) ASSERT_TRUE(writer.segment.add_symbol(name, name));
    auto unwanted = writer.update(0, State::down, Reason::stopped);
    unwanted.symbol = 1;
    writer.publisher.publish_status(unwanted);
    auto misspelt = writer.update(0, State::down, Reason::no_market);
    misspelt.symbol = 2;
    writer.publisher.publish_status(misspelt);
    Reader reader(instance.name);
    std::ostringstream text;
    EXPECT_TRUE(test::wait_for([&] {
        text.str("");
        test::beat(writer.publisher);
        return show_stat({instance.name, false, false}, text) == 0 &&
               text.str().find("writer_stalled") == std::string::npos;
    }));
    EXPECT_NE(text.str().find("\nBTC-USDC "), std::string::npos) << text.str();
    EXPECT_EQ(text.str().find("\nA_USDC "), std::string::npos) << text.str();
    EXPECT_NE(text.str().find("\nB_USDC             DOWN/no_market"), std::string::npos) << text.str();
    EXPECT_TRUE(text.str().ends_with("not followed any more (each keeps its place): A_USDC\n")) << text.str();
    std::ostringstream json;
    EXPECT_EQ(show_stat({instance.name, true, false}, json), 0);
    EXPECT_NE(json.str().find(R"("native":"A_USDC","state":"DOWN","reason":"stopped","flags":[],"followed":false)"),
              std::string::npos)
        << json.str();
    EXPECT_EQ(draw_ladder(reader, 24, 160).find("A_USDC"), std::string::npos);
    EXPECT_NE(draw_ladder(reader, 24, 160).find("B_USDC"), std::string::npos);
}

TEST(Stat, ADeadWriterIsCalledSo) {
    const Instance instance;
    { const Writer writer(instance.options()); }
    EXPECT_TRUE(test::wait_for([&] {
        std::ostringstream out;
        const int code = show_stat({instance.name, false, false}, out);
        return code == 1 && out.str().find("DEAD since 2") != std::string::npos &&
               out.str().find("DOWN/writer_dead") != std::string::npos;
    }));
}

// What a terminal would show, without the escape sequences.
std::vector<std::string> plain_lines(const std::string& picture) {
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i < picture.size(); ++i) {
        if (picture[i] == '\x1b')
            i = picture.find('m', i);
        else if (picture[i] == '\n')
            lines.emplace_back();
        else
            lines.back() += picture[i];
    }
    lines.pop_back();  // what follows the last end of line
    return lines;
}

TEST(Ladder, NeverLeavesTheWindow) {
    const Instance instance;
    Writer writer(instance.options(64, 8));
    publish_known_book(writer);
    for (const char* name : {"A_USDC", "B_USDC", "C_USDC"}) ASSERT_TRUE(writer.segment.add_symbol(name, name));
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(writer.segment.add_line("a.host.with.a.long.name.example." + std::to_string(i)));
    Reader reader(instance.name);
    for (const int rows : {1, 2, 5, 10, 24, 80}) {
        for (const int columns : {1, 20, 79, 80, 200}) {
            const auto lines = plain_lines(draw_ladder(reader, rows, columns));
            EXPECT_LE(lines.size(), static_cast<std::size_t>(rows));
            for (const auto& line : lines) EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
        }
    }
}

TEST(Ladder, HasNoColourWhereTheEnvironmentSaysSo) {
    const Instance instance;
    Writer writer(instance.options());
    publish_known_book(writer);
    Reader reader(instance.name);
    const auto coloured = [&] { return draw_ladder(reader, 24, 80).find("\x1b[3") != std::string::npos; };
    EXPECT_TRUE(coloured());
    setenv("NO_COLOR", "", 1);
    EXPECT_TRUE(coloured()) << "empty is as good as not set";
    setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(coloured());
    unsetenv("NO_COLOR");
}

TEST(Ladder, ShowsTheBookBestLevelsInTheMiddle) {
    const Instance instance;
    Writer writer(instance.options());
    publish_known_book(writer);
    Reader reader(instance.name);
    const auto lines = plain_lines(draw_ladder(reader, 24, 80, SymbolIndex{0}));
    std::string all;
    for (const auto& line : lines) all += line + "\n";
    const auto ask = all.find("86787.1");
    const auto middle = all.find("spread 1.1");
    const auto bid = all.find("86786.0");
    const auto worse = all.find("86785.9");
    EXPECT_LT(ask, middle);
    EXPECT_LT(middle, bid);
    EXPECT_LT(bid, worse);
    EXPECT_NE(worse, std::string::npos) << all;
}

TEST(ShmText, WordsAreShortAndNumbersExact) {
    EXPECT_EQ(number_text(867860, -1), "86786.0");
    EXPECT_EQ(number_text(3, 4), "30000");
    EXPECT_EQ(number_text(INT64_MIN, -2), "-92233720368547758.07") << "of a hostile segment";
    EXPECT_EQ(state_text(DAYPACK_STATE_LIVE, 0), "LIVE");
    EXPECT_EQ(state_text(200, 200), "UNKNOWN/unknown");
    EXPECT_EQ(flags_text(15), " unconfirmed behind crossed partial");
    EXPECT_EQ(duration_text(999), "999 ns");
    EXPECT_EQ(duration_text(12'345), "12.3 us");
    const std::string json = event_json(daypack_record{}, "a\"b\\\n\xff", {});
    EXPECT_NE(json.find("\"symbol\":\"a\\\"b\\\\\\n\\ufffd\""), std::string::npos) << "of a hostile segment: " << json;
    EXPECT_EQ(time_of_day(0), "-");
    EXPECT_EQ(time_of_day(45'296'789'000'000), "12:34:56.789");
}

}  // namespace
}  // namespace daypack::core
