// SPDX-License-Identifier: MIT
#include "tools/sim/server/certificates.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace daypack::core::sim {
namespace {

constexpr std::time_t kDay = 86'400;
constexpr std::time_t kYear = 365 * kDay;
constexpr const char* kAuthorityName = "daypack simulated exchange CA";
constexpr std::size_t kDerBytes = 8192;

int check(int result, const char* what) {
    if (result >= 0) return result;
    throw std::runtime_error(std::string("cannot make a certificate: wolfSSL's ") + what + " gave " +
                             std::to_string(result));
}

class Random {
  public:
    Random() { check(wc_InitRng(&rng_), "wc_InitRng"); }
    ~Random() { wc_FreeRng(&rng_); }
    Random(const Random&) = delete;
    Random& operator=(const Random&) = delete;
    WC_RNG* get() noexcept { return &rng_; }

  private:
    WC_RNG rng_;
};

class Key {
  public:
    explicit Key(Random& random) {
        check(wc_ecc_init(&key_), "wc_ecc_init");
        const int made = wc_ecc_make_key_ex(random.get(), 32, &key_, ECC_SECP256R1);
        if (made != 0) wc_ecc_free(&key_);
        check(made, "wc_ecc_make_key_ex");
    }
    ~Key() { wc_ecc_free(&key_); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ecc_key* get() noexcept { return &key_; }

  private:
    ecc_key key_;
};

std::string to_pem(const std::vector<byte>& der, int type) {
    const int size = check(wc_DerToPem(der.data(), static_cast<word32>(der.size()), nullptr, 0, type), "wc_DerToPem");
    std::string pem(static_cast<std::size_t>(size), '\0');
    const int written = check(wc_DerToPem(der.data(), static_cast<word32>(der.size()),
                                          reinterpret_cast<byte*>(pem.data()), static_cast<word32>(size), type),
                              "wc_DerToPem");
    pem.resize(static_cast<std::size_t>(written));
    return pem;
}

std::string key_pem(Key& key) {
    std::vector<byte> der(512);
    der.resize(static_cast<std::size_t>(
        check(wc_EccKeyToDer(key.get(), der.data(), static_cast<word32>(der.size())), "wc_EccKeyToDer")));
    return to_pem(der, ECC_PRIVATEKEY_TYPE);
}

// X.509 time with tag and length: GeneralizedTime, which says the century.
int put_time(byte* out, std::time_t when) {
    std::tm utc{};
    gmtime_r(&when, &utc);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &utc);
    out[0] = 0x18;
    out[1] = static_cast<byte>(size);
    std::memcpy(out + 2, text, size);
    return static_cast<int>(size) + 2;
}

void set_dates(Cert& cert, std::time_t from, std::time_t to) {
    cert.beforeDateSz = put_time(cert.beforeDate, from);
    cert.afterDateSz = put_time(cert.afterDate, to);
}

// subjectAltName by hand: a SEQUENCE of dNSName [2] and iPAddress [7]. All of it is shorter than 128 bytes.
void set_names(Cert& cert, const std::vector<std::string>& hosts, bool with_loopback_addresses) {
    std::string names;
    const auto append = [&names](char tag, std::string_view value) {
        names.push_back(tag);
        names.push_back(static_cast<char>(value.size()));
        names.append(value);
    };
    for (const auto& host : hosts) append('\x82', host);
    if (with_loopback_addresses) {
        append('\x87', std::string_view("\x7f\0\0\x01", 4));
        append('\x87', std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16));
    }
    cert.altNames[0] = 0x30;
    cert.altNames[1] = static_cast<byte>(names.size());
    std::memcpy(cert.altNames + 2, names.data(), names.size());
    cert.altNamesSz = static_cast<int>(names.size()) + 2;
}

void set_common_name(CertName& name, const char* text) {
    std::strncpy(name.commonName, text, CTC_NAME_SIZE - 1);
}

struct Freed {
    void operator()(Cert* cert) const noexcept { wc_CertFree(cert); }
};
using CertPtr = std::unique_ptr<Cert, Freed>;

CertPtr new_cert(const char* common_name, std::time_t from, std::time_t to) {
    CertPtr cert(wc_CertNew(nullptr));
    if (!cert) throw std::runtime_error("cannot make a certificate: no memory");
    cert->sigType = CTC_SHA256wECDSA;
    set_common_name(cert->subject, common_name);
    set_common_name(cert->issuer, kAuthorityName);
    set_dates(*cert, from, to);
    return cert;
}

std::string sign(Cert& cert, Key& subject, Key& issuer, Random& random) {
    check(wc_SetSubjectKeyIdFromPublicKey(&cert, nullptr, subject.get()), "wc_SetSubjectKeyIdFromPublicKey");
    check(wc_SetAuthKeyIdFromPublicKey(&cert, nullptr, issuer.get()), "wc_SetAuthKeyIdFromPublicKey");
    std::vector<byte> der(kDerBytes);
    const auto capacity = static_cast<word32>(der.size());
    check(wc_MakeCert(&cert, der.data(), capacity, nullptr, subject.get(), random.get()), "wc_MakeCert");
    const int size =
        check(wc_SignCert(cert.bodySz, cert.sigType, der.data(), capacity, nullptr, issuer.get(), random.get()),
              "wc_SignCert");
    der.resize(static_cast<std::size_t>(size));
    return to_pem(der, CERT_TYPE);
}

}  // namespace

struct CertificateAuthority::Impl {
    Random random;
    Key key{random};
    std::string certificate_pem;
};

CertificateAuthority::CertificateAuthority() : impl_(std::make_unique<Impl>()) {
    const std::time_t now = std::time(nullptr);
    const CertPtr cert = new_cert(kAuthorityName, now - 3 * kYear, now + kYear);
    cert->isCA = 1;
    cert->selfSigned = 0;  // "self-signed" would copy the subject over the issuer; here they are equal already
    check(wc_SetKeyUsage(cert.get(), "keyCertSign,cRLSign"), "wc_SetKeyUsage");
    impl_->certificate_pem = sign(*cert, impl_->key, impl_->key, impl_->random);
}

CertificateAuthority::~CertificateAuthority() = default;

const std::string& CertificateAuthority::certificate_pem() const noexcept {
    return impl_->certificate_pem;
}

CertifiedKey CertificateAuthority::issue(CertificateKind kind) {
    if (kind == CertificateKind::other_ca) return CertificateAuthority().issue(CertificateKind::valid);
    const std::time_t now = std::time(nullptr);
    const bool expired = kind == CertificateKind::expired;
    const bool other_name = kind == CertificateKind::other_name;
    const CertPtr cert = new_cert(other_name ? "other.example" : "localhost", expired ? now - 2 * kYear : now - kDay,
                                  expired ? now - kYear : now + 30 * kDay);
    cert->selfSigned = 0;
    set_names(*cert, {other_name ? "other.example" : "localhost"}, !other_name);
    check(wc_SetKeyUsage(cert.get(), "digitalSignature"), "wc_SetKeyUsage");
    check(wc_SetExtKeyUsage(cert.get(), "serverAuth"), "wc_SetExtKeyUsage");
    Key key(impl_->random);
    return {sign(*cert, key, impl_->key, impl_->random), key_pem(key)};
}

}  // namespace daypack::core::sim
