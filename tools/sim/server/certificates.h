// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <string>
#include <vector>

namespace daypack::core::sim {

// What a TLS server shows, and the key that proves it.
struct CertifiedKey {
    std::string certificate_pem;
    std::string key_pem;
};

// Right, or wrong in exactly one way, so that a refusal has exactly one cause.
enum class CertificateKind {
    valid,       // localhost, 127.0.0.1, ::1 and what else is asked for; since yesterday, for 30 days
    expired,     // the same names, but only until a year ago
    other_name,  // valid, but for other.example
    other_ca,    // valid, but signed by an authority of the same name that nobody trusts
};

// A certificate authority of its own (ECC P-256). It lives as long as the object, and nobody else ever trusts it; one
// that is made of another's key is trusted by whoever trusts that one.
//
// Thread: any one at a time.
class CertificateAuthority {
  public:
    // Throws std::runtime_error when wolfSSL cannot make a key.
    CertificateAuthority();
    // Of a key that key_pem() told. Throws std::runtime_error where it is none.
    explicit CertificateAuthority(const std::string& key_pem);
    ~CertificateAuthority();
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;

    // What a client has to trust: the content of its `ca_file`.
    [[nodiscard]] const std::string& certificate_pem() const noexcept;

    // The secret of which an authority can be made again.
    [[nodiscard]] std::string key_pem() const;

    // A new key and its certificate. `names`: host names and addresses that it speaks of beside those of loopback.
    // Throws std::runtime_error.
    [[nodiscard]] CertifiedKey issue(CertificateKind kind, const std::vector<std::string>& names = {});

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace daypack::core::sim
