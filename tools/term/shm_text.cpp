// SPDX-License-Identifier: MIT
#include "tools/term/shm_text.h"

#include <fmt/format.h>
#include <time.h>

#include <numeric>
#include <optional>
#include <stdexcept>

#include "book/decimal.h"
#include "net/backpack/symbol.h"

namespace daypack::core {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c >= ' ' && c <= '~') {
            out += c;
        } else {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

std::string number_text(std::int64_t mantissa, int exponent) {
    if (mantissa == INT64_MIN) ++mantissa;  // no engine writes it, and it has no positive
    return format_decimal(mantissa, exponent, exponent < 0 ? -exponent : 0);
}

std::string price_text(std::int64_t mantissa, const daypack_top& top) {
    return number_text(mantissa, top.price_exponent);
}

std::string quantity_text(std::int64_t mantissa, const daypack_top& top) {
    return number_text(mantissa, top.quantity_exponent);
}

std::string price_text(std::int64_t mantissa, const daypack_record& record) {
    return number_text(mantissa, daypack_price_exponent(record.exponents));
}

std::string quantity_text(std::int64_t mantissa, const daypack_record& record) {
    return number_text(mantissa, daypack_quantity_exponent(record.exponents));
}

std::string state_text(unsigned state, unsigned reason) {
    std::string text = daypack_state_name(state);
    if (reason != DAYPACK_REASON_none) text += std::string("/") + daypack_reason_name(reason);
    return text;
}

bool is_followed(const daypack_top& top) noexcept {
    return top.state != DAYPACK_STATE_DOWN || top.reason != DAYPACK_REASON_stopped;
}

std::vector<std::string_view> flag_names(unsigned flags) {
    std::vector<std::string_view> names;
    if ((flags & DAYPACK_FLAG_UNCONFIRMED) != 0) names.emplace_back("unconfirmed");
    if ((flags & DAYPACK_FLAG_BEHIND) != 0) names.emplace_back("behind");
    if ((flags & DAYPACK_FLAG_CROSSED) != 0) names.emplace_back("crossed");
    if ((flags & DAYPACK_FLAG_PARTIAL) != 0) names.emplace_back("partial");
    return names;
}

std::string flags_text(unsigned flags) {
    std::string text;
    for (const auto name : flag_names(flags)) text.append(" ").append(name);
    return text;
}

std::string writer_text(const daypack_reader& reader) {
    const auto phase = daypack_load(&daypack_head(&reader)->phase);
    if (phase == DAYPACK_PHASE_STOPPED || phase == DAYPACK_PHASE_RETIRED || daypack_beat_is_fresh(&reader) != 0) {
        return daypack_phase_name(phase);
    }
    return daypack_writer_lives(&reader) != 0 ? "STALLED" : "DEAD";
}

std::string duration_text(std::uint64_t ns) {
    const auto value = static_cast<double>(ns);
    if (ns < 1000) return fmt::format("{} ns", ns);
    if (ns < 1'000'000) return fmt::format("{:.1f} us", value / 1e3);
    if (ns < 1'000'000'000) return fmt::format("{:.2f} ms", value / 1e6);
    return fmt::format("{:.2f} s", value / 1e9);
}

std::uint64_t age_ns(std::uint64_t then_ns) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const auto now_ns =
        static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
    return then_ns < now_ns ? now_ns - then_ns : 0;
}

std::string time_of_day(std::int64_t ns) {
    if (ns <= 0) return "-";
    const std::int64_t ms = ns / 1'000'000 % 86'400'000;
    return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

SymbolIndex require_symbol(Reader& reader, const std::string& text) {
    const auto native = native_symbol(text);
    if (const auto index = reader.find(native ? *native : text)) return *index;
    std::vector<std::string> listed;
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) listed.push_back(reader.names(i).native);
    const auto nearest = nearest_symbol(text, listed);
    throw std::runtime_error(
        fmt::format("instance \"{}\" has no symbol \"{}\"{}", reader.instance(), escaped(text),
                    nearest ? fmt::format("; did you mean \"{}\"?", escaped(normalised_symbol(*nearest)))
                            : "; `daypack stat` lists what it has"));
}

std::vector<SymbolIndex> require_symbols(Reader& reader, const std::string& text) {
    if (!text.empty()) return {require_symbol(reader, text)};
    std::vector<SymbolIndex> all(reader.symbols());
    std::iota(all.begin(), all.end(), SymbolIndex{0});
    if (all.empty()) {
        throw std::runtime_error(
            fmt::format("instance \"{}\" has no symbol yet: the engine is just starting", reader.instance()));
    }
    return all;
}

}  // namespace daypack::core
