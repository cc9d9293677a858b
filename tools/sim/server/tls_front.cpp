// SPDX-License-Identifier: MIT
#include "tools/sim/server/tls_front.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tools/sim/market/wrong_options.h"

namespace daypack::core::sim {
namespace {

// The authority of the key in that file; where there is no such file, a new one, whose key is kept there for the user's
// own eyes.
std::unique_ptr<CertificateAuthority> kept_authority(const std::string& path) {
    if (std::ifstream file(path); file) {
        const std::string pem{std::istreambuf_iterator<char>(file), {}};
        try {
            return std::make_unique<CertificateAuthority>(pem);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(path + " holds no key of an authority (" + error.what() +
                                     "): remove it, or name another file with --ca-key");
        }
    }
    auto authority = std::make_unique<CertificateAuthority>();
    const std::string pem = authority->key_pem();
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool is_written = fd >= 0 && ::write(fd, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size());
    if (fd >= 0) ::close(fd);
    if (!is_written) throw std::runtime_error("cannot write " + path + ": name another file with --ca-key");
    return authority;
}

}  // namespace

TlsFront::TlsFront(const SimOptions& options) : names_(options.names) {
    if (!options.tls) {
        if (!options.ca_out.empty()) {
            throw WrongOptions("--ca-out needs --tls: without it there is no certificate");
        }
        if (!options.names.empty() || !options.ca_key.empty()) {
            throw WrongOptions("--name and --ca-key need --tls: without it there is no certificate");
        }
        return;
    }
    authority_ = options.ca_key.empty() ? std::make_unique<CertificateAuthority>() : kept_authority(options.ca_key);
    ca_pem_ = authority_->certificate_pem();
    show(CertificateKind::valid);
    if (options.ca_out.empty()) return;
    std::ofstream file(options.ca_out);
    file << ca_pem_ << std::flush;
    if (!file) throw std::runtime_error("cannot write " + options.ca_out + ": name another file with --ca-out");
}

void TlsFront::show(CertificateKind kind) {
    const CertifiedKey key = authority_->issue(kind, names_);
    contexts_.push_back(TlsContext::server(key.certificate_pem, key.key_pem, true));
}

}  // namespace daypack::core::sim
