// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "net/base/utf8.h"
#include "net/ws/frame_parser.h"
#include "tests/net/beast_walk.h"
#include "tests/support/sanitized.h"

namespace daypack::core {
namespace {

using test::walk;
using test::walk_by_beast;
using test::Walked;
using test::ws_frame;
using namespace std::string_literals;

constexpr std::size_t kMax = 100'000;

std::string why_refused(const std::string& bytes, std::size_t message_bytes_max = kMax) {
    const Walked walked = walk(bytes + ws_frame(test::text, "behind"), "", message_bytes_max);
    const Walked by_beast = walk_by_beast(bytes + ws_frame(test::text, "behind"), "", message_bytes_max);
    EXPECT_EQ(walked.end, by_beast.end) << walked.why << " / Beast: " << by_beast.why;
    EXPECT_EQ(walked.messages, by_beast.messages);
    return walked.why;
}

TEST(FrameParser, EveryViolationIsRefusedAndNamed) {
    const std::string hello = ws_frame(test::text, "hello");
    const std::string begun = ws_frame(test::text, "hel", false);
    const std::map<std::string, std::string> rows = {
        {"\x91\x02hi"s, "reserved bits are set"},
        {"\xa1\x02hi"s, "reserved bits are set"},
        {"\xc1\x02hi"s, "reserved bits are set"},
        {"\x81\x82\0\0\0\0hi"s, "a server's frame is masked"},
        {"\x83\x02hi"s, "an opcode that is reserved"},
        {"\x8b\x02hi"s, "an opcode that is reserved"},
        {"\x09\x02hi"s, "a control frame is fragmented"},
        {"\x89\x7e\x00\x7e"s + std::string(126, 'p'), "a control frame is too long"},
        {hello + ws_frame(test::continuation, "lo"), "a continuation of nothing"},
        {begun + hello, "a message begins within another"},
        {"\x81\x7e\x00\x02hi"s, "a length is not written in its shortest form"},
        {"\x81\x7f\0\0\0\0\0\0\0\x02hi"s, "a length is not written in its shortest form"},
        {"\x81\x7f\x80\0\0\0\0\0\0\0"s, "too big"},
        {"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"s, "too big"},
        {ws_frame(test::close, "\x03"), "a Close frame of one byte"},
        {ws_frame(test::close, "\x03\xee"), "a Close frame with a code that is reserved"},  // 1006
        {ws_frame(test::close, "\0\x05"s), "a Close frame with a code that is reserved"},
        {ws_frame(test::close, "\x07\xd0"), "a Close frame with a code that is reserved"},  // 2000
        {ws_frame(test::close, "\x03\xe8\xff"), "a Close frame whose reason is not UTF-8"},
        {ws_frame(test::text, "caf\xe9"), "a text is not UTF-8"},
        {ws_frame(test::text, "caf\xc3"), "a text is not UTF-8"},
    };
    for (const auto& [bytes, why] : rows) EXPECT_EQ(why_refused(bytes), why);
}

TEST(FrameParser, AMessageOfTheLimitPassesAndOneByteMoreDoesNot) {
    EXPECT_EQ(why_refused(ws_frame(test::text, std::string(1000, 'x')), 1000), "");
    EXPECT_EQ(why_refused(ws_frame(test::text, std::string(1001, 'x')), 1000), "too big");
    const std::string half = ws_frame(test::text, std::string(500, 'x'), false);
    EXPECT_EQ(why_refused(half + ws_frame(test::continuation, std::string(500, 'x')), 1000), "");
    EXPECT_EQ(why_refused(half + ws_frame(test::continuation, std::string(501, 'x')), 1000), "too big");
}

TEST(FrameParser, ACloseFrameIsTheLast) {
    const Walked walked = walk(ws_frame(test::close,
                                        "\x03\xe9"
                                        "bye"s) +
                                   ws_frame(test::text, "too late"),
                               "", kMax);
    EXPECT_EQ(walked.end, Walked::End::closed);
    EXPECT_EQ(walked.code, 1001);
    EXPECT_TRUE(walked.messages.empty());
}

TEST(FrameParser, EveryRegisteredCloseCodeIsKnown) {
    for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999}) {
        const std::string bytes{static_cast<char>(code >> 8), static_cast<char>(code)};
        EXPECT_EQ(walk(ws_frame(test::close, bytes), "", kMax).code, code);
    }
    for (const int code : {999, 1004, 1005, 1006, 1015, 1016, 2999}) {
        const std::string bytes{static_cast<char>(code >> 8), static_cast<char>(code)};
        EXPECT_EQ(walk(ws_frame(test::close, bytes), "", kMax).end, Walked::End::protocol) << code;
    }
}

