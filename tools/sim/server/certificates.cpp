// SPDX-License-Identifier: MIT
#include "tools/sim/server/certificates.h"

#include <arpa/inet.h>
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
    explicit Key(const std::string& pem) {
        std::vector<byte> der(pem.size() + 1);
        const int size = check(wc_KeyPemToDer(reinterpret_cast<const byte*>(pem.data()), static_cast<int>(pem.size()),
                                              der.data(), static_cast<int>(der.size()), nullptr),
                               "wc_KeyPemToDer");
        check(wc_ecc_init(&key_), "wc_ecc_init");
        word32 read = 0;
        const int decoded = wc_EccPrivateKeyDecode(der.data(), &read, &key_, static_cast<word32>(size));
        if (decoded != 0) wc_ecc_free(&key_);
        check(decoded, "wc_EccPrivateKeyDecode");
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

std::string pem_of(Key& key) {
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

// Tag, length and value of DER; a length from 128 on stands in one or two bytes behind their number.
void append_der(std::string& out, char tag, std::string_view value) {
    out.push_back(tag);
    if (value.size() >= 128) out.push_back(value.size() < 256 ? '\x81' : '\x82');
    if (value.size() >= 256) out.push_back(static_cast<char>(value.size() >> 8));
    out.push_back(static_cast<char>(value.size()));
    out.append(value);
}

// subjectAltName by hand: a SEQUENCE of dNSName [2] and iPAddress [7].
void set_names(Cert& cert, const std::vector<std::string>& hosts) {
    std::string names;
    for (const auto& host : hosts) {
        char address[sizeof(in6_addr)];
        if (inet_pton(AF_INET, host.c_str(), address) == 1) {
            append_der(names, '\x87', {address, sizeof(in_addr)});
        } else if (inet_pton(AF_INET6, host.c_str(), address) == 1) {
            append_der(names, '\x87', {address, sizeof(in6_addr)});
        } else {
            append_der(names, '\x82', host);
        }
    }
    std::string sequence;
    append_der(sequence, '\x30', names);
    if (sequence.size() > sizeof cert.altNames) {
        throw std::runtime_error("cannot make a certificate of so many names: give fewer by --name");
    }
    std::memcpy(cert.altNames, sequence.data(), sequence.size());
    cert.altNamesSz = static_cast<int>(sequence.size());
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
    Impl() : key(random) { certify(); }
    explicit Impl(const std::string& pem) : key(pem) { certify(); }

    void certify() {
        const std::time_t now = std::time(nullptr);
        const CertPtr cert = new_cert(kAuthorityName, now - 3 * kYear, now + kYear);
        cert->isCA = 1;
        cert->selfSigned = 0;  // "self-signed" would copy the subject over the issuer; here they are equal already
        check(wc_SetKeyUsage(cert.get(), "keyCertSign,cRLSign"), "wc_SetKeyUsage");
        certificate_pem = sign(*cert, key, key, random);
    }

    Random random;
    Key key;
    std::string certificate_pem;
};

CertificateAuthority::CertificateAuthority() : impl_(std::make_unique<Impl>()) {}
CertificateAuthority::CertificateAuthority(const std::string& key_pem) : impl_(std::make_unique<Impl>(key_pem)) {}

CertificateAuthority::~CertificateAuthority() = default;

const std::string& CertificateAuthority::certificate_pem() const noexcept {
    return impl_->certificate_pem;
}

std::string CertificateAuthority::key_pem() const {
    return pem_of(impl_->key);
}

CertifiedKey CertificateAuthority::issue(CertificateKind kind, const std::vector<std::string>& names) {
    if (kind == CertificateKind::other_ca) return CertificateAuthority().issue(CertificateKind::valid, names);
    const std::time_t now = std::time(nullptr);
    const bool expired = kind == CertificateKind::expired;
    const bool other_name = kind == CertificateKind::other_name;
    const CertPtr cert = new_cert(other_name ? "other.example" : "localhost", expired ? now - 2 * kYear : now - kDay,
                                  expired ? now - kYear : now + 30 * kDay);
    cert->selfSigned = 0;
    std::vector<std::string> hosts{"localhost", "127.0.0.1", "::1"};
    hosts.insert(hosts.end(), names.begin(), names.end());
    set_names(*cert, other_name ? std::vector<std::string>{"other.example"} : hosts);
    check(wc_SetKeyUsage(cert.get(), "digitalSignature"), "wc_SetKeyUsage");
    check(wc_SetExtKeyUsage(cert.get(), "serverAuth"), "wc_SetExtKeyUsage");
    Key key(impl_->random);
    return {sign(*cert, key, impl_->key, impl_->random), pem_of(key)};
}

}  // namespace daypack::core::sim
