// SPDX-License-Identifier: MIT
#include "book/trade_filter.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kNameless_ns = 10'000'000'000;  // no line lags by more, so a later one is another trade
constexpr std::size_t kBlock = 16;
constexpr std::uint64_t kSeed = 0x2545f4914f6cdd1dull;

// REQUIRES: `hash` is the result of mixing, or `word` could cancel it.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) noexcept {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

// A word for count × unit that is the same for 1.50 in hundredths as for 1.5 in tenths.
std::uint64_t value(std::int64_t count, Unit unit) noexcept {
    // A product that does not fit wraps around, which still gives the same word for the same trade.
    std::uint64_t mantissa = static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(unit.mantissa);
    std::int64_t exponent = int{unit.exponent};
    while (mantissa != 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        ++exponent;
    }
    return mixed(mixed(kSeed, mantissa), static_cast<std::uint64_t>(exponent));
}

}  // namespace

std::uint64_t trade_content(Price price, Quantity quantity, Side aggressor, const Instrument& instrument) noexcept {
    const std::uint64_t both = mixed(value(price.ticks, instrument.tick), value(quantity.steps, instrument.step));
    return mixed(both, static_cast<std::uint64_t>(aggressor));
}

std::uint64_t trade_content(std::uint64_t content, std::uint64_t buyer_order_id,
                            std::uint64_t seller_order_id) noexcept {
    return mixed(mixed(mixed(kSeed, content), buyer_order_id), seller_order_id);
}

std::uint64_t TradeFilter::key_of(std::uint64_t id, std::uint64_t content) noexcept {
    return mixed(mixed(kSeed, content), id);
}

std::optional<std::uint64_t> TradeFilter::find(std::uint64_t key) const noexcept {
    const auto tag = static_cast<std::uint32_t>(key);
    for (std::size_t block = 0; block < kWindow; block += kBlock) {
        bool hit = false;
        for (std::size_t i = block; i < block + kBlock; ++i) hit |= tags_[i] == tag;
        if (!hit) continue;
        for (std::size_t i = block; i < block + kBlock; ++i) {
            if (keys_[i] != key || i >= remembered_) continue;
            const std::uint64_t round = (remembered_ - 1 - i) / kWindow;
            return round * kWindow + i;
        }
    }
    return std::nullopt;
}

void TradeFilter::remember(std::uint64_t id, std::uint64_t key) noexcept {
    const std::size_t at = remembered_++ % kWindow;
    tags_[at] = static_cast<std::uint32_t>(key);
    keys_[at] = key;
    newest_id_ = std::max(newest_id_, id);
}

bool TradeFilter::is_first(LineIndex line, std::uint64_t id, std::uint64_t content) noexcept {
    const std::uint64_t key = key_of(id, content);
    Line& from = lines_[line];
    const bool new_line = from.last_id == 0;
    const bool ran_back = !new_line && id <= from.last_id;
    from.last_id = id;
    if (const auto place = find(key)) {
        from.place = *place;
        return false;
    }
    const bool in_step = remembered_ - from.place <= kWindow;
    if (!new_line && !ran_back && !in_step && id <= newest_id_) return false;  // an old trade, forgotten since
    if (ran_back) newest_id_ = id;
    from.place = remembered_;
    remember(id, key);
    return true;
}

bool TradeFilter::is_first_without_id(LineIndex line, std::uint64_t content, MonoTime now) noexcept {
    const auto same = [&](const Nameless& known) {
        return known.count > 0 && known.content == content && now - known.since < kNameless_ns;
    };
    auto known = std::find_if(nameless_.begin(), nameless_.end(), same);
    if (known == nameless_.end()) {
        known = nameless_.begin() + static_cast<std::ptrdiff_t>(next_nameless_++ % nameless_.size());
        *known = {};
        known->content = content;
        known->since = now;
    }
    if (++known->by_line[line] <= known->count) return false;
    ++known->count;
    return true;
}

}  // namespace daypack::core
