// SPDX-License-Identifier: MIT
#include "net/backpack/depth_scanner.h"

#include <array>
#include <random>

#include "tests/net/backpack/decoder_harness.h"

// The scanner is a short cut: whatever the bytes, a decoder that has it answers as one that has not.

namespace daypack::core {
namespace {

class DepthScannerTest : public testing::Test {
  protected:
    DepthScannerTest() { add_captured_markets(table_); }

    [[nodiscard]] std::size_t scan(std::string_view frame) {
        const PaddedFrame padded(frame);
        std::array<Event, 64> room;
        return DepthScanner(table_, DepthStream::realtime).scan(padded.view(), kReceive, kLine, room);
    }

    [[nodiscard]] std::string answer(Decoder& decoder, std::string_view frame) {
        const Decoded decoded = decoder.decode(frame, kReceive, kLine);
        std::string text = "kind " + std::to_string(int(decoded.kind)) + " channel " +
                           std::to_string(int(decoded.channel)) + " errc " + errc_name(decoded.errc) + " symbol " +
                           (decoded.symbol ? std::to_string(*decoded.symbol) : "none") + "\n";
        return text + text_of_all(decoded.events);
    }

    void expect_same(const std::string& frame) {
        const PaddedFrame padded(frame, '5');  // digits behind it, that no number may go on in
        const std::string with = answer(scanning_, padded.view());
        const std::string without = answer(parsing_, padded.view());
        if (with != without) ADD_FAILURE() << frame << "\nscanned: " << with << "\nparsed: " << without;
    }

