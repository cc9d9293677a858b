// SPDX-License-Identifier: MIT
#include "engine/account/account_segment.h"

#include <algorithm>
#include <stdexcept>

#include "engine/account/account_text.h"

namespace daypack::core {
namespace {

SegmentOptions options_of(const std::string& instance, const std::string& account) {
    SegmentOptions options;
    options.instance = instance + "." + account;
    options.depth = 1;
    options.max_symbols = kAccountKinds;
    options.ring_events = AccountSegment::kRingRecords;
    options.mode = 0600;
    options.family = kAccountFamily;
    return options;
}

}  // namespace

AccountSegment::AccountSegment(const std::string& instance, const std::string& account)
    : segment_(options_of(instance, account)), heartbeat_(segment_.header()), ring_(segment_) {
    segment_.allow_beat_of(kBeatStale_ns);
    for (std::size_t i = 0; i < kAccountKinds; ++i) {
        const char* const name = account_kind_name(static_cast<AccountKind>(i));
        if (segment_.add_symbol(name, name) != static_cast<SymbolIndex>(i)) {
            throw std::runtime_error(segment_.path() + ": has no place for the " + name + " of an account");
        }
    }
    heartbeat_.set_running();
}

bool AccountSegment::beat(MonoTime now) noexcept {
    return heartbeat_.beat(now, daypack_slept_ns());
}

// The state first: who reads of it in the ring finds it in its place.
void AccountSegment::show(const AccountReport& report) {
    if (const auto* news = std::get_if<AccountStateNews>(&report.news)) {
        segment_.set_status(static_cast<SymbolIndex>(news->kind), static_cast<unsigned>(news->state.state),
                            static_cast<unsigned>(news->state.reason),
                            news->state.unconfirmed ? static_cast<std::uint16_t>(kUnconfirmed) : std::uint16_t{0});
    }
    const std::string text = account_json(report);
    (void)ring_.write_text(text);
    since_mark_ += text.size() / kTextBytes + 1;
    if (const auto* news = std::get_if<FillNews>(&report.news)) told_ = std::max(told_, news->fill.time);
}

void AccountSegment::mark_fills(VenueTime since, VenueTime known, std::uint64_t account) noexcept {
    const bool is_news = since != mark_.since || known != mark_.known || account != mark_.account;
    if (!is_news && since_mark_ < kMarkRecords) return;
    mark_ = {since, known, told_, account};
    ring_.write_mark(mark_.words());
    since_mark_ = 0;
}

std::string AccountSegment::path_of(const std::string& instance, const std::string& account) {
    return "/dev/shm/" + (kAccountFamily + instance) + "." + account;
}

}  // namespace daypack::core
