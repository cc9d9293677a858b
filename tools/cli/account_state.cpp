// SPDX-License-Identifier: MIT
#include "tools/cli/account_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "engine/account/account_segment.h"
#include "engine/include/daypack/shm.h"
#include "net/base/printable.h"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextMax = 8'192;  // the longest that an engine writes is shorter

// The accounts of an instance that have shared memory, by name.
std::vector<std::string> accounts_of(const std::string& instance) {
    const std::string begin = kAccountFamily + instance + ".";
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator("/dev/shm", error)) {
        const std::string name = file.path().filename().string();
        if (name.starts_with(begin)) names.push_back(name.substr(begin.size()));
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string account_of(const AccountStateOptions& options) {
    if (!options.account.empty()) return options.account;
    const std::vector<std::string> names = accounts_of(options.instance);
    if (!names.empty()) return names.front();
    throw std::runtime_error("instance \"" + options.instance +
                             "\" has no account in shared memory: an engine follows one where keys and a private "
                             "channel (ORDER_INFO, FILLS, POSITIONS, BALANCES) are configured");
}

// The shared memory of an account, by the functions of the C header.
class AccountReader {
  public:
    AccountReader(const std::string& instance, const std::string& account) {
        reader_.fd = -1;
        reader_.owner = DAYPACK_NO_OWNER;
        const auto [end, length] = fmt::format_to_n(reader_.path, sizeof reader_.path - 1, "/dev/shm/{}{}.{}",
                                                    kAccountFamily, instance, account);
        const int result = length < sizeof reader_.path ? daypack_map(&reader_) : DAYPACK_NO_SEGMENT;
        if (result == DAYPACK_OK) return;
        char text[DAYPACK_PATH_BYTES + 160];
        throw std::runtime_error(fmt::format("account \"{}\" of instance \"{}\": {}", printable(account), instance,
                                             daypack_explain(&reader_, result, text, sizeof text)));
    }
    ~AccountReader() { daypack_close(&reader_); }
    AccountReader(const AccountReader&) = delete;
    AccountReader& operator=(const AccountReader&) = delete;

    [[nodiscard]] daypack_reader& raw() noexcept { return reader_; }

  private:
    daypack_reader reader_{};
};

// Puts the texts of the ring together again.
class TextReader {
  public:
    explicit TextReader(daypack_reader& reader) : reader_(reader), cursor_(daypack_cursor(&reader)) {}

    // The next text; none: there is no more for now. `lost`: records that were written over unread, or not whole.
    std::optional<std::string> next(std::uint64_t& lost) {
        for (;;) {
            daypack_record record;
            std::uint64_t lapped = 0;
            const int result = daypack_read_record(&reader_, &cursor_, &record, &lapped);
            lost += lapped;
            if (result == DAYPACK_EMPTY) return std::nullopt;
            if (result != DAYPACK_OK || daypack_record_kind(&record) != kTextRecord) {
                is_whole_ = false;
                continue;
            }
            if ((record.head & kTextBegins) != 0) {
                is_whole_ = true;
                text_.clear();
            }
            if (!is_whole_) continue;
            const std::size_t size = std::min<std::size_t>(daypack_record_symbol(&record), kTextBytes);
            text_.append(reinterpret_cast<const char*>(&record) + sizeof record.head, size);
            is_whole_ = text_.size() <= kTextMax;
            if (is_whole_ && (record.head & kTextEnds) != 0) return text_;
        }
    }

  private:
    daypack_reader& reader_;
    std::uint64_t cursor_;
    std::string text_;
    bool is_whole_ = false;
};

struct Part {
    std::string name;
    daypack_top top{};
};

std::vector<Part> parts_of(daypack_reader& reader) {
    std::vector<Part> parts;
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        daypack_entry names;
        daypack_read_entry(&reader, i, &names);
        Part part{escaped(names.symbol)};
        if (daypack_read_top_here(&reader, static_cast<int>(i), &part.top) == DAYPACK_OK) parts.push_back(part);
    }
    return parts;
}

bool is_unconfirmed(const daypack_top& top) {
    return top.state == DAYPACK_STATE_LIVE && (top.flags & DAYPACK_FLAG_UNCONFIRMED) != 0;
}

std::string state_words(const daypack_top& top) {
    if (top.state == DAYPACK_STATE_DOWN && top.reason == DAYPACK_REASON_none) return "no channel asks for it";
    return state_text(top.state, top.reason) + (is_unconfirmed(top) ? " (unconfirmed)" : "");
}

void print_parts(const std::string& account, const std::vector<Part>& parts, bool json, std::ostream& out) {
    for (const Part& part : parts) {
        if (!json) {
            out << fmt::format("{:<16} {:<10} {}\n", account, part.name, state_words(part.top));
            continue;
        }
        out << json_line(Json{{"account", account},
                              {"event", "state"},
                              {"part", part.name},
                              {"state", daypack_state_name(part.top.state)},
                              {"reason", part.top.reason == 0 ? "" : daypack_reason_name(part.top.reason)},
                              {"unconfirmed", is_unconfirmed(part.top)}})
            << '\n';
    }
    out.flush();
}

// As one line, whatever a file of that name holds.
std::string event_line(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    return json_line(json.is_object() ? json : Json{{"event", "unreadable"}});
}

// An event for people: its values in the order in which they were told.
std::string event_words(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return printable(text, 512);
    std::string words;
    for (const auto& [key, value] : json.items()) {
        if (value.is_boolean() && !value.get<bool>()) continue;
        words += (words.empty() ? "" : " ") + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return printable(words, 2'048);
}

int watch(const AccountStateOptions& options, const std::string& account, AccountReader& reader, std::ostream& out) {
    constexpr int kPoll_ms = 10;
    constexpr int kLookEvery = 10;  // of the polls that find nothing
    int idle = 0;
    const StopSignal stop;
    TextReader texts(reader.raw());
    print_parts(account, parts_of(reader.raw()), options.json, out);
    while (!stop.asked() && out) {
        std::uint64_t lost = 0;
        const auto text = texts.next(lost);
        if (lost > 0) {
            out << (options.json ? json_line(Json{{"account", account}, {"event", "lost"}, {"records", lost}})
                                 : fmt::format("{} records were lost: the ring was faster than this reader", lost))
                << '\n';
        }
        if (text) {
            idle = 0;
            out << (options.json ? event_line(*text) : event_words(*text)) << '\n';
        } else {
            out.flush();
            if (++idle % kLookEvery == 0) require_whole(reader.raw());
            stop.wait_ms(kPoll_ms);
        }
    }
    return 0;
}

}  // namespace

int show_account_state(const AccountStateOptions& options, std::ostream& out) {
    const std::string account = account_of(options);
    AccountReader reader(options.instance, account);
    if (options.watch) return watch(options, account, reader, out);
    print_parts(account, parts_of(reader.raw()), options.json, out);
    const std::string death = death_notice(options.instance, writer_life(reader.raw()));
    if (death.empty()) return 0;
    std::fputs(("daypack: " + death + "\n").c_str(), stderr);
    return 1;
}

}  // namespace daypack::core