TEST(FrameParser, AMessageInFragmentsWithControlFramesBetweenIsWhole) {
    std::string bytes = ws_frame(test::text, "be", false);
    bytes += ws_frame(test::ping, "here?") + ws_frame(test::continuation, "", false);
    bytes += ws_frame(test::continuation, "tween", false) + ws_frame(test::pong, "") + ws_frame(test::continuation, "");
    bytes += ws_frame(test::text, "next");
    const Walked walked = walk(bytes, "", kMax);
    EXPECT_EQ(walked.messages, (std::vector<std::string>{"between", "next"}));
    EXPECT_EQ(walked.pings, std::vector<std::string>{"here?"});
    EXPECT_EQ(walked.pongs, std::vector<std::string>{""});
    EXPECT_EQ(walked, walk_by_beast(bytes, "", kMax));
}

TEST(FrameParser, AUsualMessageStaysWhereItWasReceived) {
    FrameParser walker(kMax);
    for (int i = 0; i < 5'000; ++i) {
        const std::string bytes = ws_frame(test::text, std::string(300, 'x'));
        const FrameParser::Room room = walker.room();
        std::copy(bytes.begin(), bytes.end(), room.data);
        walker.add(bytes.size());
        const FrameParser::Item item = walker.next();
        ASSERT_EQ(item.kind, FrameParser::Kind::message);
        ASSERT_EQ(item.payload.data(), room.data + 4);
        ASSERT_EQ(walker.next().kind, FrameParser::Kind::none);
    }
}

