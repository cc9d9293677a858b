// SPDX-License-Identifier: MIT
// The decoder against frames that are captured, made up at random, cut off, mutilated, or meant to hurt.
#include <rapidcheck.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <new>
#include <random>
#include <thread>

#include "tests/net/backpack/decoder_harness.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

#if defined(__has_feature)
#define DAYPACK_TSAN __has_feature(thread_sanitizer)
#else
#define DAYPACK_TSAN 0
#endif
#if !DAYPACK_TSAN  // which brings operators of its own, and no weak ones
// Counts what is allocated, for the test that nothing is. Not inlined: g++ would take free() for the wrong partner.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* const block = operator new(size, std::nothrow)) return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
#endif

namespace daypack::core {
namespace {

std::vector<std::string> captured_frames() {
    std::vector<std::string> all;
    for (const char* file : {"ws_public_SOL_USDC_94_frames.jsonl", "ws_frames_misc.jsonl", "ws_frames_private.jsonl"}) {
        for (const std::string& line : captured_lines(file)) {
            if (!line.empty()) all.push_back(line);
        }
    }
    return all;
}

TEST_F(DecoderTest, ReadsEveryCapturedFrame) {
    const auto frames = captured_frames();
    DAYPACK_SKIP_WITHOUT(frames);
    std::map<FrameKind, int> kinds;
    for (const std::string& frame : frames) ++kinds[agreed(frame).kind];
    EXPECT_EQ(kinds[FrameKind::depth], 72 + 3);
    EXPECT_EQ(kinds[FrameKind::ticker], 18 + 3);
    EXPECT_EQ(kinds[FrameKind::trade], 2);
    EXPECT_EQ(kinds[FrameKind::error], 4);
    EXPECT_EQ(kinds[FrameKind::figures], 4);        // markPrice, ticker; both again
    EXPECT_EQ(kinds[FrameKind::other], 3 + 2 + 2);  // depth.200ms; private ones
    EXPECT_EQ(kinds[FrameKind::bad], 0);
}

TEST_F(DecoderTest, FollowsTheCapturedUpdatesWithoutAGap) {
    const auto frames = captured_lines("ws_public_SOL_USDC_94_frames.jsonl");
    DAYPACK_SKIP_WITHOUT(frames);
    std::uint64_t last = 0;
    for (const std::string& frame : frames) {
        const Decoded decoded = decode(frame);
        if (decoded.kind != FrameKind::depth) continue;
        ASSERT_EQ(decoded.symbol, SymbolIndex{0});
        ASSERT_TRUE(last == 0 || decoded.events.front().first_id == last + 1) << frame;
        last = decoded.events.back().last_id;
    }
    EXPECT_NE(last, 0u);
}

// A frame in pieces, put together in any order, with '~' wherever white space may stand.
std::string any_order(std::vector<std::string> fields, std::vector<std::string> outer) {
    for (std::string field : *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
             R"("x":~1)", R"("Z":~null)", R"("nested":~{~"a":~[[~"1",~"2"]]~,~"stream":~"depth.X"~})",
             R"("zz":~-1.5e+10)", R"("text":~"a \"quoted\", \\ [{\u00e9")", R"("":~[])",
             R"("no":~[~true~,~false~,~{}~])"))) {
        fields.push_back(std::move(field));
    }
    const auto joined = [](std::vector<std::string> parts) {
        for (std::size_t i = parts.size(); i > 1; --i)
            std::swap(parts[i - 1], parts[*rc::gen::inRange<std::size_t>(0, i)]);
        std::string text = "~{~";
        for (std::size_t i = 0; i < parts.size(); ++i) text.append(i == 0 ? "" : "~,~").append(parts[i]);
        return text + "~}~";
    };
    outer.push_back(std::string("\"data\"~:").append(joined(std::move(fields))));
    std::string text;
    const bool spaced = *rc::gen::arbitrary<bool>();
    for (const char c : joined(std::move(outer))) {
        if (c != '~') {
            text += c;
        } else if (spaced) {
            text += *rc::gen::element<std::string>("", "", "", " ", "\n", "\t \r\n");
        }
    }
    return text;
}

