#include "book/sync/numbering.h"

#include <algorithm>
#include <bit>

namespace daypack {
namespace {

// All that the update says is what the book holds.
bool agrees(std::span<const Event> update, const OrderBook& book) noexcept {
    return std::all_of(update.begin(), update.end(), [&](const Event& event) {
        if (event.kind != EventKind::delta) return true;
        const HalfBook& half = book.side(event.side);
        return half.at(event.price) == event.quantity || !half.is_known(event.price);
    });
}

// It names a level. To name none, or one that is gone, agrees with many a book.
bool says_something(std::span<const Event> update) noexcept {
    return std::any_of(update.begin(), update.end(),
                       [](const Event& event) { return event.kind == EventKind::delta && event.quantity.steps != 0; });
}

}  // namespace

Numbering::Judgement Numbering::judge(std::span<const Event> update, Sequence tip, const OrderBook* standing,
                                      MonoTime now) noexcept {
    const Event& first = update.front();
    const UpdateKey key = key_of(update);
    const auto line = static_cast<LineIndex>(first.line % kMaxLines);
    if ((counting_ & bit(line)) == 0) [[unlikely]]
        return {judge_other(line, update, key, tip, standing, now), key};
    const Kin kin = judge_counting(lines_[line], first, key, tip, now);
    // What a snapshot holds is not remembered: there the book itself is compared.
    if (kin == Kin::old && standing != nullptr && first.last_id == tip && !remembered_.find(tip)) [[unlikely]]
        return {agrees(update, *standing) ? Kin::copy : Kin::contradiction, key};
    return {kin, key};
}

Numbering::Kin Numbering::judge_counting(Line& line, const Event& first, UpdateKey key, Sequence tip,
                                         MonoTime now) noexcept {
    const Sequence last_id = first.last_id;
    const bool goes_back = first.first_id <= line.last_id;
    line.last_id = std::max(line.last_id, last_id);
    if (!goes_back && last_id > tip && first.first_id <= tip + 1) [[likely]]
        return Kin::next;
    const auto known = remembered_.find(last_id);
    if (known == key) {
        old_since_ = {};
        return Kin::copy;
    }
    if (goes_back) {
        line.last_id = last_id;
        return Kin::restart;
    }
    if (known && same_edges(*known, key)) return Kin::contradiction;
    if (last_id > tip && !known) return Kin::ahead;
    if (old_since_.ns == 0) old_since_ = now;
    return Kin::old;
}

Numbering::Kin Numbering::judge_other(LineIndex index, std::span<const Event> update, UpdateKey key, Sequence tip,
                                      const OrderBook* standing, MonoTime now) noexcept {
    Line& line = lines_[index];
    const Event& first = update.front();
    if (first.first_id <= line.last_id) {  // it numbers anew as well
        late_ &= ~bit(index);
        line.waiting_id = 0;
    }
    const bool late = (late_ & bit(index)) != 0;
    const bool carries = (carriers_ & bit(index)) != 0;
    const auto known = remembered_.find(first.last_id);
    // What a snapshot holds is not remembered: there the book itself is compared.
    const bool told_by_book = !known && !late && standing != nullptr && first.last_id == tip &&
                              (carries || says_something(update)) && agrees(update, *standing);
    if (known == key || told_by_book) {
        recognise(index);
        line.last_id = first.last_id;
        return Kin::copy;
    }
    const bool begins = tip == 0 && !late;
    if (begins || (carries && carries_on(line, first, key, tip))) {
        recognise(index);
        line.last_id = first.last_id;
        return begins || first.first_id <= tip + 1 ? Kin::next : Kin::ahead;
    }
    line.last_id = first.last_id;
    if (first.last_id > tip && line.waiting_id <= tip) {
        line.waiting_id = first.last_id;
        line.waiting_key = key;
    }
    if (line.foreign_since.ns == 0) line.foreign_since = now;
    if (line.unexplained_since.ns == 0) line.unexplained_since = now;
    return Kin::foreign;
}

// Whether a line that was up before the snapshot was asked for brings what follows it. Having told something older that
// could not be recognised, it tells another numbering; but what an aggregated stream told before falls within no id of
// the snapshot's, and cannot be recognised.
bool Numbering::carries_on(const Line& line, const Event& first, UpdateKey key, Sequence tip) const noexcept {
    if (first.last_id <= tip) return false;
    return line.last_id == 0 || (is_aggregated(key) && first.first_id == line.last_id + 1);
}

void Numbering::recognise(LineIndex line) noexcept {
    counting_ |= bit(line);
    late_ &= ~bit(line);
    lines_[line].waiting_id = 0;
    lines_[line].foreign_since = {};
    lines_[line].unexplained_since = {};
}

// The chain got where a line that does not count was before.
void Numbering::compare_waiting(Sequence last_id, UpdateKey key) noexcept {
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        Line& line = lines_[index];
        if (line.waiting_id == 0 || line.waiting_id > last_id) continue;
        if (line.waiting_id == last_id && line.waiting_key == key) {
            recognise(index);
        } else {
            line.waiting_id = 0;
        }
    }
}

void Numbering::forget_unexplained() noexcept {
    for (LineSet others = up_ & ~counting_; others != 0; others &= others - 1) {
        lines_[static_cast<std::size_t>(std::countr_zero(others))].unexplained_since = {};
    }
}

void Numbering::forget() noexcept {
    remembered_.clear();
    counting_ = 0;
    carriers_ = 0;
    old_since_ = {};
    for (Line& line : lines_) {
        line.waiting_id = 0;
        line.foreign_since = line.unexplained_since = {};
    }
}

void Numbering::restart_by(LineIndex line) noexcept {
    forget();
    late_ = up_ & ~bit(line);
    counting_ = bit(line);
}

void Numbering::begin_with(LineIndex line) noexcept {
    forget();
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
    counting_ &= stayed;
    carriers_ &= stayed;
    late_ &= stayed;
}

bool Numbering::all_passed(Sequence id) const noexcept {
    for (LineSet all = carrying() & up_; all != 0; all &= all - 1) {
        if (lines_[static_cast<std::size_t>(std::countr_zero(all))].last_id <= id) return false;
    }
    return true;
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
    for (LineSet others = up_ & ~counting_ & ~late_; others != 0; others &= others - 1) {
        const auto index = static_cast<LineIndex>(std::countr_zero(others));
        if (lines_[index].unexplained_since.ns == 0) continue;
        restart_by(index);
        return lines_[index].last_id;
    }
    forget();
    return 0;
}

}  // namespace daypack
