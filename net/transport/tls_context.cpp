// SPDX-License-Identifier: MIT
#include "net/transport/tls_context.h"

#include <wolfssl/options.h>  // before Asio's TLS headers: makes them speak wolfSSL
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "net/base/printable.h"
#include "net/transport/fast_aes.h"

namespace daypack {
namespace {

namespace ssl = boost::asio::ssl;

std::unique_ptr<ssl::context> make_context(ssl::context::method method) {
    auto context = std::make_unique<ssl::context>(method);
    if (wolfSSL_CTX_SetMinVersion(context->native_handle(), WOLFSSL_TLSV1_2) != WOLFSSL_SUCCESS) {
        throw std::runtime_error("this build of wolfSSL knows no TLS 1.2: install Debian's libwolfssl-dev");
    }
    return context;
}

// A suite as its two bytes of the protocol. By names wolfSSL would add to a session's list what its context's had.
using Suite = std::array<unsigned char, 2>;
constexpr Suite kAes128{0x13, 0x01};  // TLS 1.3
constexpr Suite kAes256{0x13, 0x02};
constexpr Suite kChaCha20{0x13, 0x03};
constexpr Suite kEcdsaAes128{0xc0, 0x2b};  // TLS 1.2, by the key of the certificate
constexpr Suite kEcdsaAes256{0xc0, 0x2c};
constexpr Suite kEcdsaChaCha20{0xcc, 0xa9};
constexpr Suite kRsaAes128{0xc0, 0x2f};
constexpr Suite kRsaAes256{0xc0, 0x30};
constexpr Suite kRsaChaCha20{0xcc, 0xa8};

// What a client offers. wolfSSL's own list goes on with RC4, 3DES and suites that encrypt nothing at all.
constexpr Suite kSuites[] = {kAes128,    kAes256,    kChaCha20,      kEcdsaAes256, kEcdsaAes128,
                             kRsaAes256, kRsaAes128, kEcdsaChaCha20, kRsaChaCha20};
// Of these, all but AES-128.
constexpr Suite kFastSuites[] = {kAes256, kChaCha20, kEcdsaAes256, kRsaAes256, kEcdsaChaCha20, kRsaChaCha20};
static_assert(sizeof kSuites == 2 * std::size(kSuites));

void use_fast_aes(SSL_CTX* context) {
    const int device = fast_aes_device();
    if (device != kNoDevice) wolfSSL_CTX_SetDevId(context, device);
}

bool is_address(const std::string& host) {
    boost::system::error_code error;
    boost::asio::ip::make_address(host, error);
    return !error;
}

// The names that the peer's certificate is for, "a.example, b.example"; empty where it was not kept.
std::string names_of_peer(WOLFSSL* tls) {
    constexpr std::size_t kNamesMax = 4;
    std::string names;
    WOLFSSL_X509* certificate = wolfSSL_get_peer_certificate(tls);
    if (certificate == nullptr) return names;
    std::size_t count = 0;
    while (const char* name = wolfSSL_X509_get_next_altname(certificate)) {
        if (count == kNamesMax) {
            names += ", …";
            break;
        }
        if (count++ > 0) names += ", ";
        names += printable(name);
    }
    if (names.empty()) {
        if (const char* name = wolfSSL_X509_get_subjectCN(certificate)) names = printable(name);
    }
    wolfSSL_X509_free(certificate);
    return names;
}

std::string issuer_of_peer(WOLFSSL* tls) {
    WOLFSSL_X509* certificate = wolfSSL_get_peer_certificate(tls);
    if (certificate == nullptr) return "not named";
    char text[256] = "not named";
    wolfSSL_X509_NAME_oneline(wolfSSL_X509_get_issuer_name(certificate), text, sizeof text);
    wolfSSL_X509_free(certificate);
    return printable(text);
}

// All certificates of a PEM file become trusted. By hand: wolfSSL calls a missing or empty file a success.
bool trust_file(SSL_CTX* context, const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return file && pem.find("-----BEGIN CERTIFICATE-----") != std::string::npos &&
           wolfSSL_CTX_load_verify_buffer(context, reinterpret_cast<const unsigned char*>(pem.data()),
                                          static_cast<long>(pem.size()), WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<ssl::context> context) noexcept : context_(std::move(context)) {}
TlsContext::TlsContext(TlsContext&& other) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&& other) noexcept = default;
TlsContext::~TlsContext() = default;

TlsContext TlsContext::client(const std::string& ca_file, bool fast_aes) {
    auto context = make_context(ssl::context::tls_client);
    if (wolfSSL_CTX_set_cipher_list_bytes(context->native_handle(), kSuites[0].data(), sizeof kSuites) !=
        WOLFSSL_SUCCESS) {
        throw std::runtime_error("this build of wolfSSL lacks AES-GCM or ChaCha20: install Debian's libwolfssl-dev");
    }
    if (fast_aes) use_fast_aes(context->native_handle());
    if (ca_file.empty()) {
        boost::system::error_code error;
        context->set_default_verify_paths(error);
        if (error) {
            throw std::runtime_error(
                "the system's trust store cannot be read: install ca-certificates, or name a ca_file");
        }
    } else if (!trust_file(context->native_handle(), ca_file)) {
        throw std::runtime_error("ca_file " + ca_file +
                                 ": no certificate can be read from it; it must be PEM, and readable to this user");
    }
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    return TlsContext(std::move(context));
}

TlsContext TlsContext::server(const std::string& certificate_chain_pem, const std::string& key_pem, bool fast_aes) {
    auto context = make_context(ssl::context::tls_server);
    if (fast_aes) use_fast_aes(context->native_handle());
    // wolfSSL's own calls: Asio's walk over the chain does not understand how wolfSSL's PEM reader says "no more".
    const auto bytes = [](const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); };
    SSL_CTX* const native = context->native_handle();
    if (wolfSSL_CTX_use_certificate_chain_buffer(native, bytes(certificate_chain_pem),
                                                 static_cast<long>(certificate_chain_pem.size())) != WOLFSSL_SUCCESS) {
        throw std::runtime_error("the server's certificate chain is no PEM that wolfSSL can read");
    }
    if (wolfSSL_CTX_use_PrivateKey_buffer(native, bytes(key_pem), static_cast<long>(key_pem.size()),
                                          WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS ||
        wolfSSL_CTX_check_private_key(native) != WOLFSSL_SUCCESS) {
        throw std::runtime_error("the server's private key is no PEM key of its certificate");
    }
    return TlsContext(std::move(context));
}

void forget_handshakes() noexcept {
    wc_ecc_fp_free();
}

bool expect_host(WOLFSSL* tls, const std::string& host) {
    if (host.empty()) return false;
    if (is_address(host)) {  // RFC 6066: an address is never sent as SNI
        return wolfSSL_X509_VERIFY_PARAM_set1_ip_asc(wolfSSL_get0_param(tls), host.c_str()) == WOLFSSL_SUCCESS;
    }
    return wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, host.data(), static_cast<unsigned short>(host.size())) ==
               WOLFSSL_SUCCESS &&
           wolfSSL_check_domain_name(tls, host.c_str()) == WOLFSSL_SUCCESS;
}

bool offer_fast_suites(WOLFSSL* tls) {
    const int device = fast_aes_device();
    return device != kNoDevice && wolfSSL_CTX_GetDevId(nullptr, tls) == device &&
           wolfSSL_set_cipher_list_bytes(tls, kFastSuites[0].data(), sizeof kFastSuites) == WOLFSSL_SUCCESS;
}

bool may_lack_suites(WOLFSSL* tls) {
    WOLFSSL_ALERT_HISTORY alerts{};
    if (wolfSSL_get_alert_history(tls, &alerts) != WOLFSSL_SUCCESS) return false;
    return alerts.last_rx.code == handshake_failure || alerts.last_rx.code == insufficient_security;
}

std::string why_refused(WOLFSSL* tls, const std::string& host, const boost::system::error_code& error) {
    const int cause = wolfSSL_get_error(tls, -1);  // Asio calls every failure "unexpected result"
    switch (cause) {
        case DOMAIN_NAME_MISMATCH:
        case IPADDR_MISMATCH:
            return "certificate refused: it is for another host name (" + names_of_peer(tls) + "), not for " + host;
        case ASN_NO_SIGNER_E:
        case ASN_SIG_CONFIRM_E:  // an issuer of a trusted name, with another key
            return "certificate refused: signed by an unknown CA (" + issuer_of_peer(tls) +
                   "); trust it with ca_file if it is yours";
        case ASN_SELF_SIGNED_E:
            return "certificate refused: it is self-signed, not signed by a trusted CA; trust it with ca_file if it is "
                   "yours";
        case ASN_AFTER_DATE_E: return "certificate refused: it has expired (or this machine's clock is wrong)";
        case ASN_BEFORE_DATE_E: return "certificate refused: it is not valid yet (or this machine's clock is wrong)";
        case VERSION_ERROR:
        case UNSUPPORTED_PROTO_VERSION:
        case UNKNOWN_RECORD_TYPE:
        case LENGTH_ERROR: return "TLS handshake failed: no TLS 1.2 or later is spoken there";
        case WOLFSSL_ERROR_NONE:
        case WOLFSSL_ERROR_WANT_READ:  // TLS was content; what failed is the connection below it
        case WOLFSSL_ERROR_WANT_WRITE:
            if (error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated) {
                return "TLS handshake failed: the server closed the connection";
            }
            return "TLS handshake failed: " + error.message();
        default: return "TLS handshake failed: " + why_broken(tls);
    }
}

std::string why_broken(WOLFSSL* tls) {
    char text[WOLFSSL_MAX_ERROR_SZ];
    wolfSSL_ERR_error_string_n(static_cast<unsigned long>(wolfSSL_get_error(tls, -1)), text, sizeof text);
    return text;
}

}  // namespace daypack
