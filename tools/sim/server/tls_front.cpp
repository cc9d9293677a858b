// SPDX-License-Identifier: MIT
#include "tools/sim/server/tls_front.h"

#include <fstream>
#include <stdexcept>

namespace daypack::core::sim {

TlsFront::TlsFront(const SimOptions& options) {
    if (!options.tls) {
        if (!options.ca_out.empty()) {
            throw std::runtime_error("--ca-out needs --tls: without it there is no certificate");
        }
        return;
    }
    authority_ = std::make_unique<CertificateAuthority>();
    ca_pem_ = authority_->certificate_pem();
    show(CertificateKind::valid);
    if (options.ca_out.empty()) return;
    std::ofstream file(options.ca_out);
    file << ca_pem_ << std::flush;
    if (!file) throw std::runtime_error("cannot write " + options.ca_out + ": name another file with --ca-out");
}

void TlsFront::show(CertificateKind kind) {
    const CertifiedKey key = authority_->issue(kind);
    contexts_.push_back(TlsContext::server(key.certificate_pem, key.key_pem, true));
}

}  // namespace daypack::core::sim