std::string field(std::string_view key, const std::string& value) {
    return std::string("\"").append(key).append("\":").append(value);
}

std::string any_number() {
    const std::string digits =
        *rc::gen::element<std::string>("1", "7", "42", "12345678", "123456789", "1790915525102951",
                                       "18446744073709551615", "0", "007", "1.0", "-3", "");
    const auto number = *rc::gen::weightedElement<std::string>({{1, digits}, {12, "6904947650"}});
    if (*rc::gen::arbitrary<bool>()) return std::string("\"").append(number).append("\"");
    return number.empty() ? "null" : number;
}

std::string any_decimal(bool price) {
    return *rc::gen::weightedElement<std::string>({{30, "\"100.5\""},
                                                   {20, "\"86640.00\""},
                                                   {20, "\"7\""},
                                                   {40, "\"10000.0\""},
                                                   {price ? 1u : 30u, "\"0.00\""},
                                                   {1, "\"1.23456\""},
                                                   {1, "\"1e5\""},
                                                   {1, "\"-1\""},
                                                   {1, "null"},
                                                   {1, "12"},
                                                   {1, "\"123456789012345678901\""}});
}

std::string any_levels() {
    std::string text = "[";
    const int count = *rc::gen::inRange(0, 5);
    for (int i = 0; i < count; ++i) {
        text.append(i == 0 ? "~[~" : ",~[~")
            .append(any_decimal(true))
            .append("~,~")
            .append(any_decimal(false))
            .append("~]~");
    }
    return text + "]";
}

// A frame of a channel that we follow, mostly right.
std::string any_frame() {
    const auto event = *rc::gen::element<std::string>("depth", "trade", "bookTicker");
    const auto native = *rc::gen::weightedElement<std::string>(
        {{6, "SOL_USDC"}, {6, "AAPL.US_USDC_PERP"}, {6, "kBONK_USDC_PERP"}, {1, "XYZ_USDC"}});
    std::vector<std::string> fields = {field("T", any_number()), field("u", any_number())};
    if (event == "depth") {
        fields.insert(fields.end(), {field("U", any_number()), field("a", any_levels()), field("b", any_levels())});
    } else if (event == "trade") {
        fields.insert(fields.end(), {field("t", any_number()), field("a", any_number()), field("b", any_number()),
                                     field("p", any_decimal(true)), field("q", any_decimal(false)),
                                     field("m", *rc::gen::element<std::string>("true", "false", "null"))});
    } else {
        for (const char* side : {"a", "b"}) {
            const bool empty = *rc::gen::weightedElement<bool>({{1, true}, {4, false}});
            const std::string upper(1, static_cast<char>(side[0] - 'a' + 'A'));
            fields.push_back(field(side, empty ? "null" : any_decimal(true)));
            fields.push_back(field(upper, empty ? "null" : any_decimal(false)));
        }
    }
    const auto usually = [] { return *rc::gen::weightedElement<bool>({{9, true}, {1, false}}); };
    const auto quoted = [](const std::string& text) { return std::string("\"").append(text).append("\""); };
    if (usually()) fields.push_back(field("E", any_number()));
    if (usually()) fields.push_back(field("e", quoted(event)));
    if (usually()) fields.push_back(field("s", quoted(native)));
    std::vector<std::string> outer;
    if (usually()) outer.push_back(field("stream", quoted(std::string(event).append(".").append(native))));
    return any_order(std::move(fields), std::move(outer));
}

