// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "book/sync/sync.h"

namespace daypack::core {

// A hash of everything that a Sync's decisions depend on: two Syncs with equal hashes behave alike from here on. A time
// enters as its age, limited to the longest bound of any rule. The venue's timestamps are left out.
struct StateHash {
    MonoTime now;
    std::uint64_t value = 0x1234'5678'9ABC'DEF1;

    static std::uint64_t of(const Sync& sync, MonoTime now) {
        StateHash hash{now};
        hash.add(sync);
        return hash.value;
    }

    // The members whose memory lies outside of the Sync itself, for SyncCheckpoint.
    [[nodiscard]] static std::array<Remembered*, 2> remembered_of(Sync& sync) {
        return {&sync.numbering_.remembered_, &sync.numbering_.previous_chain_};
    }
    [[nodiscard]] static OrderBook& book_of(Sync& sync) { return sync.book_; }
    // The first buffered update; null when there is none.
    [[nodiscard]] static const Event* first_waiting_of(const Sync& sync) {
        return sync.pending_.empty() ? nullptr : &sync.pending_.front();
    }
    using Remembering = Remembered::Update;
    [[nodiscard]] static std::span<Remembering> entries_of(Remembered& remembered) {
        return {remembered.updates_.data(), remembered.size_};  // they begin at the front while it is not full
    }

    void mix(std::uint64_t word) {
        value = (value ^ word) * 0x9E37'79B9'7F4A'7C15;
        value ^= value >> 29;
    }
    // A time that may be unset.
    void age(MonoTime time) { mix(time.ns == 0 ? ~std::uint64_t{0} : elapsed(time)); }
    void since(MonoTime time) { mix(elapsed(time)); }
    [[nodiscard]] std::uint64_t elapsed(MonoTime time) const {
        constexpr std::int64_t kBeyondAll_ns = 11'000'000'000;
        return static_cast<std::uint64_t>(std::clamp(now - time, -kBeyondAll_ns, kBeyondAll_ns));
    }

    void add(const Sync& sync) {
        for (const auto word : {static_cast<std::uint64_t>(sync.phase_),
                                static_cast<std::uint64_t>(sync.reason_),
                                static_cast<std::uint64_t>(sync.lost_reason_),
                                std::uint64_t{sync.unconfirmed_},
                                std::uint64_t{sync.has_hole_},
                                std::uint64_t{sync.silent_},
                                std::uint64_t{sync.only_line_confirms_},
                                std::uint64_t{sync.in_flight_},
                                std::uint64_t{sync.numbering_in_doubt_},
                                std::uint64_t{sync.had_book_},
                                std::uint64_t{sync.lost_after_tip_},
                                std::uint64_t{sync.tip_not_buffered_},
                                std::uint64_t{sync.rest_went_back_},
                                std::uint64_t{sync.thin_sides_},
                                sync.shown_levels_[0],
                                sync.shown_levels_[1],
                                std::uint64_t{sync.lines_since_request_},
                                sync.last_id_,
                                sync.newest_id_,
                                sync.held_id_,
                                sync.id_before_loss_,
                                sync.furthest_shown_id_}) {
            mix(word);
        }
        age(sync.last_update_at_);
        if (sync.last_update_at_.ns == 0) since(sync.up_since_);
        if (sync.id_before_loss_ != 0) age(sync.below_since_);
        if (sync.held_id_ != 0) since(sync.held_since_);
        age(sync.lines_behind_since_);
        if (sync.has_hole_) since(sync.hole_since_);
        if (sync.lost_reason_ != Reason::none) since(sync.lost_since_);
        add(sync.crossed_);
        add(sync.rest_);
        add(sync.pace_);
        add(sync.numbering_);
        sync.pending_.for_each([this](const Event& event) { add(event); });
        mix(sync.early_.empty() ? 0 : sync.early_.newest());
        sync.early_.updates_.for_each([this](const Event& event) { add(event); });
        for (const Side side : {Side::bid, Side::ask}) {
            for (const Level& level : sync.book_.side(side).top()) {
                mix(static_cast<std::uint64_t>(level.price.ticks));
                mix(static_cast<std::uint64_t>(level.quantity.steps));
            }
        }
    }
    void add(const Event& event) {
        mix(event.last_id);
        mix(static_cast<std::uint64_t>(event.price.ticks));
        mix(static_cast<std::uint64_t>(event.quantity.steps));
    }
    void add(const CrossedWatch& watch) {
        mix(std::uint64_t{watch.crossed_} | std::uint64_t{watch.at_venue_} << 1);
        if (watch.crossed_) since(watch.since_);
    }
    void add(const RestCheck& check) {
        mix(check.later_id_);
        age(check.earlier_since_);
        age(check.applied_);
        if (check.later_id_ == 0) return;
        since(check.later_since_);
        since(check.later_answered_);
    }
    void add(const JoinPace& pace) {
        mix(static_cast<std::uint64_t>(pace.reason_));
        mix(pace.repeats_);
        mix(pace.rejections_);
        mix(static_cast<std::uint64_t>(std::max<std::int64_t>(pace.due_ - now, 0)));
        since(pace.asked_);
        age(pace.joined_);
    }
    void add(const Numbering& numbering) {
        for (const auto set : {numbering.up_, numbering.trusted_, numbering.candidates_, numbering.late_after_restart_,
                               numbering.late_after_jump_})
            mix(set);
        age(numbering.old_since_);
        mix(numbering.proves_restart_);
        for (LineIndex i = 0; i < 4; ++i) {
            const auto& line = numbering.lines_[i];
            for (const auto word : {line.last_id, line.last_key, line.began_at, line.began_at_before,
                                    line.first_ahead.last_id, line.first_ahead.key})
                mix(word);
            for (std::size_t back = 0; back < line.recent.size(); ++back) {
                const auto& sent = line.recent[(line.recent_count + back) % line.recent.size()];
                mix(sent.last_id);
                mix(sent.key);
            }
            mix(std::uint64_t{line.missed} | std::uint64_t{line.contradicts_chain} << 1);
            mix(line.ahead_before_restart.last_id);
            mix(line.ahead_before_restart.key);
            age(line.foreign_since);
            age(line.unexplained_since);
        }
        add(numbering.remembered_);
        add(numbering.previous_chain_);
        mix(numbering.previous_may_go_on_ ? 1 : 0);
    }
    void add(const Remembered& remembered) {
        mix(remembered.size_);
        for (std::size_t i = 0; i < remembered.size_; ++i) {
            mix(remembered.at(i).last_id);
            mix(remembered.at(i).key);
        }
    }
};

}  // namespace daypack::core
