// SPDX-License-Identifier: MIT
#pragma once
#include <fcntl.h>
#include <simdjson.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "net/base/utf8.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core::test {

// The segment of an engine that is gone, bent by a seed: names of any bytes, and numbers that break what is done with
// them carelessly. Magic and version stay, or nobody would read on.
class HostileSegment {
  public:
    HostileSegment() {
        {
            Writer writer(instance_.options(4, 8, 16));
            (void)writer.segment.add_symbol("ETH-USDC", "ETH_USDC");
            (void)writer.segment.add_line("ws.example");
            writer.snapshot(1);
            for (Sequence u = 2; u < 20; ++u) writer.apply({delta(u, Side::bid, 50 + static_cast<std::int64_t>(u), 1)});
        }
        const int fd = open(instance_.path().c_str(), O_RDONLY);
        std::array<char, 4096> part;
        for (ssize_t size = 0; (size = read(fd, part.data(), part.size())) > 0;)
            honest_.insert(honest_.end(), part.begin(), part.begin() + size);
        close(fd);
    }

    [[nodiscard]] const std::string& name() const { return instance_.name; }
    [[nodiscard]] const std::string& path() const { return path_; }

    void bend(std::uint64_t seed) {
        std::mt19937_64 random(seed);
        std::vector<char> bytes = honest_;
        const SegmentLayout layout(4, 8, 16);
        const auto put = [&](std::size_t at, std::uint64_t word) { std::memcpy(&bytes[at / 8 * 8], &word, 8); };
        const auto within = [&](std::size_t begin, std::size_t end) { return begin + random() % (end - begin); };
        if (seed % 4 != 0) {  // both tables of names, wholly
            for (std::size_t at = layout.directory; at < layout.counters; ++at) bytes[at] = static_cast<char>(random());
        }
        for (std::size_t lies = random() % 4; lies > 0; --lies) put(within(16, sizeof(daypack_header)), nasty(random));
        for (std::size_t lies = random() % 64; lies > 0; --lies)
            put(within(layout.counters, bytes.size() - 8), nasty(random));
        for (std::size_t lies = random() % 16; lies > 0; --lies)
            put(within(layout.ring, bytes.size() - 8), nasty(random));
        const int fd = open(instance_.path().c_str(), O_WRONLY | O_CREAT, 0640);
        EXPECT_EQ(pwrite(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
        close(fd);
    }

  private:
    static std::uint64_t nasty(std::mt19937_64& random) {
        static constexpr std::array<std::uint64_t, 10> kNasty{
            0, 1, 63, 65536, UINT32_MAX, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX - 1, UINT64_MAX};
        switch (random() % 3) {
            case 0: return kNasty[random() % kNasty.size()];
            case 1: return random();
            default: return random() % 100'000;
        }
    }

    const Instance instance_;
    const std::string path_ = instance_.path();
    std::vector<char> honest_;
};

// Nothing that a terminal would act upon: UTF-8 without a control character but the end of a line.
[[nodiscard]] inline testing::AssertionResult is_printable(const std::string& text) {
    if (!is_utf8(text)) return testing::AssertionFailure() << "no UTF-8";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c1 = byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if ((byte < ' ' && byte != '\n') || byte == 0x7f || c1) {
            return testing::AssertionFailure() << "byte " << unsigned{byte} << " at " << i;
        }
    }
    return testing::AssertionSuccess();
}

// That, and each line JSON.
[[nodiscard]] inline testing::AssertionResult is_json(const std::string& text) {
    simdjson::dom::parser parser;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = text.find('\n', from);
        if (parser.parse(text.substr(from, end - from)).error() != simdjson::SUCCESS) {
            return testing::AssertionFailure() << "no JSON: " << text.substr(from, 200);
        }
        from = end == std::string::npos ? text.size() : end + 1;
    }
    return is_printable(text);
}

}  // namespace daypack::core::test
