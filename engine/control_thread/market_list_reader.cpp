// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_list_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/base/backoff.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kSoon_ns = s_to_ns(1);

}  // namespace

MarketListReader::MarketListReader(RestApi& rest, ControlLog& log, OnList on_list, MonoTime now)
    : rest_(rest), log_(log), on_list_(std::move(on_list)), now_(now) {
    read();
}

void MarketListReader::do_work(MonoTime now) {
    now_ = now;
    if (due_.ns != 0 && due_ <= now) read();
}

void MarketListReader::read_now() {
    if (due_.ns != 0) read();
}

void MarketListReader::read_soon(MonoTime now) {
    if (due_.ns != 0) due_ = std::min(due_, std::max(now, read_ + kSoon_ns));
}

const std::vector<Market>& MarketListReader::markets() const noexcept {
    static const std::vector<Market> kNone;
    return list_ ? list_->markets : kNone;
}

void MarketListReader::read() {
    due_ = {};
    rest_.markets([this, asked = now_](const RestReply<MarketList>& reply) { on_reply(reply, asked); },
                  list_ ? RestApi::Rank::normal : RestApi::Rank::urgent);
}

void MarketListReader::on_reply(const RestReply<MarketList>& reply, MonoTime asked) {
    if (!reply.value) return on_none(reply.why);
    for (const auto& skipped : reply.value->skipped) log_.line_once(fmt::format("market skipped why=\"{}\"", skipped));
    if (reply.value->markets.empty()) return on_none("no market in the answer");
    failures_ = 0;
    read_ = now_;
    list_ = List{reply.value->markets, asked, reply.age_s};
    on_list_(&*list_);
    due_ = now_ + pace_ns_;
}

void MarketListReader::on_none(const std::string& why) {
    ++failures_;
    const std::int64_t delay_ms = next_delay_ms(failures_, 0.5);
    due_ = now_ + ms_to_ns(delay_ms);
    log_.line(fmt::format("markets failed={} retry_ms={} why=\"{}\"", failures_, delay_ms, why));
    on_list_(nullptr);
}

}  // namespace daypack::core