TEST_F(DecoderTest, AgreesWithTheSlowDecoderOnFramesOfAnyOrder) {
    std::map<FrameKind, int> kinds;
    EXPECT_TRUE(rc::check([this, &kinds] {
        for (int i = 0; i < 30; ++i) {
            const std::string frame = any_frame();
            const Decoded decoded = decode(frame, *rc::gen::element('\0', '}', ']', '"', '0'));
            ++kinds[decoded.kind];
            const std::string wrong = judge(frame, decoded);
            if (!wrong.empty()) RC_FAIL(frame + "\n" + wrong);
            frames_.clear();
        }
    }));
    for (const FrameKind kind :
         {FrameKind::depth, FrameKind::trade, FrameKind::ticker, FrameKind::other, FrameKind::bad}) {
        EXPECT_GT(kinds[kind], 50) << "kind " << int(kind);  // of 3,000, where twice as many and more are usual
    }
}

TEST_F(DecoderTest, RefusesAFrameThatIsCutOffAnywhere) {
    for (const char* whole : {kDepth, kManyLevels, kTrade, kTicker}) {
        const std::string_view frame(whole);
        for (std::size_t size = 0; size < frame.size(); ++size) {
            // What stands behind may look like the rest.
            for (const char behind : {'\0', '}', ']', '"', '0', ',', ' '}) {
                const Decoded decoded = decode(frame.substr(0, size), behind);
                ASSERT_EQ(decoded.kind, FrameKind::bad) << frame.substr(0, size);
                ASSERT_TRUE(decoded.events.empty() || decoded.events[0].kind == EventKind::bad);
            }
            frames_.clear();
        }
        const std::size_t named = frame.find("\",", frame.find("\"s\":")) + 1;
        EXPECT_TRUE(decode(frame.substr(0, std::max(named, frame.size() - 3))).symbol) << frame;
    }
}

TEST_F(DecoderTest, NeverDeliversWrongEventsOfMutilatedFrames) {
    std::vector<std::string> originals = captured_frames();
    for (const char* frame : {kDepth, kManyLevels, kTrade, kTicker}) originals.emplace_back(frame);
    std::mt19937_64 random(20261122);
    constexpr std::string_view kTelling = "\"\"\"{}[]:,,0123456789.eE-+aAbBuUTtspqm \\\n/";
    std::size_t taken = 0;
    for (int i = 0; i < 150'000; ++i) {
        std::string frame = originals[random() % originals.size()];
        for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
            const std::size_t at = random() % frame.size();
            const char byte = random() % 4 == 0 ? static_cast<char>(random()) : kTelling[random() % kTelling.size()];
            switch (random() % 8) {
                case 0: frame.erase(at, 1 + random() % 4); break;
                case 1: frame.insert(at, 1, byte); break;
                case 2: frame.insert(at, frame.substr(at / 2, random() % 20)); break;
                case 3: frame[at] = static_cast<char>(frame[at] ^ 1 << random() % 8); break;
                default: frame[at] = byte; break;
            }
            if (frame.empty()) frame = "x";
        }
        const Decoded decoded = decode(frame, random() % 2 == 0 ? '}' : ']');
        const std::string wrong = judge(frame, decoded);
        // An escape or broken UTF-8 may be refused without looking what it says.
        const bool strange =
            frame.find_first_not_of(
                " \t\r\n!\"#$%&'()*+,-./"
                "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f") != frame.npos;
        ASSERT_TRUE(wrong.empty() || (!is_update(decoded) && strange)) << frame << "\n" << wrong;
        taken += is_update(decoded) ? 1 : 0;
        frames_.clear();
    }
    EXPECT_GT(taken, 3'000u);  // or nothing was tried
}

