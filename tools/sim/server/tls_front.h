// SPDX-License-Identifier: MIT
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "net/transport/tls_context.h"
#include "tools/sim/options.h"
#include "tools/sim/server/certificates.h"

namespace daypack::core::sim {

// What the exchange shows to who connects by TLS: a certificate of its own authority, at first a valid one.
//
// Thread: the exchange's, but for the constructor and ca_pem().
class TlsFront {
  public:
    // Without TLS it is empty. Writes the authority's certificate to `ca_out`; its key is the one in `ca_key`, and goes
    // there where there is none yet. Throws std::runtime_error.
    explicit TlsFront(const SimOptions& options);

    // What a client has to trust; empty without TLS. Never changes.
    [[nodiscard]] const std::string& ca_pem() const noexcept { return ca_pem_; }
    // Null without TLS. Stays valid as long as this object.
    [[nodiscard]] const TlsContext* context() const noexcept { return contexts_.empty() ? nullptr : &contexts_.back(); }
    // From now on another certificate, for better or worse. REQUIRES: there is TLS.
    void show(CertificateKind kind);

  private:
    std::vector<std::string> names_;  // beside those of loopback
    std::string ca_pem_;
    std::unique_ptr<CertificateAuthority> authority_;
    std::deque<TlsContext> contexts_;  // the last is shown; streams of the others may still live
};

}  // namespace daypack::core::sim
