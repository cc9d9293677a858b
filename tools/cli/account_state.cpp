// SPDX-License-Identifier: MIT
#include "tools/cli/account_state.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "engine/account/ring_texts.h"
#include "engine/include/daypack/shm.h"
#include "engine/shm/instances.h"
#include "net/base/printable.h"
#include "tools/cli/account_reader.h"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

std::string account_of(const AccountStateOptions& options) {
    if (!options.account.empty()) return options.account;
    const std::vector<std::string> names = accounts_here(options.instance);
    if (!names.empty()) return names.front();
    throw std::runtime_error("instance \"" + options.instance +
                             "\" has no account in shared memory: an engine follows one where keys and a private "
                             "channel (ORDER_INFO, FILLS, POSITIONS, BALANCES) are configured");
}

std::string state_words(const ShownPart& part) {
    if (part.is_left_out()) return "no channel asks for it";
    return state_text(part.top.state, part.top.reason) + (part.is_unconfirmed() ? " (unconfirmed)" : "");
}

void print_parts(const std::string& account, const std::vector<ShownPart>& parts, bool json, std::ostream& out) {
    for (const ShownPart& part : parts) {
        if (!json) {
            out << fmt::format("{:<16} {:<10} {}\n", account, part.name, state_words(part));
            continue;
        }
        out << json_line(Json{{"account", account},
                              {"event", "state"},
                              {"part", part.name},
                              {"state", daypack_state_name(part.top.state)},
                              {"reason", part.top.reason == 0 ? "" : daypack_reason_name(part.top.reason)},
                              {"unconfirmed", part.is_unconfirmed()}})
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
        if (value.is_string() && value.get_ref<const std::string&>().empty()) continue;
        words += (words.empty() ? "" : " ") + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return printable(words, 2'048);
}

void say_on_stderr(const std::string& words) {
    std::fputs(("daypack: " + words + "\n").c_str(), stderr);
}

// Says on stderr that no engine lives, or that one does again.
class LifeWatch {
  public:
    LifeWatch(const std::string& instance, daypack_reader& reader) : instance_(instance), reader_(reader) {}
    void look() {
        const std::string death = death_notice(instance_, writer_life(reader_));
        if (death.empty() == said_.empty()) return;
        say_on_stderr(death.empty() ? "instance \"" + escaped(instance_.c_str()) + "\" has an engine again"
                                    : death + "; what the next engine tells is shown here");
        said_ = death;
    }

  private:
    const std::string& instance_;
    daypack_reader& reader_;
    std::string said_;
};

int watch(const AccountStateOptions& options, const std::string& account, AccountReader& reader, std::ostream& out) {
    constexpr int kPoll_ms = 10;
    const StopSignal stop;
    RingTexts texts(reader.raw());
    LifeWatch life(options.instance, reader.raw());
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
            out << (options.json ? event_line(*text) : event_words(*text)) << '\n';
        } else {
            out.flush();
            life.look();
            stop.wait_ms(kPoll_ms);
        }
    }
    return 0;
}

}  // namespace

int show_account_state(const AccountStateOptions& options, std::ostream& out) {
    const std::string account = account_of(options);
    AccountReader reader(options.instance, account);
    reader.require();
    if (options.watch) return watch(options, account, reader, out);
    const std::vector<ShownPart> parts = parts_of(reader.raw());
    print_parts(account, parts, options.json, out);
    const std::string death = death_notice(options.instance, writer_life(reader.raw()));
    if (!death.empty()) {
        say_on_stderr(death);
        return 1;
    }
    const std::vector<std::string> causes = account_causes(account, parts);
    for (const std::string& cause : causes) say_on_stderr(cause);
    return causes.empty() ? 0 : 1;
}

}  // namespace daypack::core
