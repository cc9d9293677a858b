// SPDX-License-Identifier: MIT
#include "tools/term/recent_flow.h"

#include <algorithm>

#include "net/base/clock.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kUntold = INT64_MIN;

std::int64_t delay_ns(std::int64_t receive_ns, std::int64_t venue_us) {
    constexpr std::int64_t kMost_us = INT64_MAX / 2000;
    if (receive_ns <= 0 || venue_us <= 0 || venue_us > kMost_us) return kUntold;
    return receive_ns - venue_us * 1000;
}

RecentFlow::Percentiles percentiles_of(std::vector<std::int64_t> values) {
    RecentFlow::Percentiles found;
    found.count = values.size();
    if (values.empty()) return found;
    std::sort(values.begin(), values.end());
    const auto at = [&](std::size_t per_mille) {
        const std::size_t rank = (values.size() * per_mille + 999) / 1000;
        return values[std::max<std::size_t>(rank, 1) - 1];
    };
    found.p50 = at(500);
    found.p90 = at(900);
    found.p99 = at(990);
    found.p999 = at(999);
    found.max = values.back();
    return found;
}

// The record at a position, where the ring still has it.
bool read_at(Reader& reader, std::uint64_t position, daypack_record& record) {
    std::uint64_t lost = 0;
    return daypack_read_record(&reader.raw(), &position, &record, &lost) == DAYPACK_OK;
}

}  // namespace

// Times of the ring go up, so the first record of the window is found in halves. Of the oldest the writer may be about
// to write over some: they are left out.
RecentFlow::RecentFlow(Reader& reader, double seconds) : now_ns_(wall_now().ns) {
    const std::uint64_t end = daypack_cursor(&reader.raw());
    const std::uint64_t there = std::min({end, reader.raw().ring_events - reader.raw().ring_events / 16, kMostRecords});
    const std::int64_t begin_ns = now_ns_ - static_cast<std::int64_t>(seconds * 1e9);
    std::uint64_t low = end - there;
    std::uint64_t high = end;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        daypack_record record;
        const bool before = !read_at(reader, middle, record) || record.publish_ns < begin_ns;
        if (before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    daypack_record first;
    covered_s_ = seconds;
    const auto start_ns = static_cast<std::int64_t>(daypack_load(&reader.header().writer_start_ns));
    std::int64_t covered_from_ns = std::max(begin_ns, std::min(start_ns, now_ns_));
    if (low == end - there && there < end && read_at(reader, low, first)) {
        covered_from_ns = std::max(covered_from_ns, std::min(first.publish_ns, now_ns_));
    }
    covered_s_ = static_cast<double>(now_ns_ - covered_from_ns) / 1e9;
    read(reader, low, end);
    std::sort(samples_.begin(), samples_.end(), [](const Sample& a, const Sample& b) { return a.symbol < b.symbol; });
}

void RecentFlow::read(Reader& reader, std::uint64_t from, std::uint64_t to) {
    samples_.reserve(to - from);
    daypack_record record;
    std::uint64_t lost = 0;
    while (from < to) {
        const int result = daypack_read_record(&reader.raw(), &from, &record, &lost);
        if (result == DAYPACK_EMPTY) return;
        if (result != DAYPACK_OK) continue;
        const unsigned kind = daypack_record_kind(&record);
        const bool trade = kind == DAYPACK_KIND_TRADE;
        const bool update =
            (kind == DAYPACK_KIND_DELTA && daypack_record_last(&record) != 0) || kind == DAYPACK_KIND_ADVANCE;
        if (!trade && !update) continue;
        samples_.push_back({record.publish_ns, record.publish_ns - record.receive_ns,
                            delay_ns(record.receive_ns, record.venue_send_us),
                            delay_ns(record.receive_ns, record.venue_match_us), daypack_record_symbol(&record), trade});
    }
}

RecentFlow::Window RecentFlow::window(double seconds) const {
    Window window;
    window.seconds = std::min(seconds, covered_s_);
    const std::int64_t begin_ns = now_ns_ - static_cast<std::int64_t>(window.seconds * 1e9);
    std::vector<std::int64_t> latencies;
    std::uint64_t trades = 0;
    for (const Sample& sample : samples_) {
        if (sample.publish_ns < begin_ns) continue;
        if (sample.trade) {
            ++trades;
        } else {
            latencies.push_back(sample.latency_ns);
        }
    }
    if (window.seconds > 0) {
        window.updates_s = static_cast<double>(latencies.size()) / window.seconds;
        window.trades_s = static_cast<double>(trades) / window.seconds;
    }
    window.frame_to_shm = percentiles_of(std::move(latencies));
    return window;
}

RecentFlow::Delay RecentFlow::delay_of(std::span<const Sample> samples) {
    std::vector<std::int64_t> send, match;
    for (const Sample& sample : samples) {
        if (sample.trade) continue;
        if (sample.send_ns != kUntold) send.push_back(sample.send_ns);
        if (sample.match_ns != kUntold) match.push_back(sample.match_ns);
    }
    return {percentiles_of(std::move(send)), percentiles_of(std::move(match))};
}

RecentFlow::Delay RecentFlow::delay() const {
    return delay_of(samples_);
}

RecentFlow::Delay RecentFlow::delay(SymbolIndex symbol) const {
    const auto begin =
        std::lower_bound(samples_.begin(), samples_.end(), symbol,
                         [](const Sample& sample, SymbolIndex wanted) { return sample.symbol < wanted; });
    const auto end = std::upper_bound(begin, samples_.end(), symbol,
                                      [](SymbolIndex wanted, const Sample& sample) { return wanted < sample.symbol; });
    return delay_of({begin, end});
}

}  // namespace daypack::core
