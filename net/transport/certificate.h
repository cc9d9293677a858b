// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/transport/server_names.h"

struct WOLFSSL_X509;
struct WOLFSSL_EVP_PKEY;

namespace daypack::core {

// One certificate, and what a decision about it needs. wolfSSL reads it; only subjectAltName and nameConstraints, of
// which wolfSSL keeps less than they say, are read by the rules of server_names.h.
//
// Thread: one at a time. Invariant: wolfSSL could read all of it.
class Certificate {
  public:
    // None: it cannot be read.
    [[nodiscard]] static std::optional<Certificate> read(std::string_view der);
    Certificate(Certificate&&) noexcept = default;
    Certificate& operator=(Certificate&&) noexcept = default;
    ~Certificate() = default;

    [[nodiscard]] const std::string& der() const noexcept { return der_; }
    // DER, for comparing.
    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
    [[nodiscard]] const std::string& issuer() const noexcept { return issuer_; }
    // For people: "/CN=Root", printable.
    [[nodiscard]] std::string subject_text() const;
    [[nodiscard]] std::string issuer_text() const;

    [[nodiscard]] const ServerNames& names() const noexcept { return names_; }
    // Of a CA; none: it has none.
    [[nodiscard]] const std::optional<NameConstraints>& constraints() const noexcept { return constraints_; }

    [[nodiscard]] bool has_expired() const;
    [[nodiscard]] bool is_early() const;  // not valid yet
    // "" or what is weak about its key or about its signature: "its RSA key has 1024 bits, of which 2048 are the
    // least".
    [[nodiscard]] std::string weak_key() const;
    [[nodiscard]] std::string weak_signature() const;

    [[nodiscard]] bool is_ca() const;                  // basicConstraints say so
    [[nodiscard]] bool may_sign_certificates() const;  // keyUsage, where there is one, has keyCertSign
    [[nodiscard]] bool may_shake_hands() const;        // keyUsage, where there is one, has digitalSignature
    [[nodiscard]] bool may_serve() const;              // extKeyUsage, where there is one, has serverAuth
    // Of a CA: how many others may stand between it and the server's; none: any number.
    [[nodiscard]] std::optional<unsigned> path_length() const;

    // The signature on it is one of `issuer`'s key.
    [[nodiscard]] bool is_signed_by(const Certificate& issuer) const;

  private:
    struct Free {
        void operator()(WOLFSSL_X509* certificate) const noexcept;
        void operator()(WOLFSSL_EVP_PKEY* key) const noexcept;
    };
    Certificate() = default;
    [[nodiscard]] bool read_names();
    [[nodiscard]] bool read_extension(std::string_view extension);

    std::string der_, subject_, issuer_;
    std::unique_ptr<WOLFSSL_X509, Free> parsed_;
    std::unique_ptr<WOLFSSL_EVP_PKEY, Free> key_;  // null: of a kind that wolfSSL knows no use for here
    ServerNames names_;
    std::optional<NameConstraints> constraints_;
};

}  // namespace daypack::core