TEST_F(DecoderTest, SurvivesWhatIsMeantToHurt) {
    const auto repeated = [](std::string_view what, std::size_t times) {
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += what;
        return text;
    };
    using namespace std::string_literals;
    for (const std::string& frame : {""s,
                                     " "s,
                                     "{"s,
                                     "}"s,
                                     "[]"s,
                                     "\"\""s,
                                     "null"s,
                                     "1"s,
                                     "pong"s,
                                     "\0"s,
                                     "\0\0\0\0"s,
                                     "{\"data\":\0}"s,
                                     "\xff\xfe"s,
                                     repeated("[", 100'000),
                                     repeated("{\"data\":", 50'000),
                                     repeated("{\"a\":", 100'000),
                                     repeated("]", 1000),
                                     "{\"x\":" + repeated("[", 900'000) + "}",
                                     "{\"x\":" + repeated("{\"x\":", 33) + "1" + repeated("}", 33) + "}",
                                     "{\"x\":" + repeated("9", 100'000) + "}",
                                     "{\"" + repeated("k", 100'000) + "\":1}",
                                     "{\"x\":\"" + repeated("\\u0041", 50'000) + "\",\"y\":\"\\ud800\"}",
                                     repeated("\"stream\":", 50'000),
                                     repeated("\"stream\":\"depth.XYZ\",", 20'000),
                                     repeated("\"s\":\"", 100'000),
                                     repeated(",", 10'000)}) {
        const Decoded decoded = decode(frame, '}');
        EXPECT_EQ(judge(frame, decoded), "") << frame.substr(0, 80);
        EXPECT_TRUE(decoded.events.empty()) << frame.substr(0, 80);
    }
    const std::string bytes("{\"data\":{\"s\":\"SOL\xc0_USDC\"},\"stream\":\"depth.SOL_USDC\"}");
    EXPECT_EQ(decode(bytes).kind, FrameKind::bad);
    EXPECT_EQ(decode(bytes).symbol, SymbolIndex{0});
    EXPECT_EQ(decode(replaced(kDepth, "\"e\"", "\"\x01\"")).kind, FrameKind::bad);
}

TEST_F(DecoderTest, AllocatesNothingPerFrame) {
    if (allocations == 0) GTEST_SKIP() << "allocations are not counted under ThreadSanitizer";
    std::vector<PaddedFrame> frames;
    for (const std::string& frame :
         {std::string(kDepth), std::string(kManyLevels), std::string(kTrade), std::string(kTicker),
          replaced(kDepth, "86640.8", "86640.85"), replaced(kDepth, "[[", "[{"),
          replaced(kDepth, "depth.BTC", "depth.XYZ"), std::string("{\"x\":[{\"y\":\"\\n\"}]}"),
          std::string(R"({"id":null,"error":{"code":4006,"message":"Invalid stream"}})")}) {
        frames.emplace_back(frame);
    }
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) {
        for (const PaddedFrame& frame : frames) (void)decoder_.decode(frame.view(), kReceive, kLine);
    }
    EXPECT_EQ(allocations, before);
}

TEST_F(DecoderTest, SeesMarketsThatAnotherThreadAdds) {
    constexpr std::size_t kMarkets = 500;
    InstrumentTable table(kMarkets);
    Decoder decoder(table, DepthStream::realtime);
    const auto name_of = [](std::size_t i) { return std::string("M").append(std::to_string(i)).append("_USDC"); };
    std::jthread cold([&table, &name_of] {
        for (std::size_t i = 0; i < kMarkets; ++i) {
            Instrument instrument;
            instrument.native = name_of(i);
            instrument.tick = {1, -1};
            instrument.step = {1, -5};
            (void)table.append(std::move(instrument));
        }
    });
    for (std::size_t i = 0; i < kMarkets; ++i) {
        const std::string name = name_of(i);
        const PaddedFrame frame(replaced(replaced(kDepth, "\"s\":\"BTC_USDC_PERP\",", ""), "BTC_USDC_PERP", name));
        Decoded decoded = decoder.decode(frame.view(), kReceive, kLine);
        while (decoded.kind != FrameKind::depth) {
            ASSERT_EQ(decoded.errc, Errc::unknown_symbol);
            std::this_thread::yield();
            decoded = decoder.decode(frame.view(), kReceive, kLine);
        }
        ASSERT_EQ(decoded.symbol, static_cast<SymbolIndex>(i));
    }
}

}  // namespace
}  // namespace daypack::core
