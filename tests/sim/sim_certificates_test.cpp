// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <memory>

#include "tools/sim/server/certificates.h"

namespace daypack::core::sim {
namespace {

struct Freed {
    void operator()(WOLFSSL_CERT_MANAGER* manager) const { wolfSSL_CertManagerFree(manager); }
    void operator()(WOLFSSL_X509* x509) const { wolfSSL_X509_free(x509); }
};

int verify(const std::string& ca_pem, const std::string& certificate_pem) {
    const std::unique_ptr<WOLFSSL_CERT_MANAGER, Freed> manager(wolfSSL_CertManagerNew());
    const auto* ca = reinterpret_cast<const unsigned char*>(ca_pem.data());
    EXPECT_EQ(
        wolfSSL_CertManagerLoadCABuffer(manager.get(), ca, static_cast<long>(ca_pem.size()), WOLFSSL_FILETYPE_PEM),
        WOLFSSL_SUCCESS);
    const auto* certificate = reinterpret_cast<const unsigned char*>(certificate_pem.data());
    return wolfSSL_CertManagerVerifyBuffer(manager.get(), certificate, static_cast<long>(certificate_pem.size()),
                                           WOLFSSL_FILETYPE_PEM);
}

std::unique_ptr<WOLFSSL_X509, Freed> parse(const std::string& pem) {
    return std::unique_ptr<WOLFSSL_X509, Freed>(wolfSSL_X509_load_certificate_buffer(
        reinterpret_cast<const unsigned char*>(pem.data()), static_cast<int>(pem.size()), WOLFSSL_FILETYPE_PEM));
}

bool names(const std::string& pem, const char* host) {
    const auto x509 = parse(pem);
    return wolfSSL_X509_check_host(x509.get(), host, std::string(host).size(), 0, nullptr) == WOLFSSL_SUCCESS;
}

TEST(SimCertificates, TheValidOneIsTrustedAndNamesLoopback) {
    CertificateAuthority authority;
    const auto key = authority.issue(CertificateKind::valid);
    EXPECT_EQ(verify(authority.certificate_pem(), key.certificate_pem), WOLFSSL_SUCCESS);
    EXPECT_TRUE(names(key.certificate_pem, "localhost"));
    EXPECT_FALSE(names(key.certificate_pem, "other.example"));
    EXPECT_EQ(wolfSSL_X509_check_ip_asc(parse(key.certificate_pem).get(), "127.0.0.1", 0), WOLFSSL_SUCCESS);
}

TEST(SimCertificates, TheExpiredOneIsRefusedForItsDateAlone) {
    CertificateAuthority authority;
    const auto key = authority.issue(CertificateKind::expired);
    EXPECT_EQ(verify(authority.certificate_pem(), key.certificate_pem), ASN_AFTER_DATE_E);
    EXPECT_TRUE(names(key.certificate_pem, "localhost"));
}

TEST(SimCertificates, TheOneOfAnotherNameIsTrustedButDoesNotNameLoopback) {
    CertificateAuthority authority;
    const auto key = authority.issue(CertificateKind::other_name);
    EXPECT_EQ(verify(authority.certificate_pem(), key.certificate_pem), WOLFSSL_SUCCESS);
    EXPECT_FALSE(names(key.certificate_pem, "localhost"));
    EXPECT_TRUE(names(key.certificate_pem, "other.example"));
    EXPECT_NE(wolfSSL_X509_check_ip_asc(parse(key.certificate_pem).get(), "127.0.0.1", 0), WOLFSSL_SUCCESS);
}

TEST(SimCertificates, TheOneOfAnotherAuthorityIsRefusedThoughItNamesLoopback) {
    CertificateAuthority authority;
    const auto key = authority.issue(CertificateKind::other_ca);
    const int result = verify(authority.certificate_pem(), key.certificate_pem);
    EXPECT_TRUE(result == ASN_NO_SIGNER_E || result == ASN_SIG_CONFIRM_E) << result;
    EXPECT_TRUE(names(key.certificate_pem, "localhost"));
}

TEST(SimCertificates, TwoAuthoritiesDoNotTrustEachOther) {
    CertificateAuthority one;
    CertificateAuthority other;
    EXPECT_NE(verify(one.certificate_pem(), other.issue(CertificateKind::valid).certificate_pem), WOLFSSL_SUCCESS);
}

TEST(SimCertificates, ItSpeaksOfTheHostsThatAreAskedForBesideLoopback) {
    CertificateAuthority authority;
    const std::string longest(63, 'a');
    std::vector<std::string> hosts{"exchange", "10.1.2.3", "fd00::7", longest + "." + longest + "." + longest};
    const auto key = authority.issue(CertificateKind::valid, hosts);
    EXPECT_EQ(verify(authority.certificate_pem(), key.certificate_pem), WOLFSSL_SUCCESS);
    EXPECT_TRUE(names(key.certificate_pem, "exchange"));
    EXPECT_TRUE(names(key.certificate_pem, hosts.back().c_str()));
    EXPECT_TRUE(names(key.certificate_pem, "localhost"));
    EXPECT_EQ(wolfSSL_X509_check_ip_asc(parse(key.certificate_pem).get(), "10.1.2.3", 0), WOLFSSL_SUCCESS);
    EXPECT_FALSE(names(key.certificate_pem, "other.example"));
    EXPECT_FALSE(names(authority.issue(CertificateKind::other_name, hosts).certificate_pem, "exchange"));
}

TEST(SimCertificates, AnAuthorityThatIsMadeAgainOfItsKeyIsTrustedByWhoTrustedIt) {
    CertificateAuthority one;
    CertificateAuthority again(one.key_pem());
    EXPECT_EQ(verify(one.certificate_pem(), again.issue(CertificateKind::valid).certificate_pem), WOLFSSL_SUCCESS);
    EXPECT_EQ(again.key_pem(), one.key_pem());
    EXPECT_THROW(CertificateAuthority("no key"), std::runtime_error);
}

}  // namespace
}  // namespace daypack::core::sim
