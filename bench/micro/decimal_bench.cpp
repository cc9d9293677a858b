// SPDX-License-Identifier: MIT
// Decimal text -> whole units, as each level of the book needs it twice.
#include <benchmark/benchmark.h>
#include <fast_float/fast_float.h>

#include <charconv>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "book/decimal.h"

namespace daypack::core {
namespace {

// More texts than the branch predictor can learn.
std::vector<std::string> texts(Unit unit, std::int64_t low, std::int64_t high) {
    std::mt19937_64 random(1);
    std::vector<std::string> result;
    for (int i = 0; i < 8192; ++i) {
        result.push_back(format_units(std::uniform_int_distribution<std::int64_t>(low, high)(random), unit));
    }
    return result;
}

template <class Read>
void each(benchmark::State& state, const std::vector<std::string>& texts, Read&& read) {
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(read(texts[i]));
        i = (i + 1) % 8192;
    }
}

void price(benchmark::State& state) {  // 86640.8
    each(state, texts({1, -1}, 600'000, 999'999), [](const std::string& text) { return *parse_units(text, {1, -1}); });
}
BENCHMARK(price);

void quantity(benchmark::State& state) {  // 1.32076; one in three deletes
    auto all = texts({1, -5}, 1, 20'000'000);
    for (std::size_t i = 0; i < all.size(); i += 3) all[i] = "0.00000";
    each(state, all, [](const std::string& text) { return *parse_units(text, {1, -5}); });
}
BENCHMARK(quantity);

// For comparison: what a double takes, which would not even be exact.
template <class Read>
void each_as_double(benchmark::State& state, Read&& read) {
    each(state, texts({1, -5}, 1, 20'000'000), [&](const std::string& text) { return read(text); });
}
void quantity_from_chars_double(benchmark::State& state) {
    each_as_double(state, [](const std::string& text) {
        double value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    });
}
BENCHMARK(quantity_from_chars_double);

void quantity_fast_float_double(benchmark::State& state) {
    each_as_double(state, [](const std::string& text) {
        double value = 0;
        fast_float::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    });
}
BENCHMARK(quantity_fast_float_double);

void quantity_strtod(benchmark::State& state) {
    each_as_double(state, [](const std::string& text) { return std::strtod(text.c_str(), nullptr); });
}
BENCHMARK(quantity_strtod);

void format(benchmark::State& state) {
    std::int64_t count = 866'408;
    for (auto _ : state) benchmark::DoNotOptimize(format_units(++count, {1, -1}));
}
BENCHMARK(format);

}  // namespace
}  // namespace daypack::core
