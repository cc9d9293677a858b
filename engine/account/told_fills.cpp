// SPDX-License-Identifier: MIT
#include "engine/account/told_fills.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/account/account_book.h"
#include "engine/account/ring_texts.h"
#include "engine/shm/ring_writer.h"
#include "engine/shm/shm_file.h"
#include "net/backpack/symbol.h"
#include "net/base/json.h"

namespace daypack::core {
namespace {

// A segment as any reader opens it.
class OldSegment {
  public:
    explicit OldSegment(const std::string& path) {
        reader_.fd = -1;
        reader_.owner = DAYPACK_NO_OWNER;
        if (path.size() >= sizeof reader_.path) return;
        std::memcpy(reader_.path, path.c_str(), path.size() + 1);
        is_open_ = daypack_map(&reader_) == DAYPACK_OK;
    }
    ~OldSegment() { daypack_close(&reader_); }
    OldSegment(const OldSegment&) = delete;
    OldSegment& operator=(const OldSegment&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    [[nodiscard]] daypack_reader& raw() noexcept { return reader_; }
    // Of the oldest record that is left.
    [[nodiscard]] std::uint64_t begin() const noexcept {
        const std::uint64_t end = daypack_cursor(&reader_);
        return end - std::min<std::uint64_t>(end, reader_.ring_events);
    }

  private:
    daypack_reader reader_{};
    bool is_open_ = false;
};

// The fill that a text of the ring tells, as far as it is known again by it.
std::optional<AccountFill> fill_of(const std::string& text) {
    const json::Document document(text);
    const json::Value news = document.root();
    if (news["event"].string() != "fill") return std::nullopt;
    AccountFill fill;
    fill.trade_id = news["trade_id"].string();
    fill.order_id = news["order_id"].string();
    fill.symbol = native_symbol(news["symbol"].string()).value_or(std::string());
    fill.price = Amount::parse(news["price"].string()).value_or(Amount());
    fill.quantity = Amount::parse(news["quantity"].string()).value_or(Amount());
    const std::string_view time = news["venue_match_us"].scalar();
    (void)std::from_chars(time.data(), time.data() + time.size(), fill.time.us);
    return fill;
}

struct Marks {
    std::optional<FillMark> first, last;
};

// Of those behind the last one of another account.
Marks read_marks(OldSegment& segment, std::uint64_t account) {
    Marks marks;
    std::uint64_t cursor = segment.begin(), lost = 0;
    daypack_record record;
    for (int result = DAYPACK_OK; result != DAYPACK_EMPTY;) {
        result = daypack_read_record(&segment.raw(), &cursor, &record, &lost);
        if (result != DAYPACK_OK || daypack_record_kind(&record) != kMarkRecord) continue;
        const FillMark mark = FillMark::of(record);
        if (mark.account != account) {
            marks = {};
            continue;
        }
        if (!marks.first) marks.first = mark;
        marks.last = mark;
    }
    return marks;
}

}  // namespace

std::array<std::uint64_t, FillMark::kWords> FillMark::words() const noexcept {
    return {static_cast<std::uint64_t>(since.us), static_cast<std::uint64_t>(known.us),
            static_cast<std::uint64_t>(told.us), account};
}

FillMark FillMark::of(const daypack_record& record) noexcept {
    const std::uint64_t* const words = &record.head + 1;
    return {{static_cast<std::int64_t>(words[0])},
            {static_cast<std::int64_t>(words[1])},
            {static_cast<std::int64_t>(words[2])},
            words[3]};
}

// FNV-1a.
std::uint64_t account_mark(const std::string& api_key) noexcept {
    std::uint64_t mark = 0xcbf29ce484222325;
    for (const char c : api_key) mark = (mark ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return mark;
}

// What was told before the first mark that is left may have been written over. All of it was of its time `told` or
// earlier; so of later ones, those that are not in the ring were told by nobody.
std::optional<ToldFills> read_told_fills(const std::string& path, std::uint64_t account) {
    if (living_writer_at(path)) return std::nullopt;
    OldSegment segment(path);
    if (!segment.is_open()) return std::nullopt;
    const Marks marks = read_marks(segment, account);
    if (!marks.first) return std::nullopt;
    ToldFills told;
    told.epoch = daypack_load(&daypack_head(&segment.raw())->epoch);
    told.since = marks.first->since;
    if (marks.first->told.us > 0) {
        told.since.us = std::max(told.since.us, (marks.first->told.us / 1'000 + 1) * 1'000);
    }
    told.since.us = std::max(told.since.us, marks.last->known.us - AccountBook::kHistoryMargin_us);
    told.newest = marks.last->told;
    RingTexts texts(segment.raw(), segment.begin());
    for (std::uint64_t lost = 0; const auto text = texts.next(lost);) {
        const auto fill = fill_of(*text);
        if (!fill) continue;
        told.ids.emplace(fill_identity(*fill), fill->time);
        told.newest = std::max(told.newest, fill->time);
    }
    return told;
}

}  // namespace daypack::core
