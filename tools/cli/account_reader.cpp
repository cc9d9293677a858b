// SPDX-License-Identifier: MIT
#include "tools/cli/account_reader.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/shm/instances.h"
#include "net/base/printable.h"
#include "tools/term/shm_text.h"

namespace daypack::core {
namespace {

// What helps, where that is not plain.
const char* help_of(unsigned state, unsigned reason) noexcept {
    if (state == DAYPACK_STATE_DOWN && reason == DAYPACK_REASON_refused) {
        return ": the exchange refuses its keys; the engine's log says why";
    }
    if (state == DAYPACK_STATE_STALE && reason == DAYPACK_REASON_line_dead) {
        return ": the line of its private streams is down, and is made again";
    }
    if (state == DAYPACK_STATE_STALE && reason == DAYPACK_REASON_writer_stalled) {
        return ": the thread that follows it does not beat; see whether the engine's process is stopped";
    }
    return "";
}

// Whether the engine of the books follows that account: the same process has written both, and has not left off before
// this engine of it began.
bool is_of(const daypack_header& books, const daypack_header& account) noexcept {
    const auto differs = [&](const std::uint64_t& one, const std::uint64_t& other) {
        return daypack_load(&one) != daypack_load(&other);
    };
    if (differs(books.writer_pid, account.writer_pid) ||
        differs(books.writer_start_ticks, account.writer_start_ticks)) {
        return false;
    }
    return daypack_load(&account.phase) != DAYPACK_PHASE_STOPPED ||
           daypack_load(&account.writer_start_ns) >= daypack_load(&books.writer_start_ns);
}

}  // namespace

AccountReader::AccountReader(const std::string& instance, const std::string& account)
    : instance_(instance), account_(account) {
    reader_.fd = -1;
    reader_.owner = DAYPACK_NO_OWNER;
    const auto [end, length] =
        fmt::format_to_n(reader_.path, sizeof reader_.path - 1, "/dev/shm/{}{}.{}", kAccountFamily, instance, account);
    result_ = length < sizeof reader_.path ? daypack_map(&reader_) : DAYPACK_NO_SEGMENT;
}

void AccountReader::require() const {
    if (result_ == DAYPACK_OK) return;
    char text[DAYPACK_PATH_BYTES + 160];
    throw std::runtime_error(fmt::format("account \"{}\" of instance \"{}\": {}", printable(account_), instance_,
                                         daypack_explain(&reader_, result_, text, sizeof text)));
}

std::vector<ShownPart> parts_of(daypack_reader& reader) {
    std::vector<ShownPart> parts;
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        daypack_entry names;
        daypack_read_entry(&reader, i, &names);
        ShownPart part{escaped(names.symbol)};
        if (daypack_read_top_here(&reader, static_cast<int>(i), &part.top) == DAYPACK_OK) parts.push_back(part);
    }
    return parts;
}

std::vector<std::string> account_causes(const std::string& account, const std::vector<ShownPart>& parts) {
    std::vector<std::string> causes;
    for (const ShownPart& part : parts) {
        if (part.is_left_out() || part.top.state == DAYPACK_STATE_LIVE) continue;
        causes.push_back(fmt::format("account {}: its {} are {}{}", printable(account), part.name,
                                     state_text(part.top.state, part.top.reason),
                                     help_of(part.top.state, part.top.reason)));
    }
    return causes;
}

// An account that is configured no more leaves its file, as a symbol leaves its place: what tells the two apart is who
// has written it last.
AccountHealth account_health(const std::string& instance, const daypack_reader& books) {
    AccountHealth health;
    for (const std::string& account : accounts_here(instance)) {
        AccountReader reader(instance, account);
        if (reader.result() != DAYPACK_OK) {
            if (reader.result() != DAYPACK_NO_SEGMENT) ++health.unread;  // else it has gone meanwhile
            continue;
        }
        if (!is_of(*daypack_head(&books), *daypack_head(&reader.raw()))) {
            ++health.earlier;
            continue;
        }
        const std::vector<std::string> causes = account_causes(account, parts_of(reader.raw()));
        health.causes.insert(health.causes.end(), causes.begin(), causes.end());
        if (causes.empty()) ++health.live;
    }
    return health;
}

}  // namespace daypack::core
