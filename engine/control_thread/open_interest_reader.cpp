// SPDX-License-Identifier: MIT
#include "engine/control_thread/open_interest_reader.h"

#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kAgain_ns = s_to_ns(30);
constexpr std::int64_t kSoonest_ns = s_to_ns(2);  // while the followed markets change

}  // namespace

void OpenInterestReader::do_work(MonoTime now) {
    const std::uint64_t revision = subscriptions_.revision();
    if (revision == 0 || asked_) return;
    const bool changed = revision != revision_ && now - due_ >= kSoonest_ns - kAgain_ns;
    if (now - due_ < 0 && !changed) return;
    due_ = now + kAgain_ns;
    revision_ = revision;
    asked_ = true;
    rest_.open_interest([this](const RestReply<std::vector<OpenInterest>>& reply) {
        asked_ = false;
        if (reply.value) on_rows(*reply.value);
    });
}

void OpenInterestReader::on_rows(const std::vector<OpenInterest>& rows) {
    for (const OpenInterest& row : rows) {
        for (SymbolIndex i = 0; i < instruments_.size(); ++i) {
            if (!subscriptions_.wanted(i) || instruments_[i].native != row.native) continue;
            send_(PolledOpenInterest{i, row.quantity, row.time});
        }
    }
}

}  // namespace daypack::core
