#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/certificates.h"

namespace daypack::sim {

enum class FaultKind {
    drop,     // the Nth depth frame is not sent
    close,    // a WebSocket is closed at its Nth message
    restart,  // at the Nth depth frame the numbering begins anew, lower
    cert,     // from the Nth TLS connection on another certificate is shown
    away,     // at the Nth message everything is closed, and nothing listens for a while
    stale,    // the Nth depth snapshot is older than the stream
};

// One thing that goes wrong, once. Written KIND[@N][:key=value,…]; N is 1 where it is not given.
struct Fault {
    FaultKind kind = FaultKind::drop;
    std::uint64_t at = 1;
    std::string symbol;        // drop, restart, stale: of this market alone; empty: of all, counted together
    std::uint64_t line = 0;    // drop, close: on the so-manieth WebSocket connection alone, counted on it; 0: on all
    std::uint64_t by = 1;      // stale: updates
    std::uint64_t for_ms = 0;  // away
    CertificateKind which = CertificateKind::expired;  // cert

    // Throws std::runtime_error with a sentence that says what is meant.
    [[nodiscard]] static Fault parse(std::string_view text);
};

[[nodiscard]] const char* name_of(FaultKind kind) noexcept;

// Which faults wait, and which strikes now.
//
// Thread: the exchange's.
// Invariant: a fault strikes once, at the Nth occurrence after it was armed.
class Faults {
  public:
    void arm(Fault fault) { armed_.push_back({std::move(fault), 0}); }
    [[nodiscard]] bool any() const noexcept { return !armed_.empty(); }

    // Counts an occurrence for each fault of this kind that concerns the market and the line, and returns those that
    // strike now; they are armed no longer. `line` 0: the occurrence is not on one connection.
    [[nodiscard]] std::vector<Fault> strike(FaultKind kind, std::string_view symbol, std::uint64_t line);

  private:
    struct Armed {
        Fault fault;
        std::uint64_t seen;
    };
    std::vector<Armed> armed_;
};

}  // namespace daypack::sim
