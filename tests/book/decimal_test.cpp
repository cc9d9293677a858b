// SPDX-License-Identifier: MIT
#include "book/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <string>

#include "tests/book/slow_decimal.h"

namespace daypack::core {
namespace {

// Copies the text into a block of exactly its size, so that a sanitizer sees a read beyond it.
Result<std::int64_t> parse(const std::string& text, Unit unit) {
    const std::unique_ptr<char[]> exact(new char[text.size()]);
    std::copy(text.begin(), text.end(), exact.get());
    return parse_units({exact.get(), text.size()}, unit);
}

void expect_units(const std::string& text, Unit unit, std::int64_t count) {
    const auto parsed = parse(text, unit);
    ASSERT_TRUE(parsed) << text << ": " << errc_name(parsed.errc());
    EXPECT_EQ(*parsed, count) << text;
    EXPECT_EQ(slow::judge(text, unit, parsed), "");
}

void expect_error(const std::string& text, Unit unit, Errc errc) {
    const auto parsed = parse(text, unit);
    EXPECT_EQ(parsed.errc(), errc) << text << ": " << errc_name(parsed.errc());
    EXPECT_EQ(slow::judge(text, unit, parsed), "");
}

// The venue's units, 0.1 … 0.000000001 and 0.00001 … 10000, and ticks that are no power of ten.
rc::Gen<Unit> units() {
    return rc::gen::map(rc::gen::pair(rc::gen::element<std::int64_t>(1, 1, 1, 5, 25, 7), rc::gen::inRange(-9, 5)),
                        [](const std::pair<std::int64_t, int>& parts) {
                            return Unit{parts.first, static_cast<std::int8_t>(parts.second)};
                        });
}

// Text that is nearly a decimal, of all lengths around the sizes of machine words.
rc::Gen<std::string> nearly_decimals() {
    const auto digits = [](const char* of, int most) {
        return rc::gen::mapcat(rc::gen::inRange(0, most), [of](int count) {
            return rc::gen::container<std::string>(static_cast<std::size_t>(count),
                                                   rc::gen::elementOf(std::string(of)));
        });
    };
    return rc::gen::map(
        rc::gen::tuple(digits("0123456789", 21), digits(".", 2), digits("0123456789", 12), digits("0", 8),
                       rc::gen::weightedElement<std::string>({{40, ""}, {1, "e5"}, {1, "-"}, {1, "."}, {1, " "}})),
        [](const std::tuple<std::string, std::string, std::string, std::string, std::string>& parts) {
            return std::get<0>(parts) + std::get<1>(parts) + std::get<2>(parts) + std::get<3>(parts) +
                   std::get<4>(parts);
        });
}

TEST(Decimal, ReadsPaddedAndTrimmedTextAlike) {
    for (const char* text : {"86786", "86786.0", "86786.00", "0086786.0", "86786.00000000000000000000000"}) {
        expect_units(text, {1, -1}, 867'860);
    }
    for (const char* text : {"0", "0.0", "0.00", "0.00000", "000"}) expect_units(text, {1, -5}, 0);
    expect_units("0.000000001", {1, -9}, 1);
    expect_units("0.00001820", {1, -9}, 18'200);
}

TEST(Decimal, KeepsANumberWithoutAUnitAsFinelyAsItWasWritten) {
    EXPECT_EQ(*parse_decimal("0.0000125"), (Decimal{125, -7}));
    EXPECT_EQ(*parse_decimal("-0.0000125"), (Decimal{-125, -7}));
    EXPECT_EQ(*parse_decimal("86657.21727129"), (Decimal{8'665'721'727'129, -8}));
    EXPECT_EQ(*parse_decimal("10.500"), (Decimal{105, -1}));
    EXPECT_EQ(*parse_decimal("10.00000000000000000000"), (Decimal{10, 0}));
    EXPECT_EQ(*parse_decimal("1200"), (Decimal{1200, 0}));
    EXPECT_EQ(*parse_decimal("-0.0"), (Decimal{0, 0}));
    for (const char* text : {"", "-", "--1", "1.", ".5", "1e5", "- 1", "+1", "1-"}) {
        EXPECT_EQ(parse_decimal(text).errc(), Errc::not_a_number) << text;
    }
    EXPECT_EQ(parse_decimal("0.0000000000000000001").errc(), Errc::off_tick);
    EXPECT_EQ(parse_decimal("9223372036854775808").errc(), Errc::overflow);
}

TEST(Decimal, CountsTicksOfAHalfAndStepsOfTenThousand) {
    expect_units("100.5", {5, -1}, 201);
    expect_units("100", {5, -1}, 200);
    expect_error("100.4", {5, -1}, Errc::off_tick);
    expect_units("10000", {1, 4}, 1);
    expect_units("1230000.00", {1, 4}, 123);
    expect_units("0", {1, 4}, 0);
    expect_error("15000", {1, 4}, Errc::off_tick);
    expect_error("10000.5", {1, 4}, Errc::off_tick);
}

TEST(Decimal, RefusesWhatLiesBetweenTwoTicks) {
    expect_error("86786.05", {1, -1}, Errc::off_tick);
    expect_error("0.000001", {1, -5}, Errc::off_tick);
    EXPECT_FALSE(parse("1.0000000000000000001", {1, -5}));
    expect_error("0.00000000000000000000001", {1, -18}, Errc::off_tick);
}

TEST(Decimal, RefusesEverythingThatIsNoPlainDecimal) {
    for (const char* text :
         {"",      ".",        "1.",         ".5",           "1.2.3",     "..",        "-1",         "+1",
          "1e5",   "1E5",      "0x10",       " 1",           "1 ",        "1,5",       "NaN",        "inf",
          "1_000", "\"1\"",    "1234567.",   ".1234567",     "12345678.", ".12345678", "123456789.", "/",
          ":",     "1234567/", "1234567:.1", "\xef\xbc\x91", "86786.0.",  "86786..0"}) {
        expect_error(text, {1, -1}, Errc::not_a_number);
    }
    expect_error(std::string("1\0", 2), {1, -1}, Errc::not_a_number);
    expect_error(std::string("12345678\0", 9), {1, -1}, Errc::not_a_number);
}

TEST(Decimal, HoldsUpTo63BitsAndRefusesTheNextUnit) {
    expect_units("9223372036854775807", {1, 0}, INT64_MAX);
    expect_error("9223372036854775808", {1, 0}, Errc::overflow);
    expect_units("922337203685477580.7", {1, -1}, INT64_MAX);
    expect_error("922337203685477580.8", {1, -1}, Errc::overflow);
    expect_error("99999999999999999999", {1, 0}, Errc::overflow);
    expect_error("9223372036.9", {1, -9}, Errc::overflow);
    expect_units("9223372036.854775807", {1, -9}, INT64_MAX);
    expect_error("18446744073709551617", {1, 0}, Errc::overflow);  // 2^64 + 1
}

TEST(Decimal, AgreesWithPencilAndPaperOnAnyText) {
    EXPECT_TRUE(rc::check([] {
        for (int i = 0; i < 100; ++i) {
            const Unit unit = *units();
            const std::string near = *nearly_decimals();
            const auto far = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
            for (const std::string& text : {near, far}) {
                const std::string wrong = slow::judge(text, unit, parse(text, unit));
                if (!wrong.empty()) RC_FAIL(wrong);
            }
        }
    }));
}

TEST(Decimal, AgreesWithPencilAndPaperOnMillionsOfUsualTexts) {
    // Every shape of up to 17 characters: any number of digits before and after the point, any of them zeros at the
    // end.
    std::uint64_t random = 88172645463325252ull;
    const auto next = [&random] {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        return random;
    };
    for (int i = 0; i < 1'000'000; ++i) {
        const std::size_t whole = 1 + next() % 10;
        const std::size_t part = next() % 7;
        std::string text;
        for (std::size_t k = 0; k < whole; ++k) text += static_cast<char>('0' + next() % 10);
        if (part > 0) text += '.';
        for (std::size_t k = 0; k < part; ++k) text += next() % 2 == 0 ? '0' : static_cast<char>('0' + next() % 10);
        const Unit unit{next() % 4 == 0 ? 5 : 1, static_cast<std::int8_t>(static_cast<int>(next() % 8) - 6)};
        ASSERT_EQ(slow::judge(text, unit, parse(text, unit)), "")
            << "unit " << unit.mantissa << "e" << int{unit.exponent};
    }
}

TEST(Decimal, PrintsWhatItReadsBack) {
    EXPECT_TRUE(rc::check([] {
        const Unit unit = *units();
        const auto most = INT64_MAX / unit.mantissa / (unit.exponent > 0 ? 10'000 : 1);
        const auto count = *rc::gen::inRange<std::int64_t>(0, most);
        const std::string text = format_units(count, unit);
        const auto back = parse(text, unit);
        RC_ASSERT(back);
        RC_ASSERT(*back == count);
        // Padded alike: as many decimals as the unit has.
        const std::size_t point = text.find('.');
        const std::size_t decimals = point == std::string::npos ? 0 : text.size() - point - 1;
        RC_ASSERT(decimals == static_cast<std::size_t>(unit.decimals()));
    }));
}

TEST(Decimal, PrintsPaddedToTickAndStep) {
    EXPECT_EQ(format_units(867'860, {1, -1}), "86786.0");
    EXPECT_EQ(format_units(0, {1, -5}), "0.00000");
    EXPECT_EQ(format_units(1, {1, -9}), "0.000000001");
    EXPECT_EQ(format_units(201, {5, -1}), "100.5");
    EXPECT_EQ(format_units(123, {1, 4}), "1230000");
    EXPECT_EQ(format_units(0, {1, 4}), "0");
    EXPECT_EQ(format_decimal(-15, -1, 1), "-1.5");
    EXPECT_EQ(format_decimal(-5, -2, 3), "-0.050");
    EXPECT_EQ(format_decimal(INT64_MIN, 0, 0), "-9223372036854775808");
    EXPECT_EQ(format_decimal(7, 2, 2), "700.00");
}

TEST(Decimal, ReadsUnitsInTheirSmallestTerms) {
    const auto unit = [](const char* text) {
        const auto parsed = parse_unit(text);
        EXPECT_TRUE(parsed) << text;
        return parsed ? *parsed : Unit{};
    };
    EXPECT_EQ(unit("0.1"), (Unit{1, -1}));
    EXPECT_EQ(unit("0.0100"), (Unit{1, -2}));
    EXPECT_EQ(unit("0.000000001"), (Unit{1, -9}));
    EXPECT_EQ(unit("0.5"), (Unit{5, -1}));
    EXPECT_EQ(unit("0.25"), (Unit{25, -2}));
    EXPECT_EQ(unit("1"), (Unit{1, 0}));
    EXPECT_EQ(unit("10000"), (Unit{1, 4}));
    EXPECT_EQ(unit("1000000000000000000"), (Unit{1, 18}));
    EXPECT_EQ(unit("0.000000000000000001"), (Unit{1, -18}));
    for (const char* text :
         {"0", "0.000", "", "-0.1", "1e-5", "0.1.0", "0.0000000000000000001", "10000000000000000000"}) {
        EXPECT_FALSE(parse_unit(text)) << text;
    }
}

TEST(Decimal, FindsTheCoarsestPowerOfTenThatHoldsATextAndTheUnitBefore) {
    const auto expect = [](const char* text, Unit unit, Unit finer) {
        const auto found = finer_unit(text, unit);
        ASSERT_TRUE(found) << text;
        EXPECT_EQ(*found, finer) << text;
    };
    expect("100.00", {1, 0}, {1, 0});
    expect("0.000", {1, 4}, {1, 4});
    expect("99.3", {1, 0}, {1, -1});
    expect("99.30", {1, 0}, {1, -1});
    expect("99.3", {1, -2}, {1, -2});
    expect("5000", {1, 4}, {1, 3});
    expect("99.3", {5, -1}, {1, -1});
    expect("99.25", {5, -1}, {1, -2});
    expect("99.3", {25, -2}, {1, -2});
    expect("0.000000000000000001", {1, 0}, {1, -18});
    EXPECT_EQ(finer_unit("0.0000000000000000001", {1, 0}).errc(), Errc::off_tick);
    EXPECT_EQ(finer_unit("99999999999999999999", {1, 0}).errc(), Errc::overflow);
    EXPECT_EQ(finer_unit("1e5", {1, 0}).errc(), Errc::not_a_number);
    EXPECT_EQ(finer_unit("", {1, 0}).errc(), Errc::not_a_number);
    EXPECT_TRUE(rc::check([] {
        const Unit unit = *units();
        const std::string text = *nearly_decimals();
        const auto finer = finer_unit(text, unit);
        const auto own = parse_units(text, unit);
        RC_ASSERT(!own || *finer == unit);
        if (!finer) RC_SUCCEED("no unit holds it");
        RC_ASSERT(parse_units(text, *finer));
        RC_ASSERT(parse_units(format_unit(unit), *finer));
        if (*finer == unit) return;
        RC_ASSERT(finer->mantissa == 1);
        const Unit coarser{1, static_cast<std::int8_t>(finer->exponent + 1)};
        RC_ASSERT(!parse_units(text, coarser) || !parse_units(format_unit(unit), coarser));
    }));
}

}  // namespace
}  // namespace daypack::core
