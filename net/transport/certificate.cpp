// SPDX-License-Identifier: MIT
#include "net/transport/certificate.h"

// clang-format off
#include <wolfssl/options.h>  // before the rest of wolfSSL
#include <wolfssl/ssl.h>      // before its compatibility headers
// clang-format on
#include <wolfssl/openssl/evp.h>
#include <wolfssl/openssl/x509v3.h>
#include <wolfssl/wolfcrypt/asn.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "net/base/printable.h"
#include "net/transport/der_reader.h"

namespace daypack::core {
namespace {

constexpr int kRsaBitsMin = 2'048;
constexpr int kEcBitsMin = 256;
constexpr int kStrongSignatures[] = {CTC_SHA256wRSA,   CTC_SHA384wRSA,   CTC_SHA512wRSA,
                                     CTC_SHA256wECDSA, CTC_SHA384wECDSA, CTC_SHA512wECDSA};

// The contents of the object identifiers 2.5.29.17 and 2.5.29.30.
constexpr std::string_view kSubjectAltName{"\x55\x1d\x11"};
constexpr std::string_view kNameConstraints{"\x55\x1d\x1e"};

std::string text_of(WOLFSSL_X509_NAME* name) {
    std::array<char, 256> text{};
    if (wolfSSL_X509_NAME_oneline(name, text.data(), static_cast<int>(text.size())) == nullptr) return "not named";
    return printable(text.data());
}

// YYMMDDhhmmssZ of this and the last century, or YYYYMMDDhhmmssZ (RFC 5280, 4.1.2.5); none for anything else. wolfSSL's
// own comparison goes by the C library's time zone, which it reads anew each time.
std::optional<std::chrono::sys_seconds> time_of(WOLFSSL_ASN1_TIME* time) {
    if (time == nullptr) return {};
    std::string_view text(reinterpret_cast<const char*>(wolfSSL_ASN1_TIME_get_data(time)),
                          static_cast<std::size_t>(std::max(wolfSSL_ASN1_TIME_get_length(time), 0)));
    if ((text.size() != 13 && text.size() != 15) || text.back() != 'Z') return {};
    text.remove_suffix(1);
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return {};
    const auto next_two = [&text] {
        const int two = (text[0] - '0') * 10 + (text[1] - '0');
        text.remove_prefix(2);
        return two;
    };
    const bool has_century = text.size() == 14;
    const int century = has_century ? next_two() * 100 : 0;
    const int of_century = next_two();
    const int year = has_century ? century + of_century : of_century + (of_century < 50 ? 2000 : 1900);
    const auto month = static_cast<unsigned>(next_two());
    const auto day = static_cast<unsigned>(next_two());
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok()) return {};
    const std::chrono::hours hours(next_two());
    const std::chrono::minutes minutes(next_two());
    return std::chrono::sys_days(date) + hours + minutes + std::chrono::seconds(next_two());
}

std::chrono::system_clock::time_point now() {
    return std::chrono::system_clock::now();
}

}  // namespace

void Certificate::Free::operator()(WOLFSSL_X509* certificate) const noexcept {
    wolfSSL_X509_free(certificate);
}
void Certificate::Free::operator()(WOLFSSL_EVP_PKEY* key) const noexcept {
    wolfSSL_EVP_PKEY_free(key);
}

std::optional<Certificate> Certificate::read(std::string_view der) {
    Certificate certificate;
    certificate.der_ = der;
    certificate.parsed_.reset(
        wolfSSL_X509_d2i(nullptr, reinterpret_cast<const unsigned char*>(der.data()), static_cast<int>(der.size())));
    if (!certificate.parsed_ || !certificate.read_names()) return std::nullopt;
    certificate.key_.reset(wolfSSL_X509_get_pubkey(certificate.parsed_.get()));
    return certificate;
}

// Certificate ::= SEQUENCE { SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, key, …, [3]
// extensions }, … }. wolfSSL has read it, so that only what it lets pass is asked for here.
bool Certificate::read_names() {
    DerReader outer(der_);
    if (!outer.next()) return false;
    DerReader signed_part(outer.content());
    if (!signed_part.next()) return false;
    DerReader fields(signed_part.content());
    constexpr std::size_t kIssuer = 2;  // counted from the serial number
    constexpr std::size_t kSubject = 4;
    std::size_t place = 0;
    while (fields.next()) {
        if (fields.tag() == DerReader::context_of(0)) continue;
        if (place == kIssuer) issuer_ = fields.whole();
        if (place == kSubject) subject_ = fields.whole();
        ++place;
        if (fields.tag() != DerReader::context_of(3)) continue;
        DerReader wrapped(fields.content());
        if (!wrapped.next()) return false;
        DerReader extensions(wrapped.content());
        while (extensions.next()) {
            if (!read_extension(extensions.content())) return false;
        }
        if (!extensions.well()) return false;
    }
    return fields.well() && place > kSubject;
}

