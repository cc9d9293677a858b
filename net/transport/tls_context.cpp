// SPDX-License-Identifier: MIT
#include "net/transport/tls_context.h"

#include <wolfssl/options.h>  // before Asio's TLS headers: makes them speak wolfSSL
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "net/transport/fast_aes.h"
#include "net/transport/server_names.h"
#include "net/transport/trust.h"

namespace daypack::core {
namespace {

namespace ssl = boost::asio::ssl;

std::unique_ptr<ssl::context> make_context(ssl::context::method method) {
    // The first context would do so itself, but two threads that make one at the same moment may wait for each other
    // for ever then.
    static const int begun = wolfSSL_Init();
    if (begun != WOLFSSL_SUCCESS) throw std::runtime_error("wolfSSL cannot begin: the system gives no random numbers");
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

// Judges what the server showed as soon as wolfSSL has read all of it, and whatever wolfSSL makes of it: where both
// refuse, the words are better than an error's number. It is asked once for each certificate.
int judge(int well, WOLFSSL_X509_STORE_CTX* store) noexcept {
    auto* const check = static_cast<PeerCheck*>(store->userCtx);
    if (check == nullptr || check->trust == nullptr) return 0;
    if (!check->asked) {
        try {
            std::vector<std::string_view> chain;
            for (int i = 0; i < store->totalCerts; ++i) {
                chain.emplace_back(reinterpret_cast<const char*>(store->certs[i].buffer), store->certs[i].length);
            }
            check->refusal = check->trust->why_not(chain, check->host);
            check->asked = true;
        } catch (const std::bad_alloc&) {  // must not pass through wolfSSL's C
            return 0;
        }
    }
    return well != 0 && check->refusal.empty() ? 1 : 0;
}

bool trust_der(SSL_CTX* context, std::string_view der) {
    return wolfSSL_CTX_load_verify_buffer(context, reinterpret_cast<const unsigned char*>(der.data()),
                                          static_cast<long>(der.size()), WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS;
}

// All certificates of a PEM file that can be read become trusted. False: there is none.
bool trust_file(SSL_CTX* context, const std::string& path, Trust& trust) {
    std::ifstream file(path, std::ios::binary);
    const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
    for (std::size_t at = pem.find(kBegin); at != std::string::npos; at = pem.find(kBegin, at + kBegin.size())) {
        DerBuffer* der = nullptr;
        const int result = wc_PemToDer(reinterpret_cast<const unsigned char*>(pem.data()) + at,
                                       static_cast<long>(pem.size() - at), CERT_TYPE, &der, nullptr, nullptr, nullptr);
        if (result == 0) {
            const std::string_view bytes(reinterpret_cast<const char*>(der->buffer), der->length);
            if (trust_der(context, bytes)) trust.add(bytes);
        }
        wc_FreeDer(&der);
    }
    return trust.size() > 0;
}

// Where the system's certificates go while wolfSSL reads them: its callback has no other way to tell whose they are.
thread_local Trust* reading = nullptr;

bool trust_system(ssl::context& context, Trust& trust) {
    wolfSSL_CTX_SetCACb(context.native_handle(), [](unsigned char* der, int size, int) {
        if (reading != nullptr) reading->add({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    });
    reading = &trust;
    boost::system::error_code error;
    context.set_default_verify_paths(error);
    reading = nullptr;
    return !error;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<ssl::context> context, std::shared_ptr<const Trust> trust) noexcept
    : context_(std::move(context)), trust_(std::move(trust)) {}
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
    const auto trust = std::make_shared<Trust>(ca_file.empty() ? Trust::Source::system : Trust::Source::ca_file);
    if (ca_file.empty() && !trust_system(*context, *trust)) {
        throw std::runtime_error("the system's trust store cannot be read: install ca-certificates, or name a ca_file");
    }
    if (!ca_file.empty() && !trust_file(context->native_handle(), ca_file, *trust)) {
        throw std::runtime_error("ca_file " + ca_file +
                                 ": no certificate can be read from it; it must be PEM, and readable to this user");
    }
    wolfSSL_CTX_set_verify(context->native_handle(), WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, judge);
    return {std::move(context), trust};
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
    return {std::move(context), nullptr};
}

void forget_handshakes() noexcept {
    wc_ecc_fp_free();
}

bool expect_host(WOLFSSL* tls, const TlsContext& context, const std::string& host, PeerCheck& check) {
    check = {host, context.trust(), false, {}};
    wolfSSL_SetCertCbCtx(tls, &check);
    if (host.empty() || !check.trust) return false;
    if (!address_bytes(host).empty()) return true;  // RFC 6066: an address is never sent as SNI
    const std::string_view name = host.ends_with('.') ? std::string_view(host).substr(0, host.size() - 1) : host;
    return wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, name.data(), static_cast<unsigned short>(name.size())) ==
           WOLFSSL_SUCCESS;
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

std::string why_refused(WOLFSSL* tls, const PeerCheck& check, const boost::system::error_code& error) {
    if (!check.refusal.empty()) return "certificate refused: " + check.refusal;
    const int cause = wolfSSL_get_error(tls, -1);  // Asio calls every failure "unexpected result"
    switch (cause) {
        case ASN_CRIT_EXT_E:
            return "certificate refused: it has a critical extension that is not known here; the server needs another "
                   "one";
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

}  // namespace daypack::core
