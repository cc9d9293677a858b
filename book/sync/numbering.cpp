// SPDX-License-Identifier: MIT
#include "book/sync/numbering.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace daypack {
namespace {

// It names a level. To name none, or one that is gone, agrees with many a book.
bool says_something(std::span<const Event> update) noexcept {
    return std::any_of(update.begin(), update.end(),
                       [](const Event& event) { return event.kind == EventKind::delta && event.quantity.steps != 0; });
}

// The same ids with other levels: not of one numbering.
bool contradicts(UpdateKey a, UpdateKey b) noexcept {
    return a != b && same_edges(a, b);
}

}  // namespace

bool agrees(std::span<const Event> update, const OrderBook& book) noexcept {
    return std::all_of(update.begin(), update.end(), [&](const Event& event) {
        if (event.kind != EventKind::delta) return true;
        const BookSide& half = book.side(event.side);
        return half.at(event.price) == event.quantity || !half.is_known(event.price);
    });
}

Numbering::Judgement Numbering::judge(std::span<const Event> update, Sequence tip, const OrderBook* standing,
                                      MonoTime now) noexcept {
    const Event& first = update.front();
    const UpdateKey key = key_of(update);
    const auto line = static_cast<LineIndex>(first.line % kMaxLines);
    if ((counting_ & bit(line)) == 0) [[unlikely]]
        return {judge_other(line, update, key, tip, standing, now), key};
    const bool goes_on = first.first_id == lines_[line].last_id + 1;
    Kin kin = judge_counting(lines_[line], first, key, tip);
    if (kin == Kin::next) [[likely]]
        return {kin, key};
    // What a snapshot holds is not remembered: there the book itself is compared.
    if (kin == Kin::old && standing != nullptr && first.last_id == tip && !remembered_.find(tip)) {
        kin = agrees(update, *standing) ? Kin::copy : Kin::contradiction;
        if (kin == Kin::copy) remember(first, key);
    }
    if (kin == Kin::copy) old_since_ = {};
    // A line that goes on step by step towards an id that was told is merely late. Where none told the tip, a snapshot
    // brought it, which may be of anything.
    if (kin == Kin::old && old_since_.ns == 0 && !(goes_on && tip <= newest_counting())) old_since_ = now;
    return {kin, key};
}

Numbering::Kin Numbering::judge_counting(Line& line, const Event& first, UpdateKey key, Sequence tip) const noexcept {
    const Sequence last_id = first.last_id;
    const bool goes_back = first.first_id <= line.last_id;
    const Told before{line.last_id, line.last_key};
    if (!goes_back) [[likely]] {
        line.last_id = last_id;
        line.last_key = key;
        if (last_id > tip && first.first_id <= tip + 1) [[likely]]
            return Kin::next;
    }
    const auto known = remembered_.find(last_id);
    if (known == key && (!goes_back || last_id >= line.began_at)) return Kin::copy;
    if (before == Told{last_id, key}) return Kin::copy;
    if (goes_back) {
        note_beginning(line, last_id);
        line.last_id = last_id;
        line.last_key = key;
        return Kin::restart;
    }
    if (known && same_edges(*known, key)) return Kin::contradiction;
    return last_id > tip && !known ? Kin::ahead : Kin::old;
}

Numbering::Kin Numbering::judge_other(LineIndex index, std::span<const Event> update, UpdateKey key, Sequence tip,
                                      const OrderBook* standing, MonoTime now) noexcept {
    Line& line = lines_[index];
    const Event& first = update.front();
    // A line that was late is so for as long as it goes on, step by step.
    if (first.first_id != line.last_id + 1) {
        late_ &= ~bit(index);
        former_ &= ~bit(index);
        line.denies = false;
    }
    if (first.first_id <= line.last_id || line.last_id == 0) note_beginning(line, first.last_id);
    if (first.first_id <= line.last_id) {  // it numbers anew as well, after what it told first
        if (line.waiting.last_id != 0) line.superseded = std::exchange(line.waiting, {});
        line.last = {};
    }
    if (outdated_.find(first.last_id) == key) (outdated_goes_on_ ? former_ : late_) |= bit(index);
    const bool late = (late_ & bit(index)) != 0;
    const auto known = remembered_.find(first.last_id);
    line.denies |= known && contradicts(*known, key);
    const bool begins = tip == 0 && !late && known != key;
    if (begins) forget_former(first);
    if (line.superseded.last_id != 0) outdated_.add(line.superseded.last_id, line.superseded.key);
    // What a snapshot holds is not remembered: there the book itself is compared.
    const bool carries = !late && (carriers_ & bit(index)) != 0;
    const bool told_by_book = !(known && same_edges(*known, key)) && !late && standing != nullptr &&
                              first.last_id == tip && (carries || says_something(update)) && agrees(update, *standing);
    const bool is_copy = known == key && !was_outdated(first.last_id, key);
    const bool recognised = !line.denies && (is_copy || told_by_book);
    const bool carries_next = carries && carries_on(line, first, key, tip);
    if (recognised || begins || (carries_next && first.first_id <= tip + 1)) {
        recognise(index, first.last_id);
        line.last_id = first.last_id;
        line.last_key = key;
        if (told_by_book) remember(first, key);
        if (recognised) return Kin::copy;
        return Kin::next;
    }
    if (carries_next && counting_ == 0) {
        line.last_id = first.last_id;
        line.last_key = key;
        return Kin::beyond;
    }
    note_foreign(index, {first.last_id, key}, tip, now);
    return Kin::foreign;
}

