// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <string>

namespace daypack::core::sim {

// What a TLS server shows, and the key that proves it.
struct CertifiedKey {
    std::string certificate_pem;
    std::string key_pem;
};

// Right, or wrong in exactly one way, so that a refusal has exactly one cause.
enum class CertificateKind {
    valid,       // localhost, 127.0.0.1 and ::1; since yesterday, for 30 days
    expired,     // the same names, but only until a year ago
    other_name,  // valid, but for other.example
    other_ca,    // valid, but signed by an authority of the same name that nobody trusts
};

// A certificate authority of its own (ECC P-256) that lives as long as the object: nobody else ever trusts it.
//
// Thread: any one at a time.
class CertificateAuthority {
  public:
    // Throws std::runtime_error when wolfSSL cannot make a key.
    CertificateAuthority();
    ~CertificateAuthority();
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;

    // What a client has to trust: the content of its `ca_file`.
    [[nodiscard]] const std::string& certificate_pem() const noexcept;

    // A new key and its certificate. Throws std::runtime_error.
    [[nodiscard]] CertifiedKey issue(CertificateKind kind);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace daypack::core::sim
