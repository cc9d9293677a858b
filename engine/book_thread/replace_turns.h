// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "book/sync/sync.h"
#include "book/types.h"

namespace daypack::core {

// Decides which line may be reconnected because it does not bring a symbol. One market in trouble must not take the
// lines from all others: so one line after the other has its turn, over all symbols, and each symbol may ask for a turn
// ever more rarely. A line that numbers as no other does is replaced without a turn: see NetAgent::Feed::mend().
//
// Thread: book. Invariants: no two lines have their turn within kApart_ns; nothing here allocates after construction.
class ReplaceTurns {
  public:
    // How long a turn lasts. Subscribing again has this long to help.
    static constexpr std::int64_t kOpen_ns = 5'000'000'000;
    // From the end of a turn to the next.
    static constexpr std::int64_t kApart_ns = 10'000'000'000;
    // The longest between the beginnings of a symbol's turns; it begins with the shortest.
    static constexpr std::int64_t kMost_ns = 60'000'000'000;
    // A symbol that did not ask for so long was well, and its pauses start over.
    static constexpr std::int64_t kForget_ns = 60'000'000'000;

    explicit ReplaceTurns(std::size_t symbols) : askers_(symbols) {}

    // Returns the one of `lines` that may be reconnected now for this symbol, or 0. It is 0 also where the symbol has
    // asked for less than `patience_ns`.
    [[nodiscard]] Sync::LineSet take(SymbolIndex symbol, Sync::LineSet lines, std::int64_t patience_ns,
                                     MonoTime now) noexcept {
        Asker& asker = askers_[symbol];
        if (asker.asked.ns == 0 || now - asker.asked >= kForget_ns) {
            asker = {};
            asker.since = now;
        }
        asker.asked = now;
        if (lines == 0 || now - asker.since < patience_ns) return 0;
        const bool open = turns_ > 0 && now - began_ < kOpen_ns;
        if (open && asker.turn == turns_) return lines & bit(line_);
        if (now < asker.due) return 0;
        if (!open && turns_ > 0 && now - began_ < kOpen_ns + kApart_ns) return 0;
        if (!open) begin(lines, now);
        if ((lines & bit(line_)) == 0) return 0;
        asker.turn = turns_;
        asker.due = began_ + asker.pause_ns;
        asker.pause_ns = std::min(2 * asker.pause_ns, kMost_ns);
        return bit(line_);
    }

  private:
    struct Asker {
        MonoTime since, asked;   // since when it asks again and again, and when it did last; 0: never
        MonoTime due;            // no turn begins for it before
        std::uint64_t turn = 0;  // the last that was for it; 0: none
        std::int64_t pause_ns = kOpen_ns + kApart_ns;
    };

    [[nodiscard]] static Sync::LineSet bit(LineIndex line) noexcept { return Sync::LineSet{1} << line; }
    void begin(Sync::LineSet lines, MonoTime now) noexcept {
        do line_ = static_cast<LineIndex>((line_ + 1) % Sync::kMaxLines);
        while ((lines & bit(line_)) == 0);
        began_ = now;
        ++turns_;
    }

    std::vector<Asker> askers_;
    std::uint64_t turns_ = 0;
    LineIndex line_ = Sync::kMaxLines - 1;  // whose turn it is, or was last
    MonoTime began_;
};

}  // namespace daypack::core
