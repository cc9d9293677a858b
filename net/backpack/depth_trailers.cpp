// SPDX-License-Identifier: MIT
#include "net/backpack/depth_trailers.h"

namespace daypack::core {
namespace {

// Without allocation: the table grows while frames come.
class Text {
  public:
    Text& operator<<(std::string_view more) noexcept {
        fits_ = fits_ && size_ + more.size() <= bytes_.size();
        if (fits_) size_ += more.copy(bytes_.data() + size_, more.size());
        return *this;
    }
    [[nodiscard]] bool fits() const noexcept { return fits_; }
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<char, ExpectedText::kMost> bytes_{};
    std::size_t size_ = 0;
    bool fits_ = true;
};

}  // namespace

void ExpectedText::set(std::string_view text) noexcept {
    size_ = text.size();
    std::array<char, kMost> bytes{};
    std::array<char, kMost> mask{};
    text.copy(bytes.data() + kMost - size_, size_);
    std::memset(mask.data() + kMost - size_, 0xff, size_);
    std::memcpy(words_.data(), bytes.data(), kMost);
    std::memcpy(mask_.data(), mask.data(), kMost);
}

DepthTrailers::DepthTrailers(const InstrumentTable& table, DepthStream depth)
    : table_(table),
      prefix_(stream_prefix(Channel::depth, depth)),
      mask_(static_cast<std::uint32_t>(std::bit_ceil(4 * table.capacity() + 1) - 1)),
      entries_(std::size_t{mask_} + 1) {
    trailers_.reserve(table.capacity());
    (void)take_in_new();
}

bool DepthTrailers::take_in_new() noexcept {
    const std::size_t size = table_.size();
    if (seen_ == size) return false;
    for (; seen_ < size; ++seen_) {
        add(static_cast<SymbolIndex>(seen_));
    }
    return true;
}

void DepthTrailers::add(SymbolIndex symbol) {
    const std::string_view native = table_[symbol].native;
    Text before;
    Text behind;
    before << R"(],"e":"depth","s":")" << native << R"(","u":)";
    behind << R"(},"stream":")" << prefix_ << native << R"("})";
    if (!before.fits() || !behind.fits() || behind.view().size() < kHashed) return;  // left to the parser
    DepthTrailer& trailer = trailers_.emplace_back();
    trailer.levels_to_id.set(before.view());
    trailer.id_to_end.set(behind.view());
    trailer.symbol = symbol;
    follow(trailer, table_[symbol]);
    const std::uint32_t hash = hash_of(behind.view());
    std::uint32_t at = hash & mask_;
    while (entries_[at].at != kNone) at = (at + 1) & mask_;
    entries_[at] = {hash, static_cast<std::uint32_t>(trailers_.size() - 1)};
}

void DepthTrailers::follow(DepthTrailer& trailer, const Instrument& instrument) noexcept {
    trailer.instrument = &instrument;
    // The venue pads to what it lists, and not to what we count in.
    const Grid listed = instrument.listed_grid();
    trailer.price = instrument.tick == listed.tick ? NumberShape(instrument.tick) : NumberShape::other();
    trailer.quantity = instrument.step == listed.step ? NumberShape(instrument.step) : NumberShape::other();
}

}  // namespace daypack::core