    InstrumentTable table_{16};
    Decoder scanning_{table_, DepthStream::realtime, {4096, 64, true}};
    Decoder parsing_{table_, DepthStream::realtime, {4096, 64, false}};
};

std::string depth_frame(const std::string& asks, const std::string& bids, const std::string& market,
                        const std::string& id = "6904947650", const std::string& time = "1790915525102951") {
    return R"({"data":{"E":)" + time + R"(,"T":)" + time + R"(,"U":)" + id + R"(,"a":[)" + asks + R"(],"b":[)" + bids +
           R"(],"e":"depth","s":")" + market + R"(","u":)" + id + R"(},"stream":"depth.)" + market + R"("})";
}

const std::array<std::string, 4> kUsual = {
    kDepth,
    depth_frame(R"(["340.32","0.00"],["340.30","12.00"])", R"(["340.31","0.50"],["12345678.91","7.25"])",
                "AAPL.US_USDC_PERP"),
    depth_frame("", "", "SOL_USDC", "1", "1"),
    depth_frame(R"(["0.5","20000"])", R"(["12.0","1230000"])", "kBONK_USDC_PERP"),
};

TEST_F(DepthScannerTest, TakesEveryDepthFrameThatWasCaptured) {
    std::size_t depth = 0;
    for (const std::string& frame : captured_lines("ws_public_SOL_USDC_94_frames.jsonl")) {
        const bool is_depth = frame.find(R"("stream":"depth.)") != std::string::npos;
        depth += is_depth ? 1 : 0;
        EXPECT_EQ(scan(frame) > 0, is_depth) << frame;
        expect_same(frame);
    }
    for (const std::string& frame : kUsual) EXPECT_GT(scan(frame), 0u) << frame;
    if (depth == 0) GTEST_SKIP() << "no captured frames: set DAYPACK_WIRE to the folder of the venue's facts";
}

TEST_F(DepthScannerTest, LeavesTheOtherOrdersToTheParser) {
    EXPECT_EQ(scan(kManyLevels), 0u);
    EXPECT_EQ(scan(kTrade), 0u);
    EXPECT_EQ(scan(kTicker), 0u);
    EXPECT_EQ(scan(std::string(kDepth) + " "), 0u);
    EXPECT_EQ(scan(replaced(kDepth, ":[]", ": []")), 0u);
    EXPECT_EQ(scan(""), 0u);
    EXPECT_EQ(scan("\"}"), 0u);
    EXPECT_EQ(scan("\"depth.SOL_USDC\"}"), 0u);
}

TEST_F(DepthScannerTest, AgreesWhateverByteIsReplaced) {
    for (const std::string& usual : kUsual) {
        for (std::size_t at = 0; at < usual.size(); ++at) {
            std::string frame = usual;
            for (int byte = 0; byte < 256; ++byte) {
                frame[at] = static_cast<char>(byte);
                expect_same(frame);
            }
            if (HasFailure()) return;
        }
    }
}

TEST_F(DepthScannerTest, AgreesOnFramesThatAreCutTornOrJoined) {
    std::mt19937_64 random(1);
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    constexpr std::string_view kPieces[] = {"0",
                                            "9",
                                            "00",
                                            ".",
                                            "\"",
                                            ",",
                                            "]",
                                            "],[",
                                            "\"],[\"",
                                            "-",
                                            "1e2",
                                            "}",
                                            "]]",
                                            "[]",
                                            "18446744073709551616",
                                            "9223372036854775808",
                                            "\\u0031",
                                            " "};
    for (int i = 0; i < 100'000 && !HasFailure(); ++i) {
        std::string frame = kUsual[below(kUsual.size())];
        for (std::size_t k = 1 + below(3); k > 0; --k) {
            const std::size_t at = below(frame.size());
            switch (below(4)) {
                case 0: frame.erase(at, 1 + below(4)); break;
                case 1: frame.insert(at, kPieces[below(std::size(kPieces))]); break;
                case 2: frame.replace(at, 1, kPieces[below(std::size(kPieces))]); break;
                default: {
                    const std::string& other = kUsual[below(kUsual.size())];
                    frame = frame.substr(0, at) + other.substr(below(other.size()));
                }
            }
            if (frame.empty()) frame = "{";
        }
        expect_same(frame);
    }
}

TEST_F(DepthScannerTest, AgreesOnNumbersOfEveryLength) {
    for (std::size_t digits = 1; digits <= 22; ++digits) {
        for (const char digit : {'0', '1', '9'}) {
            const std::string number(digits, digit);
            expect_same(depth_frame(R"(["1.00","1.00"])", "", "SOL_USDC", number));
            expect_same(depth_frame(R"(["1.00","1.00"])", "", "SOL_USDC", "7", number));
            for (std::size_t part = 0; part <= digits; ++part) {
                std::string decimal = number;
                decimal.insert(digits - part, ".");
                for (const char* market : {"SOL_USDC", "BTC_USDC_PERP", "ETH_USDC_PERP", "kBONK_USDC_PERP"}) {
                    expect_same(depth_frame("[\"" + decimal + "\",\"1.0\"]", "", market));
                    expect_same(depth_frame("", "[\"1.0\",\"" + decimal + "\"]", market));
                }
            }
        }
    }
}

TEST_F(DepthScannerTest, TakesTheFramesOfAMarketThatIsCountedMoreFinelyThanItIsListed) {
    table_.replace(0, table_[0].refined({{1, -3}, {1, -2}}));
    table_.replace(5, table_[5].refined({{1, -1}, {1, 3}}));
    for (const std::string& frame : {depth_frame(R"(["98.97","22.39"],["98.975","1.00"])", "", "SOL_USDC"),
                                     depth_frame("", R"(["98","22.00"],["98.9","0.00"])", "SOL_USDC"),
                                     depth_frame(R"(["12.3","5000"])", R"(["12.0","1230000"])", "kBONK_USDC_PERP")}) {
        EXPECT_GT(scan(frame), 0u) << frame;
        expect_same(frame);
    }
    for (const std::string& frame :
         {depth_frame(R"(["98.9755","22.39"])", "", "SOL_USDC"), depth_frame(R"(["98.97","22.395"])", "", "SOL_USDC"),
          depth_frame(R"(["0.000","22.39"])", "", "SOL_USDC")}) {
        EXPECT_EQ(scan(frame), 0u) << frame;
        expect_same(frame);
    }
    const PaddedFrame frame(depth_frame(R"(["98.97","22.39"])", "", "SOL_USDC"));
    EXPECT_EQ(scanning_.decode(frame.view(), kReceive, kLine).events[0].price.ticks, 98'970);
}

TEST_F(DepthScannerTest, LeavesAFrameWithTooManyLevelsToTheParser) {
    for (const std::size_t levels : {63u, 64u, 65u}) {
        std::string asks = R"(["1.00","1.00"])";
        for (std::size_t i = 1; i < levels; ++i) asks += R"(,["1.00","1.00"])";
        const std::string frame = depth_frame(asks, "", "SOL_USDC");
        EXPECT_EQ(scan(frame), levels <= 64 ? levels : 0);
        expect_same(frame);
    }
}

}  // namespace
}  // namespace daypack::core
