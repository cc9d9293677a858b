// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/market/random.h"

namespace daypack::core::sim {

// An endless list of faults, the same for the same seed: each is one that a client has to survive, with every book
// right again a little later.
//
// Thread: any one at a time.
class Chaos {
  public:
    enum class Unkind : bool { no, yes };
    // `unkind`: beside what breaks also what misleads: late lines, wrong clocks, numberings that overlap, answers that
    // are another's.
    enum class Accounts : bool { no, yes };
    // `accounts`: every second fault is one of the account side.
    explicit Chaos(std::uint64_t seed, Unkind unkind = Unkind::no, Accounts accounts = Accounts::no)
        : random_(seed), unkind_(unkind), accounts_(accounts) {}

    // As Fault::parse takes it. `lines`: the connections there are now; `symbols`: the markets.
    [[nodiscard]] std::string next(const std::vector<std::uint64_t>& lines, const std::vector<std::string>& symbols) {
        std::string text = accounts_ == Accounts::yes && random_.chance(0.5)
                               ? one_of(kAccountFaults, kUnkindAccountFaults)
                               : one_of(kFaults, kUnkindFaults);
        if (const std::size_t at = text.find('%'); at != std::string::npos) {
            const std::uint64_t draw = random_.bits();
            text.replace(at, 1, std::to_string(lines.empty() ? 1 : lines[draw % lines.size()]));
        }
        if (const std::size_t at = text.find('$'); at != std::string::npos) {
            text.replace(at, 1, symbols[random_.bits() % symbols.size()]);
        }
        if (const std::size_t at = text.find('@'); at != std::string::npos) {
            text.replace(at, 1, symbols[in_turn_++ % symbols.size()]);
        }
        return text;
    }

    // Each of those that mislead, so that they can be tried one by one.
    [[nodiscard]] static const auto& unkind_faults() noexcept { return kUnkindFaults; }

  private:
    template <class Kind, class UnkindToo>
    [[nodiscard]] const char* one_of(const Kind& kind, const UnkindToo& unkind) {
        const std::size_t kinds = kind.size() + (unkind_ == Unkind::yes ? unkind.size() : 0);
        const auto which = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(kinds)));
        return which < kind.size() ? kind[which] : unkind[which - kind.size()];
    }

    // %: a line; $: a market; @: each market in turn. A level between two ticks that all lines bring twice within 5 s
    // is believed, and the next one is then a level as any other: no client could tell it from what rests in the book.
    static constexpr std::array kFaults{
        "drop",
        "drop:line=%",
        "drop:times=3",
        "duplicate:times=5",
        "duplicate:line=%",
        "reorder",
        "reorder:line=%",
        "frame:how=truncated",
        "frame:how=malformed,line=%",
        "frame:how=bom,line=%",
        "frame:how=exponent",
        "frame:how=decimals,symbol=@",
        "frame:how=negative",
        "frame:how=zero_price",
        "frame:how=overflow",
        "frame:how=number",
        "frame:how=text_id",
        "frame:how=duplicate_price",
        "frame:how=backwards",
        "frame:how=unknown_field",
        "frame:how=unknown_stream",
        "frame:how=fragments",
        "frame:how=binary",
        "frame:how=not_utf8",
        "mute:line=%,for_ms=300",
        "restart",
        "close:line=%",
        "close",
        "reset:line=%",
        "stall:line=%,for_ms=700",
        "stall:line=%,how=deaf,for_ms=400",
        "violate:how=masked,line=%",
        "violate:how=lone_continuation,line=%",
        "violate:how=length,line=%",
        "away:for_ms=300",
        "upgrade:how=503",
        "connect:how=refuse",
        "connect:how=slow,for_ms=300",
        "rest:how=503,path=depth,times=2",
        "rest:how=cut,path=depth",
        "rest:how=html,path=depth",
        "rest:how=delayed,path=depth,for_ms=400",
        "stale:by=20",
    };
    static constexpr std::array kUnkindFaults{
        "lag:line=%,by_ms=30,for_ms=400",
        "lag:line=%,by_ms=3,jitter_ms=20,for_ms=600",
        "lag:of=odd,by_ms=20,for_ms=600",
        "lag:of=even,by_ms=200,for_ms=700",
        "stall:line=%,for_ms=1800",
        "clock:how=glitch,of=stream,by_ms=3600000",
        "clock:how=glitch,of=T,by_ms=-60000,times=3",
        "clock:of=stream,by_ms=-30000,for_ms=900",
        "clock:of=stream,by_ms=86400000,for_ms=900",
        "clock:how=frozen,of=T,for_ms=700",
        "clock:of=rest,by_ms=3000,for_ms=900",
        "clock:of=both,by_ms=-1,for_ms=900",
        "clock:how=jitter",
        "restart:by=-4",
        "restart:by=-4,book=other",
        "restart:by=-1,how=cut,book=other",
        "restart:by=-300,how=cut",
        "restart:by=1,book=other",
        "restart:by=1000,how=cut,book=other",
        "restart:how=rolling,for_ms=300",
        "restart:by=-4,how=rolling,for_ms=300,book=other",
        "restart:by=-40,of=all,how=cut",
        "rest:how=103,path=depth,times=4",
        "rest:how=100,path=depth,times=2",
        "rest:how=twice,path=depth",
        "rest:how=other,path=depth,for_ms=400",
        "rest:how=paused,path=depth,times=2",
        "rest:how=maintenance,path=depth,times=2",
        "rest:how=too_early,path=depth",
        "rest:how=waf,path=depth,retry_after=1",
        "rest:how=gzip,path=depth",
        "rest:how=bom,path=depth",
        "rest:how=third,path=depth",
        "rest:how=duplicate,path=depth",
        "stale:by=20,by_ms=5000",
        "stale:of=past,by_ms=5000",
        "cache:for_ms=2000",
        "listing:how=omitted,symbol=$",
        "close:how=each,for_ms=300",
    };
    static constexpr std::array kAccountFaults{
        "private:how=lost,line=%",
        "private:how=lost,line=%,for_ms=400",
        "private:how=lost",
        "private:how=duplicate,times=5",
        "private:how=duplicate,line=%",
        "sign_in",
        "signed:how=401",
        "signed:how=signature",
        "signed:how=invalid,times=2",
        "signed:how=expired",
        "signed:how=unauthorized",
        "signed:how=maintenance,times=2",
        "signed:how=too_early",
        "signed:how=429,retry_after=1",
        "signed:how=503",
        "signed:how=delayed,for_ms=400",
        "signed:how=cut",
        "account:how=lend",
        "account:how=history,by_ms=1500,for_ms=2000",
        "account:how=restart,for_ms=300",
        "close:line=%",
        "reset:line=%",
    };
    static constexpr std::array kUnkindAccountFaults{
        "private:how=drop",
        "private:how=late",
        "private:how=late,line=%",
        "account:how=stale,by_ms=200,for_ms=700",
        "lag:line=%,by_ms=250,for_ms=600",
        "clock:of=rest,by_ms=3000,for_ms=900",
        "stall:line=%,for_ms=900",
    };

    Random random_;
    Unkind unkind_;
    Accounts accounts_;
    std::size_t in_turn_ = 0;
};

}  // namespace daypack::core::sim
