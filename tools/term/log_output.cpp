// SPDX-License-Identifier: MIT
#include "tools/term/log_output.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "tools/term/json_line.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTimeSize = std::string_view("2026-11-22T22:31:05.123456Z").size();
constexpr std::size_t kMostKinds = 128;  // words that a venue chooses must not fill the memory
constexpr std::int64_t kMinute_ns = 60'000'000'000;

bool is_name(std::string_view word) noexcept {
    return !word.empty() &&
           std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '-'; });
}

std::string_view first_word(std::string_view text) noexcept {
    return text.substr(0, text.find(' '));
}

// What a line tells of: its first word, and where that is no name of an event, the text without its numbers.
std::string kind_of(const LogParts& parts) {
    std::string kind(first_word(parts.text));
    if (is_name(kind) && parts.text.find('=') != std::string_view::npos) return kind;
    kind.assign(parts.text.substr(0, 48));
    std::erase_if(kind, [](char c) { return c >= '0' && c <= '9'; });
    return kind;
}

// What a line tells of, for a program: the name that it begins with, also behind "warning: " and before a colon. A
// warning in plain words is of the kind "warning".
std::string_view event_of(std::string_view text) noexcept {
    constexpr std::string_view kWarning = "warning";
    const bool warns = text.starts_with("warning: ");
    if (warns) text.remove_prefix(kWarning.size() + 2);
    std::string_view word = first_word(text);
    const bool is_head = word.ends_with(':');
    if (is_head) word.remove_suffix(1);
    if (!is_name(word)) return warns ? kWarning : "text";
    return !warns || is_head || text.find('=') != std::string_view::npos ? word : kWarning;
}

const char* level_name(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "info";
}

// Of syslog(3).
int priority_of(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::info: return 6;
        case LogLevel::warning: return 4;
        case LogLevel::error: return 3;
    }
    return 6;
}

Json json_value(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return number;
    return std::string(text);
}

// The words name=value and name="some words" of a line.
Json json_fields(std::string_view text) {
    Json fields = Json::object();
    while (!text.empty()) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        const std::size_t equals = text.find_first_of("= ");
        if (equals == std::string_view::npos) break;
        const std::string_view name = text.substr(0, equals);
        const bool is_field = text[equals] == '=' && is_name(name);
        if (!is_field) {
            text.remove_prefix(std::min(text.find(' '), text.size()));
            continue;
        }
        text.remove_prefix(equals + 1);
        const bool quoted = text.starts_with('"');
        if (quoted) text.remove_prefix(1);
        const std::size_t end = std::min(text.find(quoted ? '"' : ' '), text.size());
        fields[std::string(name)] = quoted ? Json(std::string(text.substr(0, end))) : json_value(text.substr(0, end));
        text.remove_prefix(std::min(end + (quoted ? 1 : 0), text.size()));
    }
    return fields;
}

std::string json_text(const LogParts& parts, WallTime now) {
    Json json{{"time", parts.time.empty() ? utc_text(now) : std::string(parts.time)},
              {"level", level_name(parts.level)},
              {"event", std::string(event_of(parts.text))},
              {"text", std::string(parts.text)}};
    if (Json fields = json_fields(parts.text); !fields.empty()) json["fields"] = std::move(fields);
    return json_line(json);
}

}  // namespace

LogParts log_parts(std::string_view line) noexcept {
    const bool has_time = line.size() > kTimeSize && line[kTimeSize] == ' ' && line[kTimeSize - 1] == 'Z';
    if (!has_time) return {{}, level_of(line), line};
    return {line.substr(0, kTimeSize), level_of(line), line.substr(kTimeSize + 1)};
}

std::string shown_log_line(const LogParts& parts, const LogOptions& options, WallTime now) {
    const std::string priority = options.to_journal ? fmt::format("<{}>", priority_of(parts.level)) : std::string();
    if (options.format == LogFormat::json) return priority + json_text(parts, now);
    if (options.to_journal || parts.time.empty()) return priority + std::string(parts.text);
    std::string_view text = parts.text;
    if (constexpr std::string_view kSaid = "warning: "; text.starts_with(kSaid)) text.remove_prefix(kSaid.size());
    return fmt::format("{} {} {}", parts.time, level_name(parts.level), text);
}

bool leads_to_journal(int fd, const char* journal_stream) noexcept {
    struct stat about {};
    if (journal_stream == nullptr || fstat(fd, &about) != 0) return false;
    const std::string_view told = journal_stream;
    const std::size_t colon = told.find(':');
    if (colon == std::string_view::npos) return false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    const auto whole = [](std::string_view text, std::uint64_t& number) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return error == std::errc{} && end == text.data() + text.size();
    };
    return whole(told.substr(0, colon), device) && whole(told.substr(colon + 1), inode) && device == about.st_dev &&
           inode == about.st_ino;
}

bool LogSieve::takes(const LogParts& parts, MonoTime now) {
    const bool is_error = parts.level == LogLevel::error;
    const std::int64_t price_ns = is_error ? kMinute_ns : 15 * kMinute_ns;
    const std::int64_t most_ns = (is_error ? 20 : 3) * price_ns;
    std::string name = kind_of(parts);
    if (parts.level != LogLevel::info) name += '!';  // of a state both good news and bad are seen
    if (!kinds_.contains(name) && kinds_.size() >= kMostKinds) name = "others";
    Kind& kind = kinds_.try_emplace(std::move(name), Kind{most_ns, now}).first->second;
    kind.credit_ns = std::min(most_ns, kind.credit_ns + std::max<std::int64_t>(now - kind.seen, 0));
    kind.seen = now;
    kind.level = parts.level;
    if (kind.credit_ns < price_ns) {
        ++kind.more;
        return false;
    }
    kind.credit_ns -= price_ns;
    return true;
}

std::string LogSieve::take_more(LogLevel least) {
    std::string text;
    for (const LogLevel level : {LogLevel::error, LogLevel::warning, LogLevel::info}) {
        std::string of_level;
        for (auto& [name, kind] : kinds_) {
            if (kind.more == 0 || kind.level != level) continue;
            if (level >= least) {
                const std::string_view shown(name.data(), name.size() - (name.ends_with('!') ? 1 : 0));
                of_level += fmt::format("{}{} {}", of_level.empty() ? "" : ", ", shown, kind.more);
            }
            kind.more = 0;
        }
        if (of_level.empty()) continue;
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", level_name(level), of_level);
    }
    std::replace(text.begin(), text.end(), '"', '\'');
    return text;
}

}  // namespace daypack::core
