// SPDX-License-Identifier: MIT
// A program that has OpenSSL, and Asio on top of it, beside daypack's wolfSSL: it finds OpenSSL's headers, and what it
// links is OpenSSL's also where both have functions of one name.
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdio>
#include <cstring>
#if __has_include(<daypack/engine.hpp>)
#include <daypack/engine.hpp>
#endif

#if defined(LIBWOLFSSL_VERSION_HEX) || defined(WOLFSSL_OPENSSL_H_)
#error "<openssl/ssl.h> is wolfSSL's compatibility header: daypack must not put that in front of OpenSSL's own"
#endif

int main() {
    if (std::strncmp(OpenSSL_version(OPENSSL_VERSION), "OpenSSL", 7) != 0) return 1;
#if __has_include(<daypack/engine.hpp>)
    daypack::Config config;  // a name that resolves to nothing: the engine is all there, and tries
    config.symbols = {"BTC-USDC"};
    config.shared_memory = false;
    config.rest_urls = {"https://localhost:9"};
    config.ws_urls = {"wss://localhost:9"};
    daypack::Engine engine(config, [](daypack::LogLevel, std::string_view) {});
    engine.start();
#endif
    // wolfSSL's context in place of this one would not say so much of itself.
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
    context.set_default_verify_paths();
    boost::asio::io_context io;
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream(io, context);
    const bool named = SSL_set_tlsext_host_name(stream.native_handle(), "localhost") == 1;
    const SSL_METHOD* const method = SSL_CTX_get_ssl_method(context.native_handle());
    const bool is_openssl = method == TLS_client_method();
    std::puts(OpenSSL_version(OPENSSL_VERSION));
    return named && is_openssl ? 0 : 1;
}
