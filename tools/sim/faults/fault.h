// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/server/certificates.h"

namespace daypack::core::sim {

enum class FaultKind {
    // at the Nth depth frame
    drop,
    duplicate,
    reorder,
    frame,
    mute,
    restart,
    tick,
    market,
    venue,
    clock,
    cross,
    touch,
    // at the Nth message
    close,
    reset,
    stall,
    violate,
    away,
    lag,
    // at the Nth connection, upgrade, request or SUBSCRIBE
    connect,
    cert,
    upgrade,
    rest,
    subscribe,
    stale,
    cache,
    listing,
    // at the Nth signed request, private subscription, private frame, or act of an account
    signed_request,
    sign_in,
    private_frame,
    account,
};

// One thing that goes wrong. Written KIND[@N][:key=value,…]; N is 1 where it is not given.
struct Fault {
    FaultKind kind = FaultKind::drop;
    std::uint64_t at = 1;
    std::uint64_t times = 1;                // it strikes at the Nth occurrence and the ones behind it, so many in all
    std::string symbol;                     // of this market alone; empty: of all, counted together
    std::uint64_t line = 0;                 // on the so-manieth WebSocket connection alone, counted on it; 0: on all
    std::string how;                        // in which of the ways that the kind has
    std::string of;                         // which part of the venue: see the kinds' texts
    std::string path;                       // rest: of these requests alone: depth, trades, markets; empty: of all
    std::string as;                         // rest:how=other: the market that is answered with; empty: another one
    std::uint64_t by = 1;                   // stale: updates
    std::int64_t by_ms = 0;                 // lag, clock, stale: so much later; negative: earlier
    std::uint64_t jitter_ms = 0;            // lag: at most so much more, drawn for each frame
    std::optional<std::int64_t> shift_ids;  // restart:by
    std::optional<std::uint64_t> first_id;  // restart:to
    bool other_book = false;                // restart:book=other
    std::uint64_t for_ms = 0;               // 0: for ever, or not at all
    std::uint64_t bytes = 5'000'000;        // frame:how=huge
    std::uint64_t age_s = 7;                // rest:how=cached
    std::uint64_t levels = 20;              // rest:how=shallow
    std::uint64_t retry_after_s = 0;        // rest, upgrade: 0: not said
    CertificateKind which = CertificateKind::expired;  // cert

    // Throws WrongOptions with a sentence that says what is meant.
    [[nodiscard]] static Fault parse(std::string_view text);
};

[[nodiscard]] const char* name_of(FaultKind kind) noexcept;
// Every kind with its keys and what it does, a line each.
[[nodiscard]] std::string fault_help();

// Which faults wait, and which strikes now.
//
// Thread: the exchange's.
// Invariant: a fault strikes `times` times, from the Nth occurrence after it was armed.
class Faults {
  public:
    // Where something happens that a fault may strike.
    struct Occurrence {
        std::string_view symbol;
        std::uint64_t line = 0;  // 0: not on one connection
        std::string_view path;   // of a request, without its query
    };

    void arm(Fault fault) { armed_.push_back({std::move(fault), 0}); }
    [[nodiscard]] bool any() const noexcept { return !armed_.empty(); }

    // Counts an occurrence for each fault of this kind that it concerns, and returns those that strike now; who has
    // struck for the last time is armed no longer.
    [[nodiscard]] std::vector<Fault> strike(FaultKind kind, const Occurrence& occurrence);

  private:
    struct Armed {
        Fault fault;
        std::uint64_t seen;
    };
    std::vector<Armed> armed_;
};

}  // namespace daypack::core::sim