void Numbering::note_foreign(LineIndex index, Told update, Sequence tip, MonoTime now) noexcept {
    Line& line = lines_[index];
    line.last_id = update.last_id;
    line.last_key = update.key;
    line.last[line.told++ % Line::kLast] = update;
    if (update.last_id > tip && line.waiting.last_id <= tip) line.waiting = update;
    // It told what the chain held before that jumped ahead, and goes on step by step; or the chain has not come by yet
    // where it waits. Until they meet, one of the two is merely late.
    const bool behind = update.last_id <= tip;
    const bool is_former = behind && (former_ & bit(index)) != 0;
    const bool is_late = behind && (late_ & bit(index)) != 0;
    const bool is_ahead = tip != 0 && (late_ & bit(index)) == 0 && !line.missed && line.waiting.last_id > tip &&
                          line.waiting.last_id - tip <= Remembered::kUpdates;
    const bool may_meet = is_former || is_late || is_ahead;
    const MonoTime since = may_meet ? now + (kMeet_ns - kForeign_ns) : now;
    if (line.foreign_since.ns == 0 || since < line.foreign_since) line.foreign_since = since;
    if (is_former) return;
    if (line.unexplained_since.ns == 0) line.unexplained_since = now;
}

// A chain begins where another ended. If it goes back behind that one's end, that one is outdated.
void Numbering::forget_former(const Event& first) noexcept {
    const Sequence ended = remembered_.newest();
    if (ended + 1 == first.first_id) return;
    if (ended != 0) end_remembered(ended < first.first_id);
    remembered_.clear();
    forget_denials();
}

// Whether a line that was up before the snapshot was asked for brings what follows it. Having told something older that
// could not be recognised, it tells another numbering; but what an aggregated stream told before falls within no id of
// the snapshot's, and cannot be recognised.
bool Numbering::carries_on(const Line& line, const Event& first, UpdateKey key, Sequence tip) const noexcept {
    if (first.last_id <= tip) return false;
    return line.last_id == 0 || (is_aggregated(key) && first.first_id == line.last_id + 1);
}

// What it told before that update is of the numbering as well.
void Numbering::recognise(LineIndex index, Sequence last_id) noexcept {
    Line& line = lines_[index];
    for (const Told& told : line.last) {
        if (told.last_id != 0 && told.last_id < last_id) remembered_.add(told.last_id, told.key);
    }
    counting_ |= bit(index);
    late_ &= ~bit(index);
    former_ &= ~bit(index);
    line.waiting = {};
    line.last = {};
    line.superseded = {};
    line.denies = false;
    line.foreign_since = line.unexplained_since = {};
}

bool Numbering::told_lately(const Line& line, Told update) noexcept {
    return std::any_of(line.last.begin(), line.last.end(),
                       [&](const Told& told) { return told.last_id == update.last_id && told.key == update.key; });
}

bool Numbering::told_otherwise(const Line& line, Told update) noexcept {
    const auto otherwise = [&](const Told& told) {
        return told.last_id == update.last_id && contradicts(told.key, update.key);
    };
    return otherwise(line.waiting) || std::any_of(line.last.begin(), line.last.end(), otherwise);
}

// The chain got where a line that does not count was before.
void Numbering::compare_waiting(Sequence last_id, UpdateKey key) noexcept {
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        Line& line = lines_[index];
        const Told told{last_id, key};
        if (line.superseded == told) ahead_ = index;
        line.denies |= told_otherwise(line, told);
        if (!line.denies && !was_outdated(last_id, key) && (line.waiting == told || told_lately(line, told))) {
            recognise(index, last_id);
            continue;
        }
        line.missed |= line.waiting.last_id != 0 && line.waiting.last_id <= last_id;
        if (line.waiting.last_id <= last_id) line.waiting = {};
        if (line.superseded.last_id <= last_id) line.superseded = {};
    }
}