// Extension ::= SEQUENCE { OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, OCTET STRING }
bool Certificate::read_extension(std::string_view extension) {
    DerReader parts(extension);
    if (!parts.next() || parts.tag() != DerReader::kObjectId) return false;
    const std::string_view name = parts.content();
    if (name != kSubjectAltName && name != kNameConstraints) return true;
    if (!parts.next() || (parts.tag() == DerReader::kBoolean && !parts.next())) return false;
    if (parts.tag() != DerReader::kOctets) return false;
    if (name == kSubjectAltName) {
        auto names = read_server_names(parts.content());
        if (names) names_ = std::move(*names);
        return names.has_value();
    }
    constraints_ = read_name_constraints(parts.content());
    return constraints_.has_value();
}

std::string Certificate::subject_text() const {
    return text_of(wolfSSL_X509_get_subject_name(parsed_.get()));
}
std::string Certificate::issuer_text() const {
    return text_of(wolfSSL_X509_get_issuer_name(parsed_.get()));
}

bool Certificate::has_expired() const {
    const auto end = time_of(wolfSSL_X509_get_notAfter(parsed_.get()));
    return !end || *end < now();
}
bool Certificate::is_early() const {
    const auto begin = time_of(wolfSSL_X509_get_notBefore(parsed_.get()));
    return !begin || *begin > now();
}

std::string Certificate::weak_key() const {
    const int kind = wolfSSL_X509_get_pubkey_type(parsed_.get());
    if (!key_ || (kind != RSAk && kind != ECDSAk))
        return "its key is neither an RSA nor an elliptic curve's (ECDSA) one";
    const int bits = wolfSSL_EVP_PKEY_bits(key_.get());
    const int least = kind == RSAk ? kRsaBitsMin : kEcBitsMin;
    if (bits >= least) return {};
    return "its " + std::string(kind == RSAk ? "RSA" : "elliptic curve") + " key has " + std::to_string(bits) +
           " bits, of which " + std::to_string(least) + " are the least";
}

std::string Certificate::weak_signature() const {
    const int kind = wolfSSL_X509_get_signature_type(parsed_.get());
    if (std::ranges::find(kStrongSignatures, kind) != std::end(kStrongSignatures)) return {};
    if (kind == CTC_SHAwRSA || kind == CTC_SHAwECDSA) return "it is signed with SHA-1, which can be forged";
    return "it is signed in another way than RSA or ECDSA with SHA-256 or longer";
}

bool Certificate::is_ca() const {
    return wolfSSL_X509_ext_isSet_by_NID(parsed_.get(), NID_basic_constraints) != 0 &&
           wolfSSL_X509_get_isCA(parsed_.get()) != 0;
}

bool Certificate::may_sign_certificates() const {
    return wolfSSL_X509_ext_isSet_by_NID(parsed_.get(), NID_key_usage) == 0 ||
           (wolfSSL_X509_get_keyUsage(parsed_.get()) & KEYUSE_KEY_CERT_SIGN) != 0;
}
bool Certificate::may_shake_hands() const {
    return wolfSSL_X509_ext_isSet_by_NID(parsed_.get(), NID_key_usage) == 0 ||
           (wolfSSL_X509_get_keyUsage(parsed_.get()) & KEYUSE_DIGITAL_SIG) != 0;
}
bool Certificate::may_serve() const {
    return wolfSSL_X509_ext_isSet_by_NID(parsed_.get(), NID_ext_key_usage) == 0 ||
           (wolfSSL_X509_get_extended_key_usage(parsed_.get()) & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
}

std::optional<unsigned> Certificate::path_length() const {
    if (wolfSSL_X509_get_isSet_pathLength(parsed_.get()) == 0) return std::nullopt;
    return wolfSSL_X509_get_pathLength(parsed_.get());
}

bool Certificate::is_signed_by(const Certificate& issuer) const {
    return issuer.key_ && wolfSSL_X509_verify(parsed_.get(), issuer.key_.get()) == WOLFSSL_SUCCESS;
}

}  // namespace daypack::core
