// SPDX-License-Identifier: MIT
#include "book/sync/numbering.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace daypack::core {
namespace {

// True when the update sets a quantity. An update that only deletes, or has no levels, agrees with many books.
bool sets_a_level(std::span<const Event> update) noexcept {
    return std::any_of(update.begin(), update.end(),
                       [](const Event& event) { return event.kind == EventKind::delta && event.quantity.steps != 0; });
}

// True when the two keys cover the same ids with different levels: they are not of one numbering.
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

Numbering::Classification Numbering::classify(std::span<const Event> update, Sequence tip, const OrderBook* standing,
                                              MonoTime now) noexcept {
    const Event& first = update.front();
    const UpdateKey key = key_of(update);
    const auto line = static_cast<LineIndex>(first.line % kMaxLines);
    if ((trusted_ & bit(line)) == 0) [[unlikely]]
        return {classify_untrusted(line, update, key, tip, standing, now), key};
    const bool is_consecutive = first.first_id == lines_[line].last_id + 1;
    Relation relation = classify_trusted(lines_[line], first, key, tip);
    if (relation == Relation::next) [[likely]]
        return {relation, key};
    // The updates before a snapshot are not remembered: the caller compares the one at its id with the book itself.
    if (relation == Relation::old && standing != nullptr && first.last_id == tip && !remembered_.find(tip)) {
        relation = Relation::copy;
        remember(first, key);
    }
    if (relation == Relation::copy) old_since_ = {};
    // A line whose ids are consecutive is merely late if a line has sent the tip. Where only a snapshot brought the
    // tip, that snapshot may be of anything.
    if (relation == Relation::old && old_since_.ns == 0 && !(is_consecutive && tip <= newest_trusted()))
        old_since_ = now;
    return {relation, key};
}

Numbering::Relation Numbering::classify_trusted(Line& line, const Event& first, UpdateKey key,
                                                Sequence tip) const noexcept {
    const Sequence last_id = first.last_id;
    const bool goes_back = first.first_id <= line.last_id;
    const UpdateIdentity before{line.last_id, line.last_key};
    if (!goes_back) [[likely]] {
        line.last_id = last_id;
        line.last_key = key;
        if (last_id > tip && first.first_id <= tip + 1) [[likely]]
            return Relation::next;
    }
    const auto known = remembered_.find(last_id);
    if (known == key && (!goes_back || last_id >= line.began_at)) return Relation::copy;
    if (before == UpdateIdentity{last_id, key}) return Relation::copy;
    if (goes_back) {
        note_beginning(line, last_id);
        line.last_id = last_id;
        line.last_key = key;
        return Relation::restart;
    }
    if (known && same_edges(*known, key)) return Relation::contradiction;
    return last_id > tip && !known ? Relation::ahead : Relation::old;
}

Numbering::Relation Numbering::classify_untrusted(LineIndex index, std::span<const Event> update, UpdateKey key,
                                                  Sequence tip, const OrderBook* standing, MonoTime now) noexcept {
    Line& line = lines_[index];
    const Event& first = update.front();
    // A late line stays late while its ids are consecutive.
    if (first.first_id != line.last_id + 1) {
        late_after_restart_ &= ~bit(index);
        late_after_jump_ &= ~bit(index);
        line.contradicts_chain = false;
    }
    if (first.first_id <= line.last_id || line.last_id == 0) note_beginning(line, first.last_id);
    if (first.first_id <= line.last_id) {  // its numbering restarted, too
        if (line.first_ahead.last_id != 0) line.ahead_before_restart = std::exchange(line.first_ahead, {});
        line.recent = {};
    }
    if (previous_chain_.find(first.last_id) == key)
        (previous_may_go_on_ ? late_after_jump_ : late_after_restart_) |= bit(index);
    const bool late = (late_after_restart_ & bit(index)) != 0;
    const auto known = remembered_.find(first.last_id);
    line.contradicts_chain |= known && contradicts(*known, key);
    const bool begins = tip == 0 && !late && known != key;
    if (begins) retire_unless_followed(first);
    if (line.ahead_before_restart.last_id != 0)
        previous_chain_.add(line.ahead_before_restart.last_id, line.ahead_before_restart.key);
    // The updates before a snapshot are not remembered, so at its id the levels are compared with the book itself.
    const bool is_candidate = !late && (candidates_ & bit(index)) != 0;
    const bool agrees_with_book = !(known && same_edges(*known, key)) && !late && standing != nullptr &&
                                  first.last_id == tip && (is_candidate || sets_a_level(update)) &&
                                  agrees(update, *standing);
    const bool is_copy = known == key && !was_in_previous_chain(first.last_id, key);
    const bool recognised = !line.contradicts_chain && (is_copy || agrees_with_book);
    const bool continues = is_candidate && continues_snapshot(line, first, key, tip);
    if (recognised || begins || (continues && first.first_id <= tip + 1)) {
        trust(index, first.last_id);
        line.last_id = first.last_id;
        line.last_key = key;
        if (agrees_with_book) remember(first, key);
        if (recognised) return Relation::copy;
        return Relation::next;
    }
    if (continues && trusted_ == 0) {
        line.last_id = first.last_id;
        line.last_key = key;
        return Relation::beyond;
    }
    note_foreign(index, {first.last_id, key}, tip, now);
    return Relation::foreign;
}

void Numbering::note_foreign(LineIndex index, UpdateIdentity update, Sequence tip, MonoTime now) noexcept {
    Line& line = lines_[index];
    line.last_id = update.last_id;
    line.last_key = update.key;
    line.recent[line.recent_count++ % Line::kRecent] = update;
    if (update.last_id > tip && line.first_ahead.last_id <= tip) line.first_ahead = update;
    // The line may still send ids from before a gap, or the chain may not have reached its first update yet. Until they
    // meet, one of the two is merely late.
    const bool behind = update.last_id <= tip;
    const bool is_former = behind && (late_after_jump_ & bit(index)) != 0;
    const bool is_late = behind && (late_after_restart_ & bit(index)) != 0;
    const bool is_ahead = tip != 0 && (late_after_restart_ & bit(index)) == 0 && !line.missed &&
                          line.first_ahead.last_id > tip && line.first_ahead.last_id - tip <= Remembered::kUpdates;
    const bool may_meet = is_former || is_late || is_ahead;
    const MonoTime since = may_meet ? now + (kMeet_ns - kForeign_ns) : now;
    if (line.foreign_since.ns == 0 || since < line.foreign_since) line.foreign_since = since;
    if (is_former) return;
    if (line.unexplained_since.ns == 0) line.unexplained_since = now;
}

// A chain begins with this update. Unless it follows on the chain that is remembered, that one becomes the previous
// chain.
void Numbering::retire_unless_followed(const Event& first) noexcept {
    const Sequence ended = remembered_.newest();
    if (ended + 1 == first.first_id) return;
    if (ended != 0) retire_chain(ended < first.first_id);
    remembered_.clear();
    clear_contradictions();
}

// True when a line that was up before the snapshot was requested sends the first update after it. If the line has sent
// an older update that was not recognised, it sends another numbering; except on an aggregated stream, where no older
// update ends at an id that could be recognised.
bool Numbering::continues_snapshot(const Line& line, const Event& first, UpdateKey key, Sequence tip) const noexcept {
    if (first.last_id <= tip) return false;
    return line.last_id == 0 || (is_aggregated(key) && first.first_id == line.last_id + 1);
}

// Makes a line trusted. The updates that it sent before `last_id` are of the chain as well.
void Numbering::trust(LineIndex index, Sequence last_id) noexcept {
    Line& line = lines_[index];
    for (const UpdateIdentity& identity : line.recent) {
        if (identity.last_id != 0 && identity.last_id < last_id) remembered_.add(identity.last_id, identity.key);
    }
    trusted_ |= bit(index);
    late_after_restart_ &= ~bit(index);
    late_after_jump_ &= ~bit(index);
    line.first_ahead = {};
    line.recent = {};
    line.ahead_before_restart = {};
    line.contradicts_chain = false;
    line.foreign_since = line.unexplained_since = {};
}

bool Numbering::is_recent(const Line& line, UpdateIdentity update) noexcept {
    return std::any_of(line.recent.begin(), line.recent.end(), [&](const UpdateIdentity& identity) {
        return identity.last_id == update.last_id && identity.key == update.key;
    });
}

bool Numbering::contradicts_recent(const Line& line, UpdateIdentity update) noexcept {
    const auto otherwise = [&](const UpdateIdentity& identity) {
        return identity.last_id == update.last_id && contradicts(identity.key, update.key);
    };
    return otherwise(line.first_ahead) || std::any_of(line.recent.begin(), line.recent.end(), otherwise);
}

// The chain has reached `last_id`: compares with it what the lines that are not trusted sent ahead of the chain.
void Numbering::compare_untrusted(Sequence last_id, UpdateKey key) noexcept {
    for (LineSet others = up_ & ~trusted_; others != 0; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        Line& line = lines_[index];
        const UpdateIdentity identity{last_id, key};
        if (line.ahead_before_restart == identity) proves_restart_ = index;
        line.contradicts_chain |= contradicts_recent(line, identity);
        if (!line.contradicts_chain && !was_in_previous_chain(last_id, key) &&
            (line.first_ahead == identity || is_recent(line, identity))) {
            trust(index, last_id);
            continue;
        }
        line.missed |= line.first_ahead.last_id != 0 && line.first_ahead.last_id <= last_id;
        if (line.first_ahead.last_id <= last_id) line.first_ahead = {};
        if (line.ahead_before_restart.last_id <= last_id) line.ahead_before_restart = {};
    }
}

void Numbering::restart_unexplained_timers(MonoTime now) noexcept {
    for (LineSet others = up_ & ~trusted_; others != 0; others &= others - 1) {
        Line& line = lines_[static_cast<std::size_t>(std::countr_zero(others))];
        if (line.unexplained_since.ns != 0) line.unexplained_since = now;
    }
}

void Numbering::reset() noexcept {
    remembered_.clear();
    distrust_all();
    clear_contradictions();
    proves_restart_ = kNoLine;
    for (Line& line : lines_) {
        line.first_ahead = {};
        line.ahead_before_restart = {};
    }
}

// The contradictions were with a chain that is given up.
void Numbering::clear_contradictions() noexcept {
    for (Line& line : lines_) line.contradicts_chain = false;
}

void Numbering::distrust_all() noexcept {
    trusted_ = 0;
    candidates_ = 0;
    old_since_ = {};
}

void Numbering::restart_by(LineIndex line) noexcept {
    if (!remembered_.empty()) retire_chain(false);
    // Where the line went back to updates of the previous chain, that chain is the next one again.
    if (previous_chain_.find(lines_[line].last_id) == lines_[line].last_key)
        previous_chain_.forget_before(lines_[line].began_at_before);
    late_after_restart_ |= trusted_;
    for (LineSet others = up_ & ~trusted_; others != 0; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        if (previous_chain_.find(lines_[index].last_id) == lines_[index].last_key) late_after_restart_ |= bit(index);
    }
    late_after_restart_ &= ~bit(line);
    late_after_jump_ = 0;
    reset();
    trusted_ = bit(line);
}

// Makes the remembered chain the previous one. `may_go_on`: the next chain may be of the same numbering, after a gap.
void Numbering::retire_chain(bool may_go_on) noexcept {
    std::swap(previous_chain_, remembered_);
    previous_may_go_on_ = may_go_on;
}

void Numbering::begin_with(LineIndex line) noexcept {
    if (!remembered_.empty()) retire_chain(true);
    late_after_jump_ |= trusted_;
    reset();
    late_after_jump_ &= ~bit(line);
    trusted_ = bit(line);
}

void Numbering::begin_at_snapshot(LineSet candidates) noexcept {
    reset();
    candidates_ = candidates & up_ & ~late_after_restart_;
}

void Numbering::on_lines(LineSet up) noexcept {
    for (LineSet changed = up ^ up_; changed != 0; changed &= changed - 1) {
        lines_[static_cast<std::size_t>(std::countr_zero(changed))] = {};
    }
    const LineSet stayed = up & up_;
    up_ = up;
    if (proves_restart_ != kNoLine && (stayed & bit(proves_restart_)) == 0) proves_restart_ = kNoLine;
    trusted_ &= stayed;
    candidates_ &= stayed;
    late_after_restart_ &= stayed;
    late_after_jump_ &= stayed;
}

bool Numbering::any_foreign() const noexcept {
    for (LineSet others = up_ & ~trusted_; others != 0; others &= others - 1) {
        if (lines_[static_cast<std::size_t>(std::countr_zero(others))].last_id != 0) return true;
    }
    return false;
}

bool Numbering::all_passed(Sequence id) const noexcept {
    for (LineSet all = may_bring_next() & up_; all != 0; all &= all - 1) {
        if (lines_[static_cast<std::size_t>(std::countr_zero(all))].last_id <= id) return false;
    }
    return true;
}

Sequence Numbering::newest_trusted() const noexcept {
    Sequence newest = 0;
    for (LineSet all = trusted_; all != 0; all &= all - 1) {
        newest = std::max(newest, lines_[static_cast<std::size_t>(std::countr_zero(all))].last_id);
    }
    return newest;
}

bool Numbering::unexplained(MonoTime now) const noexcept {
    if (old_since_.ns != 0 && now - old_since_ >= kUnexplained_ns + window_ns_) return true;
    for (LineSet others = up_ & ~trusted_ & ~late_after_restart_; others != 0; others &= others - 1) {
        const MonoTime since = lines_[static_cast<std::size_t>(std::countr_zero(others))].unexplained_since;
        if (since.ns != 0 && now - since >= kUnexplained_ns + window_ns_) return true;
    }
    return false;
}

Numbering::LineSet Numbering::take_foreign(MonoTime now) noexcept {
    LineSet foreign = 0;
    for (LineSet others = up_ & ~trusted_; others != 0; others &= others - 1) {
        Line& line = lines_[static_cast<std::size_t>(std::countr_zero(others))];
        if (line.foreign_since.ns == 0 || now - line.foreign_since < kForeign_ns + window_ns_) continue;
        foreign |= others & (~others + 1);
        line.foreign_since = now;
    }
    return foreign;
}

Sequence Numbering::follow_unexplained() noexcept {
    LineIndex leader = proves_restart_;
    for (LineSet others = up_ & ~trusted_ & ~late_after_restart_; others != 0 && leader == kNoLine;
         others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        if (lines_[index].unexplained_since.ns != 0) leader = index;
    }
    if (leader == kNoLine) {
        reset();
        return 0;
    }
    restart_by(leader);
    trust(leader, lines_[leader].last_id);
    remembered_.add(lines_[leader].last_id, lines_[leader].last_key);
    return lines_[leader].last_id;
}

}  // namespace daypack::core