void Numbering::wait_for_explanation(MonoTime now) noexcept {
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        Line& line = lines_[static_cast<std::size_t>(std::countr_zero(others))];
        if (line.unexplained_since.ns != 0) line.unexplained_since = now;
    }
}

void Numbering::forget() noexcept {
    remembered_.clear();
    lose_lines();
    forget_denials();
    ahead_ = kNoLine;
    for (Line& line : lines_) {
        line.waiting = {};
        line.superseded = {};
    }
}

// They were of a chain that is given up.
void Numbering::forget_denials() noexcept {
    for (Line& line : lines_) line.denies = false;
}

void Numbering::lose_lines() noexcept {
    counting_ = 0;
    carriers_ = 0;
    old_since_ = {};
}

void Numbering::restart_by(LineIndex line) noexcept {
    if (!remembered_.empty()) end_remembered(false);
    // What it went back to is remembered of a chain that was given up, and that is the next one.
    if (outdated_.find(lines_[line].last_id) == lines_[line].last_key)
        outdated_.forget_before(lines_[line].began_at_before);
    late_ |= counting_;
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        if (outdated_.find(lines_[index].last_id) == lines_[index].last_key) late_ |= bit(index);
    }
    late_ &= ~bit(line);
    former_ = 0;
    forget();
    counting_ = bit(line);
}

// `goes_on`: the next chain may be of the same numbering, further on.
void Numbering::end_remembered(bool goes_on) noexcept {
    std::swap(outdated_, remembered_);
    outdated_goes_on_ = goes_on;
}

void Numbering::begin_with(LineIndex line) noexcept {
    if (!remembered_.empty()) end_remembered(true);
    former_ |= counting_;
    forget();
    former_ &= ~bit(line);
    counting_ = bit(line);
}

void Numbering::begin_at_snapshot(LineSet carriers) noexcept {
    forget();
    carriers_ = carriers & up_ & ~late_;
}

void Numbering::on_lines(LineSet up) noexcept {
    for (LineSet changed = up ^ up_; changed != 0; changed &= changed - 1) {
        lines_[static_cast<std::size_t>(std::countr_zero(changed))] = {};
    }
    const LineSet stayed = up & up_;
    up_ = up;
    if (ahead_ != kNoLine && (stayed & bit(ahead_)) == 0) ahead_ = kNoLine;
    counting_ &= stayed;
    carriers_ &= stayed;
    late_ &= stayed;
    former_ &= stayed;
}

bool Numbering::any_foreign() const noexcept {
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        if (lines_[static_cast<std::size_t>(std::countr_zero(others))].last_id != 0) return true;
    }
    return false;
}

bool Numbering::all_passed(Sequence id) const noexcept {
    for (LineSet all = carrying() & up_; all != 0; all &= all - 1) {
        if (lines_[static_cast<std::size_t>(std::countr_zero(all))].last_id <= id) return false;
    }
    return true;
}

Sequence Numbering::newest_counting() const noexcept {
    Sequence newest = 0;
    for (LineSet all = counting_; all != 0; all &= all - 1) {
        newest = std::max(newest, lines_[static_cast<std::size_t>(std::countr_zero(all))].last_id);
    }
    return newest;
}

bool Numbering::unexplained(MonoTime now) const noexcept {
    if (old_since_.ns != 0 && now - old_since_ >= kUnexplained_ns) return true;
    for (LineSet others = up_ & ~counting_ & ~late_; others != 0; others &= others - 1) {
        const MonoTime since = lines_[static_cast<std::size_t>(std::countr_zero(others))].unexplained_since;
        if (since.ns != 0 && now - since >= kUnexplained_ns) return true;
    }
    return false;
}

Numbering::LineSet Numbering::take_foreign(MonoTime now) noexcept {
    LineSet foreign = 0;
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        Line& line = lines_[static_cast<std::size_t>(std::countr_zero(others))];
        if (line.foreign_since.ns == 0 || now - line.foreign_since < kForeign_ns) continue;
        foreign |= others & (~others + 1);
        line.foreign_since = now;
    }
    return foreign;
}

Sequence Numbering::follow_unexplained() noexcept {
    LineIndex leader = ahead_;
    for (LineSet others = up_ & ~counting_ & ~late_; others != 0 && leader == kNoLine; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        if (lines_[index].unexplained_since.ns != 0) leader = index;
    }
    if (leader == kNoLine) {
        forget();
        return 0;
    }
    restart_by(leader);
    recognise(leader, lines_[leader].last_id);
    remembered_.add(lines_[leader].last_id, lines_[leader].last_key);
    return lines_[leader].last_id;
}

}  // namespace daypack