// Whole sessions: mostly right, some broken somewhere, cut anywhere, against Beast.
TEST(FrameParser, ReadsWhatBeastReads) {
    std::mt19937_64 random(7);
    const auto below = [&](std::uint64_t bound) { return static_cast<std::size_t>(random() % bound); };
    constexpr std::size_t kSizes[] = {0, 1, 2, 124, 125, 126, 127, 300, 65'535, 65'536, 70'000, 99'999, 100'000};
    int closed = 0;
    int refused = 0;
    std::size_t messages = 0;
    constexpr int kRounds = test::kSanitized ? 300 : 3'000;
    for (int round = 0; round < kRounds; ++round) {
        std::string bytes;
        for (std::size_t i = 1 + below(20); i > 0; --i) {
            std::string payload(below(8) == 0 ? kSizes[below(std::size(kSizes))] : below(400), 'x');
            for (std::size_t j = 0; j < payload.size(); j += 1 + j / 8) payload[j] = static_cast<char>('a' + below(26));
            if (below(4) == 0) payload += "€ \U0001F600 ß";
            if (below(60) == 0) payload += static_cast<char>(below(256));
            const std::size_t kind = below(100);
            if (kind < 60) bytes += ws_frame(test::text, payload);
            if (kind >= 60 && kind < 65) bytes += ws_frame(static_cast<test::Opcode>(2), payload);
            if (kind >= 65 && kind < 85) {
                const std::size_t cut = below(payload.size() + 1);
                bytes += ws_frame(test::text, payload.substr(0, cut), false);
                if (below(2) == 0) bytes += ws_frame(test::ping, "between");
                const std::size_t rest = payload.size() - cut;
                const std::size_t second = below(rest + 1);
                bytes += ws_frame(test::continuation, payload.substr(cut, second), false);
                bytes += ws_frame(test::continuation, payload.substr(cut + second) + "!");
            }
            if (kind >= 85 && kind < 92) bytes += ws_frame(test::ping, payload.substr(0, 125));
            if (kind >= 92 && kind < 98) bytes += ws_frame(test::pong, payload.substr(0, 125));
            if (kind >= 98) {
                std::string reason{static_cast<char>(below(16)), static_cast<char>(below(256))};
                bytes += ws_frame(test::close, reason + payload.substr(0, 100));
            }
        }
        if (below(3) == 0) bytes[below(bytes.size())] = static_cast<char>(random());
        std::string cuts;
        for (std::size_t i = below(5); i > 0; --i) cuts += static_cast<char>(random());
        const Walked by_beast = walk_by_beast(bytes, cuts, kMax);
        const Walked walked = walk(bytes, cuts, kMax);
        closed += walked.end == Walked::End::closed ? 1 : 0;
        refused += walked.end > Walked::End::closed ? 1 : 0;
        messages += walked.messages.size();
        // Beast refuses a text at its first bad byte, the walker when it is whole, with what stands between.
        if (by_beast.why == test::kBeastBadText) {
            ASSERT_EQ(walked.messages, by_beast.messages) << "round " << round;
            continue;
        }
        ASSERT_EQ(walked, by_beast) << "round " << round << ": " << walked.why << " / Beast: " << by_beast.why;
    }
    EXPECT_GT(closed, kRounds / 150);
    EXPECT_GT(refused, kRounds / 60);
    EXPECT_GT(messages, static_cast<std::size_t>(kRounds / 3));
}

// The slow way: by the table of Unicode 15, 3-7.
bool slow_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t k) {
            return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0;
        };
        const auto in = [&](std::size_t k, int low, int high) { return byte(k) >= low && byte(k) <= high; };
        const auto tail = [&](std::size_t k) { return in(k, 0x80, 0xbf); };
        if (in(0, 0, 0x7f))
            i += 1;
        else if (in(0, 0xc2, 0xdf) && tail(1))
            i += 2;
        else if (in(0, 0xe0, 0xe0) && in(1, 0xa0, 0xbf) && tail(2))
            i += 3;
        else if (in(0, 0xe1, 0xec) && tail(1) && tail(2))
            i += 3;
        else if (in(0, 0xed, 0xed) && in(1, 0x80, 0x9f) && tail(2))
            i += 3;
        else if (in(0, 0xee, 0xef) && tail(1) && tail(2))
            i += 3;
        else if (in(0, 0xf0, 0xf0) && in(1, 0x90, 0xbf) && tail(2) && tail(3))
            i += 4;
        else if (in(0, 0xf1, 0xf3) && tail(1) && tail(2) && tail(3))
            i += 4;
        else if (in(0, 0xf4, 0xf4) && in(1, 0x80, 0x8f) && tail(2) && tail(3))
            i += 4;
        else
            return false;
    }
    return true;
}

TEST(Utf8, IsWhatTheTableOfUnicodeSays) {
    std::mt19937_64 random(3);
    constexpr unsigned char kBytes[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                        0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    int right = 0;
    for (int i = 0; i < (test::kSanitized ? 200'000 : 2'000'000); ++i) {
        std::string text(random() % 40, 'a');
        for (std::size_t j = random() % 6; j > 0; --j) text += static_cast<char>(kBytes[random() % std::size(kBytes)]);
        text += std::string(random() % 3, 'z');
        ASSERT_EQ(is_utf8(text), slow_utf8(text)) << testing::PrintToString(text);
        right += is_utf8(text) ? 1 : 0;
    }
    EXPECT_GT(right, 1'000);
}

}  // namespace
}  // namespace daypack::core
