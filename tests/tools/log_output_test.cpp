// SPDX-License-Identifier: MIT
#include "tools/term/log_output.h"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

namespace daypack::core {
namespace {

constexpr const char* kGap = "2026-11-22T22:31:05.123456Z resync symbol=SOL_USDC reason=gap have=4330361034 line=0";
constexpr std::int64_t kSecond_ns = 1'000'000'000;

std::string shown(std::string_view line, const LogOptions& options = {}) {
    return shown_log_line(log_parts(line), options, WallTime{1'790'915'525'000'000'000});
}

TEST(LogOutput, TextHasTimeAndLevel) {
    EXPECT_EQ(shown(kGap),
              "2026-11-22T22:31:05.123456Z warning resync symbol=SOL_USDC reason=gap have=4330361034 line=0");
    EXPECT_EQ(shown("2026-11-22T22:31:05.123456Z line_up line=0 host=h"),
              "2026-11-22T22:31:05.123456Z info line_up line=0 host=h");
    EXPECT_EQ(shown("2026-11-22T22:31:05.123456Z warning: account mm: its keys are refused"),
              "2026-11-22T22:31:05.123456Z warning account mm: its keys are refused")
        << "that it is one is said once";
    EXPECT_EQ(shown("daypack: my.yaml:7: no such symbol"), "daypack: my.yaml:7: no such symbol")
        << "an editor finds file and line there";
}

TEST(LogOutput, TheJournalGetsAPriorityAndNoTime) {
    EXPECT_EQ(shown(kGap, {.to_journal = true}), "<4>resync symbol=SOL_USDC reason=gap have=4330361034 line=0");
    EXPECT_EQ(shown("2026-11-22T22:31:05.123456Z line_up line=0", {.to_journal = true}), "<6>line_up line=0");
    EXPECT_EQ(shown("2026-11-22T22:31:05.123456Z audit symbol=A levels=9 mismatches=2", {.to_journal = true}),
              "<3>audit symbol=A levels=9 mismatches=2");
    EXPECT_EQ(shown(kGap, {.format = LogFormat::json, .to_journal = true}).substr(0, 4), "<4>{");
}

TEST(LogOutput, JsonIsOneObjectWithTheFieldsOfTheLine) {
    const std::string line = shown("2026-11-22T22:31:05.123456Z line_down line=1 why=\"closed: 1001 \x1b\" odd",
                                   {.format = LogFormat::json});
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    ASSERT_EQ(parser.parse(line).get(json), simdjson::SUCCESS) << line;
    EXPECT_EQ(std::string_view(json["time"]), "2026-11-22T22:31:05.123456Z");
    EXPECT_EQ(std::string_view(json["level"]), "warning");
    EXPECT_EQ(std::string_view(json["event"]), "line_down");
    EXPECT_EQ(std::int64_t(json["fields"]["line"]), 1);
    EXPECT_EQ(std::string_view(json["fields"]["why"]), "closed: 1001 \x1b");
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_NE(shown("daypack: my.yaml:7: no", {.format = LogFormat::json}).find("\"time\":\"2026-10-02T"),
              std::string::npos)
        << "each object has a time";
}

// A program that reads the log sorts by it.
TEST(LogOutput, EachJsonLineHasAnEvent) {
    const std::array<std::array<std::string_view, 2>, 7> lines{{
        {"accounts names=none (public data alone)", "accounts"},
        {"plan threads=fused idle=spin cores=2 why=few_cores (no core; none)", "plan"},
        {"takeover: joins in private memory", "takeover"},
        {"warning: takeover drops=1 symbols=\"A\"", "takeover"},
        {"warning: no thread can be pinned to CPU 9", "warning"},
        {"daypack: my.yaml:7: no such symbol", "daypack"},
        {"4 is no name", "text"},
    }};
    for (const auto& [text, event] : lines) {
        const LogParts parts{"2026-11-22T22:31:05.123456Z", LogLevel::info, text};
        const std::string line = shown_log_line(parts, {.format = LogFormat::json}, WallTime{});
        EXPECT_NE(line.find("\"event\":\"" + std::string(event) + "\""), std::string::npos) << line;
    }
}

TEST(LogOutput, TheJournalIsKnownByItsFile) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    struct stat about {};
    ASSERT_EQ(fstat(ends[1], &about), 0);
    const std::string told = std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
    EXPECT_TRUE(leads_to_journal(ends[1], told.c_str()));
    EXPECT_FALSE(leads_to_journal(ends[1], (told + "1").c_str())) << "stderr was sent elsewhere since";
    EXPECT_FALSE(leads_to_journal(ends[1], nullptr));
    EXPECT_FALSE(leads_to_journal(ends[1], "of no use"));
    close(ends[0]);
    close(ends[1]);
    EXPECT_FALSE(leads_to_journal(ends[1], told.c_str()));
}

TEST(LogSieve, WhatRepeatsIsCountedAndToldOnce) {
    LogSieve sieve;
    int taken = 0;
    for (int i = 0; i < 40; ++i) {
        taken += sieve.takes(log_parts(kGap), MonoTime{kSecond_ns + i});
    }
    EXPECT_EQ(taken, 3);
    EXPECT_EQ(sieve.take_more(LogLevel::info), "warning: resync 37");
    EXPECT_EQ(sieve.take_more(LogLevel::info), "") << "it was told";
}

TEST(LogSieve, OfAnHourOfTroubleLittleIsShownAndNoErrorIsLost) {
    constexpr const char* kAudit = "2026-11-22T22:31:05.123456Z audit symbol=A levels=9 mismatches=2";
    LogSieve sieve;
    int gaps = 0;
    int audits = 0;
    for (int second = 0; second < 3600; ++second) {
        const MonoTime now{second * kSecond_ns};
        gaps += sieve.takes(log_parts(kGap), now);
        if (second % 120 == 0) audits += sieve.takes(log_parts(kAudit), now);
    }
    EXPECT_LE(gaps, 7);
    EXPECT_GE(gaps, 5) << "it is shown again by and by";
    EXPECT_EQ(audits, 30);
}

TEST(LogSieve, GoodAndBadNewsOfOneKindCountApart) {
    LogSieve sieve;
    for (int i = 0; i < 100; ++i) {
        (void)sieve.takes(log_parts("2026-11-22T22:31:05.123456Z state symbol=A state=LIVE reason=none u=7"),
                          MonoTime{1});
    }
    EXPECT_TRUE(
        sieve.takes(log_parts("2026-11-22T22:31:05.123456Z state symbol=A state=SYNCING reason=gap u=7"), MonoTime{2}));
    EXPECT_EQ(sieve.take_more(LogLevel::warning), "") << "where only warnings are shown, so are their counts alone";
}

TEST(LogSieve, WordsThatTheVenueChoosesDoNotFillTheMemory) {
    LogSieve sieve;
    int taken = 0;
    for (int i = 0; i < 1'000; ++i) {
        std::string word = "x";
        for (int n = i; n > 0; n /= 26) word += static_cast<char>('a' + n % 26);
        taken += sieve.takes(log_parts("2026-11-22T22:31:05.123456Z " + word + " a=1"), MonoTime{1});
    }
    EXPECT_LT(taken, 140);
}

}  // namespace
}  // namespace daypack::core
