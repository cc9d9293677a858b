// SPDX-License-Identifier: MIT
#include "engine/control_thread/snapshot_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/threads/wall_clock.h"
#include "net/backpack/rest_decoder.h"
#include "net/base/backoff.h"
#include "net/base/retry_after.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kGather_ms = 100;
constexpr std::int64_t kFavour_ms = 1'000;
constexpr std::size_t kShareOfFirst = 4;  // so many symbols are put first as a quarter of the burst has requests

RestApi::Rank rank_of(const SnapshotRequest& request) noexcept {
    using Rank = RestApi::Rank;
    if (request.purpose == SnapshotRequest::Purpose::check) return request.audit ? Rank::audit : Rank::check;
    return request.in_vain ? Rank::normal : Rank::urgent;
}

}  // namespace

SnapshotFetcher::SnapshotFetcher(RestApi& rest, const InstrumentTable& instruments, DepthReader& reader, Send send,
                                 Log log, Doubt doubt, const SeedOrder* order)
    : rest_(rest),
      instruments_(instruments),
      reader_(reader),
      send_(std::move(send)),
      log_(std::move(log)),
      doubt_(std::move(doubt)),
      order_(order),
      held_(instruments.capacity()),
      unanswered_(instruments.capacity()) {}

void SnapshotFetcher::request(const SnapshotRequest& request) {
    if (request.purpose == SnapshotRequest::Purpose::check) return fetch(request, 0);
    favour_first();
    // A newer request of a symbol makes those that still wait pointless.
    std::erase_if(waiting_, [&](const Waiting& old) { return old.request.symbol == request.symbol; });
    const MonoTime held = held_until(request.symbol);
    if (held <= mono_now()) return fetch(request, 0);
    waiting_.push_back({request, held, 0});
}

void SnapshotFetcher::favour_first() {
    if (std::exchange(began_, true) || order_ == nullptr || !order_->prefers()) return;
    if (instruments_.size() <= rest_.burst()) return;
    const std::size_t first = std::max<std::size_t>(rest_.burst() / kShareOfFirst, 1);
    std::vector<std::uint64_t> turns(instruments_.size());
    for (std::size_t i = 0; i < turns.size(); ++i) turns[i] = order_->turn_of(static_cast<SymbolIndex>(i));
    std::nth_element(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(first - 1), turns.end());
    rest_.favour({kGather_ms, kFavour_ms, turns[first - 1], static_cast<std::int64_t>(first)});
}

MonoTime SnapshotFetcher::held_until(SymbolIndex symbol) const noexcept {
    const Held& held = held_[symbol];
    return held.instrument == &instruments_[symbol] ? held.until : MonoTime{};
}

void SnapshotFetcher::do_work(MonoTime now) {
    for (std::size_t i = 0; i < waiting_.size();) {
        if (waiting_[i].due > now) {
            ++i;
            continue;
        }
        const Waiting due = waiting_[i];
        waiting_[i] = waiting_.back();
        waiting_.pop_back();
        fetch(due.request, due.failures);
    }
}

void SnapshotFetcher::send(const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot) {
    if (request.purpose == SnapshotRequest::Purpose::check) {
        return send_(CheckSnapshot{request.symbol, std::move(snapshot), request.audit});
    }
    send_(JoinSnapshot{request.symbol, request.request, std::move(snapshot)});
}

void SnapshotFetcher::fetch(const SnapshotRequest& request, std::uint32_t failures) {
    const bool joins = request.purpose == SnapshotRequest::Purpose::join;
    rest_.depth(
        instruments_[request.symbol].native,
        [this, request, failures](const RestAnswer& answer) { on_answer(request, failures, answer); }, rank_of(request),
        joins && order_ != nullptr ? order_->turn_of(request.symbol) : 0);
}

void SnapshotFetcher::on_answer(const SnapshotRequest& request, std::uint32_t failures, const RestAnswer& answer) {
    if (answer.status == 0) return retry(request, failures, 0, answer.error);
    if (answer.status != 200) {
        if (answer.status == 404 || answer.status == 400) doubt_(request.symbol);
        const std::int64_t wait_ms =
            s_to_ms(answer.retry_after_s.value_or(answer.status == 429 ? kTooManyRequests_s : 0));
        return retry(request, failures, wait_ms, refusal(answer.status, answer.body));
    }
    auto snapshot = std::make_unique<Snapshot>();
    const auto read = reader_.read(request.symbol, answer.body, *snapshot, mono_now());
    switch (read.what) {
        case DepthReader::Answer::What::snapshot:
            held_[request.symbol] = {};
            unanswered_[request.symbol] = 0;
            return send(request, std::move(snapshot));
        case DepthReader::Answer::What::finer:
            doubt_(request.symbol);
            if (request.purpose == SnapshotRequest::Purpose::check) send(request, nullptr);
            return reader_.refine(request.symbol, read.grid);
        case DepthReader::Answer::What::refused:
            doubt_(request.symbol);
            return on_refused(request, failures, read.retry_ms);
        case DepthReader::Answer::What::garbled: doubt_(request.symbol); return retry(request, failures, 0, read.words);
    }
}

// The book is refused for a lasting reason.
void SnapshotFetcher::on_refused(const SnapshotRequest& request, std::uint32_t failures, std::int64_t retry_ms) {
    if (request.purpose == SnapshotRequest::Purpose::check) return send(request, nullptr);
    const MonoTime until = mono_now() + ms_to_ns(retry_ms);
    held_[request.symbol] = {&instruments_[request.symbol], until};
    waiting_.push_back({request, until, failures + 1});
}

void SnapshotFetcher::retry(const SnapshotRequest& request, std::uint32_t failures, std::int64_t at_least_ms,
                            const std::string& why) {
    if (request.purpose == SnapshotRequest::Purpose::check) {
        // In a quiet market the book becomes STALE for it in the end. One line until a check is answered again.
        if (!std::exchange(unanswered_[request.symbol], char{1})) {
            log_(fmt::format("check symbol={} failed why=\"{}\"", instruments_[request.symbol].native, why));
        }
        return send(request, nullptr);
    }
    ++failures;
    const std::int64_t delay_ms = std::max(at_least_ms, drawn_delay_ms(failures, random_));
    if ((failures & (failures - 1)) == 0) {  // the 1st, 2nd, 4th, 8th and so on
        log_(fmt::format("snapshot symbol={} failed={} retry_ms={} why=\"{}\"", instruments_[request.symbol].native,
                         failures, delay_ms, why));
    }
    waiting_.push_back({request, mono_now() + ms_to_ns(delay_ms), failures});
}

}  // namespace daypack::core
